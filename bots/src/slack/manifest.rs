//! The app's manifest: what an administrator pastes at <https://api.slack.com/apps> to install the app.

use serde_json::{Value, json};
use url::Url;

use super::webhook::PATH;
use crate::Platform;
use crate::commands::Command;

/// What the bot may do, and what for.
const SCOPES: &[&str] = &[
    "app_mentions:read", // words behind its name in channels
    "channels:read",     // who made a channel: they may announce in it
    "chat:write",        // alerts and answers
    "commands",          // /watch and /coatcheck
    "files:write",       // the picture of /history
    "groups:read",       // the same of private channels
    "im:history",        // words in its direct messages, and whether an alert arrived
    "im:write",          // opens direct messages
    "users:read",        // who runs the workspace: they may announce in each channel
];

/// With `public_url` events come by HTTP; without, by Socket Mode.
#[must_use]
pub fn manifest(public_url: Option<&Url>) -> String {
    let address = public_url.map(|url| format!("{}{PATH}", url.as_str().trim_end_matches('/')));
    let command = |name: &str, description: &str, hint: &str| {
        let mut command =
            json!({ "command": name, "description": description, "usage_hint": hint, "should_escape": false });
        if let Some(address) = &address {
            command["url"] = address.as_str().into();
        }
        command
    };
    let names: Vec<&str> = Command::on(Platform::Slack).map(Command::name).collect();
    let with_address = |mut part: Value| {
        if let Some(address) = &address {
            part["request_url"] = address.as_str().into();
        }
        part
    };
    // The form of /watch asks there what its fields offer.
    let mut interactivity = with_address(json!({ "is_enabled": true }));
    if let Some(address) = &address {
        interactivity["message_menu_options_url"] = address.as_str().into();
    }
    let manifest = json!({
        "display_information": {
            "name": "CoatCheck", "description": "Tells you the moment your size is back in stock",
        },
        "features": {
            "app_home": { "home_tab_enabled": true, "messages_tab_enabled": true, "messages_tab_read_only_enabled": false },
            "bot_user": { "display_name": "coatcheck", "always_online": true },
            "slash_commands": [
                command("/watch", Command::Watch.row().help, "jacket M"),
                command("/coatcheck", "All commands", &short(&names.join(" | "))),
            ],
        },
        "oauth_config": { "scopes": { "bot": SCOPES } },
        "settings": {
            "event_subscriptions": with_address(json!({ "bot_events": ["app_home_opened", "app_mention", "message.im"] })),
            "interactivity": interactivity,
            "org_deploy_enabled": false, "socket_mode_enabled": address.is_none(), "token_rotation_enabled": false,
        },
    });
    format!("{manifest:#}")
}

/// A usage hint has at most 1000 characters.
fn short(text: &str) -> String {
    crate::words::shortened(text, 900)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_an_address_everything_is_brought_there_and_without_one_by_socket() {
        let read = |url: Option<&str>| -> Value {
            let url = url.map(|url| Url::parse(url).expect("an address"));
            serde_json::from_str(&manifest(url.as_ref())).expect("JSON")
        };
        let by_http = read(Some("https://coat.example/x/"));
        let hook = "https://coat.example/x/hooks/slack";
        for place in [
            "/features/slash_commands/0/url",
            "/settings/interactivity/request_url",
            "/settings/interactivity/message_menu_options_url",
            "/settings/event_subscriptions/request_url",
        ] {
            assert_eq!(by_http.pointer(place), Some(&json!(hook)), "{place}");
        }
        assert_eq!(by_http["settings"]["socket_mode_enabled"], false);
        let by_socket = read(None);
        assert_eq!(by_socket["settings"]["socket_mode_enabled"], true);
        assert_eq!(by_socket["features"]["slash_commands"][0].get("url"), None);
    }
}
