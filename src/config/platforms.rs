//! The settings of chat platforms: a group is whole, or it is refused.

#[cfg(any(feature = "discord", feature = "telegram"))]
use std::fmt;

#[cfg(feature = "discord")]
use coatcheck_bots::discord::{self, PublicKey};
#[cfg(feature = "telegram")]
use coatcheck_bots::telegram::{self, webhook::Hook};
#[cfg(any(feature = "discord", feature = "telegram"))]
use secrecy::ExposeSecret;
#[cfg(any(feature = "discord", feature = "slack", feature = "telegram"))]
use secrecy::SecretString;
use url::Url;

use super::reader::Reader;
#[cfg(any(feature = "discord", feature = "telegram"))]
use super::tokens;

/// Access to Discord.
#[cfg(feature = "discord")]
#[derive(Clone)]
pub struct DiscordSettings {
    /// `DISCORD_TOKEN`
    pub token: SecretString,
    /// `DISCORD_API_BASE`: an origin; serenity adds `/api/v10`.
    pub api_base: Url,
    /// `DISCORD_PUBLIC_KEY`: interactions arrive over HTTP, and the gateway is not used.
    pub public_key: Option<PublicKey>,
}

/// Access to Telegram.
#[cfg(feature = "telegram")]
#[derive(Clone)]
pub struct TelegramSettings {
    /// `TELEGRAM_TOKEN`
    pub token: SecretString,
    /// `TELEGRAM_API_URL`: an origin, and a path if it has one.
    pub api_url: Url,
    /// `TELEGRAM_WEBHOOK_SECRET` and `PUBLIC_URL`: updates are brought to us instead of being fetched.
    pub hook: Option<Hook>,
}

impl Reader<'_> {
    /// The address the world sees, with a slash at its end, so that paths can be joined to it.
    pub(super) fn public_url(&mut self) -> Option<Url> {
        let mut url = self.url("PUBLIC_URL", None)?;
        if url.query().is_some() || url.fragment().is_some() {
            self.wrong.push(format!(
                "PUBLIC_URL={url} has a query or a fragment; it takes an address like https://coat.example"
            ));
        }
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        Some(url)
    }

    #[cfg(feature = "discord")]
    pub(super) fn discord(&mut self) -> Option<DiscordSettings> {
        let key = self.text("DISCORD_PUBLIC_KEY").and_then(|hex| {
            let key = PublicKey::parse(&hex);
            key.map_err(|why| self.wrong.push(format!("DISCORD_PUBLIC_KEY cannot be read: {why}"))).ok()
        });
        let api_base = self.url("DISCORD_API_BASE", Some(discord::ORIGIN));
        if let Some(base) = api_base.as_ref().filter(|base| base.path() != "/" || base.query().is_some()) {
            self.wrong.push(format!("DISCORD_API_BASE={base} has a path; it takes an origin like {}", discord::ORIGIN));
        }
        let token = self.token("DISCORD_TOKEN", &["DISCORD_PUBLIC_KEY"])?;
        let is_theirs = api_base.as_ref().is_some_and(|base| base.as_str().trim_end_matches('/') == discord::ORIGIN);
        self.checked("DISCORD_TOKEN", &token, is_theirs.then_some(tokens::discord));
        Some(DiscordSettings { token, api_base: api_base?, public_key: key })
    }

    #[cfg(feature = "telegram")]
    pub(super) fn telegram(&mut self, public_url: Option<&Url>) -> Option<TelegramSettings> {
        let api_url = self.url("TELEGRAM_API_URL", Some(telegram::ORIGIN));
        let secret = self.secret("TELEGRAM_WEBHOOK_SECRET");
        let token = self.token("TELEGRAM_TOKEN", &["TELEGRAM_WEBHOOK_SECRET"])?;
        let is_theirs = api_url.as_ref().is_some_and(|url| url.as_str().trim_end_matches('/') == telegram::ORIGIN);
        self.checked("TELEGRAM_TOKEN", &token, is_theirs.then_some(tokens::telegram));
        let hook = secret.and_then(|secret| self.hook(secret, public_url));
        Some(TelegramSettings { token, api_url: api_url?, hook })
    }

    #[cfg(feature = "telegram")]
    fn hook(&mut self, secret: String, public_url: Option<&Url>) -> Option<Hook> {
        let Some(public_url) = public_url else {
            let why = "TELEGRAM_WEBHOOK_SECRET is set and PUBLIC_URL is not: Telegram needs an address to send updates to; \
                       set PUBLIC_URL, or remove the secret to fetch updates";
            self.wrong.push(why.to_owned());
            return None;
        };
        let url = public_url.join(telegram::webhook::PATH.trim_start_matches('/')).ok()?;
        Hook::new(url, secret.into()).map_err(|why| self.wrong.push(why.to_string())).ok()
    }

    /// A platform's token. Without it, nothing that needs it may be set either.
    #[cfg(any(feature = "discord", feature = "slack", feature = "telegram"))]
    pub(super) fn token(&mut self, name: &'static str, others: &[&str]) -> Option<SecretString> {
        if let Some(token) = self.secret(name) {
            return Some(token.into());
        }
        if let Some(other) = others.iter().find(|other| self.is_set(other)) {
            self.wrong.push(format!("{other} is set and {name} is not; set both or neither"));
        }
        None
    }

    #[cfg(any(feature = "discord", feature = "telegram"))]
    fn checked(&mut self, name: &str, token: &SecretString, check: Option<tokens::Check>) {
        if let Some(Err(why)) = check.map(|check| check(token.expose_secret())) {
            self.wrong.push(format!("{name} {why}"));
        }
    }
}

