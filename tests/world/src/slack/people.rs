//! What people do: commands, words, buttons. By Socket Mode if the app listens there, else as signed requests.

use serde_json::{Value, json};
use url::form_urlencoded;

use super::{Slack, transcript};

impl Slack {
    /// A person, who can be written to. Gives back the id.
    pub fn person(&self, name: &str) -> String {
        let mut state = self.state();
        let id = format!("U{:04}", state.number());
        let dm = format!("D{:04}", state.number());
        state.people.insert(id.clone(), name.to_owned());
        state.channels.insert(dm, Some(id.clone()));
        id
    }

    /// The person runs the workspace.
    pub fn runs(&self, person: &str) {
        self.state().admins.push(person.to_owned());
    }

    /// A channel the app is in.
    pub fn channel(&self) -> String {
        let mut state = self.state();
        let id = format!("C{:04}", state.number());
        state.channels.insert(id.clone(), None);
        id
    }

    /// The direct messages of the app with a person.
    #[must_use]
    pub fn dm(&self, person: &str) -> String {
        self.state().dm(person).unwrap_or_default()
    }

    /// From now on Slack refuses messages there with this error: `is_archived`, `user_disabled`, …
    pub fn close(&self, id: &str, error: &str) {
        self.state().closed.insert(id.to_owned(), error.to_owned());
    }

    /// The tokens are not taken any more.
    pub fn revoke(&self) {
        self.state().revoked = true;
    }

    /// `person` says a slash command in a channel. Gives back its id.
    pub fn command(&self, person: &str, channel: &str, command: &str, text: &str) -> String {
        let mut state = self.state();
        let id = format!("trigger-{}", state.number());
        let payload = json!({
            "command": command, "text": text, "user_id": person, "user_name": state.people.get(person),
            "channel_id": channel, "team_id": "T1", "trigger_id": id, "api_app_id": "A1",
            "response_url": state.hook(person, channel, None),
        });
        state.payloads.insert(id.clone(), payload);
        drop(state);
        self.bring(&id);
        id
    }

    /// `person` writes to the app in their direct messages.
    pub fn says(&self, person: &str, text: &str) -> String {
        let dm = self.dm(person);
        self.wrote(person, &dm, text, json!({ "type": "message", "channel_type": "im" }))
    }

    /// `person` writes in a channel; the app hears it only behind its name.
    pub fn mentions(&self, person: &str, channel: &str, text: &str) -> String {
        self.wrote(person, channel, &format!("<@U0BOT> {text}"), json!({ "type": "app_mention" }))
    }

    fn wrote(&self, person: &str, channel: &str, text: &str, mut event: Value) -> String {
        let mut state = self.state();
        let name = state.people.get(person).cloned().unwrap_or_default();
        let ts = state.keep(channel, &name, None, &json!({ "text": text }));
        let id = format!("Ev{}", state.number());
        (event["user"], event["text"]) = (person.into(), text.into());
        (event["channel"], event["ts"]) = (channel.into(), ts.into());
        let payload = json!({ "type": "event_callback", "event_id": id, "team_id": "T1", "event": event });
        state.payloads.insert(id.clone(), payload);
        drop(state);
        self.bring(&id);
        id
    }

    /// `person` presses the newest button with this label that they see in a channel.
    pub fn presses(&self, person: &str, channel: &str, label: &str) -> Option<String> {
        let mut state = self.state();
        let sees = |only: &Option<String>| only.as_deref().is_none_or(|only| only == person);
        let messages = state.messages.iter().rev().filter(|it| it.channel == channel && sees(&it.only));
        let found = messages.into_iter().find_map(|message| Some((message.clone(), button(&message.blocks, label)?)));
        let (message, action) = found?;
        let id = format!("trigger-{}", state.number());
        let payload = json!({
            "type": "block_actions", "user": { "id": person, "team_id": "T1" }, "trigger_id": id, "actions": [action],
            "channel": { "id": channel }, "response_url": state.hook(person, channel, Some(message.ts.clone())),
            "message": { "ts": message.ts, "text": message.text, "blocks": message.blocks },
        });
        state.payloads.insert(id.clone(), payload);
        drop(state);
        self.bring(&id);
        Some(id)
    }

