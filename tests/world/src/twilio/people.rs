//! The people: what they text, and what their phones show.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::state::{Line, Message, Phone, Shared, Speaker, World};
use super::{ACCOUNT, NUMBER, SERVICE, Twilio, hook, twiml};

/// What came of a text that was brought to the webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The text's id.
    pub sid: String,
    /// The status that came back.
    pub status: u16,
    /// The messages of the TwiML, whether the phone got them or not.
    pub said: Vec<String>,
}

/// What Twilio takes for STOP, START and HELP by itself, when it is all that a text says.
const STOP: &[&str] = &["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"];
const START: &[&str] = &["START", "YES", "UNSTOP"];
const HELP: &[&str] = &["HELP", "INFO"];

impl Twilio {
    /// Where texts of people are brought.
    pub fn set_hook(&self, url: &str) {
        self.shared.world().hook = Some(url.to_owned());
    }

    /// Somebody texts us, and the webhook answers.
    ///
    /// # Errors
    /// There is no webhook, nobody answers there, or not in TwiML.
    pub async fn texts(&self, from: &str, body: &str) -> io::Result<Answered> {
        let sid = texted(&mut self.shared.world(), from, body);
        self.bring(&sid).await
    }

    /// The same text is brought once more.
    ///
    /// # Errors
    /// As with [`Twilio::texts`].
    pub async fn bring(&self, sid: &str) -> io::Result<Answered> {
        let (shared, sid) = (Arc::clone(&self.shared), sid.to_owned());
        tokio::task::spawn_blocking(move || bring(&shared, &sid)).await?
    }

    /// A text that is no text of Twilio's: any signature, or none. Gives back the status.
    ///
    /// # Errors
    /// There is no webhook, or nobody answers there.
    pub async fn forge(&self, from: &str, body: &str, signature: &str) -> io::Result<u16> {
        let fields = form("SMforged", from, body, None);
        let hook = self.shared.world().hook.clone().ok_or(io::ErrorKind::NotConnected)?;
        let signature = signature.to_owned();
        let posted = move || hook::post_signed(&hook, &hook::encoded(&fields), &signature);
        tokio::task::spawn_blocking(posted).await?.map(|(status, _)| status)
    }

    /// Twilio answers STOP, START and HELP by itself (it does unless told not to).
    pub fn speaks(&self, speaks: bool) {
        self.shared.world().speaks = speaks;
    }

    /// The account teaches it another word for `STOP`, `START` or `HELP` (Advanced Opt-Out): from then on it says in
    /// each form what it took a text for.
    pub fn teach(&self, word: &str, means: &str) {
        self.shared.world().taught.insert(word.to_uppercase(), means.to_owned());
    }

    /// The carrier stops all to this number: 21610.
    pub fn opt_out(&self, number: &str) {
        self.shared.world().phone(number).opted_out = true;
    }

    /// The number is a landline's: 21614.
    pub fn landline(&self, number: &str) {
        self.shared.world().phone(number).is_landline = true;
    }

    /// Whatever is accepted for this number is lost, and `undelivered` with this code.
    pub fn loses(&self, number: &str, code: u32) {
        self.shared.world().phone(number).loses = Some(code);
    }

    /// The next lists lack the newest message.
    pub fn lists_late(&self, lists: usize) {
        self.shared.world().lists_behind = lists;
    }

    /// From now on nobody is notified what became of messages until [`Twilio::report`].
    pub fn hold_reports(&self) {
        self.shared.world().holds_reports = true;
    }

    /// Tells what became of all messages, and ends when each callback was answered.
    pub async fn report(&self) {
        let shared = Arc::clone(&self.shared);
        // A callback that panics the world would show in the test that waits for it.
        let _ = tokio::task::spawn_blocking(move || hook::report(&shared)).await;
    }

    /// The account's secrets are taken no more.
    pub fn revoke(&self) {
        self.shared.world().revoked = true;
    }

    /// Sets the clock of messages, in seconds since 1970. It stands still, but for a second a message.
    pub fn set_time(&self, seconds: i64) {
        self.shared.world().now = seconds;
    }

    /// How many messages were accepted, and are paid for.
    #[must_use]
    pub fn accepted(&self) -> usize {
        self.shared.world().messages.len()
    }

    /// What CoatCheck's number told this one, in order.
    #[must_use]
    pub fn received(&self, number: &str) -> Vec<String> {
        let world = self.shared.world();
        let lines = world.phones.get(number).map(|phone| phone.lines.as_slice()).unwrap_or_default();
        lines.iter().filter(|line| line.by == Speaker::CoatCheck).map(|line| line.text.clone()).collect()
    }

