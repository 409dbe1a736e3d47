//! Alerts: sent once, changed later, looked for when nobody answered.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use coatcheck_domain::Destination;
use coatcheck_domain::delivery::SendOutcome;
use serde_json::{Value, json};
use serenity::http::{LightMethod, Route};
use serenity::model::id::{ChannelId, MessageId};
use sha2::{Digest, Sha256};

use super::failure::Failure;
use super::{Discord, render};
use crate::{Envelope, Found};

/// What has to wait longer is tried again later.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// How many messages are looked through.
const LOOKED_THROUGH: usize = 100;
/// A notice has no time of its own: only so old a message can be the one that got no answer.
const RECENT: chrono::Duration = chrono::Duration::hours(3);

impl Discord {
    pub(super) async fn tell(&self, envelope: &Envelope) -> SendOutcome {
        if let Some(after) = self.ban_is_near() {
            let why = "too many refusals in ten minutes: alerts wait before Discord bans this address".to_owned();
            return SendOutcome::Hold { after: Some(after), why };
        }
        match self.post(envelope).await {
            Ok(provider_ref) => SendOutcome::Sent { provider_ref },
            Err(failure) => self.noted(failure).of_send(),
        }
    }

    async fn post(&self, envelope: &Envelope) -> Result<Option<String>, Failure> {
        let channel = self.channel_of(&envelope.destination).await?;
        let body = render::message(envelope, nonce(&envelope.key));
        let mut body = json_of(&body)?;
        if let Some((_, message)) = envelope.answers().and_then(place) {
            body["message_reference"] = json!({ "message_id": message.to_string(), "fail_if_not_exists": false });
        }
        let said = self.say(channel, &body).await?;
        Ok(said["id"].as_str().map(|message| format!("{channel}/{message}")))
    }

    /// Posts a message.
    pub(super) async fn say(&self, channel: u64, body: &Value) -> Result<Value, Failure> {
        let route = Route::ChannelMessages { channel_id: ChannelId::new(channel) };
        self.api.with(LightMethod::Post, route, body).await
    }

    pub(super) async fn change(&self, envelope: &Envelope, provider_ref: &str) -> SendOutcome {
        let Some((channel_id, message_id)) = place(provider_ref) else {
            return SendOutcome::GiveUp { why: format!("{provider_ref:?} is no message on Discord") };
        };
        let route = Route::ChannelMessage { channel_id, message_id };
        match self.api.with(LightMethod::Patch, route, &render::edit(envelope)).await {
            Ok(_) => SendOutcome::Sent { provider_ref: Some(provider_ref.to_owned()) },
            Err(failure) => self.noted(failure).of_send(),
        }
    }

    pub(super) async fn look_for(&self, envelope: &Envelope) -> Found {
        self.looked(envelope).await.map_err(|failure| self.noted(failure)).unwrap_or(Found::CannotTell)
    }

    async fn looked(&self, envelope: &Envelope) -> Result<Found, Failure> {
        let channel = self.channel_of(&envelope.destination).await?;
        let route = Route::ChannelMessages { channel_id: ChannelId::new(channel) };
        let limit = vec![("limit", LOOKED_THROUGH.to_string())];
        let messages = self.api.get(route, limit).await?;
        let nonce = nonce(&envelope.key);
        let wanted = json_of(&render::message(envelope, nonce))?;
        Ok(found(channel, messages.as_array().map_or(&[], Vec::as_slice), &wanted, self.clock.now()))
    }

    /// The channel of a destination; a person's is opened once.
    async fn channel_of(&self, destination: &Destination) -> Result<u64, Failure> {
        match destination {
            Destination::DiscordChannel(channel) if *channel != 0 => Ok(*channel),
            Destination::DiscordUser(person) => self.dm_with(*person).await,
            other => Err(Failure::Unmade(format!("{other} is not on Discord"))),
        }
    }

