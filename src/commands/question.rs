//! "Which of these two?": asked with numbered buttons, open for ten minutes, closed by the next command.

use coatcheck_bots::{Command, Reply, Who, words};

use super::doing::{Doing, Next};
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
    let stored = serde_json::to_string(&choices).map_err(|why| StoreError::corrupt("conversation.choices", why))?;
    let destination = commands.address(who).await?.destination_id;
    let id = commands.db.ask(destination, &question, &stored, commands.db.now() + OPEN_FOR).await?;
    let mut reply = Reply::text(question);
    for (number, choice) in (1..).zip(&choices) {
        let label = label(choice, products, matches!(doubt, Doubt::Strange(_)));
        reply.text.push_str(&format!("\n{number}. {label}"));
        reply = reply.with_button(format!("{number}"), format!("c:{id}:{number}"));
    }
    Ok(reply)
}

fn opening(doubt: &Doubt, offered: usize) -> String {
    match doubt {
        Doubt::Unnamed => "Which product?".to_owned(),
        Doubt::Several(count) if *count > offered => {
            format!("Which one? {count} products fit; these are the first. More of the name tells them apart.")
        }
        Doubt::Several(_) => "Which one?".to_owned(),
        Doubt::Strange(strange) => {
            format!("I do not know “{}” there. What is meant?", words::shortened(&words::plain(&strange.join(" ")), 60))
        }
        Doubt::Alike => "I know no product of that name. Is it this?".to_owned(),
    }
}

/// The shop is named where two of the products share a title.
fn label(choice: &Doing, products: &[Product], with_wanted: bool) -> String {
    let Some(product) = products.iter().find(|product| product.id == choice.product) else {
        return "a product that is gone".to_owned();
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
        return Reply::text(format!("Nothing is followed yet. {command} with the address of a product follows it."));
    }
    Reply::text(format!("I know no product of that name. {command} with the address of its page follows it."))
}

/// Closes what was asked here: something else was said.
pub(crate) async fn close(commands: &Commands, who: &Who) -> Result<(), StoreError> {
    let Ok(Some(address)) = commands.db.known_destination(&who.destination).await else { return Ok(()) };
    if let Some(question) = commands.db.open_question(address.destination_id).await? {
        commands.db.close_question(question.id).await?;
    }
    Ok(())
}

/// A choice was made: by number, or by a button that carries the question's row.
pub(crate) async fn choose(
    commands: &Commands,
    who: &Who,
    question: Option<i64>,
    number: usize,
) -> Result<Next, StoreError> {
    let address = commands.db.known_destination(&who.destination).await?;
    let open = match address {
        Some(address) => commands.db.open_question(address.destination_id).await?,
        None => None,
    };
    let Some(open) = open.filter(|open| question.is_none_or(|id| id == open.id)) else {
        return Ok(Reply::text("That question is no longer open. Please say it again.").into());
    };
    let mut choices: Vec<Doing> =
        serde_json::from_str(&open.choices).map_err(|why| StoreError::corrupt("conversation.choices", why))?;
    if !(1..=choices.len()).contains(&number) {
        return Ok(Reply::text(format!("Please answer with a number from 1 to {}.", choices.len())).into());
    }
    if !commands.db.close_question(open.id).await? {
        return Ok(Reply::text("That was answered already.").into());
    }
    Ok(Next::Do(choices.remove(number - 1)))
}
