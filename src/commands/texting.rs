//! What counts in a text message before anything it says: STOP and START, the invite word, and that a number which
//! never joined joins by asking to be told something.

use std::sync::Arc;

use coatcheck_bots::commands::{Arguments, parse};
use coatcheck_bots::{Command, Platform, Reply, Said, Who, words};
use coatcheck_domain::Destination;
use coatcheck_domain::country::Countries;
use coatcheck_domain::phone::Phone;
use coatcheck_domain::texting::{Day, Hours, day};

use super::{Commands, again, watches};
use crate::store::StoreError;
use crate::store::people::consent::{ConsentWord, How, Standing};
use crate::store::people::watch::Which;

/// What commands must know of text messages; there is none where Twilio is not set.
#[derive(Clone)]
pub struct Texting {
    /// A stranger says this word first; without one everybody may join.
    pub invite: Option<String>,
    /// Where numbers are texted.
    pub countries: Countries,
    /// When numbers are texted, on their own clock.
    pub hours: Hours,
    /// Texts in a day, at most.
    pub per_day: u32,
    /// Six digits that nobody can guess.
    pub new_code: Arc<dyn Fn() -> String + Send + Sync>,
}

/// What follows from who texts, before what is said is looked at.
pub(super) enum Gate {
    /// Do this; if they wait for something then, they have joined by it.
    Do { said: Said, may_join: bool },
    /// This is all.
    Answer(Reply),
}

const STOPPED: &str = "You're unsubscribed, so you get no texts. Reply START to resubscribe.";
const SILENT: &str = "You're unsubscribed and won't get more texts. Reply START to resubscribe.";
/// Carriers want it said to whoever joins.
const JOINED: &str = "STOP ends all texts, HELP helps. Msg & data rates may apply.";
const IN: &str = "You're subscribed. Text a product and a size, like JACKET M, to hear when it is back in stock.";
const BY_INVITATION: &str = "This number is by invitation: put the invite word first, like WORD JACKET M.";

/// The number that speaks, if a number does.
pub(super) fn phone(who: &Who) -> Option<&Phone> {
    match &who.destination {
        Destination::Sms(phone) => Some(phone),
        _ => None,
    }
}

/// Asks the gate.
pub(super) async fn gate(commands: &Commands, who: &Who, phone: &Phone, said: &Said) -> Result<Gate, StoreError> {
    match said.command {
        Command::Stop => return stop(commands, phone).await.map(Gate::Answer),
        Command::Start => return start(commands, who, phone).await.map(Gate::Answer),
        Command::Help | Command::Forget => return Ok(Gate::Do { said: said.clone(), may_join: false }),
        _ => {}
    }
    if let Some(refusal) = not_texted(commands, phone).filter(|_| joins(said.command)) {
        return Ok(Gate::Answer(Reply::text(refusal)));
    }
    let standing = commands.db.phone_standing(phone).await?;
    if standing == Standing::Stopped {
        return Ok(Gate::Answer(Reply::text(STOPPED)));
    }
    let (said, invited) = without_invite(commands, said);
    if standing == Standing::Consented || !joins(said.command) {
        return Ok(Gate::Do { said, may_join: false });
    }
    match invited {
        Invited::No => return Ok(Gate::Answer(Reply::text(BY_INVITATION))),
        Invited::Everybody => {}
        Invited::ByWord if said.words.is_empty() => {
            commands.db.consent(phone, ConsentWord::Start, How::Text).await?;
            return Ok(Gate::Answer(Reply::text(format!("{IN} {JOINED}"))));
        }
        Invited::ByWord => commands.db.consent(phone, ConsentWord::Start, How::Text).await?,
    }
    Ok(Gate::Do { said, may_join: true })
}

/// Whoever asked for something has asked to be texted, and is told what that means. A text that came to nothing allows
/// nothing, whatever an operator has entered for its number.
pub(super) async fn join(commands: &Commands, phone: &Phone, mut reply: Reply) -> Result<Reply, StoreError> {
    if commands.db.phone_standing(phone).await? == Standing::Unknown {
        if !is_about_a_watch(&reply) {
            return Ok(reply);
        }
        commands.db.consent(phone, ConsentWord::Start, How::Text).await?;
    }
    reply.text.push_str(&format!("\n{JOINED}"));
    Ok(reply)
}

/// Why no alert would ever reach this number.
fn not_texted(commands: &Commands, phone: &Phone) -> Option<String> {
    let countries = &commands.texting.as_ref()?.countries;
    let is_texted = phone.country().is_some_and(|country| countries.contains(country));
    (!is_texted).then(|| {
        format!("I can only send alerts to numbers in {countries}, so this number would get none. Nothing was stored.")
    })
}

