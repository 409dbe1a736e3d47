//! Does what an update asks, and answers.

use std::time::Duration;

use coatcheck_domain::Destination;
use serde_json::Value;
use teloxide::payloads::{AnswerCallbackQuery, DeleteMessage, GetChatMember, GetMe};
use teloxide::types::{CallbackQueryId, MessageId, Update, UserId};

use super::heard::{Heard, Speaker, Spot, heard, words};
use super::listen::troubled;
use super::place::Place;
use super::pressed::Above;
use super::text::length;
use super::{Telegram, lock};
use crate::words::sentence;
use crate::{Command, Inbox, Reply, Room, Trouble, Who};

/// Characters in the note that only who pressed sees, at most.
const LONGEST_NOTE: usize = 200;
/// A command in a group waits so long before our name is asked again.
const NAME_WAIT: Duration = Duration::from_secs(2);

impl Telegram {
    /// See [`crate::Receiver::handle`].
    pub(super) async fn handled(&self, payload: &str, inbox: &dyn Inbox) -> Result<(), Trouble> {
        let update: Update = match serde_json::from_str(payload) {
            Ok(update) => update,
            Err(error) => {
                tracing::warn!(%error, "an update from Telegram cannot be read and is passed over");
                return Ok(());
            }
        };
        match heard(&update) {
            Some(Heard::Said { spot, text }) => self.said(&spot, &text, inbox).await,
            Some(Heard::Pressed { spot, query, data, above }) => {
                self.pressed(&spot, query, &data, above.as_ref(), inbox).await
            }
            Some(Heard::Moved { from, to }) => {
                let at = |chat| Place { chat, topic: None }.destination();
                inbox.moved(&at(from), &at(to)).await;
                Ok(())
            }
            None => Ok(()),
        }
    }

    async fn said(&self, spot: &Spot, text: &str, inbox: &dyn Inbox) -> Result<(), Trouble> {
        let our_name = if spot.is_room() { self.our_name().await? } else { "" };
        let reply = match words(text, spot.is_room(), our_name) {
            None => return Ok(()),
            Some(Ok(said)) => {
                if spot.is_room() && said.holds_secret() && (self.shows)(Command::Join) {
                    self.delete(spot).await;
                }
                inbox.said(&self.who(spot).await, said).await
            }
            Some(Err(error)) => Reply::text(sentence(&error.to_string())),
        };
        self.answer(spot, &reply, inbox).await
    }

    /// The invite word is not for who else reads along. Telegram lets only administrators delete what others said.
    async fn delete(&self, spot: &Spot) {
        let Some(message) = spot.message else { return };
        let delete = DeleteMessage::new(spot.place.recipient(), MessageId(message));
        if let Err(failure) = self.api.call::<_, Value>(&delete).await {
            tracing::info!(chat = spot.place.chat, %failure, "message with an invite word not deleted");
        }
    }

    /// The button stops waiting in any case. In a room a short answer is for who pressed alone.
    async fn pressed(
        &self,
        spot: &Spot,
        query: String,
        data: &str,
        above: Option<&Above>,
        inbox: &dyn Inbox,
    ) -> Result<(), Trouble> {
        let reply = inbox.pressed(&self.who(spot).await, data).await;
        if let Some(link) = reply.deep_link.as_ref().filter(|_| spot.is_room()) {
            return self.lead(query, link).await;
        }
        if let Some(edit) = above.and_then(|above| above.edit(spot.place, &reply)) {
            let is_changed = self.changed(spot, &edit).await?;
            self.acknowledge(query, None).await;
            return if is_changed { Ok(()) } else { self.answer(spot, &reply, inbox).await };
        }
        if !spot.is_room() {
            self.acknowledge(query, None).await;
            return self.answer(spot, &reply, inbox).await;
        }
        let short = reply.buttons.is_empty() && reply.picture.is_none() && length(&reply.text) <= LONGEST_NOTE;
        self.acknowledge(query, short.then(|| crate::words::lines(&reply.text))).await;
        if short { Ok(()) } else { self.answer(spot, &reply, inbox).await }
    }

    /// Opens the chat with us, where only who pressed reads along.
    async fn lead(&self, query: String, link: &str) -> Result<(), Trouble> {
        let mut answer = AnswerCallbackQuery::new(CallbackQueryId(query));
        answer.url = format!("https://t.me/{}?start={link}", self.our_name().await?).parse().ok();
        if let Err(failure) = self.api.call::<_, Value>(&answer).await {
            tracing::debug!(%failure, "a press could not be acknowledged");
        }
        Ok(())
    }

    /// A query that is too old can no longer be acknowledged, and need not be.
    async fn acknowledge(&self, query: String, note: Option<String>) {
        let mut answer = AnswerCallbackQuery::new(CallbackQueryId(query));
        answer.show_alert = note.as_ref().map(|_| true);
        answer.text = note;
        if let Err(failure) = self.api.call::<_, Value>(&answer).await {
            tracing::debug!(%failure, "a press could not be acknowledged");
        }
    }

    async fn who(&self, spot: &Spot) -> Who {
        let may_manage = match spot.speaker {
            Speaker::Alone | Speaker::Manager => true,
            Speaker::Member(person) => self.manages(spot.place, person).await,
        };
        let person = match spot.speaker {
            Speaker::Member(person) => i64::try_from(person).ok(),
            Speaker::Alone | Speaker::Manager => None,
        };
        let person = person.map(|chat| Destination::Telegram { chat, topic: None });
        let room = spot.is_room().then(|| Room { destination: spot.place.destination(), person });
        Who { destination: spot.place.destination(), may_manage, room }
    }

    /// What cannot be asked now is a no; it is asked again the next time.
    async fn manages(&self, place: Place, person: u64) -> bool {
        let now = self.clock.monotonic();
        if let Some(known) = lock(&self.managers).known(place.chat, person, now) {
            return known;
        }
        match self.api.call::<_, Value>(&GetChatMember::new(place.recipient(), UserId(person))).await {
            Ok(member) => {
                let manages = matches!(member["status"].as_str(), Some("creator" | "administrator"));
                lock(&self.managers).learn(place.chat, person, manages, now);
                manages
            }
            Err(failure) => {
                tracing::warn!(chat = place.chat, %failure, "Telegram does not say who manages a group");
                false
            }
        }
    }

    /// The name behind the @ that people address us with in groups.
    pub(super) async fn our_name(&self) -> Result<&str, Trouble> {
        let ask = async {
            // Without a wait the command would be taken for answered.
            let again = |trouble: Trouble| Trouble { after: trouble.after.or(Some(NAME_WAIT)), ..trouble };
            let me: Value = self.api.call(&GetMe::new()).await.map_err(|failure| again(troubled(&failure)))?;
            Ok(me["username"].as_str().unwrap_or_default().to_owned())
        };
        self.name.get_or_try_init(|| ask).await.map(String::as_str)
    }
}
