//! Buttons. The rows in them are checked to belong to who presses.

use coatcheck_bots::{Command, Reply, Who};

use super::doing::Next;
use super::watches::{listed, name};
use super::{Commands, forget, question, shop, watch};
use crate::store::StoreError;
use crate::store::people::watch::{Watch, Which};

/// What a button means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Button {
    Again(i64),
    Got(i64),
    Stop(i64),
    AgainOf(i64),
    GotOf(i64),
    Forget(i64),
    Unfollow(i64),
    Choice { question: i64, number: usize },
}

/// What this data means; `None` for what no button of ours says.
pub(crate) fn parse(data: &str) -> Option<Button> {
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

/// Answers a button that is not known, any more or yet.
pub(crate) const UNKNOWN: &str = "This button no longer works. Please type the command instead.";

impl Button {
    /// The command it stands for, whose permission covers it; a choice has that of what it does.
    pub(crate) fn command(self) -> Option<Command> {
        match self {
            Self::Again(_) | Self::AgainOf(_) => Some(Command::Again),
            Self::Got(_) | Self::GotOf(_) | Self::Stop(_) => Some(Command::Unwatch),
            Self::Forget(_) => Some(Command::Forget),
            Self::Unfollow(_) => Some(Command::Shop),
            Self::Choice { .. } => None,
        }
    }
}

/// Does what the button says.
pub(crate) async fn pressed(commands: &Commands, who: &Who, button: Button) -> Result<Next, StoreError> {
    let which = match button {
        Button::Choice { question, number } => return question::choose(commands, who, Some(question), number).await,
        Button::Unfollow(source) => return shop::removed(commands, who, source).await.map(Next::Say),
        Button::Forget(subscriber) => return forget::confirmed(commands, who, subscriber).await.map(Next::Say),
        Button::AgainOf(restock) | Button::GotOf(restock) => Which::NotifiedOf(restock),
        Button::Again(id) | Button::Got(id) | Button::Stop(id) => Which::Watch(id),
    };
    about_watches(commands, who, button, which).await.map(Next::Say)
}

async fn about_watches(commands: &Commands, who: &Who, button: Button, which: Which) -> Result<Reply, StoreError> {
    let Some(address) = commands.db.known_destination(&who.destination).await? else { return Ok(not_yours()) };
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
    match commands.db.products(&[watch.product_id]).await?.as_slice() {
        [product, ..] => watch::answer_one(commands, product, watch).await,
        [] => Err(StoreError::ProductGone { product_id: watch.product_id }),
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
