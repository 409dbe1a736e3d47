//! What is posted. Titles, sizes and styles are the shop's own words: a receiver that shows them escapes them.

use coatcheck_domain::Money;
use serde_json::{Map, Value, json};

use crate::message::{Alert, AlertVariant, Message};

/// The JSON of a message. The same message always makes the same bytes, so that a repetition carries the same body.
#[must_use]
pub fn body(message: &Message) -> Value {
    match message {
        Message::Alert(alert) => restock(alert),
        Message::Notice(notice) => json!({ "type": "notice", "text": notice.text }),
    }
}

/// `variant`, `availability`, `price` and `quantity` are those of the first variant, for receivers that want only one.
fn restock(alert: &Alert) -> Value {
    let first = alert.variants.first();
    json!({
        "type": "restock",
        "product": { "title": alert.product, "url": alert.url, "image": alert.image, "shop": alert.shop },
        "variant": first.map(identity),
        "availability": first.map(|variant| variant.availability.as_str()),
        "price": first.and_then(|variant| variant.price.as_ref()).map(price),
        "quantity": first.and_then(|variant| variant.quantity),
        "variants": alert.variants.iter().map(whole).collect::<Vec<_>>(),
        "at": alert.at,
        "detected_at": alert.detected_at,
        "test": alert.test,
    })
}

fn identity(variant: &AlertVariant) -> Value {
    let options: Map<String, Value> =
        variant.options.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
    json!({
        "size": variant.size,
        "style": variant.style,
        "options": options,
        "sku": variant.sku,
        "url": variant.url,
        "cart_url": variant.cart_url,
    })
}

fn whole(variant: &AlertVariant) -> Value {
    let mut whole = identity(variant);
    whole["availability"] = variant.availability.as_str().into();
    whole["price"] = variant.price.as_ref().map(price).into();
    whole["quantity"] = variant.quantity.into();
    whole
}

fn price(money: &Money) -> Value {
    json!({
        "minor": money.minor,
        "exponent": money.exponent,
        "currency": money.currency,
        "text": money.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Notice;
    use crate::message::examples::{alert, variant};

    #[test]
    #[expect(clippy::too_many_lines, reason = "the whole body, as receivers see it")]
    fn a_restock_says_all_that_is_known() {
        let mut told = alert(vec![variant("M", "Black"), variant("L", "Black")]);
        told.variants[0].quantity = Some(3);
        told.variants[1].price = None;
        let text = serde_json::to_string_pretty(&body(&Message::Alert(Box::new(told)))).expect("JSON");
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
    fn a_notice_is_its_text() {
        let notice = body(&Message::Notice(Notice { text: "The shop answers again.".to_owned() }));
        assert_eq!(notice.to_string(), r#"{"type":"notice","text":"The shop answers again."}"#);
    }
}
