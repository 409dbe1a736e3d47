//! The Web API, `response_url`s and uploads.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::state::State;
use super::{APP_TOKEN, BOT_TOKEN, check};
use crate::Heard;

type Answer = Result<Value, String>;

pub(super) fn answer(state: &mut State, heard: &Heard) -> Response {
    let parts: Vec<&str> = heard.path.trim_start_matches('/').split('/').collect();
    match parts.as_slice() {
        ["api", method] => {
            let answer = api(state, method, heard).unwrap_or_else(|error| json!({ "ok": false, "error": error }));
            Json(answer).into_response()
        }
        ["response", token] => response(state, token, &heard.json().unwrap_or_default()),
        ["upload", file] => {
            state.files.insert((*file).to_owned(), format!("{} bytes", heard.body.len()));
            StatusCode::OK.into_response()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn api(state: &mut State, method: &str, heard: &Heard) -> Answer {
    let token = heard.header("authorization").unwrap_or_default().trim_start_matches("Bearer ");
    let wanted = if method == "apps.connections.open" { APP_TOKEN } else { BOT_TOKEN };
    if token != wanted || state.revoked {
        return Err("invalid_auth".to_owned());
    }
    let body = heard.json().unwrap_or_default();
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    match method {
        "auth.test" => Ok(json!({ "ok": true, "user_id": "U0BOT", "team_id": "T1" })),
        "apps.connections.open" => {
            let url = format!("ws://{}/link?ticket=do-not-show", state.address);
            Ok(json!({ "ok": true, "url": url }))
        }
        "chat.postMessage" => post(state, &text("channel"), &body),
        "chat.update" if state.closed.contains_key(&text("channel")) => Err(state.closed[&text("channel")].clone()),
        "chat.update" => {
            check::message(&text("text"), &body["blocks"])?;
            let found = state.edit(&text("channel"), &text("ts"), &body);
            if found { Ok(json!({ "ok": true })) } else { Err("message_not_found".to_owned()) }
        }
        "conversations.open" => {
            let dm = state.dm(&text("users")).ok_or("user_not_found")?;
            Ok(json!({ "ok": true, "channel": { "id": dm } }))
        }
        "users.info" => {
            let person = field(heard, "user").ok_or("user_not_found")?;
            Ok(json!({ "ok": true, "user": { "id": person, "is_admin": state.admins.contains(&person) } }))
        }
        "conversations.info" => {
            let channel =
                field(heard, "channel").filter(|id| state.channels.contains_key(id)).ok_or("channel_not_found")?;
            Ok(json!({ "ok": true, "channel": { "id": channel, "creator": "U0OTHER" } }))
        }
        "conversations.history" => history(state, heard.query.as_deref().unwrap_or_default()),
        "views.open" if body["view"]["type"] == "modal" && state.payloads.contains_key(&text("trigger_id")) => {
            check::form(&body["view"])?;
            state.form = body["view"].clone();
            Ok(json!({ "ok": true }))
        }
        "views.open" => Err("expired_trigger_id".to_owned()),
        "views.publish" => {
            check::message("home", &body["view"]["blocks"])?;
            state.homes.insert(text("user_id"), body["view"]["blocks"].clone());
            Ok(json!({ "ok": true }))
        }
        "files.getUploadURLExternal" => {
            let file = format!("F{}", state.number());
            let url = format!("http://{}/upload/{file}", state.address);
            Ok(json!({ "ok": true, "upload_url": url, "file_id": file }))
        }
        "files.completeUploadExternal" => complete(state, &body),
        _ => Err("unknown_method".to_owned()),
    }
}

/// Of the query.
fn field(heard: &Heard, name: &str) -> Option<String> {
    let query = heard.query.as_deref().unwrap_or_default();
    query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}="))).map(str::to_owned)
}

fn post(state: &mut State, to: &str, body: &Value) -> Answer {
    if let Some(error) = state.closed.get(to) {
        return Err(error.clone());
    }
    let channel = if state.channels.contains_key(to) { Some(to.to_owned()) } else { state.dm(to) };
    let channel = channel.ok_or("channel_not_found")?;
    check::message(body["text"].as_str().unwrap_or_default(), &body["blocks"])?;
    let ts = state.keep(&channel, "CoatCheck", None, body);
    Ok(json!({ "ok": true, "channel": channel, "ts": ts }))
}

fn history(state: &State, query: &str) -> Answer {
    let field = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")));
    let channel = field("channel").unwrap_or_default();
    let limit: usize = field("limit").and_then(|limit| limit.parse().ok()).unwrap_or(100);
    let with_metadata = field("include_all_metadata") == Some("true");
    let messages = state.messages.iter().rev().filter(|it| it.channel == channel && it.only.is_none()).take(limit);
    let messages: Vec<Value> = messages
        .map(|it| {
            let metadata = if with_metadata { it.metadata.clone() } else { Value::Null };
            json!({ "type": "message", "ts": it.ts, "text": it.text, "metadata": metadata })
        })
        .collect();
    Ok(json!({ "ok": true, "messages": messages }))
}

fn complete(state: &mut State, body: &Value) -> Answer {
    let file = body["files"][0]["id"].as_str().unwrap_or_default();
    let bytes = state.files.get(file).cloned().ok_or("file_not_found")?;
    let channel = body["channel_id"].as_str().unwrap_or_default().to_owned();
    if !state.channels.contains_key(&channel) {
        return Err("channel_not_found".to_owned());
    }
    let title = body["files"][0]["title"].as_str().unwrap_or_default();
    state.keep(&channel, "CoatCheck", None, &json!({ "text": format!("(file: {title}, {bytes})") }));
    Ok(json!({ "ok": true }))
}

/// Five answers at most.
fn response(state: &mut State, token: &str, body: &Value) -> Response {
    let Some(hook) = state.hooks.get_mut(token) else { return refused("invalid_url") };
    hook.uses += 1;
    if hook.uses > 5 {
        return refused("used_url");
    }
    let (person, channel, message) = (hook.person.clone(), hook.channel.clone(), hook.message.clone());
    if let Err(why) = check::message(body["text"].as_str().unwrap_or_default(), &body["blocks"]) {
        return refused(&why);
    }
    match (body["replace_original"] == true, message) {
        (true, Some(ts)) => drop(state.edit(&channel, &ts, body)),
        _ => {
            let only = (body["response_type"] != "in_channel").then_some(person);
            state.keep(&channel, "CoatCheck", only, body);
        }
    }
    (StatusCode::OK, "ok").into_response()
}

fn refused(why: &str) -> Response {
    (StatusCode::NOT_FOUND, why.to_owned()).into_response()
}
