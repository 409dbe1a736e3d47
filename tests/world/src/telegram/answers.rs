//! Which method answers what.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::state::{BOT, Shared, Webhook, World, person_id};
use super::{form, posts, updates};
use crate::Heard;

/// A method's no.
pub(super) struct Refused {
    status: u16,
    description: String,
    retry_after: Option<u32>,
    moved_to: Option<i64>,
}

impl Refused {
    pub(super) fn bad(description: impl Into<String>) -> Self {
        Self::new(400, description)
    }

    pub(super) fn new(status: u16, description: impl Into<String>) -> Self {
        Self { status, description: description.into(), retry_after: None, moved_to: None }
    }

    pub(super) fn flood(wait: u32) -> Self {
        Self { retry_after: Some(wait), ..Self::new(429, format!("Too Many Requests: retry after {wait}")) }
    }

    pub(super) fn moved(to: i64) -> Self {
        let words = "Bad Request: group chat was upgraded to a supergroup chat";
        Self { moved_to: Some(to), ..Self::bad(words) }
    }
}

/// The body of a refusal.
pub(super) fn refused_body(status: u16, description: &str, wait: Option<u32>, moved_to: Option<i64>) -> Value {
    let mut body = json!({"ok": false, "error_code": status, "description": description});
    if let Some(wait) = wait {
        body["parameters"] = json!({"retry_after": wait});
    }
    if let Some(chat) = moved_to {
        body["parameters"] = json!({"migrate_to_chat_id": chat});
    }
    body
}

/// The answer to a request.
pub(super) fn answer(shared: &std::sync::Arc<Shared>, heard: &Heard, token: &str) -> Response {
    let mut parts = heard.path.trim_start_matches('/').splitn(2, '/');
    let (bot, method) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default().to_lowercase());
    if bot != format!("bot{token}") || shared.world().revoked {
        return said(Err(Refused::new(401, "Unauthorized")));
    }
    let fields = form::fields(heard);
    if method == "getupdates" {
        return updates::fetch(shared, &fields);
    }
    let mut world = shared.world();
    said(match method.as_str() {
        "getme" => Ok(json!({"id": BOT.0, "is_bot": true, "first_name": BOT.1, "username": BOT.2,
            "can_join_groups": true, "can_read_all_group_messages": false, "supports_inline_queries": false})),
        "sendmessage" => posts::text(&mut world, &fields),
        "sendphoto" => posts::file(&mut world, &fields, "photo"),
        "senddocument" => posts::file(&mut world, &fields, "document"),
        "editmessagetext" | "editmessagecaption" | "editmessagereplymarkup" => posts::edit(&mut world, &fields),
        "deletemessage" => posts::delete(&mut world, &fields),
        "answercallbackquery" => acknowledged(&mut world, &fields),
        "setmycommands" => commands(&mut world, &fields),
        "getchatmember" => member(&world, &fields),
        "setwebhook" => set_webhook(&mut world, &fields),
        "deletewebhook" => {
            world.webhook = None;
            Ok(true.into())
        }
        "getwebhookinfo" => Ok(webhook_info(&world)),
        _ => Err(Refused::new(404, "Not Found")),
    })
}

/// A result, or a no, as HTTP.
pub(super) fn said(result: Result<Value, Refused>) -> Response {
    match result {
        Ok(result) => Json(json!({"ok": true, "result": result})).into_response(),
        Err(no) => {
            let status = StatusCode::from_u16(no.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let body = refused_body(no.status, &no.description, no.retry_after, no.moved_to);
            (status, Json(body)).into_response()
        }
    }
}

fn acknowledged(world: &mut World, fields: &Value) -> Result<Value, Refused> {
    let query = fields["callback_query_id"].as_str().unwrap_or_default();
    let text = fields["text"].as_str().or(fields["url"].as_str()).unwrap_or_default();
    let words = "Bad Request: query is too old and response timeout expired or query ID is invalid";
    let press = world.presses.get_mut(query).ok_or_else(|| Refused::bad(words))?;
    if text.encode_utf16().count() > 200 {
        return Err(Refused::bad("Bad Request: MESSAGE_TOO_LONG"));
    }
    *press = Some(text.to_owned());
    Ok(true.into())
}

fn commands(world: &mut World, fields: &Value) -> Result<Value, Refused> {
    let commands = fields["commands"].as_array().cloned().unwrap_or_default();
    let name = |command: &Value| command["command"].as_str().unwrap_or_default().to_owned();
    let fits = |name: &str| {
        (1..=32).contains(&name.len()) && name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'))
    };
    if !commands.iter().all(|command| fits(&name(command))) {
        return Err(Refused::bad("Bad Request: BOT_COMMAND_INVALID"));
    }
    if commands
        .iter()
        .any(|command| command["description"].as_str().is_none_or(|text| text.is_empty() || text.len() > 256))
    {
        return Err(Refused::bad("Bad Request: BOT_COMMAND_DESCRIPTION_INVALID"));
    }
    let scope = fields["scope"]["type"].as_str().unwrap_or("default").to_owned();
    world.commands.insert(scope, commands.iter().map(name).collect());
    Ok(true.into())
}

fn member(world: &World, fields: &Value) -> Result<Value, Refused> {
    let chat = fields["chat_id"].as_i64().and_then(|id| world.chats.get(&id));
    let chat = chat.ok_or_else(|| Refused::bad("Bad Request: chat not found"))?;
    let person = fields["user_id"].as_i64().unwrap_or_default();
    let (name, admin) = chat
        .members
        .iter()
        .find(|(name, _)| person_id(name) == person)
        .ok_or_else(|| Refused::bad("Bad Request: user not found"))?;
    let status = if *admin { "administrator" } else { "member" };
    Ok(json!({"user": {"id": person, "is_bot": false, "first_name": name}, "status": status}))
}

fn set_webhook(world: &mut World, fields: &Value) -> Result<Value, Refused> {
    let text = |name: &str| fields[name].as_str().unwrap_or_default().to_owned();
    world.webhook = Some(Webhook { url: text("url"), secret: text("secret_token"), error: None });
    Ok(true.into())
}

fn webhook_info(world: &World) -> Value {
    let mut info = json!({"url": "", "has_custom_certificate": false, "pending_update_count": world.updates.len()});
    if let Some(webhook) = &world.webhook {
        info["url"] = webhook.url.clone().into();
        if let Some(error) = &webhook.error {
            (info["last_error_date"], info["last_error_message"]) = (1_800_000_000.into(), error.clone().into());
        }
    }
    info
}
