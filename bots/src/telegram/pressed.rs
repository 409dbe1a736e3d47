//! A message whose button was pressed: what it says afterwards. Pure.

use teloxide::payloads::{EditMessageReplyMarkup, EditMessageText};
use teloxide::types::{
    InlineKeyboardButton, InlineKeyboardButtonKind, InlineKeyboardMarkup, Message, MessageEntity, MessageId, ParseMode,
};

use super::keyboard::keyboard_below;
use super::place::Place;
use super::render::{self, Page, no_preview};
use super::text::length;
use crate::words::{NOTE, lines};
use crate::{Pressed, Reply};

/// The message above the button, as far as it is kept when the rest changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Above {
    message: i32,
    /// None: it is a picture or a file.
    text: Option<String>,
    entities: Vec<MessageEntity>,
    /// The rows of its keyboard that are links.
    links: Vec<Vec<InlineKeyboardButton>>,
}

/// How a message is changed.
#[derive(Debug, Clone)]
pub(super) enum Edit {
    Text(Box<EditMessageText>),
    Buttons(Box<EditMessageReplyMarkup>),
}

impl Above {
    pub(super) fn of(message: &Message) -> Self {
        let is_link = |button: &InlineKeyboardButton| matches!(button.kind, InlineKeyboardButtonKind::Url(_));
        let rows = message.reply_markup().map(|markup| markup.inline_keyboard.clone()).unwrap_or_default();
        Self {
            message: message.id.0,
            text: message.text().map(str::to_owned),
            entities: message.entities().map(<[MessageEntity]>::to_vec).unwrap_or_default(),
            links: rows.into_iter().filter(|row| row.iter().all(is_link)).collect(),
        }
    }

    /// None: it stays as it is, and the reply is a message of its own.
    pub(super) fn edit(&self, place: Place, reply: &Reply) -> Option<Edit> {
        match &reply.pressed {
            Pressed::Answer => None,
            Pressed::Note(note) => Some(self.noted(place, note, keyboard_below(&self.links, &reply.buttons))),
            Pressed::Replace => match render::reply(reply).as_slice() {
                [Page { shown, attached: None }] => {
                    let mut edit = EditMessageText::new(place.recipient(), MessageId(self.message), &shown.html);
                    edit.parse_mode = Some(ParseMode::Html);
                    edit.link_preview_options = Some(no_preview());
                    edit.reply_markup.clone_from(&shown.keyboard);
                    Some(Edit::Text(Box::new(edit)))
                }
                _ => None,
            },
        }
    }

    fn noted(&self, place: Place, note: &str, keyboard: Option<InlineKeyboardMarkup>) -> Edit {
        let Some(text) = &self.text else {
            let mut edit = EditMessageReplyMarkup::new(place.recipient(), MessageId(self.message));
            edit.reply_markup = keyboard;
            return Edit::Buttons(Box::new(edit));
        };
        let kept = without_note(text);
        let mut edit =
            EditMessageText::new(place.recipient(), MessageId(self.message), format!("{kept}\n{}", lines(note)));
        let end = length(kept);
        edit.entities = Some(self.entities.iter().filter(|it| it.offset + it.length <= end).cloned().collect());
        edit.link_preview_options = Some(no_preview());
        edit.reply_markup = keyboard;
        Edit::Text(Box::new(edit))
    }
}

/// Without the note of an earlier press.
fn without_note(text: &str) -> &str {
    match text.rsplit_once('\n') {
        Some((rest, last)) if last.starts_with(NOTE) => rest,
        _ => text,
    }
}
