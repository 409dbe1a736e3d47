//! Answers: sent with the share of the rate that is kept for them, tried again while that makes sense.

use std::time::Duration;

use coatcheck_domain::delivery::SendOutcome;
use reqwest::multipart::{Form, Part};
use serde::de::IgnoredAny;
use serde_json::Value;

use super::api::Failure;
use super::channel::{answering, moved_to};
use super::heard::Spot;
use super::place::Place;
use super::pressed::Edit;
use super::render::{self, Attached, Page, Shown};
use super::{Telegram, outcome};
use crate::{Inbox, Reply, Trouble};

/// Requests for one message of an answer.
const TRIES: u32 = 2;
/// The wait between them.
const A_MOMENT: Duration = Duration::from_secs(1);
/// A permit that takes longer is waited for elsewhere.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

impl Telegram {
    /// Answers; in a room as a reply to what was said. An answer that nobody can get any more is done.
    pub(super) async fn answer(&self, spot: &Spot, reply: &Reply, inbox: &dyn Inbox) -> Result<(), Trouble> {
        let mut spot = *spot;
        for page in render::reply(reply) {
            self.page(&mut spot, &page, inbox).await?;
        }
        Ok(())
    }

    /// Changes the message that was pressed. `false`: it can no longer be changed, so the answer is one of its own.
    pub(super) async fn changed(&self, spot: &Spot, edit: &Edit) -> Result<bool, Trouble> {
        self.permit().await?;
        let result = match edit {
            Edit::Text(edit) => self.api.call::<_, IgnoredAny>(edit.as_ref()).await,
            Edit::Buttons(edit) => self.api.call::<_, IgnoredAny>(edit.as_ref()).await,
        };
        let Err(failure) = result else { return Ok(true) };
        match self.judged(spot.place, &failure, outcome::of_edit(&failure, "")) {
            SendOutcome::Sent { .. } => Ok(true),
            SendOutcome::Retry { after, why } | SendOutcome::Hold { after, why } => {
                Err(Trouble { why, after: after.or(Some(A_MOMENT)), fatal: false })
            }
            // Whether it was changed is not known: changing it again does no harm.
            SendOutcome::Unknown { why } => Err(Trouble { why, after: Some(A_MOMENT), fatal: false }),
            _ => Ok(false),
        }
    }

    /// What cannot be said within seconds is put back, so that it delays nothing else that is said here.
    async fn page(&self, spot: &mut Spot, page: &Page, inbox: &dyn Inbox) -> Result<(), Trouble> {
        let mut tries = 0;
        loop {
            self.permit().await?;
            let Err(failure) = self.post_page(spot, page).await else { return Ok(()) };
            tries += 1;
            if let Some(to) = moved_to(&failure).filter(|_| tries < TRIES) {
                inbox.moved(&spot.place.destination(), &to.destination()).await;
                *spot = Spot { place: to, message: None, ..*spot };
                continue;
            }
            let wait = match self.judged(spot.place, &failure, outcome::of_send(&failure)) {
                SendOutcome::Retry { after, .. } | SendOutcome::Hold { after: after @ Some(_), .. } => after,
                // Twice is better than never.
                SendOutcome::Unknown { .. } => None,
                SendOutcome::Hold { why, .. } => return Err(Trouble { why, after: None, fatal: true }),
                last => {
                    tracing::warn!(chat = spot.place.chat, why = last.why(), "answer not given");
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

    async fn post_page(&self, spot: &Spot, page: &Page) -> Result<(), Failure> {
        let answers = spot.message.filter(|_| spot.is_room());
        let Some(attached) = &page.attached else {
            return self.tell(spot.place, &page.shown, answers).await.map(drop);
        };
        let place = spot.place;
        let (method, name, file) = match attached {
            Attached::Picture(picture) => ("SendPhoto", "photo", part(picture.png.to_vec(), "picture.png")),
            Attached::File(file) => ("SendDocument", "document", part(file.content.as_bytes().to_vec(), &file.name)),
        };
        let form = form(place, &page.shown, answers).part(name, file);
        self.api.upload::<Value>(method, form).await.map(drop)
    }

    /// Waits for the answers' share of the rate.
    pub(super) async fn permit(&self) -> Result<(), Trouble> {
        let permitted = self.limiter.answer_within(self.clock.as_ref(), LONGEST_WAIT).await;
        permitted.map_err(|wait| {
            let why = "Telegram asked for silence; nothing can be answered".to_owned();
            Trouble { why, after: Some(wait), fatal: false }
        })
    }
}

fn part(bytes: Vec<u8>, name: &str) -> Part {
    Part::bytes(bytes).file_name(name.to_owned())
}

/// All but the file. The library's payloads with files can be sent by its own client only.
fn form(place: Place, caption: &Shown, answers: Option<i32>) -> Form {
    let text = |value: String| (!value.is_empty()).then_some(value);
    let fields = [
        ("chat_id", Some(place.chat.to_string())),
        ("message_thread_id", place.topic.map(|topic| topic.to_string())),
        ("caption", text(caption.html.clone())),
        ("parse_mode", Some("HTML".to_owned())),
        ("reply_markup", caption.keyboard.as_ref().and_then(|keyboard| serde_json::to_string(keyboard).ok())),
        ("reply_parameters", answers.and_then(|message| serde_json::to_string(&answering(message)).ok())),
    ];
    let given = fields.into_iter().filter_map(|(name, value)| Some((name, value?)));
    given.fold(Form::new(), |form, (name, value)| form.text(name, value))
}
