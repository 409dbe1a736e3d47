//! What a browser shows: a title, some lines, a picture, and where a click leads. Pure.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use serde::Serialize;
use sha2::{Digest, Sha256};
use url::Url;

use super::crypt::LONGEST;
use crate::Envelope;
use crate::message::{Alert, AlertVariant, Message};
use crate::words::{alert, lines, opening, plain, remark, shortened, title, variant_label};

/// Characters of a title and of the lines. Screens show less.
const LONGEST_TITLE: usize = 120;
const LONGEST_TEXT: usize = 400;
/// Variants that are named; of more there is the number.
const NAMED: usize = 4;

/// What the service worker of the pages reads (`sw.js`).
#[derive(Serialize)]
struct Notification {
    title: String,
    body: String,
    /// One that is shown already is replaced by a repetition.
    tag: String,
    /// The shop's page.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// A path on our own pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    picture: Option<String>,
    /// The page where the watches are managed: a path on our own pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    manage: Option<String>,
}

/// A word for a message, as short as `Topic` must be: of two with the same, a push service delivers the later.
pub(super) fn topic(key: &str) -> String {
    BASE64.encode(&Sha256::digest(key.as_bytes())[..18])
}

/// As JSON that fits into a push. A link that is too long is left out: a click then opens our own pages.
pub(super) fn notification(envelope: &Envelope) -> String {
    let mut said = match &envelope.message {
        Message::Alert(told) => of_alert(told),
        Message::Notice(notice) => of_notice(&lines(&notice.text)),
    };
    said.tag = topic(&envelope.key);
    said.manage = envelope.manage.as_ref().map(|page| page.path().to_owned());
    let json = |said: &Notification| serde_json::to_string(said).unwrap_or_default();
    let whole = json(&said);
    if whole.len() <= LONGEST { whole } else { json(&Notification { url: None, ..said }) }
}

fn of_alert(told: &Alert) -> Notification {
    let opening = opening(&told.variants);
    let variants = told.variants.iter().take(NAMED).map(|variant| line(variant, opening));
    let more = told.variants.len().saturating_sub(NAMED);
    let test = told.test.then(|| "This is how an alert looks.".to_owned());
    let more = (more > 0).then(|| format!("and {more} more"));
    let all: Vec<String> = test
        .into_iter()
        .chain(variants)
        .chain(more)
        .chain(std::iter::once(plain(&told.shop)))
        .filter(|line| !line.is_empty())
        .collect();
    let picture = told.variants.iter().find(|variant| variant.variant > 0).filter(|_| told.image.is_some());
    Notification {
        title: shortened(&format!("{opening}: {}", title(&told.product)), LONGEST_TITLE),
        body: shortened_lines(&all),
        tag: String::new(),
        url: link(told).map(String::from),
        picture: picture.map(|variant| format!("/picture/variant/{}", variant.variant)),
        manage: None,
    }
}

fn link(told: &Alert) -> Option<Url> {
    alert(told).link.or_else(|| told.url.clone()).or_else(|| told.variants.iter().find_map(|one| one.url.clone()))
}

fn of_notice(text: &str) -> Notification {
    let (head, rest) = text.split_once('\n').unwrap_or(("CoatCheck", text));
    let all: Vec<String> = rest.lines().map(str::to_owned).collect();
    Notification {
        title: shortened(head, LONGEST_TITLE),
        body: shortened_lines(&all),
        tag: String::new(),
        url: None,
        picture: None,
        manage: None,
    }
}

/// `M / Black, 129.00 EUR (3 left)`.
fn line(variant: &AlertVariant, opening: &str) -> String {
    let price = variant.price.as_ref().map(ToString::to_string);
    let parts: Vec<String> = variant_label(variant).into_iter().chain(price).collect();
    format!("{}{}", parts.join(", "), remark(variant, opening)).trim().to_owned()
}

