//! Each form's signature over the raw body, and what is made of its words.

use proptest::prelude::*;
use reqwest::header::{HeaderName, HeaderValue};

use super::*;

const BODY: &[u8] = br#"{"id":632910392,"handle":"corps-jacket","variants":[{"inventory_quantity":0}]}"#;
const SECRET: &str = "hush-this-is-a-secret";
const NOW: i64 = 1_800_000_000;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(NOW, 0).expect("a date")
}

fn secrets(texts: &[&str]) -> Vec<SecretString> {
    texts.iter().map(|text| (*text).to_owned().into()).collect()
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let pairs = pairs.iter();
    pairs.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).expect("a value"))).collect()
}

fn code(key: &[u8], parts: &[&[u8]]) -> String {
    let mut code = Hmac::<Sha256>::new_from_slice(key).expect("a key");
    parts.iter().for_each(|part| code.update(part));
    BASE64_STANDARD.encode(code.finalize().into_bytes())
}

fn shopify(secret: &str, id: &str, topic: &str, body: &[u8]) -> HeaderMap {
    let signature = code(secret.as_bytes(), &[body]);
    headers(&[("x-shopify-hmac-sha256", &signature), ("x-shopify-webhook-id", id), ("x-shopify-topic", topic)])
}

fn standard(secret: &str, id: &str, time: i64, body: &[u8]) -> HeaderMap {
    let secret: coatcheck_bots::webhook::signature::Secret = secret.parse().expect("a secret");
    let signature = secret.sign(id, time, body);
    headers(&[("webhook-id", id), ("webhook-timestamp", &time.to_string()), ("webhook-signature", &signature)])
}

fn read(headers: &HeaderMap, body: &[u8], with: &[&str]) -> Result<Push, Distrust> {
    let form = Form::of(headers).expect("a form");
    believe(form, headers, body, &secrets(with), now())
}

/// Made by `openssl dgst -sha256 -hmac` over the same bytes.
#[test]
fn a_signature_that_another_program_made_is_believed() {
    let given = headers(&[("x-shopify-hmac-sha256", "8uxekDYYhVfdK27FKdBTBDavX21uElQlVYyMXvalsNY=")]);
    assert!(read(&given, b"{\"id\":1}", &[SECRET]).is_ok());
}

#[test]
fn only_the_shop_is_believed() {
    let given = shopify(SECRET, "1", "products/update", BODY);
    assert!(read(&given, BODY, &[SECRET]).is_ok());
    assert!(read(&given, BODY, &["another secret, or none", SECRET]).is_ok(), "while a secret is changed, either fits");
    assert_eq!(read(&given, BODY, &["another secret, or none"]), Err(Distrust::Signature));
    assert_eq!(read(&given, BODY, &[]), Err(Distrust::Signature));
    assert_eq!(read(&given, &[BODY, b" "].concat(), &[SECRET]), Err(Distrust::Signature));
    for wrong in ["", "AAAA", "not base64", &code(b"", &[BODY])[..43]] {
        let given = headers(&[("x-wc-webhook-signature", wrong)]);
        assert_eq!(read(&given, BODY, &[SECRET]), Err(Distrust::Signature), "{wrong}");
    }
    assert_eq!(Form::of(&headers(&[("x-shopify-topic", "products/update")])), None);
}

#[test]
fn a_recording_is_not_believed_where_the_time_is_signed() {
    const WHSEC: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    for (off, believed) in [(0, true), (300, true), (-300, true), (301, false), (-301, false)] {
        let given = standard(WHSEC, "msg_1", NOW + off, b"{}");
        let expected = if believed { None } else { Some(Distrust::Stale) };
        assert_eq!(read(&given, b"{}", &[WHSEC]).err(), expected, "{off} s");
    }
    let mut younger = standard(WHSEC, "msg_1", NOW - 3600, b"{}");
    younger.insert("webhook-timestamp", HeaderValue::from(NOW));
    assert_eq!(read(&younger, b"{}", &[WHSEC]), Err(Distrust::Signature));
}

#[test]
fn a_repetition_has_the_same_key_and_nothing_else_does() {
    let key = |id: &str, body: &[u8]| read(&shopify(SECRET, id, "x", body), body, &[SECRET]).expect("believed").key;
    assert_eq!(key("1", b"{}"), key("1", b"{\"id\":2}"));
    assert_ne!(key("1", b"{}"), key("2", b"{}"));
    assert_eq!(key("", b"{}"), key("", b"{}"), "without an id, the same bytes are the same push");
    assert_ne!(key("", b"{}"), key("", b"[]"));
}

fn hint(form: Form, topic: &str, body: &str) -> String {
    match hint::of(form, topic.as_bytes(), body.as_bytes()) {
        Hint::Product(named) => {
            [named.names(), &named.url().map(str::to_owned).into_iter().collect::<Vec<_>>()].concat().join(" ")
        }
        Hint::Shop => "the shop".to_owned(),
    }
}

