//! The dispatcher: asks who may, hands the words to their command, and does what that comes to.

use coatcheck_bots::commands::{Arguments, arguments};
use coatcheck_bots::{Command, Reply, Said, Who};

use super::admission::Entry;
use super::button::{Below, Button};
use super::doing::{Act, Doing};
use super::next::{Answered, Choice, Next};
use super::page::Pages;
use super::permission::refusal;
use super::texting::Gate;
use super::{
    Commands, admission, again, announce, button, closing, find, forget, greet, history, limits, linking, pause, phone,
    prepared, question, returned, shop, sizes, status, stock, test, texting, unwatch, watch, watches,
};
use crate::store::StoreError;
use crate::store::people::watch::Which;
use crate::store::stock::catalogue::Product;

/// Who is banned gets this answer.
const BANNED: &str = "An admin has blocked this chat from CoatCheck. You can still say /export or /forget.";

/// Answers what was said.
pub(super) async fn said(commands: &Commands, who: &Who, said: &Said) -> Reply {
    gated(commands, who, said).await.unwrap_or_else(|error| sorry(who, said.command.name(), &error))
}

/// Answers what means nothing.
pub(super) async fn unclear(commands: &Commands, who: &Who, why: String) -> Reply {
    let Some(phone) = super::number_of(who) else { return Reply::text(why) };
    let answered = texting::answered(commands, who, phone, Command::Answer, Reply::text(why)).await;
    answered.unwrap_or_else(|error| sorry(who, "nothing", &error))
}

/// Answers a button.
pub(super) async fn pressed(commands: &Commands, who: &Who, data: &str) -> Reply {
    by_button(commands, who, data).await.unwrap_or_else(|error| sorry(who, "a button", &error))
}

async fn gated(commands: &Commands, who: &Who, said: &Said) -> Result<Reply, StoreError> {
    let Some(phone) = super::number_of(who) else { return Ok(entered(commands, who, said).await?.reply) };
    let reply = match texting::gate(commands, who, phone, said).await? {
        Gate::Answer(reply) => reply,
        Gate::Do { may_join } => {
            let answered = entered(commands, who, said).await?;
            let answered = texting::with_night(commands, phone, answered).await?;
            if may_join { texting::join(commands, phone, answered).await? } else { answered.reply }
        }
    };
    texting::answered(commands, who, phone, said.command, reply).await
}

async fn entered(commands: &Commands, who: &Who, said: &Said) -> Result<Answered, StoreError> {
    let missed = returned::missed(commands, who).await?;
    if !is_for_banned(said.command) && commands.db.is_banned(&who.destination).await? {
        return Ok(Reply::text(BANNED).into());
    }
    let answered = match admission::enter(commands, who, said).await? {
        Entry::Answer(reply) => reply.into(),
        Entry::Go(said) => obey(commands, who, &said).await?,
    };
    Ok(Answered { reply: returned::before(missed, answered.reply), ..answered })
}

/// Whatever was done, what is stored of a person is theirs to see and to delete.
fn is_for_banned(command: Command) -> bool {
    matches!(command, Command::Forget | Command::Export | Command::Help)
}

async fn obey(commands: &Commands, who: &Who, said: &Said) -> Result<Answered, StoreError> {
    if let Some(refusal) = refusal(commands, who, said.command) {
        return Ok(Reply::text(refusal).into());
    }
    let words = arguments(said);
    let next = match answers(commands, who, said, &words).await? {
        Some(number) => question::choose(commands, who, None, number).await?,
        None => {
            question::close(commands, who).await?;
            begin(commands, who, said, &words).await?
        }
    };
    follow_up(commands, who, next).await
}

/// Does this answer what is open? Then the number of the answer.
async fn answers(commands: &Commands, who: &Who, said: &Said, words: &Arguments) -> Result<Option<usize>, StoreError> {
    match said.command {
        Command::Answer => Ok(Some(words.number.unwrap_or_default())),
        Command::Unwatch => question::numbered(commands, who, words.number).await,
        _ => question::named(commands, who, said).await,
    }
}

