//! What a receiver's answer, or its silence, means for the delivery.

use chrono::{DateTime, Utc};
use coatcheck_domain::delivery::SendOutcome;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;

use super::Gate;
use crate::wire::{in_full, retry_after, sources};

/// The outcome on an answer.
pub(super) fn of_answer(status: StatusCode, headers: &HeaderMap, now: DateTime<Utc>) -> SendOutcome {
    let why = format!("the receiver answered {status}");
    match status.as_u16() {
        200..=299 => SendOutcome::Sent { provider_ref: None },
        410 => SendOutcome::AddressGone { why },
        408 | 425 | 429 | 500..=599 => SendOutcome::Retry { after: retry_after(headers, now), why },
        300..=399 => SendOutcome::GiveUp { why: format!("{why}; redirects are not followed, give the final address") },
        _ => SendOutcome::GiveUp { why },
    }
}

/// The outcome on a failed request. What failed before the connection stood certainly did not arrive; what failed
/// behind it may have.
pub(crate) fn of_error(error: reqwest::Error, gate: &dyn Gate) -> SendOutcome {
    let error = error.without_url();
    let why = in_full(&error);
    if sources(&error).any(|source| gate.is_refusal(source)) || error.is_builder() {
        SendOutcome::GiveUp { why }
    } else if error.is_connect() {
        SendOutcome::Retry { after: None, why: format!("no connection: {why}") }
    } else {
        SendOutcome::Unknown { why: format!("no answer: {why}") }
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::RETRY_AFTER;

    use super::*;

    fn outcome(status: u16, after: Option<&str>) -> String {
        let mut headers = HeaderMap::new();
        if let Some(after) = after {
            headers.insert(RETRY_AFTER, after.parse().expect("a header"));
        }
        let now = DateTime::parse_from_rfc2822("Wed, 21 Oct 2026 07:28:00 GMT").expect("a date").to_utc();
        let outcome = of_answer(StatusCode::from_u16(status).expect("a status"), &headers, now);
        match outcome {
            SendOutcome::Retry { after, why } => format!("{status} retry {after:?} {why}"),
            other => format!("{status} {} {}", other.as_str(), other.why().unwrap_or_default()),
        }
    }

    #[test]
    fn each_answer_has_its_meaning() {
        let lines = [
            outcome(200, None),
            outcome(204, None),
            outcome(302, None),
            outcome(400, None),
            outcome(404, None),
            outcome(410, None),
            outcome(408, None),
            outcome(425, None),
            outcome(429, Some("17")),
            outcome(503, Some("Wed, 21 Oct 2026 07:29:30 GMT")),
            outcome(503, Some("Wed, 21 Oct 2015 07:28:00 GMT")),
            outcome(500, Some("soon")),
        ];
        insta::assert_snapshot!(lines.join("\n"), @"
        200 sent 
        204 sent 
        302 give_up the receiver answered 302 Found; redirects are not followed, give the final address
        400 give_up the receiver answered 400 Bad Request
        404 give_up the receiver answered 404 Not Found
        410 address_gone the receiver answered 410 Gone
        408 retry None the receiver answered 408 Request Timeout
        425 retry None the receiver answered 425 Too Early
        429 retry Some(17s) the receiver answered 429 Too Many Requests
        503 retry Some(90s) the receiver answered 503 Service Unavailable
        503 retry None the receiver answered 503 Service Unavailable
        500 retry None the receiver answered 500 Internal Server Error
        ");
    }
}