#[test]
fn a_push_names_its_product_or_means_the_shop() {
    use Form::{Shopify, Standard, WooCommerce};
    for (form, topic, body, named) in [
        (
            Shopify,
            "products/update",
            r#"{"id":7881234567890123456,"handle":"corps-jacket"}"#,
            "7881234567890123456 corps-jacket",
        ),
        (Shopify, "products/delete", r#"{"id":1}"#, "1"),
        (Shopify, "inventory_levels/update", r#"{"inventory_item_id":1,"location_id":2,"available":0}"#, "the shop"),
        (Shopify, "orders/create", r#"{"id":1}"#, "the shop"),
        (Shopify, "products/update", r#"{"id":{"id":1},"handle":["x"]}"#, "the shop"),
        (Shopify, "products/update", "<html>", "the shop"),
        (
            WooCommerce,
            "product.updated",
            r#"{"id":12,"parent_id":0,"slug":"hoodie","permalink":"https://shop.example/product/hoodie/"}"#,
            "12 hoodie https://shop.example/product/hoodie/",
        ),
        (WooCommerce, "product.updated", r#"{"id":34,"parent_id":12}"#, "34 12"),
        (WooCommerce, "order.created", r#"{"id":34}"#, "the shop"),
        (Standard, "", r#"{"product":"corps-jacket"}"#, "corps-jacket"),
        (
            Standard,
            "",
            r#"{"id":"evt_1","type":"stock","data":{"product":99,"url":"https://shop.example/p#x"}}"#,
            "99 https://shop.example/p",
        ),
        (Standard, "", r#"{"id":"evt_1"}"#, "the shop"),
        (Standard, "", "", "the shop"),
    ] {
        assert_eq!(hint(form, topic, body), named, "{form:?} {topic} {body}");
    }
}

#[test]
fn an_unsigned_greeting_is_known_and_nothing_else_is_one() {
    let form = headers(&[("content-type", "application/x-www-form-urlencoded; charset=utf-8")]);
    assert!(is_ping(&form, b"webhook_id=12"));
    for other in [&b"webhook_id=12&id=3"[..], b"webhook_id=111111111111111111111", b"id=1", b""] {
        assert!(!is_ping(&form, other));
    }
    assert!(!is_ping(&headers(&[("content-type", "application/json")]), b"webhook_id=12"));
}

proptest! {
    /// A push with one byte changed anywhere that is signed, or with a signature that is changed or cut.
    #[test]
    fn a_push_with_anything_changed_is_not_believed(form in 0usize..3, place in 0..BODY.len(), change in 1..=255_u8, at in 3..40_usize, cut in 0..44_usize) {
        const WHSEC: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let signature = code(SECRET.as_bytes(), &[BODY]);
        let (given, secret) = match form {
            0 => (shopify(SECRET, "1", "products/update", BODY), SECRET),
            1 => (headers(&[("x-wc-webhook-signature", &signature), ("x-wc-webhook-topic", "product.updated")]), SECRET),
            _ => (standard(WHSEC, "msg_1", NOW, BODY), WHSEC),
        };
        prop_assert!(read(&given, BODY, &[secret]).is_ok());
        let mut body = BODY.to_vec();
        body[place] ^= change;
        prop_assert_eq!(read(&given, &body, &[secret]).err(), Some(Distrust::Signature));
        let name = Form::of(&given).expect("a form").signature();
        let good = given[name].to_str().expect("text").to_owned();
        let mut flipped = good.clone().into_bytes();
        flipped[at] = if flipped[at] == b'A' { b'B' } else { b'A' };
        for wrong in [&flipped[..], &good.as_bytes()[..cut]] {
            let mut other = given.clone();
            other.insert(name, HeaderValue::from_bytes(wrong).expect("a value"));
            prop_assert_eq!(read(&other, BODY, &[secret]).err(), Some(Distrust::Signature));
        }
        if form == 2 {
            for (name, value) in [("webhook-id", "msg_2"), ("webhook-timestamp", "1800000001")] {
                let mut other = given.clone();
                other.insert(name, HeaderValue::from_static(value));
                prop_assert_eq!(read(&other, BODY, &[secret]).err(), Some(Distrust::Signature));
            }
        }
    }

    /// Whatever strangers send: no panic, and never believed.
    #[test]
    fn no_stranger_is_believed(form in 0usize..3, signature in "(v1,)?[ -~]{0,60}", id in "[ -~]{0,20}", time in "-?[0-9]{0,20}", body in any::<Vec<u8>>()) {
        let form = [Form::Shopify, Form::WooCommerce, Form::Standard][form];
        let given = headers(&[(form.signature(), &signature), (form.id(), &id), ("webhook-timestamp", &time)]);
        prop_assert_eq!(believe(form, &given, &body, &secrets(&[SECRET]), now()).err(), Some(Distrust::Signature));
    }

    /// Whatever a shop sends: no panic, and names stay short.
    #[test]
    fn no_body_breaks_anything(form in 0usize..3, topic in "products/.{0,5}|product\\..{0,5}", body in any::<Vec<u8>>(), text in ".{0,40}") {
        let form = [Form::Shopify, Form::WooCommerce, Form::Standard][form];
        hint::of(form, topic.as_bytes(), &body);
        let body = serde_json::json!({"id": text, "handle": text, "product": text, "url": text}).to_string();
        if let Hint::Product(named) = hint::of(form, topic.as_bytes(), body.as_bytes()) {
            prop_assert!(named.names().iter().all(|name| name.chars().count() <= 300));
        }
    }
}
