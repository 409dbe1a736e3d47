//! What a browser shows: a title, some lines, and where a click leads. Pure.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::crypt::LONGEST;
use crate::Envelope;
use crate::message::Message;
use crate::words::{alert, lines, shortened};

/// Characters of a title and of the lines. Screens show less.
const LONGEST_TITLE: usize = 120;
const LONGEST_TEXT: usize = 600;

#[derive(Serialize)]
struct Notification<'a> {
    title: String,
    body: String,
    /// One that is shown already is replaced by a repetition.
    tag: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

/// A word for a message, as short as `Topic` must be: of two with the same, a push service delivers the later.
pub(super) fn topic(key: &str) -> String {
    BASE64.encode(&Sha256::digest(key.as_bytes())[..18])
}

/// As JSON that fits into a push.
pub(super) fn notification(envelope: &Envelope) -> String {
    let tag = topic(&envelope.key);
    let (title, body, url) = match &envelope.message {
        Message::Alert(told) => {
            let text = alert(told);
            let (head, rest) = text.head.split_once('\n').unwrap_or((&text.head, ""));
            let first = (!rest.is_empty()).then(|| rest.to_owned());
            let all: Vec<String> = first.into_iter().chain(text.variants).collect();
            let one = told.variants.iter().find_map(|variant| variant.url.as_ref());
            let url = text.link.as_ref().or(told.url.as_ref()).or(one);
            (head.to_owned(), all.join("\n"), url.map(ToString::to_string))
        }
        Message::Notice(notice) => ("CoatCheck".to_owned(), lines(&notice.text), None),
    };
    let said = |url| Notification {
        title: shortened(&title, LONGEST_TITLE),
        body: shortened(&body, LONGEST_TEXT),
        tag: &tag,
        url,
    };
    let json = |url| serde_json::to_string(&said(url)).unwrap_or_default();
    let whole = json(url);
    if whole.len() <= LONGEST { whole } else { json(None) }
}

#[cfg(test)]
mod tests {
    use coatcheck_domain::Destination;

    use super::*;
    use crate::examples::{alert, variant};
    use crate::message::Alert;

    fn envelope(alert: Alert) -> Envelope {
        let message = Message::Alert(Box::new(alert));
        Envelope {
            key: "a:1:2:0".to_owned(),
            destination: Destination::Console,
            secret: None,
            message,
            buttons: Vec::new(),
        }
    }

    #[test]
    fn an_alert_is_a_title_and_a_place_to_go() {
        let json = notification(&envelope(alert(vec![variant("M", "Black")])));
        insta::assert_snapshot!(json, @r#"{"title":"Back in stock: Corps Jacket — M / Black, 129.00 EUR","body":"","tag":"HCsxSlEd-3kVP8hO9pJgOxB2","url":"https://shop.example/products/jacket?size=M"}"#);
    }

    #[test]
    fn however_long_it_is_it_fits() {
        let mut told = alert(vec![variant(&"鞋".repeat(500), &"🧥".repeat(500)), variant("M", "x")]);
        told.product = "鞋".repeat(5000);
        told.url = format!("https://shop.example/{}", "x".repeat(9000)).parse().ok();
        for variant in &mut told.variants {
            variant.url = None;
        }
        assert!(notification(&envelope(told)).len() <= LONGEST);
    }
}
