//! What is posted. Titles, sizes and styles are the shop's own words: a receiver that shows them escapes them.

use chrono::{DateTime, Utc};
use coatcheck_domain::{Availability, Money};
use serde::{Serialize, Serializer};
use url::Url;

use crate::message::{Alert, AlertVariant, Message};

/// The JSON of a message. The same message always makes the same bytes, so that a repetition carries the same body.
#[must_use]
pub fn body(message: &Message) -> String {
    let body = match message {
        Message::Alert(alert) => Body::Restock(Box::new(Restock::of(alert))),
        Message::Notice(notice) => Body::Notice { text: &notice.text },
    };
    serde_json::to_string(&body).expect("names are strings, and numbers are whole")
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Body<'a> {
    Restock(Box<Restock<'a>>),
    Notice { text: &'a str },
}

/// `variant`, `availability`, `price` and `quantity` are those of the first variant, for receivers that want only one.
#[derive(Serialize)]
struct Restock<'a> {
    product: Product<'a>,
    variant: Option<Identity<'a>>,
    availability: Option<Availability>,
    price: Option<Price<'a>>,
    quantity: Option<i64>,
    variants: Vec<Whole<'a>>,
    at: DateTime<Utc>,
    detected_at: DateTime<Utc>,
    test: bool,
}

#[derive(Serialize)]
struct Product<'a> {
    title: &'a str,
    url: Option<&'a Url>,
    image: Option<&'a Url>,
    shop: &'a str,
}

#[derive(Serialize)]
struct Identity<'a> {
    size: Option<&'a str>,
    style: Option<&'a str>,
    #[serde(serialize_with = "by_name")]
    options: &'a [(String, String)],
    sku: Option<&'a str>,
    url: Option<&'a Url>,
    cart_url: Option<&'a Url>,
}

#[derive(Serialize)]
struct Whole<'a> {
    #[serde(flatten)]
    identity: Identity<'a>,
    availability: Availability,
    price: Option<Price<'a>>,
    quantity: Option<i64>,
}

#[derive(Serialize)]
struct Price<'a> {
    minor: i64,
    exponent: u8,
    currency: Option<&'a str>,
    text: String,
}

impl<'a> Restock<'a> {
    fn of(alert: &'a Alert) -> Self {
        let first = alert.variants.first();
        Self {
            product: Product {
                title: &alert.product,
                url: alert.url.as_ref(),
                image: alert.image.as_ref(),
                shop: &alert.shop,
            },
            variant: first.map(Identity::of),
            availability: first.map(|variant| variant.availability),
            price: first.and_then(Price::of),
            quantity: first.and_then(|variant| variant.quantity),
            variants: alert.variants.iter().map(Whole::of).collect(),
            at: alert.at,
            detected_at: alert.detected_at,
            test: alert.test,
        }
    }
}

impl<'a> Identity<'a> {
    fn of(variant: &'a AlertVariant) -> Self {
        Self {
            size: variant.size.as_deref(),
            style: variant.style.as_deref(),
            options: &variant.options,
            sku: variant.sku.as_deref(),
            url: variant.url.as_ref(),
            cart_url: variant.cart_url.as_ref(),
        }
    }
}

impl<'a> Whole<'a> {
    fn of(variant: &'a AlertVariant) -> Self {
        Self {
            identity: Identity::of(variant),
            availability: variant.availability,
            price: Price::of(variant),
            quantity: variant.quantity,
        }
    }
}

impl<'a> Price<'a> {
    fn of(variant: &'a AlertVariant) -> Option<Self> {
        let Money { minor, exponent, currency } = variant.price.as_ref()?;
        let text = variant.price.as_ref()?.to_string();
        Some(Self { minor: *minor, exponent: *exponent, currency: currency.as_deref(), text })
    }
}

/// An object with each name once; the last value counts, as for whoever reads such an object.
fn by_name<S: Serializer>(options: &&[(String, String)], serializer: S) -> Result<S::Ok, S::Error> {
    let is_first = |at: usize| options[..at].iter().all(|(name, _)| *name != options[at].0);
    let value = |name: &str| options.iter().rev().find(|(other, _)| other == name).map(|(_, value)| value);
    let names = options.iter().enumerate().filter(|(at, _)| is_first(*at)).map(|(_, (name, _))| name);
    serializer.collect_map(names.map(|name| (name, value(name))))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::examples::{alert, variant};
    use crate::message::Notice;

    #[test]
    #[expect(clippy::too_many_lines, reason = "the whole body, as receivers see it")]
    fn a_restock_says_all_that_is_known() {
        let mut told = alert(vec![variant("M", "Black"), variant("L", "Black")]);
        told.variants[0].quantity = Some(3);
        told.variants[1].price = None;
        let body: Value = serde_json::from_str(&body(&Message::Alert(Box::new(told)))).expect("JSON");
        let text = serde_json::to_string_pretty(&body).expect("JSON");
        insta::assert_snapshot!(text, @r#"
        {
          "type": "restock",
          "product": {
            "title": "Corps Jacket",
            "url": "https://shop.example/products/jacket",
            "image": null,
            "shop": "shop.example"
          },
          "variant": {
            "size": "M",
            "style": "Black",
            "options": {
              "Color": "Black",
              "Size": "M"
            },
            "sku": "CJ-M",
            "url": "https://shop.example/products/jacket?size=M",
            "cart_url": null
          },
          "availability": "in_stock",
          "price": {
            "minor": 12900,
            "exponent": 2,
            "currency": "EUR",
            "text": "129.00 EUR"
          },
          "quantity": 3,
          "variants": [
            {
              "size": "M",
              "style": "Black",
              "options": {
                "Color": "Black",
                "Size": "M"
              },
              "sku": "CJ-M",
              "url": "https://shop.example/products/jacket?size=M",
              "cart_url": null,
              "availability": "in_stock",
              "price": {
                "minor": 12900,
                "exponent": 2,
                "currency": "EUR",
                "text": "129.00 EUR"
              },
              "quantity": 3
            },
            {
              "size": "L",
              "style": "Black",
              "options": {
                "Color": "Black",
                "Size": "L"
              },
              "sku": "CJ-L",
              "url": "https://shop.example/products/jacket?size=L",
              "cart_url": null,
              "availability": "in_stock",
              "price": null,
              "quantity": null
            }
          ],
          "at": "2027-01-15T08:00:00Z",
          "detected_at": "2027-01-15T08:00:00.020Z",
          "test": false
        }
        "#);
    }

    #[test]
    fn an_option_that_a_shop_says_twice_is_said_once() {
        let mut told = variant("M", "Black");
        told.options = [("Size", "M"), ("Color", "Black"), ("Size", "L")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec();
        let body = body(&Message::Alert(Box::new(alert(vec![told]))));
        assert!(body.contains(r#""options":{"Size":"L","Color":"Black"},"#), "{body}");
    }

    #[test]
    fn a_notice_is_its_text() {
        let notice = body(&Message::Notice(Notice { text: "The shop answers again.".to_owned() }));
        assert_eq!(notice, r#"{"type":"notice","text":"The shop answers again."}"#);
    }
}