    pub(super) async fn dm_with(&self, person: u64) -> Result<u64, Failure> {
        if let Some(known) = self.dms.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get(&person) {
            return Ok(*known);
        }
        self.permit().await?;
        let body = json!({ "recipient_id": person.to_string() });
        let opened = self.api.with(LightMethod::Post, Route::UserMeDmChannels, &body).await;
        // Opening a channel tells nobody anything, so a lost answer to it leaves nothing in doubt.
        let opened = opened.map_err(|failure| match failure {
            Failure::NoAnswer(why) => Failure::NotConnected(format!("the direct channel was not opened: {why}")),
            other => other,
        })?;
        let channel = opened["id"].as_str().and_then(|id| id.parse().ok()).filter(|id| *id != 0);
        let channel = channel.ok_or_else(|| Failure::NotConnected("the direct channel has no id".to_owned()))?;
        self.dms.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(person, channel);
        Ok(channel)
    }

    /// Waits until a request that is no alert may be made. Answers to interactions are beyond Discord's count.
    pub(super) async fn permit(&self) -> Result<(), Failure> {
        let mut waited = Duration::ZERO;
        while let Err(wait) = self.limiter.answer(self.clock.monotonic()) {
            waited += wait;
            if waited > LONGEST_WAIT {
                return Err(Failure::NotConnected("nothing may be asked of Discord now: it wants silence".to_owned()));
            }
            tokio::time::sleep(wait).await;
        }
        Ok(())
    }

    /// Counts what leads to a ban, and keeps still when everything has to.
    pub(super) fn noted(&self, failure: Failure) -> Failure {
        if let Some(wait) = failure.silence() {
            self.limiter.hold(self.clock.monotonic() + wait);
        }
        if failure.is_invalid() {
            self.invalid().note(self.clock.monotonic());
        }
        failure
    }

    fn ban_is_near(&self) -> Option<Duration> {
        self.invalid().wait(self.clock.monotonic())
    }
}

pub(super) fn json_of(body: &impl serde::Serialize) -> Result<Value, Failure> {
    serde_json::to_value(body).map_err(|error| Failure::Unmade(error.to_string()))
}

/// The same key has always the same nonce; 24 characters, Discord takes 25.
pub(super) fn nonce(key: &str) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(key)[..18])
}

/// `channel/message`.
fn place(provider_ref: &str) -> Option<(ChannelId, MessageId)> {
    let (channel, message) = provider_ref.split_once('/')?;
    let id = |text: &str| text.parse().ok().filter(|id| *id != 0);
    Some((ChannelId::new(id(channel)?), MessageId::new(id(message)?)))
}

/// Looks for `wanted` among the newest messages of a channel. Readers are not always told the nonce, so a message of
/// a bot with the same words, the same moment and the same buttons is ours too.
fn found(channel: u64, messages: &[Value], wanted: &Value, now: DateTime<Utc>) -> Found {
    let ours = |message: &&Value| same_nonce(message, wanted) || (is_bots(message) && same_face(message, wanted, now));
    let id = |message: &Value| Some(format!("{channel}/{}", message["id"].as_str()?));
    if let Some(provider_ref) = messages.iter().find(ours).and_then(id) {
        return Found::Here { provider_ref };
    }
    if messages.len() < LOOKED_THROUGH { Found::NotHere } else { Found::CannotTell }
}

fn same_nonce(message: &Value, wanted: &Value) -> bool {
    message["nonce"].is_string() && message["nonce"] == wanted["nonce"]
}

fn is_bots(message: &Value) -> bool {
    message["author"]["bot"] == json!(true)
}

fn same_face(message: &Value, wanted: &Value, now: DateTime<Utc>) -> bool {
    let same_words = message["content"] == wanted["content"] && pressed(message) == pressed(wanted);
    let (theirs, ours) = (&message["embeds"][0], &wanted["embeds"][0]);
    match (theirs["timestamp"].as_str().and_then(moment), ours["timestamp"].as_str().and_then(moment)) {
        (Some(theirs), Some(ours)) => same_words && theirs.timestamp_millis() == ours.timestamp_millis(),
        (None, None) => {
            same_words && message["timestamp"].as_str().and_then(moment).is_some_and(|at| now - at < RECENT)
        }
        _ => false,
    }
}

/// What the buttons of a message send.
fn pressed(message: &Value) -> Vec<&str> {
    let rows = message["components"].as_array().map_or(&[][..], Vec::as_slice);
    let buttons = rows.iter().filter_map(|row| row["components"].as_array()).flatten();
    buttons.filter_map(|button| button["custom_id"].as_str()).collect()
}

fn moment(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc())
}