/// At night the answer says when an alert would come.
pub(super) async fn with_night(commands: &Commands, phone: &Phone, mut reply: Reply) -> Result<Reply, StoreError> {
    let Some(texting) = &commands.texting else { return Ok(reply) };
    let is_night = matches!(day(commands.db.now(), &phone.zones(), texting.hours), Day::At(_));
    if is_night && is_about_a_watch(&reply) && !commands.db.is_texted_anytime(phone).await? {
        let begin = texting.hours.begin();
        reply
            .text
            .push_str(&format!("\nIt's night there: alerts come from {begin} on. Reply ANYTIME to get them now."));
    }
    Ok(reply)
}

/// Below an answer about a watch that was just made or armed, it can be ended.
fn is_about_a_watch(reply: &Reply) -> bool {
    reply.buttons.iter().any(|button| button.data.starts_with("stop:") || button.data.starts_with("got:"))
}

/// Does who says this want to be told something?
fn joins(command: Command) -> bool {
    matches!(command, Command::Watch | Command::Answer | Command::Again)
}

/// May a stranger join?
enum Invited {
    /// There is no invite word.
    Everybody,
    /// They said it.
    ByWord,
    /// They did not.
    No,
}

/// The same without the invite word before it.
fn without_invite(commands: &Commands, said: &Said) -> (Said, Invited) {
    let Some(invite) = commands.texting.as_ref().and_then(|texting| texting.invite.as_deref()) else {
        return (said.clone(), Invited::Everybody);
    };
    let Some((first, rest)) = said.words.split_first().filter(|_| said.command == Command::Watch) else {
        return (said.clone(), Invited::No);
    };
    if !first.text.eq_ignore_ascii_case(invite) {
        return (said.clone(), Invited::No);
    }
    // What stands behind the word is a text of its own: WORD LIST, WORD JACKET M.
    let rest = Said { command: Command::Watch, words: rest.to_vec() };
    (parse(&rest.text(), Platform::Sms).unwrap_or(rest), Invited::ByWord)
}

async fn stop(commands: &Commands, phone: &Phone) -> Result<Reply, StoreError> {
    commands.db.consent(phone, ConsentWord::Stop, How::Text).await?;
    Ok(Reply::text(SILENT))
}

/// The way back after STOP, and a hello. What was told waits again.
async fn start(commands: &Commands, who: &Who, phone: &Phone) -> Result<Reply, StoreError> {
    let standing = commands.db.phone_standing(phone).await?;
    let by_invitation = commands.texting.as_ref().is_some_and(|texting| texting.invite.is_some());
    if standing == Standing::Unknown && by_invitation {
        return Ok(Reply::text(BY_INVITATION));
    }
    if let Some(refusal) = not_texted(commands, phone) {
        return Ok(Reply::text(refusal));
    }
    commands.db.consent(phone, ConsentWord::Start, How::Text).await?;
    if watches::mine(commands, who, Which::All).await?.is_empty() {
        return Ok(Reply::text(format!("{IN} {JOINED}")));
    }
    let reply = again::everything(commands, who).await?;
    Ok(Reply { text: format!("You're subscribed again. {}", reply.text), ..reply })
}

/// `ANYTIME`, and `ANYTIME OFF`.
pub(super) async fn anytime(commands: &Commands, who: &Who, said: &Arguments) -> Result<Reply, StoreError> {
    let Some(phone) = phone(who) else { return Ok(Reply::text("ANYTIME is for text messages only.")) };
    let off = said.action.is_some();
    let word = if off { ConsentWord::Daytime } else { ConsentWord::Anytime };
    commands.db.consent(phone, word, How::Text).await?;
    Ok(Reply::text(if off {
        "Alerts come by day only. What comes back at night is sent in the morning if it is still in stock."
    } else {
        "Alerts come at any time, also at night. Reply ANYTIME OFF to get them by day only."
    }))
}

/// How many texts were sent, for `/status`.
pub(super) async fn spent(commands: &Commands) -> Result<Option<String>, StoreError> {
    let Some(texting) = &commands.texting else { return Ok(None) };
    let now = commands.db.now();
    let today = commands.db.texts_sent(now - chrono::Duration::days(1)).await?;
    let month = commands.db.texts_sent(now - chrono::Duration::days(30)).await?;
    let texts = words::counted(today, "text", "texts");
    Ok(Some(format!("{texts} sent in 24 hours (at most {} a day), {month} in 30 days.", texting.per_day)))
}
