//! When a shop made its answer, or last changed what it tells: the order of answers that come from several caches. Pure.

use chrono::{DateTime, Duration, Utc};
use reqwest::header::{AGE, HeaderMap, LAST_MODIFIED, VIA};

use super::retry_after::date;

/// What caches call themselves by.
const CACHES: [&str; 4] = ["x-cache", "cf-cache-status", "x-served-by", "x-varnish"];

/// The time of an answer that was received then: `Last-Modified`, else what `Age` says that it was made at. A cache that
/// names no age has asked the shop. `None`: no cache had it in hand, as far as is known.
///
/// `Date` is not asked: caches keep it or write their own, and only some clocks are right.
pub(super) fn shop_time(headers: &HeaderMap, received_at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let text = |value: &reqwest::header::HeaderValue| value.to_str().ok().map(|text| text.trim().to_owned());
    if let Some(changed_at) = headers.get(LAST_MODIFIED).and_then(text).and_then(|text| date(&text)) {
        return Some(changed_at);
    }
    let is_cached = headers.contains_key(VIA) || CACHES.iter().any(|name| headers.contains_key(*name));
    match headers.get(AGE).and_then(text) {
        Some(age) => received_at.checked_sub_signed(Duration::try_seconds(age.parse::<u32>().ok()?.into())?),
        None => is_cached.then_some(received_at),
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).expect("a date")
    }

    fn time(headers: &[(&'static str, &'static str)]) -> Option<i64> {
        let of = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        shop_time(&headers.iter().map(of).collect(), at(0)).map(|time| (time - at(0)).num_seconds())
    }

    #[test]
    fn an_answer_is_as_old_as_its_last_change_or_its_age() {
        assert_eq!(time(&[("age", "300")]), Some(-300));
        assert_eq!(time(&[("age", "0"), ("date", "Fri, 15 Jan 2027 07:00:00 GMT")]), Some(0));
        assert_eq!(time(&[("last-modified", "Fri, 15 Jan 2027 07:59:00 GMT"), ("age", "300")]), Some(-60));
        assert_eq!(time(&[("cf-cache-status", "MISS")]), Some(0), "a cache that had to ask");
    }

    #[test]
    fn what_cannot_be_read_or_was_in_no_cache_has_no_time() {
        assert_eq!(time(&[]), None);
        assert_eq!(time(&[("age", "old")]), None);
        assert_eq!(time(&[("age", "-5")]), None);
        assert_eq!(time(&[("last-modified", "1795000000"), ("age", "7")]), Some(-7), "a bare number is no date");
    }
}
