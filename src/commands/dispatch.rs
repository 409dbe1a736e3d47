//! The dispatcher: asks who may, hands the words to their command, and does what that comes to.

use coatcheck_bots::commands::{Arguments, arguments};
use coatcheck_bots::{Command, Reply, Said, Who};

use super::doing::{Act, Doing, Next};
use super::permission::refusal;
use super::texting::Gate;
use super::{
    Commands, again, button, find, forget, greet, history, pause, phone, question, shop, status, stock, test, texting,
    unwatch, watch, watches,
};
use crate::store::StoreError;

/// Answers what was said.
pub(super) async fn said(commands: &Commands, who: &Who, said: &Said) -> Reply {
    gated(commands, who, said).await.unwrap_or_else(|error| sorry(who, said.command.name(), &error))
}

/// Answers a button.
pub(super) async fn pressed(commands: &Commands, who: &Who, data: &str) -> Reply {
    by_button(commands, who, data).await.unwrap_or_else(|error| sorry(who, "a button", &error))
}

async fn gated(commands: &Commands, who: &Who, said: &Said) -> Result<Reply, StoreError> {
    let Some(phone) = texting::phone(who) else { return obey(commands, who, said).await };
    match texting::gate(commands, who, phone, said).await? {
        Gate::Answer(reply) => Ok(reply),
        Gate::Do { said, may_join } => {
            let reply = texting::with_night(commands, phone, obey(commands, who, &said).await?).await?;
            if may_join { texting::join(commands, phone, reply).await } else { Ok(reply) }
        }
    }
}

async fn obey(commands: &Commands, who: &Who, said: &Said) -> Result<Reply, StoreError> {
    if said.command != Command::Answer {
        question::close(commands, who).await?;
    }
    if let Some(refusal) = refusal(commands, who, said.command) {
        return Ok(Reply::text(refusal));
    }
    let next = begin(commands, who, said.command, &arguments(said)).await?;
    follow_up(commands, who, next).await
}

/// What the command comes to.
async fn begin(commands: &Commands, who: &Who, command: Command, words: &Arguments) -> Result<Next, StoreError> {
    match command {
        Command::Watch => watch::said(commands, who, words).await,
        Command::Unwatch => unwatch::said(commands, who, words).await,
        Command::Again => again::said(commands, who, words).await,
        Command::Stock => find::named(commands, who, Act::Stock, words).await,
        Command::History => find::named(commands, who, Act::History, words).await,
        Command::Answer => question::choose(commands, who, None, words.number.unwrap_or_default()).await,
        plain => answer(commands, who, plain, words).await.map(Next::Say),
    }
}

/// Commands that are about no product.
async fn answer(commands: &Commands, who: &Who, command: Command, words: &Arguments) -> Result<Reply, StoreError> {
    match command {
        Command::Watches => watches::list(commands, who).await,
        Command::Pause => pause::pause(commands, who, words).await,
        Command::Resume => pause::resume(commands, who).await,
        Command::Test => test::alert(commands, who).await,
        Command::Export => forget::export(commands, who).await,
        Command::Forget => forget::said(commands, who, words).await,
        Command::Phone => phone::add(commands, who, words).await,
        Command::Verify => phone::verify(commands, who, words).await,
        Command::Shop => shop::said(commands, who, words).await,
        Command::Status => status::status(commands).await,
        Command::Start => Ok(greet::start(who)),
        Command::Anytime => texting::anytime(commands, who, words).await,
        _ => Ok(greet::help(commands, who, words)),
    }
}

async fn by_button(commands: &Commands, who: &Who, data: &str) -> Result<Reply, StoreError> {
    let Some(button) = button::parse(data) else { return Ok(Reply::text(button::UNKNOWN)) };
    if let Some(refusal) = button.command().and_then(|command| refusal(commands, who, command)) {
        return Ok(Reply::text(refusal));
    }
    let next = button::pressed(commands, who, button).await?;
    follow_up(commands, who, next).await
}

/// Does what is left to do. What a choice does, its command's permission covers.
async fn follow_up(commands: &Commands, who: &Who, next: Next) -> Result<Reply, StoreError> {
    match next {
        Next::Say(reply) => Ok(reply),
        Next::Do(doing) => match refusal(commands, who, doing.act.command()) {
            Some(refusal) => Ok(Reply::text(refusal)),
            None => perform(commands, who, &doing).await,
        },
    }
}

async fn perform(commands: &Commands, who: &Who, doing: &Doing) -> Result<Reply, StoreError> {
    let product = commands.db.products(&[doing.product]).await?.pop();
    let product = product.ok_or(StoreError::ProductGone { product_id: doing.product })?;
    match doing.act {
        Act::Watch => watch::add(commands, who, doing, &product).await,
        Act::Unwatch => unwatch::remove(commands, who, doing, &product).await,
        Act::Again => again::product(commands, who, &product).await,
        Act::Stock => stock::show(commands, doing, &product).await,
        Act::History => history::show(commands, who, doing, &product).await,
    }
}

/// The person's sentence; the cause goes into the log.
fn sorry(who: &Who, what: &str, error: &StoreError) -> Reply {
    match error {
        StoreError::NoKey => {
            Reply::text("Phone numbers cannot be stored here, because no key is set. Nothing was saved.")
        }
        StoreError::ProductGone { .. } => Reply::text("That product is no longer tracked. Nothing was changed."),
        other => {
            tracing::error!(error = %other, destination = %who.destination, command = what, "command failed");
            Reply::text("Something went wrong on my side. Nothing was changed. Please try again in a minute.")
        }
    }
}
