//! The pages behind the form: the code that was texted, the word that is said elsewhere, and the end.

use askama::Template;
use coatcheck_bots::words;

use super::{Ways, name_of, qr};
use crate::commands::ChatWay;
use crate::store::stock::catalogue::Product;
use crate::web::board::card::slug;
use crate::web::look::Frame;

/// Asks for the code.
#[derive(Template)]
#[template(path = "watch/code.html")]
pub(super) struct CodeHtml<'a> {
    frame: Frame,
    token: &'a str,
    /// `+…23`.
    shown: String,
    back: Option<i64>,
    text_to: Option<&'a str>,
    problem: Option<String>,
}

/// Says where the word is said.
#[derive(Template)]
#[template(path = "watch/prepared.html")]
pub(super) struct PreparedHtml {
    frame: Frame,
    slug: String,
    title: String,
    word: String,
    text: Option<TextWay>,
    chats: Vec<Chat>,
}

struct TextWay {
    number: String,
    link: String,
    picture: Option<String>,
}

struct Chat {
    name: &'static str,
    link: Option<String>,
    says_it: bool,
    said: String,
}

/// It is done.
#[derive(Template)]
#[template(path = "watch/done.html")]
pub(super) struct DoneHtml {
    frame: Frame,
    lines: Vec<String>,
    /// The name of the page where they are managed.
    own: Option<String>,
    back: Option<i64>,
}

/// It is too late.
#[derive(Template)]
#[template(path = "watch/over.html")]
pub(super) struct OverHtml {
    frame: Frame,
    back: Option<i64>,
}

impl<'a> CodeHtml<'a> {
    pub(super) fn new(token: &'a str, shown: &str, back: Option<i64>, ways: &'a Ways) -> Self {
        let frame = Frame::new("", "Type your code", "The last step of signing up.");
        let shown = shown.chars().take(8).collect();
        Self { frame, token, shown, back, text_to: ways.text_to.as_deref(), problem: None }
    }

    /// After a wrong one.
    pub(super) fn again(token: &'a str, shown: &str, back: Option<i64>, ways: &'a Ways, tries_left: u32) -> Self {
        let left = words::counted(i64::from(tries_left), "try", "tries");
        let problem = Some(format!("That is not the code. You have {left} left."));
        Self { problem, ..Self::new(token, shown, back, ways) }
    }
}

impl PreparedHtml {
    pub(super) fn new(product: &Product, word: &str, text_to: Option<&str>, chats: &[ChatWay]) -> Self {
        let title = words::title(&product.title);
        let text = text_to.map(|number| {
            let link = text_link(number, word);
            let picture = qr::svg(&link, "QR code that writes this text on a phone");
            TextWay { number: number.to_owned(), link, picture }
        });
        let chat = |way: &ChatWay| Chat {
            name: name_of(way.platform),
            link: way.link.as_ref().map(|link| link.url.clone()),
            says_it: way.link.as_ref().is_some_and(|link| link.says_it),
            said: way.said.clone(),
        };
        Self {
            frame: Frame::new("", "One more step", "Say the code where you want to be notified."),
            slug: slug(product.id, &product.title),
            title,
            word: word.to_owned(),
            text,
            chats: chats.iter().map(chat).collect(),
        }
    }
}

impl DoneHtml {
    pub(super) fn new(words: &str, own: Option<String>, back: Option<i64>) -> Self {
        let frame = Frame::new("", "You're signed up", "You get a text when it is back.");
        Self { frame, lines: words.lines().map(str::to_owned).collect(), own, back }
    }
}

impl OverHtml {
    pub(super) fn new(back: Option<i64>) -> Self {
        Self { frame: Frame::new("", "That code is no longer good", "Please ask for a new one."), back }
    }
}

/// A link that opens a text message with these words. `+` would be a plus there, not a blank.
pub(super) fn text_link(number: &str, said: &str) -> String {
    let body: String = url::form_urlencoded::byte_serialize(said.as_bytes()).collect();
    format!("sms:{number}?body={}", body.replace('+', "%20"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_written_as_it_would_be_typed() {
        assert_eq!(text_link("+14155550123", "Jacket & Co M+"), "sms:+14155550123?body=Jacket%20%26%20Co%20M%2B");
    }
}
