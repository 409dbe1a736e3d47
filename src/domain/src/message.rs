//! What a notification says. Stored with the restock as JSON, so a field keeps its name.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{Availability, Money};

/// Anything a channel can be asked to send.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Message {
    /// A restock.
    Alert(Box<Alert>),
    /// Something else that must be known.
    Notice(Notice),
}

/// A restock of one product: all of its variants that are back and asked for, in one message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// The product's title. A stranger's words.
    pub product: String,
    /// The shop's host.
    pub shop: String,
    /// The product's page.
    pub url: Option<Url>,
    /// A picture.
    pub image: Option<Url>,
    /// What is back. Never empty.
    pub variants: Vec<AlertVariant>,
    /// When the shop's answer was complete in our hands.
    pub at: DateTime<Utc>,
    /// When it was confirmed and stored as a restock.
    pub detected_at: DateTime<Utc>,
    /// Is this only "how an alert looks"?
    #[serde(default)]
    pub test: bool,
    /// All of it is sold out again, so many seconds after `at`: what an edited message says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone_after: Option<u64>,
    /// Set where it is announced in a room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post: Option<Box<Post>>,
}

/// What a restock has more where it is announced in a room: one post, edited to what is true.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Post {
    /// The product's row: who reads the post can watch it.
    pub product: i64,
    /// What came back and is sold out again.
    #[serde(default)]
    pub sold_out: Vec<SoldOut>,
    /// Whom a new message calls: a role or a group, by the platform's own id.
    #[serde(default)]
    pub mention: Option<String>,
    /// The platform's id of the room's post before, which this one answers.
    #[serde(default)]
    pub answers: Option<String>,
}

/// One variant that came back and is sold out again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SoldOut {
    /// What it is.
    pub variant: AlertVariant,
    /// How long it was there (s).
    pub after: u64,
}

impl Alert {
    /// A made-up alert that shows how one looks.
    #[must_use]
    pub fn example(now: DateTime<Utc>) -> Self {
        let option = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let variant = AlertVariant {
            variant: 0,
            size: Some("M".to_owned()),
            style: Some("Black".to_owned()),
            options: vec![option("Size", "M"), option("Style", "Black")],
            sku: None,
            url: None,
            cart_url: None,
            availability: Availability::InStock,
            quantity: Some(1),
            price: Some(Money::minor(12_900, 2, Some("EUR"))),
        };
        Self {
            product: "Example Jacket".to_owned(),
            shop: "shop.example".to_owned(),
            url: None,
            image: None,
            variants: vec![variant],
            at: now,
            detected_at: now,
            test: true,
            gone_after: None,
            post: None,
        }
    }
}

/// One variant that is back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlertVariant {
    /// The variant's row, by which deliveries say which variants they tell.
    pub variant: i64,
    /// The size in the shop's words.
    pub size: Option<String>,
    /// The style in the shop's words.
    pub style: Option<String>,
    /// All options, name → value, in the shop's order.
    pub options: Vec<(String, String)>,
    /// The shop's article number.
    pub sku: Option<String>,
    /// The page of this very variant.
    pub url: Option<Url>,
    /// A link that puts this very variant into the cart, where the shop has such links.
    pub cart_url: Option<Url>,
    /// What it is now: in stock or almost gone.
    pub availability: Availability,
    /// How many are left, where the shop says so.
    pub quantity: Option<i64>,
    /// What it costs.
    pub price: Option<Money>,
}

/// A line for a person: trouble, recovery, an answer that came late.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// Plain words, no markup.
    pub text: String,
}