/// What the command comes to.
async fn begin(commands: &Commands, who: &Who, said: &Said, words: &Arguments) -> Result<Next, StoreError> {
    if let Some(word) = prepared::word(said) {
        return prepared::take(commands, who, &word).await;
    }
    match said.command {
        Command::Watch => watch::said(commands, who, said, words).await,
        Command::Unwatch => unwatch::said(commands, who, words).await,
        Command::Again => again::said(commands, who, words).await,
        Command::Stock => find::named(commands, who, Act::Stock, words).await,
        Command::History => find::named(commands, who, Act::History, words).await,
        plain => answer(commands, who, plain, words).await.map(Next::Say),
    }
}

/// Commands that are about no product.
async fn answer(commands: &Commands, who: &Who, command: Command, words: &Arguments) -> Result<Reply, StoreError> {
    match command {
        Command::Watches => watches::list(commands, who, words.number.unwrap_or(1)).await,
        Command::Pause => pause::pause(commands, who, words).await,
        Command::Resume => pause::resume(commands, who).await,
        Command::Test => test::alert(commands, who).await,
        Command::Export => forget::export(commands, who).await,
        Command::Forget => forget::said(commands, who, words).await,
        Command::Phone => phone::add(commands, who, words).await,
        Command::Verify => phone::verify(commands, who, words).await,
        Command::Announce => announce::said(commands, who, words).await,
        Command::Shop => shop::said(commands, who, words).await,
        Command::Link => linking::said(commands, who, words).await,
        Command::Join => Ok(greet::joined(who)),
        Command::Status => status::status(commands, who).await,
        Command::Start if announce::linked(words).is_some() && !admission::is_stranger(commands, who).await? => {
            let next = announce::mine(commands, who, announce::linked(words).unwrap_or_default()).await?;
            Ok(Box::pin(follow_up(commands, who, next)).await?.reply)
        }
        Command::Start => Ok(greet::start(who, admission::is_stranger(commands, who).await?)),
        Command::Anytime => texting::anytime(commands, who, words).await,
        _ => Ok(greet::help(commands, who, words)),
    }
}

async fn by_button(commands: &Commands, who: &Who, data: &str) -> Result<Reply, StoreError> {
    let Some(button) = button::parse(data) else { return Ok(Reply::text(button::UNKNOWN)) };
    let missed = returned::missed(commands, who).await?;
    if !matches!(button, Button::Forget(_)) && commands.db.is_banned(&who.destination).await? {
        return Ok(Reply::text(BANNED));
    }
    if !matches!(button, Button::Forget(_)) && admission::is_stranger(commands, who).await? {
        return Ok(Reply::text(admission::by_invitation(who)));
    }
    if let Some(refusal) = button.command().and_then(|command| refusal(commands, who, command)) {
        return Ok(Reply::text(refusal));
    }
    Ok(returned::before(missed, press(commands, who, button).await?))
}

async fn press(commands: &Commands, who: &Who, button: Button) -> Result<Reply, StoreError> {
    match button {
        Button::Choice { question, number } => {
            let next = question::choose(commands, who, Some(question), number).await?;
            let is_done = matches!(next, Next::Choose(_));
            let reply = follow_up(commands, who, next).await?.reply;
            Ok(if is_done { reply.replacing() } else { reply })
        }
        Button::Stop { watch, below } => closing::stop(commands, who, watch, below).await,
        Button::Again { watch, below } => closing::again(commands, who, Which::Watch(watch), below).await,
        Button::AgainOf(restock) => closing::again(commands, who, Which::NotifiedOf(restock), Below::Alert).await,
        Button::Got(watch) => closing::got(commands, who, Which::Watch(watch)).await,
        Button::GotOf(restock) => closing::got(commands, who, Which::NotifiedOf(restock)).await,
        Button::Forget(subscriber) => Ok(forget::confirmed(commands, who, subscriber).await?.replacing()),
        Button::Mine(product) => {
            let next = announce::mine(commands, who, product).await?;
            Ok(follow_up(commands, who, next).await?.reply)
        }
        Button::Unannounce(id) => Ok(announce::stopped(commands, who, id).await?.replacing()),
        Button::Unfollow(source) => Ok(shop::removed(commands, who, source).await?.replacing()),
        Button::Page { of: Pages::Watches, number } => Ok(watches::list(commands, who, number).await?.replacing()),
        Button::Page { of: Pages::Sources, number } => Ok(shop::list(commands, who, number).await?.replacing()),
    }
}