    /// `person` opens the app's home.
    pub fn opens_home(&self, person: &str) -> String {
        let event = json!({ "type": "app_home_opened", "tab": "home", "user": person });
        self.keep(|id| json!({ "type": "event_callback", "event_id": id, "team_id": "T1", "event": event }))
    }

    /// `person` presses a button in the app's home.
    pub fn presses_at_home(&self, person: &str, label: &str) -> Option<String> {
        let action = button(&self.state().homes.get(person).cloned().unwrap_or_default(), label)?;
        Some(self.keep(|id| {
            json!({ "type": "block_actions", "user": { "id": person }, "trigger_id": id, "actions": [action],
                "view": { "type": "home" } })
        }))
    }

    /// `person` fills in the form that was opened last, field by field, and sends it.
    pub fn submits(&self, person: &str, fields: &[(&str, &str)]) -> String {
        let form = self.state().form.clone();
        let mut values = serde_json::Map::new();
        for block in form["blocks"].as_array().into_iter().flatten() {
            let name = block["block_id"].as_str().unwrap_or_default();
            let given = fields.iter().find(|(field, _)| *field == name).map(|(_, value)| *value);
            let element = match block["element"]["type"].as_str() {
                Some("static_select" | "external_select") => {
                    json!({ "selected_option": given.map(|value| json!({ "value": value })) })
                }
                _ => json!({ "value": given }),
            };
            let action = block["element"]["action_id"].as_str().unwrap_or_default();
            values.insert(name.to_owned(), json!({ action: element }));
        }
        self.keep(|id| {
            json!({ "type": "view_submission", "user": { "id": person }, "trigger_id": id,
                "view": { "id": "V1", "callback_id": form["callback_id"], "state": { "values": values } } })
        })
    }

    /// `person` types in a field of the form, which asks what to offer.
    pub fn types(&self, person: &str, field: &str, typed: &str) -> String {
        self.keep(|id| {
            json!({ "type": "block_suggestion", "user": { "id": person }, "fake_id": id, "action_id": "value",
                "block_id": field, "value": typed, "view": { "id": "V1", "type": "modal" } })
        })
    }

    /// What the home of the app shows somebody.
    #[must_use]
    pub fn home(&self, person: &str) -> String {
        transcript::home(&self.state(), person)
    }

    fn keep(&self, payload: impl FnOnce(&str) -> Value) -> String {
        let mut state = self.state();
        let id = format!("id-{}", state.number());
        let payload = payload(&id);
        state.payloads.insert(id.clone(), payload);
        drop(state);
        self.bring(&id);
        id
    }

    /// Brings something, once more if it was brought before.
    pub fn bring(&self, id: &str) {
        let payload = self.payload(id);
        let kind = match payload["type"].as_str() {
            Some("event_callback") => "events_api",
            Some("block_actions" | "view_submission" | "block_suggestion") => "interactive",
            _ => "slash_commands",
        };
        self.socket.bring(kind, payload);
    }

    /// What was brought, as Slack words it.
    #[must_use]
    pub fn payload(&self, id: &str) -> Value {
        self.state().payloads.get(id).cloned().unwrap_or_default()
    }

    /// The same as the body of a request, and its type.
    #[must_use]
    pub fn request(&self, id: &str) -> (&'static str, String) {
        let payload = self.payload(id);
        let form = "application/x-www-form-urlencoded";
        let mut body = form_urlencoded::Serializer::new(String::new());
        match payload["type"].as_str() {
            Some("event_callback") => ("application/json", payload.to_string()),
            Some(_) => (form, body.append_pair("payload", &payload.to_string()).finish()),
            None => {
                let fields = payload.as_object().into_iter().flatten();
                let fields = fields.filter_map(|(name, value)| Some((name, value.as_str()?)));
                (form, body.extend_pairs(fields).finish())
            }
        }
    }

    /// What `person` sees in a channel, as one would read it aloud.
    #[must_use]
    pub fn chat(&self, channel: &str, person: &str) -> String {
        transcript::of(&self.state(), channel, person)
    }
}

fn button(blocks: &Value, label: &str) -> Option<Value> {
    let blocks = blocks.as_array()?.iter().filter(|block| block["type"] == "actions");
    let mut buttons = blocks.filter_map(|block| block["elements"].as_array()).flatten();
    buttons.find(|button| button["text"]["text"] == label).cloned()
}
