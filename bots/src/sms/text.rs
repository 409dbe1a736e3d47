//! What is told, as one text where that can be: in the cheaper alphabet, the title shortened by words, what matters
//! least left out. Pure.
//!
//! Title, size and style, price, then the link, and last the short code by which the text is looked for.

use url::Url;

use super::below;
use super::gsm::{Alphabet, cheapest, said, sayable, shortened};
use super::parts::Parts;
use crate::message::{Alert, Message};
use crate::words::{lines, title};

/// Texts that belong together, at most.
pub(super) const TEXTS: usize = 3;

/// Our own short links.
pub(super) struct Links<'a> {
    /// `PUBLIC_URL`.
    pub(super) below: &'a Url,
    /// Names the link to a variant.
    pub(super) name: &'a (dyn Fn(i64) -> String + Sync),
}

/// What an envelope says.
pub(super) fn message(message: &Message, code: &str, links: Option<&Links<'_>>) -> String {
    match message {
        Message::Alert(alert) => told(alert, code, link(alert, links).as_deref()),
        Message::Notice(notice) => fitted(&lines(&notice.text), &format!(" {code}")),
    }
}

/// Words in at most [`TEXTS`] texts, with `tail` behind them. What does not fit ends with a line and says how many are
/// missing; a single line that is too long ends with a word.
pub(super) fn fitted(words: &str, tail: &str) -> String {
    let words = cheapest(words);
    let alphabet = Alphabet::of(&words);
    let more = alphabet.length(tail);
    if alphabet.length(&words) + more <= alphabet.one_text() {
        return format!("{words}{tail}");
    }
    let room = alphabet.texts(TEXTS) - more;
    if alphabet.length(&words) <= room {
        return format!("{words}{tail}");
    }
    let lines: Vec<&str> = words.lines().collect();
    let whole = (1..lines.len()).rev().map(|count| cut(&lines, count)).find(|cut| alphabet.length(cut) <= room);
    format!("{}{tail}", whole.unwrap_or_else(|| shortened(&words, room, alphabet)))
}

/// So many lines, and how many are missing.
fn cut(lines: &[&str], count: usize) -> String {
    let missing = lines.len() - count;
    format!("{}\n({missing} more {})", lines[..count].join("\n"), if missing == 1 { "line" } else { "lines" })
}

/// Ours is short and leads to the very variant; without an address of our own it is the shop's.
fn link(alert: &Alert, links: Option<&Links<'_>>) -> Option<String> {
    let first = alert.variants.first();
    let shops = first.and_then(|variant| variant.url.clone()).or_else(|| alert.url.clone())?;
    let ours = first.filter(|variant| variant.variant > 0).zip(links);
    let ours = ours.and_then(|(variant, links)| below(links.below, &format!("r/{}", (links.name)(variant.variant))));
    // The one sign in addresses that GSM-7 does not have.
    Some(ours.unwrap_or(shops).as_str().replace('`', "%60"))
}

/// One text in GSM-7; else one in UCS-2; else one with what GSM-7 can say of the title; else several; else without the
/// link, which then is longer than all the rest.
fn told(alert: &Alert, code: &str, link: Option<&str>) -> String {
    use Alphabet::{Gsm7, Ucs2};
    let name = named(alert);
    let whole = said(&name).and_then(|name| Parts::in_gsm7(alert, name));
    let partly = said_of(&name, alert).and_then(|name| Parts::in_gsm7(alert, name));
    let full = Parts::as_it_is(alert, &name);
    let alphabet = if whole.is_some() { Gsm7 } else { Ucs2 };
    let without = format!(" {code}");
    let tail = link.map_or_else(|| without.clone(), |link| format!("\n{link}{without}"));
    let ways = [
        (whole.as_ref(), &tail, Gsm7, 1),
        (Some(&full), &tail, Ucs2, 1),
        (partly.as_ref(), &tail, Gsm7, 1),
        (whole.as_ref().or(Some(&full)), &tail, alphabet, TEXTS),
        (whole.as_ref().or(Some(&full)), &without, alphabet, TEXTS),
    ];
    let fits = |(parts, tail, alphabet, texts): (Option<&Parts>, &String, Alphabet, usize)| {
        let room = alphabet.texts(texts).checked_sub(alphabet.length(tail))?;
        Some(format!("{}{tail}", parts?.fit(alphabet, room)?))
    };
    ways.into_iter().find_map(fits).unwrap_or_else(|| fitted(&name, &without))
}

/// The product's title, without pictures; of pictures alone there is none.
fn named(alert: &Alert) -> String {
    let name = title(&alert.product);
    if cheapest(&name).is_empty() { title("") } else { name }
}

/// The words of a title that GSM-7 can say; of the shop's, where it can say none.
fn said_of(title: &str, alert: &Alert) -> Option<String> {
    let with_letters = |text: &str| Some(sayable(text)).filter(|words| words.chars().any(char::is_alphanumeric));
    with_letters(title).or_else(|| with_letters(&alert.shop))
}

#[cfg(test)]
#[path = "text_tests.rs"]
mod tests;
