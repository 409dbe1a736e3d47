//! What a refusal means for the message that was to be sent. The words are those of
//! <https://docs.slack.dev/reference/methods/chat.postMessage#errors>

use coatcheck_domain::delivery::SendOutcome;

use super::api::{Failure, Refusal};
use crate::Trouble;

/// Nobody is there, or nobody may write there.
const GONE: &[&str] = &[
    "cannot_dm_bot",
    "channel_not_found",
    "is_archived",
    "messages_tab_disabled",
    "not_in_channel",
    "restricted_action",
    "restricted_action_read_only_channel",
    "restricted_action_thread_only_channel",
    "user_disabled",
    "user_not_found",
    "user_not_visible",
];
/// The token, or what it may do: nothing would be taken. `account_inactive` is about the token, not about a person.
const OURS: &[&str] = &[
    "access_denied",
    "account_inactive",
    "app_not_installed",
    "ekm_access_denied",
    "invalid_auth",
    "missing_scope",
    "no_permission",
    "not_allowed_token_type",
    "not_authed",
    "org_login_required",
    "team_access_not_granted",
    "token_expired",
    "token_revoked",
];
const TOO_MUCH: &[&str] = &["message_limit_exceeded", "rate_limited", "ratelimited"];
const LATER: &[&str] = &["request_timeout", "service_unavailable", "team_added_to_org"];
/// "Some aspect of the operation may have succeeded."
const PERHAPS: &[&str] = &["fatal_error", "internal_error"];

/// A message that was to be sent.
pub(super) fn of_send(failure: &Failure) -> SendOutcome {
    failure.outcome(of_refusal)
}

/// A message that was to be edited. One that is gone is not sent again.
pub(super) fn of_edit(failure: &Failure) -> SendOutcome {
    match failure.outcome(of_refusal) {
        // Edited twice it says the same.
        SendOutcome::Unknown { why } => SendOutcome::Retry { after: None, why },
        SendOutcome::AddressGone { why } => SendOutcome::GiveUp { why },
        other => other,
    }
}

fn of_refusal(refusal: &Refusal, why: String) -> SendOutcome {
    let after = refusal.after;
    let is = |words: &[&str]| refusal.error.as_deref().is_some_and(|error| words.contains(&error));
    if refusal.status == 429 || is(TOO_MUCH) || is(LATER) || (refusal.status == 503 && refusal.error.is_none()) {
        SendOutcome::Retry { after, why }
    } else if is(GONE) {
        SendOutcome::AddressGone { why }
    } else if is(OURS) {
        SendOutcome::Hold {
            after,
            why: format!("{why}; check SLACK_BOT_TOKEN and the app's scopes (docs/setup/slack.md)"),
        }
    } else if refusal.error.is_none() || is(PERHAPS) {
        SendOutcome::Unknown { why }
    } else {
        SendOutcome::GiveUp { why }
    }
}

/// What it means for the connection.
pub(super) fn trouble(failure: &Failure) -> Trouble {
    match of_send(failure) {
        SendOutcome::Hold { why, after } => Trouble { why, after, fatal: true },
        SendOutcome::Retry { why, after } => Trouble { why, after, fatal: false },
        other => Trouble { why: other.why().unwrap_or_default().to_owned(), after: None, fatal: false },
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn line(status: u16, error: &str) -> String {
        let error = Some(error).filter(|error| !error.is_empty()).map(str::to_owned);
        let after = (status == 429).then_some(Duration::from_secs(7));
        let outcome = of_send(&Failure::Refused(Refusal { status, error, after }));
        format!("{:<12} {}", outcome.as_str(), outcome.why().unwrap_or_default())
    }

    #[test]
    fn each_refusal_has_its_meaning() {
        let lines = [
            line(200, "channel_not_found"),
            line(200, "is_archived"),
            line(200, "not_in_channel"),
            line(200, "user_disabled"),
            line(200, "account_inactive"),
            line(200, "token_revoked"),
            line(200, "missing_scope"),
            line(429, "ratelimited"),
            line(200, "msg_too_long"),
            line(200, "invalid_blocks"),
            line(200, "internal_error"),
            line(200, "service_unavailable"),
            line(502, ""),
            line(503, ""),
        ];
        insta::assert_snapshot!(lines.join("\n"), @"
        address_gone Slack answered channel_not_found
        address_gone Slack answered is_archived
        address_gone Slack answered not_in_channel
        address_gone Slack answered user_disabled
        hold         Slack answered account_inactive; check SLACK_BOT_TOKEN and the app's scopes (docs/setup/slack.md)
        hold         Slack answered token_revoked; check SLACK_BOT_TOKEN and the app's scopes (docs/setup/slack.md)
        hold         Slack answered missing_scope; check SLACK_BOT_TOKEN and the app's scopes (docs/setup/slack.md)
        retry        Slack answered ratelimited
        give_up      Slack answered msg_too_long
        give_up      Slack answered invalid_blocks
        unknown      Slack answered internal_error
        retry        Slack answered service_unavailable
        unknown      Slack answered 502 with something that is not its API
        retry        Slack answered 503 with something that is not its API
        ");
    }
}
