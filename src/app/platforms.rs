//! The chat platforms that are set up, one bot each.

use std::sync::Arc;
use std::time::Duration;

use coatcheck_bots::discord::{self, Discord};
use coatcheck_bots::sms::{self, Sms};
use coatcheck_bots::telegram::{self, Telegram};
use coatcheck_bots::{Channel, Command, Inbox, Platform, Receiver, Trouble};
use coatcheck_domain::Clock;
use coatcheck_domain::phone::Phone;

use super::App;
use crate::commands::Commands;
use crate::config::Settings;
use crate::engine::inbound::InboundWorker;
use crate::store::people::keys::Keys;
use crate::web::{DiscordHook, Hooks, TelegramHook, TwilioHook};

/// Time to connect.
const CONNECT: Duration = Duration::from_secs(5);
/// Time to answer. Platforms answer within a second unless they have trouble.
const ANSWER: Duration = Duration::from_secs(15);

/// The bots.
#[derive(Clone)]
pub(super) struct Platforms {
    discord: Option<Arc<Discord>>,
    telegram: Option<Arc<Telegram>>,
    sms: Option<Arc<Sms>>,
}

impl Platforms {
    /// One bot for each platform that has a token.
    ///
    /// # Errors
    /// When the HTTP client cannot be set up.
    pub(super) fn new(
        settings: &Settings,
        keys: Option<&Keys>,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, reqwest::Error> {
        let client = client()?;
        let expire_after = settings.expire_after;
        let shows: fn(Command) -> bool =
            if settings.twilio.is_some() { |_| true } else { |command| !command.needs_texts() };
        let discord = settings.discord.clone().map(|it| {
            let settings = discord::Settings { token: it.token, base: it.api_base, public_key: it.public_key, shows };
            Arc::new(Discord::new(settings, client.clone(), Arc::clone(clock)))
        });
        let telegram = settings.telegram.clone().map(|it| {
            let settings = telegram::Settings { api_url: it.api_url, token: it.token, hook: it.hook, shows };
            Arc::new(Telegram::new(settings, client.clone(), Arc::clone(clock)))
        });
        let sms = settings.twilio.clone().zip(keys.cloned()).map(|(it, keys)| {
            let settings = sms::Settings {
                api_base: it.api_base,
                account_sid: it.account_sid,
                auth_token: it.auth_token,
                api_key: it.api_key,
                sender: it.sender,
                public_url: settings.public_url.clone(),
                opt_out: it.optout,
            };
            let sms = Sms::new(settings, client.clone(), Arc::clone(clock), Arc::new(Seal(keys)));
            Arc::new(sms.with_alerts_valid(expire_after))
        });
        Ok(Self { discord, telegram, sms })
    }

    /// The channels that send.
    pub(super) fn channels(&self) -> Vec<Arc<dyn Channel>> {
        let discord = self.discord.iter().map(|it| Arc::clone(it) as Arc<dyn Channel>);
        let sms = self.sms.iter().map(|it| Arc::clone(it) as Arc<dyn Channel>);
        discord.chain(self.telegram.iter().map(|it| Arc::clone(it) as Arc<dyn Channel>)).chain(sms).collect()
    }

    /// The channels whose messages can be edited.
    pub(super) fn editable(&self) -> Vec<&'static str> {
        let channels = self.channels();
        channels.iter().filter(|channel| channel.capabilities().edit).map(|channel| channel.name()).collect()
    }

    /// The receivers.
    pub(super) fn receivers(&self) -> Vec<Arc<dyn Receiver>> {
        let discord = self.discord.iter().map(|it| Arc::clone(it) as Arc<dyn Receiver>);
        let sms = self.sms.iter().map(|it| Arc::clone(it) as Arc<dyn Receiver>);
        discord.chain(self.telegram.iter().map(|it| Arc::clone(it) as Arc<dyn Receiver>)).chain(sms).collect()
    }
}

/// Seals phone numbers with the keys.
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

    /// The webhooks that are set up.
    pub(super) fn hooks(&self, inbox: &Arc<Commands>) -> Hooks {
        let key = self.settings.discord.as_ref().and_then(|it| it.public_key.clone());
        let discord = key.zip(self.platforms.discord.clone()).map(|(key, bot)| DiscordHook {
            key,
            sink: Arc::new(self.inbound_worker(Arc::clone(&bot) as Arc<dyn Receiver>, inbox)),
            bot,
            inbox: Arc::clone(inbox) as Arc<dyn Inbox>,
            clock: Arc::clone(&self.clock),
        });
        let hook = self.settings.telegram.as_ref().and_then(|it| it.hook.clone());
        let telegram = hook.zip(self.platforms.telegram.clone()).map(|(hook, bot)| TelegramHook {
            hook,
            sink: Arc::new(self.inbound_worker(bot as Arc<dyn Receiver>, inbox)),
        });
        let account = self.settings.twilio.as_ref().zip(self.settings.public_url.clone());
        let twilio = account.zip(self.platforms.sms.clone()).map(|((account, public_url), sms)| TwilioHook {
            hook: sms::hook::Hook::new(public_url, account.auth_token.clone()),
            sink: Arc::new(self.inbound_worker(Arc::clone(&sms) as Arc<dyn Receiver>, inbox)),
            sms,
            db: self.db.clone(),
        });
        Hooks { discord, telegram, twilio }
    }

    fn inbound_worker(&self, receiver: Arc<dyn Receiver>, inbox: &Arc<Commands>) -> InboundWorker {
        let inbox = Arc::clone(inbox) as Arc<dyn Inbox>;
        InboundWorker::new(self.db.clone(), receiver, inbox, Arc::clone(&self.rng), self.holder())
    }
}

/// The client for the platforms' own addresses: no guard, no redirects, no proxy.
fn client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT)
        .timeout(ANSWER)
        .build()
}
