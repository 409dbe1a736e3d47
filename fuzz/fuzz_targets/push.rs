//! A push of any headers and any body: nothing is believed that its shop did not sign, and what is signed names something or
//! the whole shop. The first line is the headers' value, the rest the body.
#![no_main]

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, Utc};
use coatcheck::shops::push::{Distrust, Form, believe, is_ping};
use hmac::{Hmac, Mac};
use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;
use secrecy::SecretString;
use sha2::Sha256;

const SECRET: &str = "a-secret-of-some-length";

fn headers(pairs: &[(&'static str, &[u8])]) -> Option<HeaderMap> {
    let pair = |(name, value): &(&'static str, &[u8])| Some((HeaderName::from_static(name), HeaderValue::from_bytes(value).ok()?));
    pairs.iter().map(pair).collect()
}

fuzz_target!(|bytes: &[u8]| {
    let mut halves = bytes.splitn(2, |byte| *byte == b'\n');
    let (value, body) = (halves.next().unwrap_or_default(), halves.next().unwrap_or_default());
    let secrets = [SecretString::from(SECRET.to_owned())];
    let now = DateTime::<Utc>::from_timestamp(1_800_000_000, 0).expect("a time");
    let time: &[u8] = b"1800000000";
    let forms = [
        ("x-shopify-hmac-sha256", "x-shopify-webhook-id", "x-shopify-topic"),
        ("x-wc-webhook-signature", "x-wc-webhook-delivery-id", "x-wc-webhook-topic"),
        ("webhook-signature", "webhook-id", "webhook-topic"),
    ];
    for (signature, id, topic) in forms {
        let forged = [(signature, value), (id, value), (topic, value), ("webhook-timestamp", value)];
        let Some(forged) = headers(&forged) else { continue };
        let _ = is_ping(&forged, body);
        let form = Form::of(&forged).expect("its header is there");
        assert_eq!(believe(form, &forged, body, &secrets, now), Err(Distrust::Signature));

        let mut code = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any key");
        if form == Form::Standard {
            [value, b".", time, b"."].into_iter().for_each(|part| code.update(part));
        }
        code.update(body);
        let made = BASE64_STANDARD.encode(code.finalize().into_bytes());
        let made = if form == Form::Standard { format!("v1,{made}") } else { made };
        let signed = [(signature, made.as_bytes()), (id, value), (topic, value), ("webhook-timestamp", time)];
        let signed = headers(&signed).expect("as before");
        let push = believe(form, &signed, body, &secrets, now).expect("it is signed");
        assert_eq!(push, believe(form, &signed, body, &secrets, now).expect("once more"));
    }
});
