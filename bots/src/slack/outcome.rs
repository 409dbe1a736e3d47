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
    "team_not_found",
    "user_disabled",
    "user_not_found",
    "user_not_visible",
];
/// The token, or what it may do: nothing would be taken. `account_inactive` is about the token, not about a person.
const OURS: &[&str] = &[
    "access_denied",
    "accesslimited",
    "account_inactive",
    "app_not_installed",
    "ekm_access_denied",
    "enterprise_is_restricted",
    "invalid_auth",
    "missing_scope",
    "no_permission",
    "not_allowed_token_type",
    "not_authed",
    "org_login_required",
    "team_access_not_granted",
    "token_expired",
    "token_revoked",
    "two_factor_setup_required",
];
const TOO_MUCH: &[&str] = &["message_limit_exceeded", "rate_limited", "ratelimited"];
const LATER: &[&str] =
    &["external_channel_migrating", "request_timeout", "service_unavailable", "team_added_to_org", "update_failed"];
/// "Some aspect of the operation may have succeeded."
const PERHAPS: &[&str] = &["fatal_error", "internal_error"];

/// A message that was to be sent.
pub(super) fn of_send(failure: &Failure) -> SendOutcome {
    failure.outcome(of_refusal)
}

/// A message that was to be edited. One that is gone is given up; a channel that we were removed from is noticed.
pub(super) fn of_edit(failure: &Failure) -> SendOutcome {
    match failure.outcome(of_refusal) {
        // Edited twice it says the same.
        SendOutcome::Unknown { why } => SendOutcome::Retry { after: None, why },
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

    /// Each word that Slack documents for chat.postMessage and chat.update.
    const DOCUMENTED: &str = "access_denied accesslimited account_inactive as_user_not_supported block_mismatch \
        cannot_dm_bot cant_update_message channel_not_found channel_type_not_supported deprecated_endpoint \
        duplicate_channel_not_found duplicate_message_not_found edit_window_closed ekm_access_denied \
        enterprise_is_restricted external_channel_migrating fatal_error internal_error invalid_arg_name \
        invalid_arguments invalid_array_arg invalid_attachments invalid_auth invalid_blocks invalid_blocks_format \
        invalid_charset invalid_form_data invalid_metadata_format invalid_metadata_schema invalid_post_type is_archived \
        is_bot is_inactive markdown_text_conflict message_limit_exceeded message_not_found messages_tab_disabled \
        metadata_must_be_sent_from_app metadata_too_large method_deprecated missing_file_data missing_post_type \
        missing_scope msg_blocks_too_long msg_too_long no_permission no_text not_allowed_token_type not_authed \
        not_in_channel org_login_required rate_limited ratelimited request_timeout restricted_action \
        restricted_action_non_threadable_channel restricted_action_read_only_channel restricted_action_thread_locked \
        restricted_action_thread_only_channel service_unavailable slack_connect_blocked_file_type \
        slack_connect_canvas_sharing_blocked slack_connect_file_link_sharing_blocked \
        slack_connect_lists_sharing_blocked team_access_not_granted team_added_to_org team_not_found token_expired \
        token_revoked too_many_attachments too_many_contact_cards two_factor_setup_required update_failed user_disabled \
        user_not_found user_not_visible";

    #[test]
    fn each_documented_word_has_a_verdict() {
        let mut verdicts: std::collections::BTreeMap<String, Vec<&str>> = std::collections::BTreeMap::new();
        for word in DOCUMENTED.split_whitespace() {
            let refusal = || Failure::Refused(Refusal { status: 200, error: Some(word.to_owned()), after: None });
            let (send, edit) = (of_send(&refusal()), of_edit(&refusal()));
            verdicts.entry(format!("{}, an edit: {}", send.as_str(), edit.as_str())).or_default().push(word);
        }
        let rows = |words: &[&str]| words.chunks(6).map(|row| row.join(" ")).collect::<Vec<_>>().join("\n  ");
        let lines: Vec<String> =
            verdicts.iter().map(|(verdict, words)| format!("{verdict}\n  {}", rows(words))).collect();
        insta::assert_snapshot!(lines.join("\n"), @"
        address_gone, an edit: address_gone
          cannot_dm_bot channel_not_found is_archived messages_tab_disabled not_in_channel restricted_action
          restricted_action_read_only_channel restricted_action_thread_only_channel team_not_found user_disabled user_not_found user_not_visible
        give_up, an edit: give_up
          as_user_not_supported block_mismatch cant_update_message channel_type_not_supported deprecated_endpoint duplicate_channel_not_found
          duplicate_message_not_found edit_window_closed invalid_arg_name invalid_arguments invalid_array_arg invalid_attachments
          invalid_blocks invalid_blocks_format invalid_charset invalid_form_data invalid_metadata_format invalid_metadata_schema
          invalid_post_type is_bot is_inactive markdown_text_conflict message_not_found metadata_must_be_sent_from_app
          metadata_too_large method_deprecated missing_file_data missing_post_type msg_blocks_too_long msg_too_long
          no_text restricted_action_non_threadable_channel restricted_action_thread_locked slack_connect_blocked_file_type slack_connect_canvas_sharing_blocked slack_connect_file_link_sharing_blocked
          slack_connect_lists_sharing_blocked too_many_attachments too_many_contact_cards
        hold, an edit: hold
          access_denied accesslimited account_inactive ekm_access_denied enterprise_is_restricted invalid_auth
          missing_scope no_permission not_allowed_token_type not_authed org_login_required team_access_not_granted
          token_expired token_revoked two_factor_setup_required
        retry, an edit: retry
          external_channel_migrating message_limit_exceeded rate_limited ratelimited request_timeout service_unavailable
          team_added_to_org update_failed
        unknown, an edit: retry
          fatal_error internal_error
        ");
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
