//! What Telegram brings in, before anyone reads it: an id, a chat, the JSON as it came.

use serde_json::Value;
use teloxide::types::AllowedUpdate;

use crate::InboundEvent;

/// The kinds we ask for; nothing else is brought.
pub(super) fn wanted() -> Vec<AllowedUpdate> {
    vec![AllowedUpdate::Message, AllowedUpdate::ChannelPost, AllowedUpdate::CallbackQuery]
}

/// Where an update says which chat it belongs to.
const CHATS: &[&str] =
    &["/message/chat/id", "/channel_post/chat/id", "/callback_query/message/chat/id", "/callback_query/from/id"];

/// None where it has no id: then it can be neither told apart nor acknowledged.
pub(super) fn arrived(update: &Value) -> Option<(i64, InboundEvent)> {
    let id = update.get("update_id")?.as_i64()?;
    let chat = CHATS.iter().find_map(|at| update.pointer(at)).map(Value::to_string).unwrap_or_default();
    Some((id, InboundEvent { external_id: id.to_string(), chat, payload: update.to_string(), fleeting: false }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_belongs_together_has_one_chat() {
        let chat = |update: Value| arrived(&update).map(|(_, arrived)| arrived.chat);
        assert_eq!(chat(json!({"update_id": 1, "message": {"chat": {"id": -7}}})).as_deref(), Some("-7"));
        let pressed = json!({"update_id": 1, "callback_query": {"from": {"id": 5}, "message": {"chat": {"id": -7}}}});
        assert_eq!(chat(pressed).as_deref(), Some("-7"));
        assert_eq!(chat(json!({"update_id": 1, "callback_query": {"from": {"id": 5}}})).as_deref(), Some("5"));
        assert_eq!(chat(json!({"update_id": 1, "poll": {}})).as_deref(), Some(""));
        assert_eq!(chat(json!({"message": {"chat": {"id": 1}}})), None);
    }
}
