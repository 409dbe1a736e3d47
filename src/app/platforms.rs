//! The chat platforms that are set: one line each in the list, and each with one identity for what it sends and receives.

use std::sync::Arc;
use std::time::Duration;

use coatcheck_bots::{Channel, ChatPlatform, Inbox, Platform, Receiver, Trouble};
use coatcheck_domain::Clock;

use super::App;
use crate::commands::Commands;
use crate::config::Settings;
use crate::engine::inbound::InboundWorker;
use crate::store::people::keys::Keys;
use crate::web::Webhook;

/// A connection that does not stand after this long stands never.
const CONNECT: Duration = Duration::from_secs(5);
/// An answer that takes longer is none. Platforms answer within a second, or they have trouble.
const ANSWER: Duration = Duration::from_secs(15);

/// The platforms that have credentials.
#[derive(Clone)]
pub(super) struct Platforms(Vec<ChatPlatform>);

/// What platforms are made of.
struct Parts<'a> {
    settings: &'a Settings,
    keys: Option<&'a Keys>,
    client: reqwest::Client,
    clock: &'a Arc<dyn Clock>,
}

/// Every platform of this build: a new one has its line here.
const PLATFORMS: &[fn(&Parts<'_>) -> Option<ChatPlatform>] = &[
    #[cfg(feature = "discord")]
    discord,
    #[cfg(feature = "telegram")]
    telegram,
    #[cfg(feature = "slack")]
    slack,
    #[cfg(feature = "sms")]
    sms::platform,
];

impl Platforms {
    /// One for each that has credentials.
    ///
    /// # Errors
    /// When the HTTP client cannot be set up.
    pub(super) fn new(
        settings: &Settings,
        keys: Option<&Keys>,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, reqwest::Error> {
        let parts = Parts { settings, keys, client: client()?, clock };
        Ok(Self(PLATFORMS.iter().filter_map(|platform| platform(&parts)).collect()))
    }

    /// As those who send.
    pub(super) fn channels(&self) -> Vec<Arc<dyn Channel>> {
        self.0.iter().map(|platform| Arc::clone(&platform.channel)).collect()
    }

    /// Those whose messages can be edited.
    pub(super) fn editable(&self) -> Vec<&'static str> {
        let channels = self.0.iter().map(|platform| &platform.channel);
        channels.filter(|channel| channel.capabilities().edit).map(|channel| channel.name()).collect()
    }

    /// As those who receive.
    pub(super) fn receivers(&self) -> Vec<Arc<dyn Receiver>> {
        self.0.iter().map(|platform| Arc::clone(&platform.receiver)).collect()
    }
}

#[cfg(feature = "discord")]
fn discord(parts: &Parts<'_>) -> Option<ChatPlatform> {
    use coatcheck_bots::discord::{self, Discord};
    let it = parts.settings.discord.clone()?;
    let shows = shows(parts.settings);
    let settings = discord::Settings { token: it.token, base: it.api_base, public_key: it.public_key, shows };
    Some(Arc::new(Discord::new(settings, parts.client.clone(), Arc::clone(parts.clock))).platform())
}

#[cfg(feature = "telegram")]
fn telegram(parts: &Parts<'_>) -> Option<ChatPlatform> {
    use coatcheck_bots::telegram::{self, Telegram};
    let it = parts.settings.telegram.clone()?;
    let shows = shows(parts.settings);
    let settings = telegram::Settings { api_url: it.api_url, token: it.token, hook: it.hook, shows };
    Some(Arc::new(Telegram::new(settings, parts.client.clone(), Arc::clone(parts.clock))).platform())
}

#[cfg(feature = "slack")]
fn slack(parts: &Parts<'_>) -> Option<ChatPlatform> {
    use coatcheck_bots::slack::{self, Slack};
    let it = parts.settings.slack.clone()?;
    let settings = slack::Settings {
        api_base: it.api_base,
        bot_token: it.bot_token,
        app_token: it.app_token,
        signing_secret: it.signing_secret,
    };
    Some(Arc::new(Slack::new(settings, parts.client.clone(), Arc::clone(parts.clock))).platform())
}

/// Which commands people are shown: those about texts only where there are texts.
#[cfg(any(feature = "discord", feature = "telegram"))]
fn shows(settings: &Settings) -> fn(coatcheck_bots::Command) -> bool {
    if settings.has_texts() { |_| true } else { |command| !command.needs_texts() }
}

#[cfg(feature = "sms")]
mod sms {
    use std::sync::Arc;

    use coatcheck_bots::ChatPlatform;
    use coatcheck_bots::sms::{self, Sms};
    use coatcheck_domain::phone::Phone;

    use super::Parts;
    use crate::store::people::keys::Keys;

    pub(super) fn platform(parts: &Parts<'_>) -> Option<ChatPlatform> {
        let it = parts.settings.twilio.clone()?;
        let settings = sms::Settings {
            api_base: it.api_base,
            account_sid: it.account_sid,
            auth_token: it.auth_token,
            api_key: it.api_key,
            sender: it.sender,
            public_url: parts.settings.public_url.clone(),
            opt_out: it.optout,
        };
        let seal = Arc::new(Seal(parts.keys?.clone()));
        let sms = Sms::new(settings, parts.client.clone(), Arc::clone(parts.clock), seal);
        Some(Arc::new(sms.with_alerts_valid(parts.settings.expire_after)).platform())
    }

    /// The keys, as texts need them.
    struct Seal(Keys);

    impl sms::Seal for Seal {
        fn seal(&self, phone: &Phone) -> String {
            self.0.seal_phone(phone)
        }

        fn open(&self, sealed: &str) -> Option<Phone> {
            self.0.open_phone(sealed)
        }

        fn chat(&self, phone: &Phone) -> String {
            self.0.chat(phone)
        }

        fn link(&self, variant: i64) -> String {
            self.0.link(variant)
        }
    }
}

impl Platforms {
    /// Where platforms post to us.
    pub(super) fn hook_paths(&self) -> Vec<&'static str> {
        let hooks = self.0.iter().filter_map(|platform| platform.webhook.as_ref());
        hooks.flat_map(|hook| hook.paths().iter().copied()).collect()
    }
}