/// The lines that fit, each of them whole.
fn shortened_lines(all: &[String]) -> String {
    let mut left = LONGEST_TEXT;
    let fits = |line: &&String| {
        let length = line.chars().count() + 1;
        let fits = length <= left;
        left = left.saturating_sub(length);
        fits
    };
    all.iter().take_while(fits).map(String::as_str).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use coatcheck_domain::Destination;

    use super::*;
    use crate::examples::{alert, variant};
    use crate::message::Notice;

    fn envelope(message: Message) -> Envelope {
        Envelope {
            key: "a:1:2:0".to_owned(),
            destination: Destination::Console,
            secret: None,
            message,
            manage: None,
            buttons: Vec::new(),
        }
    }

    fn read(told: Alert) -> String {
        let json: serde_json::Value = serde_json::from_str(&of(told)).expect("JSON");
        format!("{json:#}")
    }

    fn of(told: Alert) -> String {
        let manage = "https://coat.example/m/1-2-abc".parse().ok();
        notification(&Envelope { manage, ..envelope(Message::Alert(Box::new(told))) })
    }

    #[test]
    fn an_alert_is_a_title_its_size_and_price_a_picture_and_a_place_to_go() {
        let mut told = alert(vec![variant("M", "Black")]);
        told.image = "https://cdn.shop.example/jacket.jpg".parse().ok();
        told.variants[0].quantity = Some(3);
        insta::assert_snapshot!(read(told), @r#"
        {
          "title": "Back in stock: Corps Jacket",
          "body": "M / Black, 129.00 EUR (3 left)\nshop.example",
          "tag": "HCsxSlEd-3kVP8hO9pJgOxB2",
          "url": "https://shop.example/products/jacket?size=M",
          "picture": "/picture/variant/1",
          "manage": "/m/1-2-abc"
        }
        "#);
    }

    #[test]
    fn of_many_sizes_the_first_are_named() {
        let sizes = ["XS", "S", "M", "L", "XL", "XXL"];
        insta::assert_snapshot!(read(alert(sizes.iter().map(|size| variant(size, "Black")).collect())), @r#"
        {
          "title": "Back in stock: Corps Jacket",
          "body": "XS / Black, 129.00 EUR\nS / Black, 129.00 EUR\nM / Black, 129.00 EUR\nL / Black, 129.00 EUR\nand 2 more\nshop.example",
          "tag": "HCsxSlEd-3kVP8hO9pJgOxB2",
          "url": "https://shop.example/products/jacket",
          "manage": "/m/1-2-abc"
        }
        "#);
    }

    #[test]
    fn what_the_shop_does_not_say_is_not_said() {
        let mut told = alert(vec![variant("M", "Black")]);
        told.url = None;
        let one = &mut told.variants[0];
        (one.size, one.style, one.price, one.url) = (None, None, None, None);
        one.options.clear();
        told.test = true;
        insta::assert_snapshot!(read(told), @r#"
        {
          "title": "Back in stock: Corps Jacket",
          "body": "This is how an alert looks.\nshop.example",
          "tag": "HCsxSlEd-3kVP8hO9pJgOxB2",
          "manage": "/m/1-2-abc"
        }
        "#);
    }

    #[test]
    fn several_products_in_one_message_are_a_title_and_lines() {
        let text = "2 products are back in stock:\n• Jacket — M\n• Boots — 43".to_owned();
        let json = notification(&envelope(Message::Notice(Notice { text })));
        insta::assert_snapshot!(json, @r#"{"title":"2 products are back in stock:","body":"• Jacket — M\n• Boots — 43","tag":"HCsxSlEd-3kVP8hO9pJgOxB2"}"#);
    }

    #[test]
    fn however_long_it_is_it_fits() {
        let mut told = alert(vec![variant(&"鞋".repeat(500), &"🧥".repeat(500)), variant("M", "x")]);
        told.product = "鞋\u{202e}".repeat(5000);
        told.shop = "\u{7}\"".repeat(5000);
        told.url = format!("https://shop.example/{}", "x".repeat(9000)).parse().ok();
        for variant in &mut told.variants {
            variant.url = None;
        }
        assert!(of(told).len() <= LONGEST);
        let text = format!("{}\n{}", "\u{1}\"".repeat(5000), "鞋\n".repeat(9000));
        assert!(notification(&envelope(Message::Notice(Notice { text }))).len() <= LONGEST);
    }
}
