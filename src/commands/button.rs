//! Buttons. The rows in them are checked to belong to who presses.

use coatcheck_bots::{Reply, Who};

use super::watches::{listed, name};
use super::{Commands, ONLY_MANAGERS, forget, may_change, question, shop, watch};
use crate::store::StoreError;
use crate::store::people::watch::{Watch, Which};

/// What a button means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Button {
    Again(i64),
    Got(i64),
    Stop(i64),
    AgainOf(i64),
    GotOf(i64),
    Forget(i64),
    Unfollow(i64),
    Choice { question: i64, number: usize },
}

fn parse(data: &str) -> Option<Button> {
    let (name, rest) = data.split_once(':')?;
    match name {
        "again" => rest.parse().ok().map(Button::Again),
        "got" => rest.parse().ok().map(Button::Got),
        "stop" => rest.parse().ok().map(Button::Stop),
        "again-of" => rest.parse().ok().map(Button::AgainOf),
        "got-of" => rest.parse().ok().map(Button::GotOf),
        "forget" => rest.parse().ok().map(Button::Forget),
        "unfollow" => rest.parse().ok().map(Button::Unfollow),
        "c" => {
            let (question, number) = rest.split_once(':')?;
            Some(Button::Choice { question: question.parse().ok()?, number: number.parse().ok()? })
        }
        _ => None,
    }
}

/// Does what the button says.
pub(crate) async fn pressed(commands: &Commands, who: &Who, data: &str) -> Result<Reply, StoreError> {
    let Some(button) = parse(data) else {
        return Ok(Reply::text("I do not know this button any more. Please say it in words."));
    };
    match button {
        Button::Choice { question, number } => return question::choose(commands, who, Some(question), number).await,
        Button::Unfollow(source) => return shop::removed(commands, who, source).await,
        _ if !may_change(who) => return Ok(Reply::text(ONLY_MANAGERS)),
        Button::Forget(subscriber) => return forget::confirmed(commands, who, subscriber).await,
        _ => {}
    }
    let Some(address) = commands.db.known_destination(&who.destination).await? else { return Ok(not_yours()) };
    let which = match button {
        Button::AgainOf(restock) | Button::GotOf(restock) => Which::NotifiedOf(restock),
        Button::Again(id) | Button::Got(id) | Button::Stop(id) => Which::Watch(id),
        _ => return Ok(not_yours()),
    };
    let watches = commands.db.watches(address.subscriber_id, which).await?;
    match (button, watches.as_slice()) {
        (_, []) => Ok(not_yours()),
        (Button::Again(_) | Button::AgainOf(_), _) => again(commands, who, watches).await,
        (Button::Got(_) | Button::GotOf(_), _) => close(commands, &watches, "Enjoy it!").await,
        _ => close(commands, &watches, "Stopped.").await,
    }
}

/// The same words for what is closed and for what is somebody else's.
fn not_yours() -> Reply {
    Reply::text("I find no such watch of yours; it may be closed already.")
}

async fn again(commands: &Commands, who: &Who, mut watches: Vec<Watch>) -> Result<Reply, StoreError> {
    for watch in &mut watches {
        commands.db.rearm(watch.subscriber_id, Which::Watch(watch.id)).await?;
        watch.armed = true;
    }
    let [watch] = watches.as_slice() else {
        return listed(commands, who, "I wait again for:", &watches).await;
    };
    let products = commands.catalogue.products().await?;
    match products.iter().find(|product| product.id == watch.product_id) {
        Some(product) => watch::answer_one(commands, product, watch).await,
        None => Err(StoreError::ProductGone { product_id: watch.product_id }),
    }
}

async fn close(commands: &Commands, watches: &[Watch], opening: &str) -> Result<Reply, StoreError> {
    let mut names = Vec::with_capacity(watches.len());
    for watch in watches {
        commands.db.remove_watches(watch.subscriber_id, &[watch.id]).await?;
        names.push(name(watch));
    }
    Ok(Reply::text(format!("{opening} I no longer watch {}.", names.join(", "))))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn buttons_carry_rows() {
        assert_eq!(parse("again:7"), Some(Button::Again(7)));
        assert_eq!(parse("c:3:2"), Some(Button::Choice { question: 3, number: 2 }));
        for strange in ["", "again", "again:x", "c:3", "c:3:-1", "restock:1"] {
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