impl App {
    /// What each platform that is set up says of our credentials, for `doctor`.
    pub async fn check_platforms(&self) -> Vec<(Platform, Result<String, Trouble>)> {
        let receivers = self.platforms.receivers();
        let checks = receivers.iter().map(|receiver| async move { (receiver.platform(), receiver.self_check().await) });
        futures_util::future::join_all(checks).await
    }

    /// An inbound worker for each platform.
    pub(super) fn inbound_workers(&self, inbox: &Arc<Commands>) -> Vec<InboundWorker> {
        self.platforms.receivers().into_iter().map(|receiver| self.inbound_worker(receiver, inbox)).collect()
    }

    /// The webhooks of platforms that post to us.
    pub(super) fn webhooks(&self, inbox: &Arc<Commands>) -> Vec<Webhook> {
        let set = self.platforms.0.iter().filter_map(|platform| {
            let webhook = platform.webhook.clone()?;
            let sink = Arc::new(self.inbound_worker(Arc::clone(&platform.receiver), inbox));
            Some(Webhook { platform: webhook, sink, inbox: Arc::clone(inbox) as Arc<dyn Inbox> })
        });
        set.collect()
    }

    fn inbound_worker(&self, receiver: Arc<dyn Receiver>, inbox: &Arc<Commands>) -> InboundWorker {
        let inbox = Arc::clone(inbox) as Arc<dyn Inbox>;
        InboundWorker::new(self.db.clone(), receiver, inbox, Arc::clone(&self.rng), self.holder())
    }
}

/// A client for addresses that the settings name: no guard, no redirects, no proxy.
pub(super) fn client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT)
        .timeout(ANSWER)
        .build()
}
