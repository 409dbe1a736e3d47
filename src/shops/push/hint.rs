//! Which product a push names. Its stock is not looked at: it may be older than what was read since.

use coatcheck_domain::push::{Hint, Named};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::form::Form;
use crate::shops::canonical::canonical;

/// What may name a product, in any of the forms.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Body {
    id: Value,
    /// WooCommerce: the product of a variation.
    parent_id: Value,
    handle: Value,
    /// WooCommerce's handle.
    slug: Value,
    /// WooCommerce's address.
    permalink: Value,
    /// Ours: an id or a handle.
    product: Value,
    url: Value,
    /// Where Standard Webhooks puts what an event is about.
    data: Option<Box<Body>>,
}

/// What the body of a push that is believed names. One that cannot be read may mean anything.
pub(super) fn of(form: Form, topic: &[u8], body: &[u8]) -> Hint {
    let body: Body = match serde_json::from_slice(body) {
        Ok(body) => body,
        Err(_) => return Hint::Shop,
    };
    match form {
        // The id of anything else, a stock item's or an order's, is no product's.
        Form::Shopify if topic.starts_with(b"products/") => named([&body.id, &body.handle], &Value::Null),
        Form::Shopify => Hint::Shop,
        Form::WooCommerce if topic.starts_with(b"product.") => {
            named([&body.id, &body.parent_id, &body.slug], &body.permalink)
        }
        Form::WooCommerce => Hint::Shop,
        Form::Standard => {
            let about = body.data.as_deref().unwrap_or(&body);
            named([&about.product, &about.handle], &about.url)
        }
    }
}

fn named<const N: usize>(names: [&Value; N], url: &Value) -> Hint {
    let url = url.as_str().and_then(|url| Url::parse(url).ok()).map(|url| canonical(url).to_string());
    Named::new(names.into_iter().filter_map(word), url).hint()
}

/// A text or a number; ids exceed 2^53.
fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
