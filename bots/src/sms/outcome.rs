//! What a failed request means for the text that was to be sent.

use coatcheck_domain::delivery::SendOutcome;

use super::api::{Failure, Refusal};

/// Codes of <https://www.twilio.com/docs/api/errors>, by what they mean for a text. The number has opted out, is none,
/// or cannot be texted.
const GONE: &[u32] = &[21_211, 21_610, 21_614, 21_635];
/// The account, its sender or its service is not as it was set: no text would be taken.
const OURS: &[u32] =
    &[20_003, 20_005, 20_008, 20_404, 21_212, 21_603, 21_606, 21_659, 21_660, 21_701, 21_703, 21_704, 21_705, 30_002];
/// Too much at once: of requests, of one sender's queue, of a brand's day.
const TOO_MUCH: &[u32] = &[14_107, 20_429, 21_611, 30_022, 63_038];

/// The outcome on a text that was to be sent.
///
/// A 503 is said by what stands before the API and has taken nothing. Behind any other 5xx the text may have been
/// taken, and a second one is paid for and read: it is looked for before it is sent again.
pub(super) fn of_send(failure: &Failure) -> SendOutcome {
    failure.outcome(of_refusal)
}

fn of_refusal(refusal: &Refusal, why: String) -> SendOutcome {
    let after = refusal.after;
    let is = |codes: &[u32]| refusal.code.is_some_and(|code| codes.contains(&code));
    match refusal.status {
        429 | 503 => SendOutcome::Retry { after, why },
        _ if is(TOO_MUCH) => SendOutcome::Retry { after, why },
        500..=599 => SendOutcome::Unknown { why },
        _ if is(GONE) => SendOutcome::AddressGone { why },
        401 | 403 | 404 | 300..=399 => SendOutcome::Hold { after, why: asked(&why) },
        _ if is(OURS) => SendOutcome::Hold { after, why: asked(&why) },
        _ => SendOutcome::GiveUp { why },
    }
}

fn asked(why: &str) -> String {
    format!("{why}; are the TWILIO_ settings right?")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn line(status: u16, code: u32, message: &str) -> String {
        let code = Some(code).filter(|code| *code > 0);
        let after = (status == 429).then_some(Duration::from_secs(7));
        let refusal = Refusal { status, code, message: message.to_owned(), after };
        let outcome = of_send(&Failure::Refused(refusal));
        format!("{:<12} {}", outcome.as_str(), outcome.why().unwrap_or_default())
    }

    #[test]
    fn each_refusal_has_its_meaning() {
        let lines = [
            line(400, 21_610, "Attempt to send to unsubscribed recipient"),
            line(400, 21_211, "Invalid 'To' Phone Number"),
            line(400, 21_614, "'To' number is not a valid mobile number"),
            line(400, 21_408, "Permission to send an SMS has not been enabled for the region"),
            line(400, 21_606, "The 'From' phone number is not a valid message-capable number"),
            line(400, 21_611, "This 'From' number has exceeded the maximum number of queued messages"),
            line(429, 20_429, "Too Many Requests"),
            line(429, 63_038, "Account exceeded the daily messages limit"),
            line(401, 20_003, "Authenticate"),
            line(403, 20_003, "Permission denied"),
            line(404, 20_404, "The requested resource was not found"),
            line(302, 0, ""),
            line(500, 20_500, "An internal server error has occurred"),
            line(502, 0, ""),
            line(503, 20_503, "Service unavailable"),
        ];
        insta::assert_snapshot!(lines.join("\n"), @"
        address_gone 21610 Twilio answered 400: Attempt to send to unsubscribed recipient
        address_gone 21211 Twilio answered 400: Invalid 'To' Phone Number
        address_gone 21614 Twilio answered 400: 'To' number is not a valid mobile number
        give_up      21408 Twilio answered 400: Permission to send an SMS has not been enabled for the region
        hold         21606 Twilio answered 400: The 'From' phone number is not a valid message-capable number; are the TWILIO_ settings right?
        retry        21611 Twilio answered 400: This 'From' number has exceeded the maximum number of queued messages
        retry        20429 Twilio answered 429: Too Many Requests
        retry        63038 Twilio answered 429: Account exceeded the daily messages limit
        hold         20003 Twilio answered 401: Authenticate; are the TWILIO_ settings right?
        hold         20003 Twilio answered 403: Permission denied; are the TWILIO_ settings right?
        hold         20404 Twilio answered 404: The requested resource was not found; are the TWILIO_ settings right?
        hold         Twilio answered 302 with something that is not its API; are the TWILIO_ settings right?
        unknown      20500 Twilio answered 500: An internal server error has occurred
        unknown      Twilio answered 502 with something that is not its API
        retry        20503 Twilio answered 503: Service unavailable
        ");
    }

    #[test]
    fn a_failed_connection_says_whether_it_may_have_arrived() {
        assert_eq!(of_send(&Failure::NotConnected("refused".into())).as_str(), "retry");
        assert_eq!(of_send(&Failure::NoAnswer("timed out".into())).as_str(), "unknown");
    }
}
