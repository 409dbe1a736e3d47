//! The views of the app: its home, which lists somebody's watches, and the form of `/watch` without words. Pure.

use serde_json::{Value, json};

use super::blocks;
use crate::Reply;
use crate::commands::{Argument, Command, Kind, Said};
use crate::words::shortened_within;

/// What the form is called when it comes back.
const FORM: &str = "watch";
/// The name of each field's element.
const FIELD: &str = "value";
const LONGEST_INPUT: usize = 500;
/// Slack's limits of an option. <https://docs.slack.dev/reference/block-kit/composition-objects/option-object>
const LONGEST_OPTION: usize = 75;
const LONGEST_VALUE: usize = 150;
const OPTIONS: usize = 100;

/// The home: an answer, with its buttons.
pub(super) fn home(reply: &Reply) -> Value {
    json!({ "type": "home", "blocks": blocks::reply(reply).blocks })
}

/// The form: a field for each argument of the command.
pub(super) fn form() -> Value {
    let text = |text: &str| json!({ "type": "plain_text", "text": text });
    let fields: Vec<Value> = Command::Watch.arguments().iter().map(field).collect();
    json!({
        "type": "modal", "callback_id": FORM, "title": text("Watch a product"), "submit": text("Watch"),
        "close": text("Cancel"), "blocks": fields,
    })
}

fn field(argument: &Argument) -> Value {
    let text = |text: &str| json!({ "type": "plain_text", "text": text });
    let element = match argument.kind {
        Kind::Choice(choices) => {
            let option = |choice: &&str| json!({ "text": text(choice), "value": choice });
            let options: Vec<Value> = choices.iter().map(option).collect();
            json!({ "type": "static_select", "action_id": FIELD, "options": options })
        }
        kind if kind.completes() => json!({
            "type": "external_select", "action_id": FIELD, "min_query_length": 0, "placeholder": text("Type to search"),
        }),
        _ => json!({ "type": "plain_text_input", "action_id": FIELD, "max_length": LONGEST_INPUT }),
    };
    let (label, is_optional) = (crate::words::sentence(argument.name), !argument.required);
    json!({
        "type": "input", "block_id": argument.name, "label": text(&label), "hint": text(argument.help),
        "optional": is_optional, "element": element,
    })
}

/// What a field offers. What was typed is always one of them: an address, or a size that the shop does not list yet.
pub(super) fn offered(found: &[String], typed: &str) -> Value {
    let typed = typed.trim();
    let is_there = found.iter().any(|it| it.eq_ignore_ascii_case(typed));
    let all = found.iter().map(String::as_str).chain(Some(typed).filter(|_| !is_there));
    let fits = |value: &&str| (1..=LONGEST_VALUE).contains(&value.chars().count());
    let option = |value: &str| {
        let text = shortened_within(value, LONGEST_OPTION);
        json!({ "text": { "type": "plain_text", "text": text, "emoji": false }, "value": value })
    };
    json!({ "options": all.filter(fits).take(OPTIONS).map(option).collect::<Vec<_>>() })
}

/// What a form that comes back says; `None`: it is another one.
pub(super) fn submitted(view: &Value) -> Option<Said> {
    if view["callback_id"] != FORM {
        return None;
    }
    let values = &view["state"]["values"];
    let value = |argument: &Argument| {
        let field = &values[argument.name][FIELD];
        let text = field["value"].as_str().or_else(|| field["selected_option"]["value"].as_str())?;
        Some((argument.name, text)).filter(|(_, text)| !text.trim().is_empty())
    };
    let options: Vec<(&str, &str)> = Command::Watch.arguments().iter().filter_map(value).collect();
    Some(Said::from_options(Command::Watch, &options))
}
