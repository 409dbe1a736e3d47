//! What counts in a text message before anything it says: STOP and START, and that a number which never joined joins by
//! asking to be notified of something.

use std::sync::Arc;

use coatcheck_bots::commands::Arguments;
use coatcheck_bots::{Command, Reply, Said, Who, words};
use coatcheck_domain::country::Countries;
use coatcheck_domain::phone::Phone;
use coatcheck_domain::sms_rules::{ABROAD_ONCE_IN, ANSWERS, ANSWERS_WITHIN};
use coatcheck_domain::texting::{Day, Hours, day};

use super::next::Answered;
use super::subscribed::{IN, JOINED};
use super::{Commands, admission, again, watches};
use crate::store::StoreError;
use crate::store::people::allowance::Limit;
use crate::store::people::consent::{ConsentSource, ConsentWord, Standing};
use crate::store::people::watch::Which;

/// What commands must know of text messages; there is none where Twilio is not set.
#[derive(Clone)]
pub struct Texting {
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
    /// Do it; if they are to be notified of something then, they have joined by it.
    Do { may_join: bool },
    /// This is all.
    Answer(Reply),
}

const STOPPED: &str = "You're unsubscribed, so you get no texts. Reply START to resubscribe.";
const SILENT: &str = "You're unsubscribed and won't get more texts. Reply START to resubscribe.";

/// Asks the gate.
pub(super) async fn gate(commands: &Commands, who: &Who, phone: &Phone, said: &Said) -> Result<Gate, StoreError> {
    match said.command {
        Command::Stop => return stop(commands, phone).await.map(Gate::Answer),
        Command::Start => return start(commands, who, phone).await.map(Gate::Answer),
        Command::Help | Command::Forget => return Ok(Gate::Do { may_join: false }),
        _ => {}
    }
    if let Some(refusal) = not_texted(commands, phone).filter(|_| joins(said.command)) {
        return Ok(Gate::Answer(Reply::text(refusal)));
    }
    match commands.db.phone_standing(phone).await? {
        Standing::Stopped => Ok(Gate::Answer(Reply::text(STOPPED))),
        Standing::Consented => Ok(Gate::Do { may_join: false }),
        Standing::Unknown => Ok(Gate::Do { may_join: joins(said.command) }),
    }
}

/// Whoever asked to be notified has asked to be texted, and hears what that means. A text that came to nothing allows
/// nothing, whatever an operator has entered for its number.
pub(super) async fn join(
    commands: &Commands,
    phone: &Phone,
    Answered { mut reply, asked }: Answered,
) -> Result<Reply, StoreError> {
    if asked {
        commands.db.consent(phone, ConsentWord::Start, ConsentSource::Text).await?;
        reply.text.push_str(&format!("\n{JOINED}"));
    }
    Ok(reply)
}

