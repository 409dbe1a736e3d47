//! The Messages API: who may ask, what a message must be like, and what is listed.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use url::{Url, form_urlencoded};

use super::state::{Message, Shared, World};
use super::{ACCOUNT, KEY, NUMBER, SERVICE, TOKEN, hook};
use crate::Heard;

/// Twilio's no: status, code, words.
pub(super) type Refused = (u16, u32, String);

type Fields = BTreeMap<String, String>;

/// Parameters that are known here. A misspelt one would go unnoticed otherwise.
const PARAMETERS: &[&str] = &["To", "From", "MessagingServiceSid", "Body", "StatusCallback", "ValidityPeriod"];
const FILTERS: &[&str] = &["To", "From", "PageSize"];
const LONGEST_BODY: usize = 1600;

pub(super) fn refused_body(status: u16, code: u32, message: &str) -> Value {
    let more = format!("https://www.twilio.com/docs/errors/{code}");
    json!({"code": code, "message": message, "more_info": more, "status": status})
}

/// The answer to a request.
pub(super) fn answer(shared: &Arc<Shared>, heard: &Heard) -> Response {
    let said = authenticated(shared, heard).and_then(|()| called(shared, heard));
    match said {
        Ok((status, body)) => (status, Json(body)).into_response(),
        Err((status, code, message)) => {
            let body = refused_body(status, code, &message);
            (StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), Json(body)).into_response()
        }
    }
}

fn authenticated(shared: &Shared, heard: &Heard) -> Result<(), Refused> {
    let given = heard.header("authorization").and_then(|header| header.strip_prefix("Basic "));
    let given = given.and_then(|given| STANDARD.decode(given).ok()).unwrap_or_default();
    let known = [(ACCOUNT, TOKEN), KEY].map(|(user, password)| format!("{user}:{password}").into_bytes());
    if known.contains(&given) && !shared.world().revoked {
        return Ok(());
    }
    Err((401, 20_003, "Authenticate".to_owned()))
}

fn called(shared: &Arc<Shared>, heard: &Heard) -> Result<(StatusCode, Value), Refused> {
    let nothing = || (404, 20_404, format!("The requested resource {} was not found", heard.path));
    let inside = heard.path.strip_prefix(&format!("/2010-04-01/Accounts/{ACCOUNT}/")).ok_or_else(nothing)?;
    match (&heard.method, inside) {
        (&Method::POST, "Messages.json") => {
            let fields = form_urlencoded::parse(&heard.body).into_owned().collect();
            let message = create(&mut shared.world(), &fields)?;
            hook::report_behind(shared);
            Ok((StatusCode::CREATED, message.json()))
        }
        (&Method::GET, "Messages.json") => {
            let query = heard.query.clone().unwrap_or_default();
            let filters = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
            Ok((StatusCode::OK, list(&mut shared.world(), &filters)?))
        }
        (&Method::GET, one) => {
            let sid = one.strip_prefix("Messages/").and_then(|one| one.strip_suffix(".json")).ok_or_else(nothing)?;
            let world = shared.world();
            let message = world.messages.iter().find(|message| message.sid == sid).ok_or_else(nothing)?;
            Ok((StatusCode::OK, message.json()))
        }
        _ => Err((405, 20_004, "Method not allowed".to_owned())),
    }
}

fn known(fields: &Fields, names: &[&str]) -> Result<(), Refused> {
    match fields.keys().find(|name| !names.contains(&name.as_str())) {
        Some(strange) => Err((400, 20_001, format!("There is no parameter {strange}"))),
        None => Ok(()),
    }
}

/// `+` and 7 to 15 digits.
fn is_e164(number: &str) -> bool {
    let digits = number.strip_prefix('+').unwrap_or_default();
    (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0')
}

fn create(world: &mut World, fields: &Fields) -> Result<Message, Refused> {
    known(fields, PARAMETERS)?;
    let field = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
    let no = |code: u32, message: String| Err((400, code, message));
    let (to, body) = (field("To"), field("Body"));
    if !is_e164(to) {
        return no(21_211, format!("The 'To' number {to} is not a valid phone number."));
    }
    let (from, service) = (fields.get("From"), fields.get("MessagingServiceSid"));
    match (from.map(String::as_str), service.map(String::as_str)) {
        (None, None) => return no(21_603, "A 'From' phone number is required.".to_owned()),
        (Some(from), None) if from != NUMBER => {
            return no(21_606, format!("The 'From' phone number {from} is not a valid message-capable number."));
        }
        (None, Some(service)) if service != SERVICE => {
            return no(21_701, format!("The Messaging Service {service} does not exist."));
        }
        (Some(_), Some(_)) => return no(20_001, "From or MessagingServiceSid, not both".to_owned()),
        _ => {}
    }
    if body.trim().is_empty() {
        return no(21_602, "Message body is required.".to_owned());
    }
    if body.encode_utf16().count() > LONGEST_BODY {
        return no(21_617, "The concatenated message body exceeds the 1600 character limit.".to_owned());
    }
    let callback = fields.get("StatusCallback").cloned();
    if callback.as_ref().is_some_and(|url| Url::parse(url).is_err()) {
        return no(21_609, "The 'StatusCallback' URL is not a valid URL.".to_owned());
    }
    let valid = fields.get("ValidityPeriod").map(|seconds| seconds.parse());
    if valid.is_some_and(|seconds: Result<u32, _>| !seconds.is_ok_and(|seconds| (1..=36_000).contains(&seconds))) {
        return no(20_001, "ValidityPeriod must be from 1 to 36000".to_owned());
    }
    let phone = world.phone(to);
    if phone.is_landline {
        return no(21_614, format!("'To' number {to} is not a valid mobile number"));
    }
    if phone.opted_out {
        return no(21_610, "Attempt to send to unsubscribed recipient".to_owned());
    }
    Ok(world.accept(Message {
        sid: String::new(),
        to: to.to_owned(),
        from: Some(NUMBER.to_owned()),
        service: service.cloned(),
        body: body.to_owned(),
        status: if service.is_some() { "accepted" } else { "queued" },
        error: None,
        created: 0,
        callback,
        direction: "outbound-api",
        reported: false,
    }))
}

fn list(world: &mut World, filters: &Fields) -> Result<Value, Refused> {
    known(filters, FILTERS)?;
    let size = filters.get("PageSize").map_or(Ok(50), |size| size.parse::<usize>());
    let size = size.ok().filter(|size| (1..=1000).contains(size));
    let size = size.ok_or_else(|| (400, 20_006, "Page size must be from 1 to 1000".to_owned()))?;
    let behind = usize::from(world.lists_behind > 0);
    world.lists_behind -= behind;
    let is = |name: &str, value: Option<&String>| filters.get(name).is_none_or(|wanted| Some(wanted) == value);
    let newest = world.messages.iter().rev().skip(behind);
    let fitting: Vec<&Message> =
        newest.filter(|message| is("To", Some(&message.to)) && is("From", message.from.as_ref())).collect();
    let page: Vec<Value> = fitting.iter().take(size).map(|message| message.json()).collect();
    let next = (fitting.len() > size).then_some("/2010-04-01/…Page=1");
    Ok(json!({"messages": page, "page": 0, "page_size": size, "next_page_uri": next, "previous_page_uri": null}))
}
