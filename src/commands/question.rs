//! "Which of these two?": asked with numbered buttons, open for ten minutes, closed by the next command.

use coatcheck_bots::{Command, Reply, Said, Who, words};
use coatcheck_domain::SizeKey;
use coatcheck_domain::fold::fold;
use serde::{Deserialize, Serialize};

use super::doing::Doing;
use super::next::{Choice, Next};
use super::resolve::Doubt;
use super::today::wanted;
use super::{Commands, platform};
use crate::store::StoreError;
use crate::store::stock::catalogue::Product;

const OPEN_FOR: chrono::Duration = chrono::Duration::minutes(10);

/// Asks which one is meant.
pub(crate) async fn ask(
    commands: &Commands,
    who: &Who,
    doubt: &Doubt,
    choices: Vec<Doing>,
    products: &[Product],
) -> Result<Reply, StoreError> {
    let question = opening(doubt, choices.len());
    let with_wanted = matches!(doubt, Doubt::Strange(_));
    let labels: Vec<String> = choices.iter().map(|choice| label(choice, products, with_wanted)).collect();
    let choices = choices.into_iter().map(Choice::Do).collect();
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

fn opening(doubt: &Doubt, offered: usize) -> String {
    match doubt {
        Doubt::Unnamed => "Which product?".to_owned(),
        Doubt::Several(count) if *count > offered => {
            format!(
                "Which one? {count} products match; here are the first {offered}. Add more of the name to narrow it down."
            )
        }
        Doubt::Several(_) => "Which one?".to_owned(),
        Doubt::Strange(strange) => {
            format!("I do not know “{}” there. What is meant?", words::shortened(&words::plain(&strange.join(" ")), 60))
        }
        Doubt::Alike => "I don't know a product by that name. Did you mean:".to_owned(),
    }
}

/// The shop is named where two of the products share a title.
fn label(choice: &Doing, products: &[Product], with_wanted: bool) -> String {
    let Some(product) = products.iter().find(|product| product.id == choice.product) else {
        return "a product that is no longer tracked".to_owned();
    };
    let title = words::title(&product.title);
    let twin = products.iter().any(|other| other.id != product.id && words::title(&other.title) == title);
    let shop = if twin { format!(" ({})", words::plain(&product.shop)) } else { String::new() };
    if !with_wanted {
        return format!("{title}{shop}");
    }
    let sizes = (!choice.sizes.is_empty()).then(|| choice.sizes.join(", "));
    let style = choice.style.as_deref().or(Some("any style"));
    format!("{title}{shop} — {}", wanted(sizes.as_deref(), style))
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
