//! What Twilio brings: signed forms, posted to the addresses it was told.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, PoisonError};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha1::Sha1;
use url::form_urlencoded;

use super::state::{Message, Shared};
use super::{ACCOUNT, TOKEN};

/// Longer than Twilio waits (15 s).
const PATIENCE: Duration = Duration::from_secs(20);

/// The signature of a form brought to `url`.
pub(super) fn signature(url: &str, form: &str) -> String {
    let mut fields: Vec<(String, String)> = form_urlencoded::parse(form.as_bytes()).into_owned().collect();
    fields.sort();
    let signed = fields.iter().fold(url.to_owned(), |signed, (name, value)| signed + name + value);
    // HMAC takes keys of any length.
    let Ok(mut code) = Hmac::<Sha1>::new_from_slice(TOKEN.as_bytes()) else { return String::new() };
    code.update(signed.as_bytes());
    STANDARD.encode(code.finalize().into_bytes())
}

/// A form as it goes over the wire.
pub(super) fn encoded(fields: &[(String, String)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// Posts a signed form: the status and the body that came back. Plain HTTP only, as on loopback.
pub(super) fn post(url: &str, fields: &[(String, String)]) -> io::Result<(u16, String)> {
    let body = encoded(fields);
    post_signed(url, &body, &signature(url, &body))
}

/// The same with any signature.
pub(super) fn post_signed(url: &str, body: &str, signature: &str) -> io::Result<(u16, String)> {
    let rest = url.strip_prefix("http://").ok_or(io::ErrorKind::Unsupported)?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(
        stream,
        "POST /{path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/x-www-form-urlencoded; charset=utf-8\r\n\
         content-length: {}\r\nx-twilio-signature: {signature}\r\nuser-agent: TwilioProxy/1.1\r\nconnection: close\r\n\r\n\
         {body}",
        body.len(),
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    let said = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
    status.zip(said).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// Tells what became of messages, on a thread of its own: who sent them may be the one who is told.
pub(super) fn report_behind(shared: &Arc<Shared>) {
    if !shared.world().holds_reports {
        let shared = Arc::clone(shared);
        thread::spawn(move || report(&shared));
    }
}

/// Tells what became of each message that nobody was notified of yet: on its way, then there, or not. What is not taken is
/// not told again, as with Twilio.
pub(super) fn report(shared: &Shared) {
    let _in_order = shared.reporting.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        let next = {
            let mut world = shared.world();
            let next = world.messages.iter_mut().find(|message| !message.reported);
            next.map(|message| {
                message.reported = true;
                message.status = if message.error.is_some() { "undelivered" } else { "delivered" };
                message.clone()
            })
        };
        let Some(message) = next else { return };
        let Some(callback) = message.callback.clone() else { continue };
        for status in ["sent", message.status] {
            let _ = post(&callback, &fields(&message, status));
        }
    }
}

fn fields(message: &Message, status: &str) -> Vec<(String, String)> {
    let mut fields = vec![
        ("AccountSid", ACCOUNT.to_owned()),
        ("ApiVersion", "2010-04-01".to_owned()),
        ("From", message.from.clone().unwrap_or_default()),
        ("MessageSid", message.sid.clone()),
        ("MessageStatus", status.to_owned()),
        ("SmsSid", message.sid.clone()),
        ("SmsStatus", status.to_owned()),
        ("To", message.to.clone()),
    ];
    fields.extend(message.service.clone().map(|service| ("MessagingServiceSid", service)));
    fields.extend(message.error.filter(|_| status == "undelivered").map(|code| ("ErrorCode", code.to_string())));
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
