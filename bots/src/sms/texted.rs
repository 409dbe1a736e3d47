//! Texts of people: stored first, then done, then answered: in the response if the answer is there soon, else by a
//! text of its own.

use std::time::Duration;

use coatcheck_domain::Destination;
use coatcheck_domain::delivery::SendOutcome;
use coatcheck_domain::phone::Phone;
use serde::{Deserialize, Serialize};

use super::api::Listed;
use super::channel::NOTICE_VALID;
use super::hook::{Inbound, OptOutWord};
use super::{OptOut, Sms, outcome, reply, twiml};
use crate::commands::parse;
use crate::words::sentence;
use crate::{Command, EventSink, InboundEvent, Inbox, Platform, Reply, Said, SinkClosed, Trouble, Who};

/// Requests for one answer.
const TRIES: u32 = 2;
/// The wait between them.
const A_MOMENT: Duration = Duration::from_secs(1);
/// A permit that takes longer is waited for elsewhere.
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// An answer whose receipt was lost is looked for among those that are not older.
const JUST_NOW: chrono::Duration = chrono::Duration::minutes(5);

/// Words that Twilio answers by itself when they are the whole text, in capitals or not.
/// <https://help.twilio.com/articles/223134027>
const TWILIO_SPEAKS: &[&str] = &[
    "STOP",
    "STOPALL",
    "UNSUBSCRIBE",
    "CANCEL",
    "END",
    "QUIT",
    "REVOKE",
    "OPTOUT",
    "START",
    "YES",
    "UNSTOP",
    "HELP",
    "INFO",
];

/// What is stored of a text. The number is sealed.
#[derive(Serialize, Deserialize)]
struct StoredText {
    sid: String,
    from: String,
    body: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    opt_out: Option<OptOutWord>,
}

impl Sms {
    /// The TwiML that answers a text, whose signature was checked. It goes through `sink` first; one that is known has
    /// no effect and no answer. An answer that is not there soon follows as a text of its own.
    ///
    /// # Errors
    /// When it cannot be stored now: Twilio is to be told that it failed.
    pub(super) async fn texted(&self, inbound: &Inbound, sink: &dyn EventSink) -> Result<String, SinkClosed> {
        let stored = StoredText {
            sid: inbound.sid.clone(),
            from: self.seal.seal(&inbound.from),
            body: inbound.body.clone(),
            opt_out: inbound.opt_out,
        };
        let payload = serde_json::to_string(&stored).map_err(|error| SinkClosed(error.to_string()))?;
        let arrived = InboundEvent {
            external_id: inbound.sid.clone(),
            chat: self.seal.chat(&inbound.from),
            payload,
            fleeting: false,
        };
        let answer = self.callers.wait(inbound.sid.clone(), sink.arrived(arrived), self.patience).await?;
        Ok(twiml::answer(&answer.unwrap_or_default()))
    }

    /// See [`crate::Receiver::handle`].
    pub(super) async fn handled(&self, payload: &str, inbox: &dyn Inbox) -> Result<(), Trouble> {
        let Ok(stored) = serde_json::from_str::<StoredText>(payload) else {
            tracing::warn!("a text message cannot be read and is passed over");
            return Ok(());
        };
        let Some(phone) = self.seal.open(&stored.from) else {
            tracing::warn!(sid = stored.sid, "text {} was sealed with another key and is passed over", stored.sid);
            return Ok(());
        };
        let reply = answered(&stored, &phone, inbox).await;
        let text = if self.is_twilios(&stored) { String::new() } else { reply::text(&reply) };
        if self.callers.tell(&stored.sid, text.clone()) || text.is_empty() {
            return Ok(());
        }
        self.answer(&phone, &text).await
    }

    /// Does Twilio answer it? Then a second answer of ours would be one too many, and after STOP it would be refused.
    fn is_twilios(&self, stored: &StoredText) -> bool {
        let whole = stored.body.trim();
        self.opt_out == OptOut::Twilio
            && (stored.opt_out.is_some() || TWILIO_SPEAKS.iter().any(|word| whole.eq_ignore_ascii_case(word)))
    }

    /// Answers with a text of its own. An answer that nobody can get any more is done.
    async fn answer(&self, phone: &Phone, text: &str) -> Result<(), Trouble> {
        let mut tries = 0;
        loop {
            self.permit().await?;
            let Err(failure) = self.say(phone, text.to_owned(), NOTICE_VALID).await else { return Ok(()) };
            tries += 1;
            let wait = match outcome::of_send(&failure) {
                SendOutcome::Retry { after, .. } | SendOutcome::Hold { after: after @ Some(_), .. } => after,
                SendOutcome::Unknown { .. } if self.is_listed(phone, text).await => return Ok(()),
                // Twice is better than never.
                SendOutcome::Unknown { .. } => None,
                SendOutcome::Hold { why, .. } => return Err(Trouble { why, after: None, fatal: true }),
                last => {
                    tracing::warn!(%phone, why = last.why(), "an answer to {phone} could not be given");
                    return Ok(());
                }
            };
            let wait = wait.unwrap_or(A_MOMENT);
            if tries >= TRIES || wait > A_MOMENT {
                return Err(Trouble { why: failure.to_string(), after: Some(wait), fatal: false });
            }
            tokio::time::sleep(wait).await;
        }
    }

    async fn permit(&self) -> Result<(), Trouble> {
        let permitted = self.limiter.answer_within(self.clock.as_ref(), LONGEST_WAIT).await;
        permitted.map_err(|wait| {
            let why = "Twilio asked for silence; nothing can be answered".to_owned();
            Trouble { why, after: Some(wait), fatal: false }
        })
    }

    /// Was just this said to this phone just now?
    async fn is_listed(&self, phone: &Phone, text: &str) -> bool {
        let now = self.clock.now();
        let just_now = |message: &Listed| message.body == text && message.created.is_some_and(|at| now - at < JUST_NOW);
        self.api.list(phone, now).await.is_ok_and(|page| page.messages.iter().any(just_now))
    }
}

/// Does what the text asks. Nobody else is on a phone: who texts manages what is there.
async fn answered(stored: &StoredText, phone: &Phone, inbox: &dyn Inbox) -> Reply {
    let who = Who { destination: Destination::Sms(phone.clone()), may_manage: true, room: None };
    let said = match stored.opt_out {
        // In whatever language the account has taught Twilio.
        Some(OptOutWord::Stop) => Ok(Said::bare(Command::Stop)),
        Some(OptOutWord::Start) => Ok(Said::bare(Command::Start)),
        Some(OptOutWord::Help) => Ok(Said::bare(Command::Help)),
        None => parse(&stored.body, Platform::Sms),
    };
    match said {
        Ok(said) => inbox.said(&who, said).await,
        Err(error) => inbox.unclear(&who, sentence(&error.to_string())).await,
    }
}
