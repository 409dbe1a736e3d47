//! Alerts and their edits: one request each, and what came of it.

use std::sync::Arc;

use async_trait::async_trait;
use coatcheck_domain::delivery::SendOutcome;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use teloxide::payloads::{EditMessageText, SendMessage};
use teloxide::types::{MessageId, ParseMode, ReplyMarkup, ReplyParameters};

use super::api::{Failure, Refusal};
use super::place::{Place, provider_ref, read_ref};
use super::render::{self, Links, Shown, no_preview};
use super::{Telegram, lock, outcome};
use crate::{Capabilities, Channel, Envelope, RateLimiter};

/// Requests in flight: at 25 a second enough for answers that take more than a second.
const WIDTH: usize = 32;

#[async_trait]
impl Channel for Telegram {
    fn name(&self) -> &'static str {
        "telegram"
    }

    /// Telegram knows no keys: what may have arrived is sent again.
    fn capabilities(&self) -> Capabilities {
        Capabilities { edit: true, width: WIDTH, knows_keys_for: None }
    }

    async fn send(&self, envelope: &Envelope) -> SendOutcome {
        let Some(place) = Place::of(&envelope.destination) else { return not_ours(envelope) };
        let shown = |links| render::message(&envelope.message, &envelope.buttons, links);
        let answers = envelope.answers().and_then(read_ref).filter(|(chat, _)| *chat == place.chat).map(|(_, it)| it);
        let mut result = self.tell(place, &shown(Links::OnButtons), answers).await;
        if result.as_ref().is_err_and(outcome::refuses_links) {
            result = self.tell(place, &shown(Links::InText), answers).await;
        }
        match result {
            Ok(provider_ref) => SendOutcome::Sent { provider_ref },
            Err(failure) => match moved_to(&failure) {
                Some(to) => SendOutcome::Moved { to: to.destination() },
                None => self.judged(place, &failure, outcome::of_send(&failure)),
            },
        }
    }

    async fn edit(&self, envelope: &Envelope, provider_ref: &str) -> SendOutcome {
        let Some(place) = Place::of(&envelope.destination) else { return not_ours(envelope) };
        let Some((chat, message)) = read_ref(provider_ref) else {
            return SendOutcome::GiveUp { why: format!("{provider_ref:?} is no message of Telegram's") };
        };
        let place = Place { chat, ..place };
        let shown = |links| render::message(&envelope.message, &envelope.buttons, links);
        let mut result = self.change(place, message, shown(Links::OnButtons)).await;
        if result.as_ref().is_err_and(outcome::refuses_links) {
            result = self.change(place, message, shown(Links::InText)).await;
        }
        match result {
            Ok(()) => SendOutcome::Sent { provider_ref: Some(provider_ref.to_owned()) },
            Err(failure) => self.judged(place, &failure, outcome::of_edit(&failure, provider_ref)),
        }
    }

    fn rate_limiter(&self) -> Option<Arc<RateLimiter>> {
        Some(Arc::clone(&self.limiter))
    }
}

fn not_ours(envelope: &Envelope) -> SendOutcome {
    SendOutcome::GiveUp { why: format!("{} is not on Telegram", envelope.destination) }
}

impl Telegram {
    /// Sends one text. Gives back the message's name, unless the answer holds none.
    pub(super) async fn tell(
        &self,
        place: Place,
        shown: &Shown,
        answers: Option<i32>,
    ) -> Result<Option<String>, Failure> {
        let posted: Box<RawValue> = self.api.call(&text_message(place, shown, answers)).await?;
        Ok(named(place, &posted))
    }

    async fn change(&self, place: Place, message: i32, shown: Shown) -> Result<(), Failure> {
        let mut edit = EditMessageText::new(place.recipient(), MessageId(message), shown.html);
        edit.parse_mode = Some(ParseMode::Html);
        edit.link_preview_options = Some(no_preview());
        edit.reply_markup = shown.keyboard;
        self.api.call::<_, IgnoredAny>(&edit).await.map(drop)
    }

    /// A 429 that is everybody's holds the lane and the answers.
    pub(super) fn judged(&self, place: Place, failure: &Failure, outcome: SendOutcome) -> SendOutcome {
        let (Failure::Refused(Refusal { status: 429, .. }), SendOutcome::Retry { after, why }) = (failure, &outcome)
        else {
            return outcome;
        };
        let now = self.clock.monotonic();
        let outcome = lock(&self.floods).outcome(now, place.chat, *after, why.clone());
        if let SendOutcome::Hold { after: Some(after), .. } = outcome {
            self.limiter.hold(now + after);
        }
        outcome
    }
}

/// Where the group is now, if that is why it was refused. Its topics, if it has any, are new.
pub(super) fn moved_to(failure: &Failure) -> Option<Place> {
    match failure {
        Failure::Refused(Refusal { moved_to: Some(chat), .. }) => Some(Place { chat: *chat, topic: None }),
        _ => None,
    }
}

fn text_message(place: Place, shown: &Shown, answers: Option<i32>) -> SendMessage {
    let mut message = SendMessage::new(place.recipient(), shown.html.clone());
    message.message_thread_id = place.thread();
    message.parse_mode = Some(ParseMode::Html);
    message.link_preview_options = Some(no_preview());
    message.reply_markup = shown.keyboard.clone().map(ReplyMarkup::InlineKeyboard);
    message.reply_parameters = answers.map(answering);
    message
}

/// The message may be deleted by now.
pub(super) fn answering(message: i32) -> ReplyParameters {
    ReplyParameters::new(MessageId(message)).allow_sending_without_reply()
}

/// What is of use of a message as it was posted.
#[derive(Deserialize, Default)]
struct Posted {
    message_id: Option<i64>,
    chat: Option<Chat>,
}

#[derive(Deserialize)]
struct Chat {
    id: i64,
}

/// It was posted, however strange the words that say so.
fn named(place: Place, posted: &RawValue) -> Option<String> {
    let posted: Posted = serde_json::from_str(posted.get()).unwrap_or_default();
    let chat = posted.chat.map_or(place.chat, |chat| chat.id);
    Some(provider_ref(chat, posted.message_id?))
}
