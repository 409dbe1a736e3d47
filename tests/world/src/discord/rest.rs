//! The REST API under `/api/v10`.

use std::time::{Duration, Instant};

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::interaction;
use super::messages::{self, Refusal};
use super::payload;
use super::town::{APPLICATION, BOT, Town};
use super::{Discord, TOKEN};
use crate::{Fault, Heard};

/// What is answered: a status and its JSON.
pub(super) type Answer = Result<(u16, Value), Refusal>;

const UNKNOWN: Refusal = Refusal(404, 0, "404: Not Found");

/// The honest answer to a request.
pub(super) fn answer(town: &mut Town, heard: &Heard) -> Response {
    let Some(path) = heard.path.strip_prefix("/api/v10/") else { return refused(&UNKNOWN) };
    let parts: Vec<&str> = path.split('/').collect();
    let free = matches!(parts.first(), Some(&("interactions" | "webhooks")));
    if !free && (town.revoked || heard.header("authorization") != Some(&format!("Bot {TOKEN}"))) {
        return refused(&Refusal(401, 0, "401: Unauthorized"));
    }
    if !free && town.hurries(Instant::now()) {
        return slowed();
    }
    match route(town, heard, &parts) {
        Ok((204, _)) => StatusCode::NO_CONTENT.into_response(),
        Ok((status, json)) => said(status, json),
        Err(refusal) => refused(&refusal),
    }
}

fn route(town: &mut Town, heard: &Heard, parts: &[&str]) -> Answer {
    let body = payload::of(heard);
    match (heard.method.as_str(), parts) {
        ("GET", ["gateway"]) => Ok((200, json!({ "url": town.gateway_url }))),
        ("GET", ["gateway", "bot"]) => Ok((200, bot_gateway(town))),
        ("GET", ["oauth2" | "applications", .., "@me"]) => Ok((200, application(town))),
        ("GET", ["users", "@me"]) => Ok((200, town.user(BOT))),
        ("POST", ["users", "@me", "channels"]) => open_dm(town, &body),
        ("POST", ["channels", channel, "messages"]) => {
            messages::post(town, id(channel), BOT, &body).map(|json| (200, json))
        }
        ("GET", ["channels", channel, "messages"]) => read(town, heard, id(channel)),
        ("PATCH", ["channels", channel, "messages", message]) => {
            let here = town.in_channel(id(channel)).any(|m| m.id == id(message));
            if !here {
                return Err(Refusal(404, 10008, "Unknown Message"));
            }
            messages::edit(town, id(message), &body).map(|json| (200, json))
        }
        ("DELETE", ["channels", channel, "messages", message]) => {
            let before = town.messages.len();
            town.messages.retain(|m| (m.channel, m.id) != (id(channel), id(message)));
            if town.messages.len() == before {
                Err(Refusal(404, 10008, "Unknown Message"))
            } else {
                Ok((204, Value::Null))
            }
        }
        ("PUT", ["applications", _, "commands"]) => {
            town.commands = body.as_array().cloned().unwrap_or_default();
            Ok((200, body))
        }
        ("POST", ["interactions", known, token, "callback"]) => interaction::callback(town, id(known), token, &body),
        ("PATCH", ["webhooks", _, token, "messages", "@original"]) => interaction::edit_original(town, token, &body),
        ("POST", ["webhooks", _, token]) => interaction::follow_up(town, token, &body),
        _ => Err(UNKNOWN),
    }
}

/// An id in a path; what is none is nobody's.
fn id(text: &str) -> u64 {
    text.parse().unwrap_or_default()
}

fn bot_gateway(town: &Town) -> Value {
    let limit = json!({ "total": 1000, "remaining": 999, "reset_after": 14_400_000, "max_concurrency": 1 });
    json!({ "url": town.gateway_url, "shards": 1, "session_start_limit": limit })
}

fn application(town: &Town) -> Value {
    json!({
        "id": APPLICATION.to_string(), "name": "CoatCheck", "icon": null, "description": "", "bot_public": true,
        "bot_require_code_grant": false, "verify_key": "", "team": null, "flags": 0, "bot": town.user(BOT),
    })
}

fn open_dm(town: &Town, body: &Value) -> Answer {
    let person = body["recipient_id"].as_str().map(id).unwrap_or_default();
    match town.people.get(&person) {
        Some(known) => Ok((200, json!({ "id": known.dm.to_string(), "type": 1, "recipients": [town.user(person)] }))),
        None => Err(Refusal(400, 50033, "Invalid Recipient(s)")),
    }
}

/// The newest messages first. Ephemeral ones are not in the channel.
fn read(town: &Town, heard: &Heard, channel: u64) -> Answer {
    if !town.channels.contains_key(&channel) {
        return Err(Refusal(404, 10003, "Unknown Channel"));
    }
    let limit = heard.query.as_deref().and_then(|query| query.split("limit=").nth(1));
    let limit: usize = limit.and_then(|text| text.split('&').next()).and_then(|n| n.parse().ok()).unwrap_or(50);
    let mut all: Vec<Value> = town.in_channel(channel).filter(|m| m.only.is_none()).map(|m| m.json.clone()).collect();
    all.reverse();
    all.truncate(limit);
    Ok((200, Value::Array(all)))
}

fn slowed() -> Response {
    let Fault::Says { status, headers, body } = Discord::slow_down(Duration::from_millis(500), true) else {
        return StatusCode::TOO_MANY_REQUESTS.into_response();
    };
    let mut response = (StatusCode::from_u16(status).unwrap_or_default(), body).into_response();
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (axum::http::HeaderName::try_from(name), value.parse()) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn refused(Refusal(status, code, message): &Refusal) -> Response {
    said(*status, json!({ "message": message, "code": code }))
}

fn said(status: u16, json: Value) -> Response {
    (StatusCode::from_u16(status).unwrap_or_default(), axum::Json(json)).into_response()
}
