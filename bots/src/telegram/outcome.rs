//! What a failed call means for the message that was to be sent or edited.

use coatcheck_domain::delivery::SendOutcome;
use serde_json::Value;
use teloxide::ApiError;

use super::api::{Failure, Refusal};

/// The outcome on a message that was to be sent. A 429 is one chat's here; whether it is everybody's, `flood` tells.
pub(super) fn of_send(failure: &Failure) -> SendOutcome {
    failure.outcome(of_refusal)
}

fn of_refusal(refusal: &Refusal, why: String) -> SendOutcome {
    if refusal.description.is_none() {
        return match refusal.status {
            500..=599 => SendOutcome::Retry { after: None, why },
            413 => SendOutcome::GiveUp { why },
            // A proxy's page, or an answer that cannot be read: it may have been sent.
            _ => SendOutcome::Unknown { why },
        };
    }
    match refusal.status {
        429 => SendOutcome::Retry { after: refusal.after, why },
        500..=599 => SendOutcome::Retry { after: refusal.after, why },
        // 404 is what a token gets that never was one.
        401 | 404 => {
            SendOutcome::Hold { after: None, why: format!("{why}; is TELEGRAM_TOKEN right, or was it revoked?") }
        }
        403 => SendOutcome::AddressGone { why },
        400 if is_gone(refusal) => SendOutcome::AddressGone { why },
        _ => SendOutcome::GiveUp { why },
    }
}

/// Words for places that cannot be written to, which the library does not know or spells otherwise.
const GONE: &[&str] = &[
    "chat not found",
    "user not found",
    "peer_id_invalid",
    "group is deactivated",
    "group chat was deactivated",
    "message thread not found",
    "topic_closed",
    "topic_deleted",
    "not enough rights to send",
    "have no rights to send",
    "chat_write_forbidden",
    "need administrator rights in the channel chat",
];

fn is_gone(refusal: &Refusal) -> bool {
    let words = refusal.words().to_lowercase();
    GONE.iter().any(|gone| words.contains(gone))
        || matches!(
            known(refusal),
            Some(
                ApiError::ChatNotFound
                    | ApiError::UserNotFound
                    | ApiError::GroupDeactivated
                    | ApiError::NotEnoughRightsToPostMessages
            )
        )
}

/// Does the chat refuse the links on our buttons? Then they can be written out instead.
pub(super) fn refuses_links(failure: &Failure) -> bool {
    let Failure::Refused(refusal) = failure else { return false };
    matches!(known(refusal), Some(ApiError::ButtonUrlInvalid | ApiError::WrongHttpUrl))
        || refusal.words().contains("inline keyboard button URL")
}

/// The outcome on an edit. What says it already is as good as edited; what is gone is not sent again.
pub(super) fn of_edit(failure: &Failure, provider_ref: &str) -> SendOutcome {
    if let Failure::Refused(refusal) = failure {
        let why = failure.to_string();
        match known(refusal) {
            Some(ApiError::MessageNotModified) => {
                return SendOutcome::Sent { provider_ref: Some(provider_ref.to_owned()) };
            }
            Some(ApiError::MessageToEditNotFound | ApiError::MessageIdInvalid | ApiError::MessageCantBeEdited) => {
                return SendOutcome::GiveUp { why };
            }
            _ => {}
        }
    }
    of_send(failure)
}

/// The library's name for a refusal.
fn known(refusal: &Refusal) -> Option<ApiError> {
    serde_json::from_value(Value::String(refusal.words().to_owned())).ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn refused(status: u16, description: &str) -> Failure {
        let after = (status == 429).then_some(Duration::from_secs(7));
        Failure::Refused(Refusal { status, description: Some(description.to_owned()), after, moved_to: None })
    }

    #[test]
    fn each_refusal_has_its_meaning() {
        let line = |status, words| {
            let outcome = of_send(&refused(status, words));
            format!("{:<12} {}", outcome.as_str(), outcome.why().unwrap_or_default())
        };
        let lines = [
            line(429, "Too Many Requests: retry after 7"),
            line(403, "Forbidden: bot was blocked by the user"),
            line(403, "Forbidden: user is deactivated"),
            line(403, "Forbidden: bot was kicked from the supergroup chat"),
            line(400, "Bad Request: chat not found"),
            line(400, "Bad Request: group chat was deactivated"),
            line(400, "Bad Request: message thread not found"),
            line(400, "Bad Request: TOPIC_CLOSED"),
            line(400, "Bad Request: not enough rights to send text messages to the chat"),
            line(400, "Bad Request: can't parse entities: unsupported start tag"),
            line(401, "Unauthorized"),
            line(404, "Not Found"),
            line(500, "Internal Server Error"),
        ];
        insta::assert_snapshot!(lines.join("\n"), @"
        retry        Telegram answered 429: Too Many Requests: retry after 7
        address_gone Telegram answered 403: Forbidden: bot was blocked by the user
        address_gone Telegram answered 403: Forbidden: user is deactivated
        address_gone Telegram answered 403: Forbidden: bot was kicked from the supergroup chat
        address_gone Telegram answered 400: Bad Request: chat not found
        address_gone Telegram answered 400: Bad Request: group chat was deactivated
        address_gone Telegram answered 400: Bad Request: message thread not found
        address_gone Telegram answered 400: Bad Request: TOPIC_CLOSED
        address_gone Telegram answered 400: Bad Request: not enough rights to send text messages to the chat
        give_up      Telegram answered 400: Bad Request: can't parse entities: unsupported start tag
        hold         Telegram answered 401: Unauthorized; is TELEGRAM_TOKEN right, or was it revoked?
        hold         Telegram answered 404: Not Found; is TELEGRAM_TOKEN right, or was it revoked?
        retry        Telegram answered 500: Internal Server Error
        ");
    }

    #[test]
    fn what_is_not_telegrams_answer_says_whether_it_may_have_arrived() {
        let outcome = |failure: Failure| of_send(&failure).as_str();
        let strange = |status| Failure::Refused(Refusal { status, ..Refusal::default() });
        assert_eq!(outcome(strange(502)), "retry");
        assert_eq!(outcome(strange(200)), "unknown");
        assert_eq!(outcome(strange(413)), "give_up");
        assert_eq!(outcome(Failure::NotConnected("refused".into())), "retry");
        assert_eq!(outcome(Failure::NoAnswer("timed out".into())), "unknown");
    }

    #[test]
    fn an_edit_that_changes_nothing_is_done_and_a_deleted_message_is_left_alone() {
        let not_modified = "Bad Request: message is not modified: specified new message content and reply markup are \
                            exactly the same as a current content and reply markup of the message";
        assert_eq!(of_edit(&refused(400, not_modified), "1:2"), SendOutcome::Sent { provider_ref: Some("1:2".into()) });
        let gone = of_edit(&refused(400, "Bad Request: message to edit not found"), "1:2");
        assert_eq!(gone.as_str(), "give_up");
        assert_eq!(of_edit(&refused(403, "Forbidden: bot was blocked by the user"), "1:2").as_str(), "address_gone");
    }
}
