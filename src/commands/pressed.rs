//! Buttons. The rows in them are checked to belong to who presses.

use coatcheck_bots::{Reply, Who, words};

use super::today::wanted;
use super::{Commands, ONLY_MANAGERS, may_change, question, watch};
use crate::store::StoreError;
use crate::store::watch::{Watch, Which};

/// What a button means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Button {
    Again(i64),
    Got(i64),
    Stop(i64),
    Choice { question: i64, number: usize },
}

fn parse(data: &str) -> Option<Button> {
    let (name, rest) = data.split_once(':')?;
    match name {
        "again" => rest.parse().ok().map(Button::Again),
        "got" => rest.parse().ok().map(Button::Got),
        "stop" => rest.parse().ok().map(Button::Stop),
        "c" => {
            let (question, number) = rest.split_once(':')?;
            Some(Button::Choice { question: question.parse().ok()?, number: number.parse().ok()? })
        }
        _ => None,
    }
}

/// Does what the button says.
pub(crate) async fn pressed(commands: &Commands, who: &Who, data: &str) -> Result<Reply, StoreError> {
    let id = match parse(data) {
        None => return Ok(Reply::text("I do not know this button any more. Please say it in words.")),
        Some(Button::Choice { question, number }) => {
            return question::choose(commands, who, Some(question), number).await;
        }
        Some(Button::Again(id) | Button::Got(id) | Button::Stop(id)) => id,
    };
    if !may_change(who) {
        return Ok(Reply::text(ONLY_MANAGERS));
    }
    let Some(address) = commands.db.known_destination(&who.destination).await? else { return Ok(not_yours()) };
    let Some(watch) = watch::of(commands, address.subscriber_id, id).await? else { return Ok(not_yours()) };
    match parse(data) {
        Some(Button::Again(_)) => again(commands, watch).await,
        Some(Button::Got(_)) => close(commands, &watch, "Enjoy it!").await,
        _ => close(commands, &watch, "Stopped.").await,
    }
}

/// The same words for what is closed and for what is somebody else's.
fn not_yours() -> Reply {
    Reply::text("I find no such watch of yours; it may be closed already.")
}

async fn again(commands: &Commands, mut watch: Watch) -> Result<Reply, StoreError> {
    commands.db.rearm(watch.subscriber_id, Which::Watch(watch.id)).await?;
    watch.armed = true;
    let products = commands.catalogue.products().await?;
    match products.iter().find(|product| product.id == watch.product_id) {
        Some(product) => watch::answer_one(commands, product, &watch).await,
        None => Err(StoreError::ProductGone { product_id: watch.product_id }),
    }
}

async fn close(commands: &Commands, watch: &Watch, opening: &str) -> Result<Reply, StoreError> {
    commands.db.remove_watches(watch.subscriber_id, &[watch.id]).await?;
    let what = wanted(watch.size.as_deref(), watch.style.as_deref());
    Ok(Reply::text(format!("{opening} I no longer watch {} — {what}.", words::title(&watch.product))))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn buttons_carry_rows() {
        assert_eq!(parse("again:7"), Some(Button::Again(7)));
        assert_eq!(parse("c:3:2"), Some(Button::Choice { question: 3, number: 2 }));
        for strange in ["", "again", "again:x", "c:3", "c:3:-1", "drop:1"] {
            assert_eq!(parse(strange), None, "{strange}");
        }
    }

    proptest! {
        #[test]
        fn no_data_panics(data in "\\PC{0,20}|(again|c|got):[0-9:-]{0,25}") {
            let _ = parse(&data);
        }
    }
}
