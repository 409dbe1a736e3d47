//! Alerts, notices and answers as Telegram shows them. Pure.

use teloxide::types::{InlineKeyboardMarkup, LinkPreviewOptions};
use url::Url;

use super::keyboard::{can_be_pressed, keyboard};
use super::text::{LONGEST_CAPTION, LONGEST_TEXT, escaped, fitted, length, pieces};
use crate::message::{Alert, Message};
use crate::words::{self, AlertText};
use crate::{Button, File, Picture, Reply};

/// Variants with a link each, at most.
const LINKED: usize = 3;
/// A link that is written out, at most.
const LONGEST_LINK: usize = 1000;

/// One message: HTML, and what can be pressed below it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shown {
    pub(super) html: String,
    pub(super) keyboard: Option<InlineKeyboardMarkup>,
}

/// One message of an answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Page {
    /// The text, or the caption of what is attached.
    pub(super) shown: Shown,
    pub(super) attached: Option<Attached>,
}

/// What an answer can carry.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Attached {
    Picture(Picture),
    File(File),
}

/// Where links stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Links {
    /// On buttons, where Telegram takes them.
    OnButtons,
    /// Written out: it refused them on buttons.
    InText,
}

/// A preview would show the shop's words and picture as ours, and make Telegram fetch the page.
pub(super) fn no_preview() -> LinkPreviewOptions {
    LinkPreviewOptions {
        is_disabled: true,
        url: None,
        prefer_small_media: false,
        prefer_large_media: false,
        show_above_text: false,
    }
}

/// What a channel is asked to send.
pub(super) fn message(message: &Message, buttons: &[Button], links: Links) -> Shown {
    match message {
        Message::Alert(told) => alert(told, buttons, links),
        Message::Notice(notice) => {
            let html = escaped(&fitted(&words::lines(&notice.text), LONGEST_TEXT));
            Shown { html, keyboard: keyboard(&[], buttons) }
        }
    }
}

fn alert(alert: &Alert, buttons: &[Button], links: Links) -> Shown {
    let on_button = |link: &(String, Url)| links == Links::OnButtons && can_be_pressed(&link.1);
    let (pressed, written): (Vec<_>, Vec<_>) = links_of(alert).into_iter().partition(on_button);
    let text = words::alert(&without_links(alert));
    let mut lines = head(&text, alert.gone_after);
    lines.extend(text.variants.iter().map(|line| escaped(&format!("• {line}"))));
    if text.more > 0 {
        lines.push(format!("and {} more", text.more));
    }
    lines.extend(text.sold_out.iter().map(|line| escaped(line)));
    let short = written.iter().filter(|(_, url)| url.as_str().len() <= LONGEST_LINK);
    lines.extend(short.map(|(label, url)| escaped(&format!("{}: {url}", words::plain(label)))));
    Shown { html: lines.join("\n"), keyboard: keyboard(&pressed, buttons) }
}

/// The headline in bold; struck out once all of it is gone again.
fn head(text: &AlertText, gone_after: Option<u64>) -> Vec<String> {
    let mut lines: Vec<String> = text.head.lines().map(escaped).collect();
    let Some(headline) = lines.pop() else { return lines };
    match gone_after {
        None => lines.push(format!("<b>{headline}</b>")),
        Some(seconds) => {
            lines.extend([format!("<s>{headline}</s>"), format!("<b>{}</b>", words::gone_after(seconds))]);
        }
    }
    lines
}

/// The same words, with the links left to us.
fn without_links(alert: &Alert) -> Alert {
    let mut bare = Alert { url: None, ..alert.clone() };
    for variant in &mut bare.variants {
        (variant.url, variant.cart_url) = (None, None);
    }
    bare
}

fn links_of(alert: &Alert) -> Vec<(String, Url)> {
    let open = |url: Option<&Url>| url.map(|url| ("Open in shop".to_owned(), url.clone()));
    match alert.variants.as_slice() {
        [one] => {
            let cart = one.cart_url.clone().filter(|_| alert.gone_after.is_none());
            let cart = cart.map(|url| ("Add to cart".to_owned(), url));
            open(one.url.as_ref().or(alert.url.as_ref())).into_iter().chain(cart).collect()
        }
        few if few.len() <= LINKED && few.iter().all(|variant| variant.url.is_some()) => {
            few.iter().filter_map(|variant| Some((words::variant_label(variant)?, variant.url.clone()?))).collect()
        }
        many => {
            let any = || many.iter().find_map(|variant| variant.url.as_ref());
            open(alert.url.as_ref().or_else(any)).into_iter().collect()
        }
    }
}

/// An answer in as many messages as it takes; what can be pressed stands below the last text, a file after it.
pub(super) fn reply(reply: &Reply) -> Vec<Page> {
    let text = words::lines(&reply.text);
    let mut pages = match &reply.picture {
        Some(picture) if length(&text) <= LONGEST_CAPTION => vec![pictured(picture, &text)],
        Some(picture) => std::iter::once(pictured(picture, &picture.alt)).chain(texts(&text)).collect(),
        None => texts(&text).collect(),
    };
    if pages.is_empty() && !reply.buttons.is_empty() {
        pages.push(page("…", None));
    }
    if let Some(last) = pages.last_mut() {
        last.shown.keyboard = keyboard(&[], &reply.buttons);
    }
    pages.extend(reply.file.clone().map(|file| page("", Some(Attached::File(file)))));
    pages
}

fn texts(text: &str) -> impl Iterator<Item = Page> {
    pieces(text, LONGEST_TEXT).into_iter().map(|piece| page(&piece, None))
}

fn pictured(picture: &Picture, caption: &str) -> Page {
    page(&fitted(&words::lines(caption), LONGEST_CAPTION), Some(Attached::Picture(picture.clone())))
}

fn page(text: &str, attached: Option<Attached>) -> Page {
    Page { shown: Shown { html: escaped(text), keyboard: None }, attached }
}

#[cfg(test)]
#[path = "render_tests.rs"]
mod tests;
