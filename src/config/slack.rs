//! The settings of Slack: a bot token, and one of the two ways in which events arrive.

use std::fmt;

use coatcheck_bots::slack;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::reader::Reader;

/// Access to Slack.
#[derive(Clone)]
pub struct SlackSettings {
    /// `SLACK_BOT_TOKEN`
    pub bot_token: SecretString,
    /// `SLACK_APP_TOKEN`: Socket Mode. Wins over the signing secret.
    pub app_token: Option<SecretString>,
    /// `SLACK_SIGNING_SECRET`: signed requests to `PUBLIC_URL`.
    pub signing_secret: Option<SecretString>,
    /// `SLACK_API_BASE`, with `/api`.
    pub api_base: Url,
}

impl Reader<'_> {
    pub(super) fn slack(&mut self, public_url: Option<&Url>) -> Option<SlackSettings> {
        let api_base = self.url("SLACK_API_BASE", Some(slack::API));
        let app_token: Option<SecretString> = self.secret("SLACK_APP_TOKEN").map(Into::into);
        let signing_secret: Option<SecretString> = self.secret("SLACK_SIGNING_SECRET").map(Into::into);
        let bot_token = self.token("SLACK_BOT_TOKEN", &["SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"])?;
        self.begins("SLACK_BOT_TOKEN", &bot_token, "xoxb-");
        match &app_token {
            Some(token) => self.begins("SLACK_APP_TOKEN", token, "xapp-"),
            None if signing_secret.is_none() => self.wrong.push(
                "SLACK_BOT_TOKEN is set, but no way for events to arrive: set SLACK_APP_TOKEN (Socket Mode), or \
                 SLACK_SIGNING_SECRET and PUBLIC_URL (docs/setup/slack.md)"
                    .to_owned(),
            ),
            None if public_url.is_none() => self.wrong.push(
                "SLACK_SIGNING_SECRET is set and PUBLIC_URL is not: Slack needs an address to send events to; set PUBLIC_URL, \
                 or SLACK_APP_TOKEN instead (docs/setup/slack.md)"
                    .to_owned(),
            ),
            None => {}
        }
        Some(SlackSettings { bot_token, app_token, signing_secret, api_base: api_base? })
    }

    fn begins(&mut self, name: &str, token: &SecretString, prefix: &str) {
        if !token.expose_secret().starts_with(prefix) {
            self.wrong
                .push(format!("{name} is not such a token: it starts with {prefix} (docs/setup/slack.md, step 1)"));
        }
    }
}

impl fmt::Debug for SlackSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SlackSettings").field("api_base", &self.api_base.as_str()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{BadSettings, Settings};

    fn read(pairs: &[(&str, &str)]) -> Result<Settings, BadSettings> {
        Settings::read(&|name| pairs.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn half_a_group_is_refused_and_what_is_missing_is_named() {
        let wrong = |pairs: &[(&str, &str)]| read(pairs).expect_err("wrong").to_string();
        let lines = [
            wrong(&[("SLACK_APP_TOKEN", "xapp-s3cret")]),
            wrong(&[("SLACK_BOT_TOKEN", "xoxb-s3cret")]),
            wrong(&[("SLACK_BOT_TOKEN", "xoxb-s3cret"), ("SLACK_SIGNING_SECRET", "s3cret")]),
            wrong(&[("SLACK_BOT_TOKEN", "xapp-s3cret"), ("SLACK_APP_TOKEN", "xoxb-s3cret")]),
        ];
        insta::assert_snapshot!(lines.join("\n"), @"
        SLACK_APP_TOKEN is set and SLACK_BOT_TOKEN is not; set both or neither
        SLACK_BOT_TOKEN is set, but no way for events to arrive: set SLACK_APP_TOKEN (Socket Mode), or SLACK_SIGNING_SECRET and PUBLIC_URL (docs/setup/slack.md)
        SLACK_SIGNING_SECRET is set and PUBLIC_URL is not: Slack needs an address to send events to; set PUBLIC_URL, or SLACK_APP_TOKEN instead (docs/setup/slack.md)
        SLACK_BOT_TOKEN is not such a token: it starts with xoxb- (docs/setup/slack.md, step 1)
        SLACK_APP_TOKEN is not such a token: it starts with xapp- (docs/setup/slack.md, step 1)
        ");
    }

    #[test]
    fn two_tokens_are_enough_and_are_never_shown() {
        let settings = read(&[("SLACK_BOT_TOKEN", "xoxb-s3cret"), ("SLACK_APP_TOKEN", "xapp-s3cret")]).expect("read");
        assert!(settings.slack.is_some() && !format!("{settings:?}").contains("s3cret"));
    }
}
