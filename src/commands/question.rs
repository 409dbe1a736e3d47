//! "Which of these two?": asked with numbered buttons, open for ten minutes, closed by the next command.

use coatcheck_bots::{Command, Reply, Said, Who, words};
use coatcheck_domain::SizeKey;
use coatcheck_domain::fold::fold;
use serde::{Deserialize, Serialize};

use super::doing::Doing;
use super::next::{Choice, Next};
use super::resolve::Ambiguity;
use super::today::wanted;
use super::{Commands, names, platform, strange};
use crate::store::StoreError;
use crate::store::stock::catalogue::Product;

/// Products in one question; the rest follow by [`MORE`].
const AT_ONCE: usize = 8;
const MORE: &str = "More";
const OPEN_FOR: chrono::Duration = chrono::Duration::minutes(10);

/// Asks which one is meant.
pub(crate) async fn ask(
    commands: &Commands,
    who: &Who,
    doubt: &Ambiguity,
    mut choices: Vec<Doing>,
    products: &[Product],
) -> Result<Reply, StoreError> {
    let rest = choices.split_off(choices.len().min(AT_ONCE));
    let mut labels = labels(&choices, products);
    let mut choices: Vec<Choice> = choices.into_iter().map(Choice::Do).collect();
    if !rest.is_empty() {
        labels.push(MORE.to_owned());
        choices.push(Choice::More { rest });
    }
    pose(commands, who, opening(doubt), choices, labels).await
}

/// Asks on, among the rest.
pub(crate) async fn more(commands: &Commands, who: &Who, rest: Vec<Doing>) -> Result<Reply, StoreError> {
    let ids: Vec<i64> = rest.iter().map(|doing| doing.product).collect();
    let products = commands.db.products(&ids).await?;
    ask(commands, who, &Ambiguity::Several(rest.len()), rest, &products).await
}

/// Asks what words meant that fit nothing of the product.
pub(crate) async fn about_strange(
    commands: &Commands,
    who: &Who,
    doing: &Doing,
    product: &Product,
) -> Result<Reply, StoreError> {
    let strange: Vec<String> =
        doing.strange.iter().map(|strange| format!("“{}”", words::plain(&strange.text))).collect();
    let strange = words::shortened(&strange.join(" or "), 80);
    let choices = strange::offers(product, doing);
    let labels = choices.iter().map(|choice| wanted_of(choice, product)).collect();
    let question = format!("{} has no {strange}. Did you mean:", words::title(&product.title));
    pose(commands, who, question, choices.into_iter().map(Choice::Do).collect(), labels).await
}

/// Asks with a numbered button for each choice.
pub(crate) async fn pose(
    commands: &Commands,
    who: &Who,
    question: String,
    choices: Vec<Choice>,
    labels: Vec<String>,
) -> Result<Reply, StoreError> {
    let id = open(commands, who, &question, &Open { first: 1, labels: labels.clone(), choices }).await?;
    let mut reply = Reply::text(question);
    for (number, label) in (1..).zip(labels) {
        reply.text.push_str(&format!("\n{number}. {label}"));
        reply = reply.with_button(label, format!("c:{id}:{number}"));
    }
    Ok(reply)
}

/// What is open: the answers there are, the first one's number, and what else each is called.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Open {
    pub(crate) first: usize,
    pub(crate) labels: Vec<String>,
    pub(crate) choices: Vec<Choice>,
}

impl Open {
    /// Answers that have numbers only.
    pub(crate) fn numbered(first: usize, choices: Vec<Choice>) -> Self {
        Self { first, labels: Vec::new(), choices }
    }

    /// The answer that was said in words: the only one that is called so.
    fn named(&self, text: &str) -> Option<usize> {
        let size = SizeKey::fold(text);
        let is_meant = |label: &&String| fold(label) == fold(text) || (!size.is_any() && SizeKey::fold(label) == size);
        let mut found = self.labels.iter().enumerate().filter(|(_, label)| is_meant(label));
        let (at, _) = found.next()?;
        found.next().is_none().then_some(at + self.first)
    }
}

/// Opens a question; one that was open here is closed by it. Says its row, which buttons carry.
pub(crate) async fn open(commands: &Commands, who: &Who, question: &str, open: &Open) -> Result<i64, StoreError> {
    let stored = serde_json::to_string(open).map_err(|why| StoreError::corrupt("conversation.choices", why))?;
    let destination = commands.address(who).await?.destination_id;
    commands.db.ask(destination, question, &stored, commands.db.now() + OPEN_FOR).await
}

