//! What is so in this Twilio, apart from its port.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::DateTime;
use serde_json::{Value, json};

use super::{ACCOUNT, cost};

/// The world behind a lock.
#[derive(Default)]
pub(super) struct Shared {
    world: Mutex<World>,
    /// Held while statuses are brought, so that they come in order.
    pub(super) reporting: Mutex<()>,
}

impl Shared {
    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Everything.
pub(super) struct World {
    pub(super) phones: BTreeMap<String, Phone>,
    /// All that were accepted, oldest first.
    pub(super) messages: Vec<Message>,
    /// Texts as they were brought, by SID.
    pub(super) brought: HashMap<String, Vec<(String, String)>>,
    pub(super) hook: Option<String>,
    /// Twilio answers STOP, START and HELP.
    pub(super) speaks: bool,
    /// Words the account has taught it (Advanced Opt-Out): in capitals → STOP, START or HELP.
    pub(super) taught: BTreeMap<String, String>,
    /// So many more lists lack the newest message.
    pub(super) lists_behind: usize,
    /// Statuses wait until they are asked for.
    pub(super) holds_reports: bool,
    pub(super) revoked: bool,
    /// Seconds since 1970; a second passes with each message.
    pub(super) now: i64,
    pub(super) last_sid: u64,
}

impl Default for World {
    fn default() -> Self {
        Self {
            phones: BTreeMap::new(),
            messages: Vec::new(),
            brought: HashMap::new(),
            hook: None,
            speaks: true,
            taught: BTreeMap::new(),
            lists_behind: 0,
            holds_reports: false,
            revoked: false,
            now: 1_800_000_000,
            last_sid: 0,
        }
    }
}

/// Somebody's phone.
#[derive(Debug, Clone, Default)]
pub(super) struct Phone {
    pub(super) lines: Vec<Line>,
    pub(super) opted_out: bool,
    pub(super) is_landline: bool,
    /// Whatever is accepted for it is lost, with this code.
    pub(super) loses: Option<u32>,
}

/// One text that the phone shows.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) by: Speaker,
    pub(super) text: String,
}

/// Who wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speaker {
    Owner,
    CoatCheck,
    Twilio,
}

/// One message of ours.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) sid: String,
    pub(super) to: String,
    pub(super) from: Option<String>,
    pub(super) service: Option<String>,
    pub(super) body: String,
    pub(super) status: &'static str,
    pub(super) error: Option<u32>,
    pub(super) created: i64,
    /// Where its statuses are brought.
    pub(super) callback: Option<String>,
    pub(super) direction: &'static str,
    pub(super) reported: bool,
}

impl Message {
    /// As the API shows it. What a Messaging Service has only accepted has no sender and no price yet.
    pub(super) fn json(&self) -> Value {
        let accepted = self.status == "accepted";
        let segments = if accepted { "0".to_owned() } else { cost::number(&self.body) };
        let date = |seconds: i64| {
            DateTime::from_timestamp(seconds, 0).map(|at| at.format("%a, %d %b %Y %T +0000").to_string())
        };
        let waits = matches!(self.status, "accepted" | "queued");
        json!({
            "sid": self.sid, "account_sid": ACCOUNT, "api_version": "2010-04-01", "to": self.to,
            "from": self.from.as_ref().filter(|_| !accepted), "messaging_service_sid": self.service, "body": self.body,
            "status": self.status, "direction": self.direction, "num_segments": segments, "num_media": "0",
            "date_created": date(self.created), "date_updated": date(self.created),
            "date_sent": if waits { None } else { date(self.created) },
            "price": null, "price_unit": if accepted { Value::Null } else { "USD".into() },
            "error_code": self.error, "error_message": null,
            "uri": format!("/2010-04-01/Accounts/{ACCOUNT}/Messages/{}.json", self.sid),
            "subresource_uris": {"media": format!("/2010-04-01/Accounts/{ACCOUNT}/Messages/{}/Media.json", self.sid)},
        })
    }
}

impl World {
    /// A new SID of a message.
    pub(super) fn sid(&mut self) -> String {
        self.last_sid += 1;
        format!("SM{:032x}", self.last_sid)
    }

    pub(super) fn phone(&mut self, number: &str) -> &mut Phone {
        self.phones.entry(number.to_owned()).or_default()
    }

    /// Accepts a message: from now on it is paid for, and the phone has it, unless it loses what it is sent.
    pub(super) fn accept(&mut self, message: Message) -> Message {
        let sid = self.sid();
        self.now += 1;
        let mut message = Message { sid, created: self.now, ..message };
        let phone = self.phone(&message.to);
        message.error = phone.loses;
        if phone.loses.is_none() {
            phone.lines.push(Line { by: Speaker::CoatCheck, text: message.body.clone() });
        }
        self.messages.push(message.clone());
        message
    }
}
