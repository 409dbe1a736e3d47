//! Answers: sent with the share of the pace that is kept for them, tried again while that makes sense.

use std::time::Duration;

use coatcheck_domain::delivery::SendOutcome;
use reqwest::multipart::{Form, Part};
use serde_json::Value;

use super::api::Failure;
use super::channel::answering;
use super::heard::Spot;
use super::place::Place;
use super::render::{self, Attached, Page, Shown};
use super::{Telegram, outcome};
use crate::{Reply, Trouble};

/// Requests for one message of an answer.
const TRIES: u32 = 4;
/// What takes longer is put back, so that its chat is free again.
const LONGEST_WAIT: Duration = Duration::from_secs(15);

impl Telegram {
    /// Answers; in a room as a reply to what was said. An answer that nobody can get any more is done.
    pub(super) async fn answer(&self, spot: &Spot, reply: &Reply) -> Result<(), Trouble> {
        for page in render::reply(reply) {
            self.page(spot, &page).await?;
        }
        Ok(())
    }

    async fn page(&self, spot: &Spot, page: &Page) -> Result<(), Trouble> {
        let mut tries = 0;
        loop {
            self.permit().await?;
            let Err(failure) = self.post_page(spot, page).await else { return Ok(()) };
            tries += 1;
            let wait = match self.judged(spot.place, &failure, outcome::of_send(&failure)) {
                SendOutcome::Retry { after, .. } | SendOutcome::Hold { after: after @ Some(_), .. } => after,
                // Twice is better than never.
                SendOutcome::Unknown { .. } => None,
                SendOutcome::Hold { why, .. } => return Err(Trouble { why, after: None, fatal: true }),
                last => {
                    tracing::warn!(chat = spot.place.chat, why = last.why(), "an answer could not be given");
                    return Ok(());
                }
            };
            let wait = wait.unwrap_or(Duration::from_secs(1) * tries);
            if tries >= TRIES || wait > LONGEST_WAIT {
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
        let place = self.now_at(spot.place);
        let (method, name, file) = match attached {
            Attached::Picture(picture) => ("SendPhoto", "photo", part(picture.png.to_vec(), "picture.png")),
            Attached::File(file) => ("SendDocument", "document", part(file.content.as_bytes().to_vec(), &file.name)),
        };
        let form = form(place, &page.shown, answers).part(name, file);
        self.api.upload::<Value>(method, form).await.map(drop)
    }

    /// Waits for the answers' share of the pace.
    pub(super) async fn permit(&self) -> Result<(), Trouble> {
        let permitted = self.pace.answer_within(self.clock.as_ref(), LONGEST_WAIT).await;
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