    /// What the phone shows.
    #[must_use]
    pub fn seen(&self, number: &str) -> String {
        let world = self.shared.world();
        world.phones.get(number).map(shown).unwrap_or_default()
    }

    /// Waits until the phone has so many messages of CoatCheck's, and gives back what it shows then. What came too late
    /// is missing in it.
    pub async fn wait_seen(&self, number: &str, messages: usize, timeout: Duration) -> String {
        let came = async {
            while self.received(number).len() < messages {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let _ = tokio::time::timeout(timeout, came).await;
        self.seen(number)
    }
}

/// The text is on its way; Twilio has done with it what it does by itself.
fn texted(world: &mut World, from: &str, body: &str) -> String {
    let sid = world.sid();
    let word = body.trim().to_uppercase();
    let meant = meaning(world, &word);
    let (speaks, taught) = (world.speaks, !world.taught.is_empty());
    let phone = world.phone(from);
    phone.lines.push(Line { by: Speaker::Owner, text: body.to_owned() });
    if let Some(meant) = meant.as_deref().filter(|_| speaks) {
        phone.opted_out = match meant {
            "STOP" => true,
            "START" => false,
            _ => phone.opted_out,
        };
        let text = match meant {
            "STOP" => {
                "You have successfully been unsubscribed. You will not receive any more messages from this number. Reply START to resubscribe."
            }
            "START" => {
                "You have successfully been re-subscribed to messages from this number. Reply HELP for help. Reply STOP to unsubscribe."
            }
            _ => "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
        };
        phone.lines.push(Line { by: Speaker::Twilio, text: text.to_owned() });
    }
    world.brought.insert(sid.clone(), form(&sid, from, body, meant.filter(|_| taught && speaks)));
    sid
}

fn meaning(world: &World, word: &str) -> Option<String> {
    let own = [("STOP", STOP), ("START", START), ("HELP", HELP)];
    let own = own.into_iter().find(|(_, words)| words.contains(&word)).map(|(means, _)| means.to_owned());
    own.or_else(|| world.taught.get(word).cloned())
}

fn form(sid: &str, from: &str, body: &str, opt_out: Option<String>) -> Vec<(String, String)> {
    let mut fields = vec![
        ("ToCountry", "US".to_owned()),
        ("SmsMessageSid", sid.to_owned()),
        ("NumMedia", "0".to_owned()),
        ("SmsSid", sid.to_owned()),
        ("SmsStatus", "received".to_owned()),
        ("Body", body.to_owned()),
        ("FromCountry", "US".to_owned()),
        ("To", NUMBER.to_owned()),
        ("MessagingServiceSid", SERVICE.to_owned()),
        ("NumSegments", "1".to_owned()),
        ("MessageSid", sid.to_owned()),
        ("AccountSid", ACCOUNT.to_owned()),
        ("From", from.to_owned()),
        ("ApiVersion", "2010-04-01".to_owned()),
    ];
    fields.extend(opt_out.map(|word| ("OptOutType", word)));
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn bring(shared: &Shared, sid: &str) -> io::Result<Answered> {
    let (hook, fields) = {
        let world = shared.world();
        let fields = world.brought.get(sid).cloned().ok_or(io::ErrorKind::NotFound)?;
        (world.hook.clone().ok_or(io::ErrorKind::NotConnected)?, fields)
    };
    let (status, body) = hook::post(&hook, &fields)?;
    if status != 200 {
        return Ok(Answered { sid: sid.to_owned(), status, said: Vec::new() });
    }
    let said = twiml::messages(&body).map_err(io::Error::other)?;
    let from = fields.iter().find(|(name, _)| name == "From").map(|(_, from)| from.clone()).unwrap_or_default();
    for text in &said {
        answered(&mut shared.world(), &from, text);
    }
    Ok(Answered { sid: sid.to_owned(), status, said })
}

/// A message of TwiML is sent like any other, unless its receiver has opted out.
fn answered(world: &mut World, to: &str, text: &str) {
    if world.phone(to).opted_out {
        return;
    }
    world.accept(Message {
        sid: String::new(),
        to: to.to_owned(),
        from: Some(NUMBER.to_owned()),
        service: None,
        body: text.to_owned(),
        status: "queued",
        error: None,
        created: 0,
        callback: None,
        direction: "outbound-reply",
        reported: false,
    });
}

fn shown(phone: &Phone) -> String {
    let line = |line: &Line| {
        let by = match line.by {
            Speaker::Owner => "I",
            Speaker::CoatCheck => "CoatCheck",
            Speaker::Twilio => "Twilio",
        };
        format!("{by}: {}", line.text.replace('\n', "\n  "))
    };
    phone.lines.iter().map(line).collect::<Vec<_>>().join("\n")
}