fn opening(doubt: &Ambiguity) -> String {
    match doubt {
        Ambiguity::Unnamed => "Which product?".to_owned(),
        Ambiguity::Several(count) if *count > AT_ONCE => {
            format!("Which one? {count} products match. Add more of the name to narrow it down.")
        }
        Ambiguity::Several(_) => "Which one?".to_owned(),
        Ambiguity::Alike => "I don't know a product by that name. Did you mean:".to_owned(),
    }
}

/// The products by names that tell them apart.
fn labels(choices: &[Doing], products: &[Product]) -> Vec<String> {
    let meant: Vec<&Product> =
        choices.iter().filter_map(|choice| products.iter().find(|product| product.id == choice.product)).collect();
    names::shown(&meant)
}

/// `M / black`, `M, any style`, `“42” when it is listed`.
fn wanted_of(choice: &Doing, product: &Product) -> String {
    let (size, style) = (choice.size_text(), choice.style_text());
    let wanted = match (&size, &style) {
        (Some(size), None) if !product.styles.is_empty() => format!("{}, any style", words::plain(size)),
        _ => wanted(size.as_deref(), style.as_deref()),
    };
    let unlisted = choice.wants.iter().any(|want| !strange::is_listed(product, want));
    if unlisted { format!("{wanted} (not listed now)") } else { wanted }
}

/// What is said when nothing is known by that name.
pub(crate) fn nothing_found(who: &Who, products: &[Product]) -> Reply {
    let command = Command::Watch.typed(platform(who));
    if products.is_empty() {
        return Reply::text(format!("No products are tracked yet. Send {command} and the address of a product page."));
    }
    Reply::text(format!(
        "I don't know a product by that name. To track a new one, send {command} and the address of its page."
    ))
}

/// What is said to a greeting, or to thanks.
pub(crate) fn chatter(who: &Who) -> Reply {
    let watch = Command::Watch.typed(platform(who));
    let help = Command::Help.typed(platform(who));
    Reply::text(format!(
        "Hi! Tell me a product and a size, for example: {watch} jacket M\n{help} shows what else I can do."
    ))
}

/// Closes what was asked here: something else was said.
pub(crate) async fn close(commands: &Commands, who: &Who) -> Result<(), StoreError> {
    let Ok(Some(address)) = commands.db.known_destination(&who.destination).await else { return Ok(()) };
    if let Some(question) = commands.db.open_question(address.destination_id).await? {
        commands.db.close_question(question.id).await?;
    }
    Ok(())
}

/// What was said answers what is open in words: `medium` after "Which size?". Its number, if so.
pub(crate) async fn named(commands: &Commands, who: &Who, said: &Said) -> Result<Option<usize>, StoreError> {
    if said.command != Command::Watch {
        return Ok(None);
    }
    let open = opened(commands, who).await?;
    Ok(open.and_then(|(_, open)| open.named(&said.text())))
}

/// A number that was said to `/unwatch`, where a list of watches is open that has it.
pub(crate) async fn numbered(
    commands: &Commands,
    who: &Who,
    number: Option<usize>,
) -> Result<Option<usize>, StoreError> {
    let Some(number) = number else { return Ok(None) };
    let open = opened(commands, who).await?;
    let choice = open.and_then(|(_, open)| open.choices.get(number.checked_sub(open.first)?).cloned());
    Ok(matches!(choice, Some(Choice::Stop { .. })).then_some(number))
}

/// The question that is open here, and its row.
async fn opened(commands: &Commands, who: &Who) -> Result<Option<(i64, Open)>, StoreError> {
    let Some(address) = commands.db.known_destination(&who.destination).await? else { return Ok(None) };
    let Some(question) = commands.db.open_question(address.destination_id).await? else { return Ok(None) };
    let open =
        serde_json::from_str(&question.choices).map_err(|why| StoreError::corrupt("conversation.choices", why))?;
    Ok(Some((question.id, open)))
}

/// A choice was made: by number, or by a button that carries the question's row.
pub(crate) async fn choose(
    commands: &Commands,
    who: &Who,
    question: Option<i64>,
    number: usize,
) -> Result<Next, StoreError> {
    let open = opened(commands, who).await?;
    let Some((id, open)) = open.filter(|(id, _)| question.is_none_or(|asked| asked == *id)) else {
        return Ok(Reply::text("That question is no longer open. Please say it again.").into());
    };
    let Some(choice) = number.checked_sub(open.first).and_then(|at| open.choices.get(at)) else {
        let (first, last) = (open.first, open.first + open.choices.len().saturating_sub(1));
        return Ok(Reply::text(format!("Please answer with a number from {first} to {last}.")).into());
    };
    if !commands.db.close_question(id).await? {
        return Ok(Reply::text("That was answered already.").into());
    }
    Ok(Next::Choose(choice.clone()))
}