#[cfg(feature = "discord")]
impl fmt::Debug for DiscordSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DiscordSettings").field("api_base", &self.api_base.as_str()).finish_non_exhaustive()
    }
}

#[cfg(feature = "telegram")]
impl fmt::Debug for TelegramSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TelegramSettings").field("api_url", &self.api_url.as_str()).finish_non_exhaustive()
    }
}

#[cfg(all(test, feature = "discord", feature = "telegram"))]
mod tests {
    use super::super::{BadSettings, Settings};

    const KEY: &str = "5866666666666666666666666666666666666666666666666666666666666666";

    const TELEGRAM: &str = "7:s3cret-tAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    fn read(pairs: &[(&str, &str)]) -> Result<Settings, BadSettings> {
        Settings::read(&|name| pairs.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned()))
    }

    fn wrong(pairs: &[(&str, &str)]) -> String {
        read(pairs).expect_err("wrong").to_string()
    }

    #[test]
    fn half_a_group_is_refused_and_what_is_missing_is_named() {
        let lines = [
            wrong(&[("DISCORD_PUBLIC_KEY", KEY)]),
            wrong(&[("DISCORD_TOKEN", "a.b.c"), ("DISCORD_PUBLIC_KEY", "abc")]),
            wrong(&[("DISCORD_TOKEN", "a.b.c"), ("DISCORD_API_BASE", "https://discord.example/api/v10")]),
            wrong(&[("TELEGRAM_WEBHOOK_SECRET", "s3cret"), ("TELEGRAM_API_URL", "http://127.0.0.1:8081")]),
            wrong(&[("TELEGRAM_TOKEN", TELEGRAM), ("TELEGRAM_WEBHOOK_SECRET", "s3cret")]),
            wrong(&[
                ("TELEGRAM_TOKEN", TELEGRAM),
                ("TELEGRAM_WEBHOOK_SECRET", "not one"),
                ("PUBLIC_URL", "https://coat.example"),
            ]),
            wrong(&[("PUBLIC_URL", "coat.example")]),
            wrong(&[("DISCORD_TOKEN", "s3cret"), ("TELEGRAM_TOKEN", "s3cret")]),
        ];
        insta::assert_snapshot!(lines.join("\n"), @r#"
        DISCORD_PUBLIC_KEY is set and DISCORD_TOKEN is not; set both or neither
        DISCORD_PUBLIC_KEY cannot be read: a Discord public key is 64 hexadecimal digits, as on the application's page
        DISCORD_API_BASE=https://discord.example/api/v10 has a path; it takes an origin like https://discord.com
        TELEGRAM_WEBHOOK_SECRET is set and TELEGRAM_TOKEN is not; set both or neither
        TELEGRAM_WEBHOOK_SECRET is set and PUBLIC_URL is not: Telegram needs an address to send updates to; set PUBLIC_URL, or remove the secret to fetch updates
        TELEGRAM_WEBHOOK_SECRET must be 1 to 256 letters, digits, _ or -
        PUBLIC_URL="coat.example" cannot be read; it takes an address like https://coat.example
        DISCORD_TOKEN is not a bot token: that has three parts with dots between them (docs/setup/discord.md, step 1)
        TELEGRAM_TOKEN is not a bot token: that looks like 110201543:AAH… and comes from @BotFather
        "#);
    }

    #[test]
    fn a_token_is_enough_and_is_never_shown() {
        let settings = read(&[("DISCORD_TOKEN", "s3cret.d.x"), ("TELEGRAM_TOKEN", TELEGRAM)]).expect("read");
        assert_eq!(settings.discord.as_ref().map(|it| it.api_base.as_str()), Some("https://discord.com/"));
        assert!(settings.telegram.as_ref().is_some_and(|it| it.hook.is_none()));
        assert!(!format!("{settings:?}").contains("s3cret"));
    }

    #[test]
    fn the_public_address_may_have_a_path() {
        let url = |text| read(&[("PUBLIC_URL", text)]).expect("read").public_url.expect("set").to_string();
        assert_eq!(url("https://coat.example"), "https://coat.example/");
        assert_eq!(url("https://example.com/coats"), "https://example.com/coats/");
    }
}
