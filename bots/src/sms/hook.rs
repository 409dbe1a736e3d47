//! What Twilio brings: texts of people, and what became of ours. Pure; the routes are the web's.

use std::fmt;

use coatcheck_domain::phone::Phone;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{below, signature};
use crate::DeliveryStatus;

pub(super) use super::form::Form;

/// The header that holds the signature.
pub(super) const SIGNATURE_HEADER: &str = "x-twilio-signature";
/// Where texts are brought, below `PUBLIC_URL`.
pub(super) const TEXTS: &str = "/hooks/twilio/sms";
/// Where it is told what became of ours, below `PUBLIC_URL`.
pub(super) const STATUSES: &str = "/hooks/twilio/status";

/// Tells Twilio's requests from others.
#[derive(Clone)]
pub(super) struct Hook {
    public_url: Url,
    token: SecretString,
}

impl Hook {
    /// A hook below the address the world sees, signed with the account's auth token (never with an API key).
    #[must_use]
    pub(super) fn new(public_url: Url, auth_token: SecretString) -> Self {
        Self { public_url, token: auth_token }
    }

    /// Is this request, made to `path` with this `query`, Twilio's? Judged by the configured address: what the request
    /// itself says of host and scheme is a proxy's, or a stranger's.
    #[must_use]
    pub(super) fn verify(&self, path: &str, query: Option<&str>, form: &Form, signature: Option<&[u8]>) -> bool {
        let Some(mut url) = below(&self.public_url, path) else { return false };
        url.set_query(query);
        signature::fits(&self.token, &url, form, signature.unwrap_or_default())
    }
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hook(twilio)")
    }
}

/// A text that somebody sent.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Inbound {
    /// Twilio's id of it: the same text brought twice has the same.
    pub(super) sid: String,
    /// Who sent it. Senders can be forged.
    pub(super) from: Phone,
    /// What it says.
    pub(super) body: String,
    /// Twilio took it for a word of its own (Advanced Opt-Out), and answers it.
    pub(super) opt_out: Option<OptOutWord>,
}

/// What Twilio took a text for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum OptOutWord {
    /// No more texts.
    Stop,
    /// Texts again.
    Start,
    /// What is this?
    Help,
}

/// The text in a form; `None` where it is none that a person wrote on a phone (a short code, WhatsApp).
#[must_use]
pub(super) fn read_text(form: &Form) -> Option<Inbound> {
    let sid = sid(form)?;
    let from = form.field("From").filter(|from| from.starts_with('+'))?.parse().ok()?;
    let body = form.field("Body").unwrap_or_default().to_owned();
    let opt_out = form.field("OptOutType").and_then(|word| match word.to_ascii_uppercase().as_str() {
        "STOP" => Some(OptOutWord::Stop),
        "START" => Some(OptOutWord::Start),
        "HELP" => Some(OptOutWord::Help),
        _ => None,
    });
    Some(Inbound { sid, from, body, opt_out })
}

/// The status in a form; `None` where it is none.
#[must_use]
pub(super) fn read_status(form: &Form) -> Option<DeliveryStatus> {
    let status = form.field("MessageStatus").or_else(|| form.field("SmsStatus"))?.to_ascii_lowercase();
    let error_code = form.field("ErrorCode").and_then(|code| code.parse().ok());
    Some(DeliveryStatus { provider_ref: sid(form)?, status, error_code })
}

fn sid(form: &Form) -> Option<String> {
    let sid = form.field("MessageSid").or_else(|| form.field("SmsSid"))?;
    let fits = (1..=64).contains(&sid.len()) && sid.bytes().all(|b| b.is_ascii_alphanumeric());
    fits.then(|| sid.to_owned())
}

impl fmt::Debug for Inbound {
    /// Without what it says.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sid, from, opt_out, .. } = self;
        write!(f, "Inbound({sid} from {from}, {opt_out:?})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(text: &str) -> Form {
        Form::read(text.as_bytes())
    }

    #[test]
    fn a_text_is_read_and_does_not_print_who_sent_it() {
        let text =
            read_text(&form("MessageSid=SM1&From=%2B14155550123&Body=Jacket+M%21&OptOutType=STOP")).expect("one");
        assert_eq!((text.from.expose(), text.body.as_str()), ("+14155550123", "Jacket M!"));
        assert_eq!(format!("{text:?}"), "Inbound(SM1 from +…23, Some(Stop))");
        let bare = read_text(&form("SmsSid=SM2&From=%2B14155550123")).expect("a picture without words");
        assert_eq!((bare.body.as_str(), bare.opt_out), ("", None));
    }

    #[test]
    fn what_no_phone_wrote_is_no_text() {
        for strange in [
            "",
            "From=%2B14155550123&Body=no+id",
            "MessageSid=SM1&Body=no+sender",
            "MessageSid=SM1&From=29000&Body=a+short+code",
            "MessageSid=SM1&From=whatsapp%3A%2B14155550123&Body=hi",
            "MessageSid=..%2F&From=%2B14155550123&Body=hi",
        ] {
            assert_eq!(read_text(&form(strange)), None, "{strange}");
        }
    }

    #[test]
    fn a_status_is_read() {
        let failed = read_status(&form("MessageSid=SM1&MessageStatus=undelivered&ErrorCode=30005")).expect("one");
        assert_eq!((failed.status.as_str(), failed.error_code), ("undelivered", Some(30005)));
        let well = read_status(&form("SmsSid=SM1&SmsStatus=Delivered")).expect("one");
        assert_eq!((well.status.as_str(), well.error_code), ("delivered", None));
        assert_eq!(read_status(&form("MessageSid=SM1")), None);
    }

    #[test]
    fn a_request_is_judged_by_the_address_the_world_sees() {
        let world = coatcheck_world::Twilio::open().expect("a Twilio");
        let public: Url = "https://example.com/coats/".parse().expect("an address");
        let hook = Hook::new(public, world.auth_token().to_owned().into());
        let body = "Body=hi&From=%2B14155550123&MessageSid=SM1";
        let signed = world.signature("https://example.com/coats/hooks/twilio/sms?x=1", body);
        assert!(hook.verify(TEXTS, Some("x=1"), &form(body), Some(signed.as_bytes())));
        assert!(!hook.verify(TEXTS, None, &form(body), Some(signed.as_bytes())));
        assert!(!hook.verify(STATUSES, Some("x=1"), &form(body), Some(signed.as_bytes())));
        assert!(!hook.verify(TEXTS, Some("x=1"), &form(body), None));
        assert!(!format!("{hook:?}").contains(world.auth_token()));
    }
}