/// Does what is left to do. What a choice does, its command's permission covers.
pub(super) async fn follow_up(commands: &Commands, who: &Who, next: Next) -> Result<Answered, StoreError> {
    let (command, choice) = match next {
        Next::Say(reply) => return Ok(reply.into()),
        Next::Promise(reply) => return Ok(Answered { reply, asked: true }),
        Next::Choose(Choice::Do(doing)) => (doing.act.command(), Choice::Do(doing)),
        Next::Choose(Choice::Only { instead_of, doing }) => (Command::Watch, Choice::Only { instead_of, doing }),
        Next::Choose(Choice::More { rest }) => (Command::Stock, Choice::More { rest }),
        Next::Choose(stop @ Choice::Stop { .. }) => (Command::Unwatch, stop),
    };
    match (refusal(commands, who, command), choice) {
        (Some(refusal), _) => Ok(Reply::text(refusal).into()),
        (None, Choice::Do(doing)) if !doing.strange.is_empty() => {
            let product = product(commands, &doing).await?;
            Ok(question::about_strange(commands, who, &doing, &product).await?.into())
        }
        (None, Choice::Do(doing)) => perform(commands, who, &doing).await,
        (None, Choice::Only { instead_of, doing }) => {
            let answered = perform(commands, who, &doing).await?;
            let subscriber_id = commands.address(who).await?.subscriber_id;
            commands.db.remove_watches(subscriber_id, &[instead_of]).await?;
            Ok(answered)
        }
        (None, Choice::More { rest }) => Ok(question::more(commands, who, rest).await?.into()),
        (None, Choice::Stop { watch }) => Ok(closing::stop(commands, who, watch, Below::Answer).await?.into()),
    }
}

async fn perform(commands: &Commands, who: &Who, doing: &Doing) -> Result<Answered, StoreError> {
    let product = product(commands, doing).await?;
    let reply = match doing.act {
        Act::Watch => {
            if let Some(refusal) = limits::too_many(commands, who, doing).await? {
                return Ok(refusal.into());
            }
            let reply = watch::add(commands, who, doing, &product).await?;
            sizes::offer(commands, who, doing, &product, reply).await?
        }
        Act::Unwatch => unwatch::remove(commands, who, doing, &product).await?,
        Act::Again => again::product(commands, who, &product).await?,
        Act::Stock => stock::show(commands, doing, &product).await?,
        Act::History => history::show(commands, who, doing, &product).await?,
    };
    let asked = matches!(doing.act, Act::Watch | Act::Again) && waits(commands, who, doing.product).await?;
    Ok(Answered { reply, asked })
}

/// Is anything of this product waited for here?
async fn waits(commands: &Commands, who: &Who, product: i64) -> Result<bool, StoreError> {
    let mine = watches::mine(commands, who, Which::Product(product)).await?;
    Ok(mine.iter().any(|watch| watch.armed))
}

async fn product(commands: &Commands, doing: &Doing) -> Result<Product, StoreError> {
    let product = commands.db.products(&[doing.product]).await?.pop();
    product.ok_or(StoreError::ProductGone { product_id: doing.product })
}

/// The person's sentence; the cause goes into the log.
fn sorry(who: &Who, what: &str, error: &StoreError) -> Reply {
    match error {
        StoreError::NoKey => {
            tracing::error!(error = %error, "phone number not stored");
            Reply::text("I can't keep phone numbers yet, so nothing was saved. Please try again another day.")
        }
        StoreError::ProductGone { .. } => Reply::text("That product is no longer tracked. Nothing was changed."),
        other => {
            tracing::error!(error = %other, destination = %who.destination, command = what, "command failed");
            Reply::text("Something went wrong on my side. Nothing was changed. Please try again in a minute.")
        }
    }
}