/// The answer, if it may be given: so many a day to one number, and none but to STOP, START and HELP once the texts of the
/// day are spent. What was asked is done either way.
pub(super) async fn answered(
    commands: &Commands,
    who: &Who,
    phone: &Phone,
    command: Command,
    reply: Reply,
) -> Result<Reply, StoreError> {
    let Some(texting) = &commands.texting else { return Ok(reply) };
    let each = match not_texted(commands, phone) {
        None => Limit { within: ANSWERS_WITHIN, most: ANSWERS },
        Some(_) => Limit { within: ABROAD_ONCE_IN, most: 1 },
    };
    let since = commands.db.now() - chrono::Duration::days(1);
    let left = i64::from(texting.per_day) - commands.db.texts_sent(since).await?;
    let always = matches!(command, Command::Stop | Command::Start | Command::Help);
    let all = (!always).then_some(Limit { within: ANSWERS_WITHIN, most: left });
    // Whoever wrote too much can stop it all the same, and hears so.
    let what = if command == Command::Stop { "text-stop" } else { "text" };
    if commands.db.allow(what, &who.destination, &[each], all).await? {
        commands.db.note_answers().await?;
        return Ok(reply);
    }
    tracing::warn!(%phone, command = command.name(), "text not answered: too many answers today");
    Ok(Reply::default())
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
pub(super) async fn with_night(
    commands: &Commands,
    phone: &Phone,
    mut answered: Answered,
) -> Result<Answered, StoreError> {
    let Some(texting) = &commands.texting else { return Ok(answered) };
    let is_night = matches!(day(commands.db.now(), &phone.zones(), texting.hours), Day::At(_));
    if is_night && answered.asked && !commands.db.is_texted_anytime(phone).await? {
        let begin = texting.hours.begin();
        let night = format!("\nIt's night there: alerts come from {begin} on. Reply ANYTIME to get them now.");
        answered.reply.text.push_str(&night);
    }
    Ok(answered)
}

/// Does who says this want to be told something?
fn joins(command: Command) -> bool {
    matches!(command, Command::Watch | Command::Answer | Command::Again)
}

async fn stop(commands: &Commands, phone: &Phone) -> Result<Reply, StoreError> {
    commands.db.consent(phone, ConsentWord::Stop, ConsentSource::Text).await?;
    Ok(Reply::text(SILENT))
}

/// The way back after STOP, and a hello. What was notified is watched again.
async fn start(commands: &Commands, who: &Who, phone: &Phone) -> Result<Reply, StoreError> {
    let standing = commands.db.phone_standing(phone).await?;
    if standing == Standing::Unknown && admission::is_stranger(commands, who).await? {
        return Ok(Reply::text(admission::by_invitation(who)));
    }
    if let Some(refusal) = not_texted(commands, phone) {
        return Ok(Reply::text(refusal));
    }
    commands.db.consent(phone, ConsentWord::Start, ConsentSource::Text).await?;
    if watches::mine(commands, who, Which::All).await?.is_empty() {
        return Ok(Reply::text(format!("{IN} {JOINED}")));
    }
    let reply = again::everything(commands, who).await?;
    Ok(Reply { text: format!("You're subscribed again. {}", reply.text), ..reply })
}

/// `ANYTIME`, and `ANYTIME OFF`.
pub(super) async fn anytime(commands: &Commands, who: &Who, said: &Arguments) -> Result<Reply, StoreError> {
    let Some(phone) = super::number_of(who) else { return Ok(Reply::text("ANYTIME is for text messages only.")) };
    let off = said.action.is_some();
    let word = if off { ConsentWord::Daytime } else { ConsentWord::Anytime };
    commands.db.consent(phone, word, ConsentSource::Text).await?;
    Ok(Reply::text(if off {
        "Alerts come by day only. What comes back at night is sent in the morning if it is still in stock."
    } else {
        "Alerts come at any time, also at night. Reply ANYTIME OFF to get them by day only."
    }))
}

/// Texts that were sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spent {
    /// In the last 24 hours.
    pub day: i64,
    /// In the last 30 days.
    pub month: i64,
}

impl Commands {
    /// How many texts were sent. Nothing where Twilio is not set.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn texts_spent(&self) -> Result<Option<Spent>, StoreError> {
        if self.texting.is_none() {
            return Ok(None);
        }
        let now = self.db.now();
        let day = self.db.texts_sent(now - chrono::Duration::days(1)).await?;
        let month = self.db.texts_sent(now - chrono::Duration::days(30)).await?;
        Ok(Some(Spent { day, month }))
    }
}

/// How many texts were sent and may be, for `/status`.
pub(super) async fn spent(commands: &Commands) -> Result<Option<String>, StoreError> {
    let (Some(texting), Some(Spent { day, month })) = (&commands.texting, commands.texts_spent().await?) else {
        return Ok(None);
    };
    let texts = words::counted(day, "text", "texts");
    Ok(Some(format!("{texts} sent in 24 hours (limit {} a day), {month} in 30 days.", texting.per_day)))
}
