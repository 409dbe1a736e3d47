//! The chat platforms that are set, each with one identity for what it tells and what it hears.

use std::sync::Arc;
use std::time::Duration;

use coatcheck_bots::discord::{self, Discord};
use coatcheck_bots::telegram::{self, Telegram};
use coatcheck_bots::{Channel, Inbox, Receiver};
use coatcheck_domain::Clock;

use super::App;
use crate::commands::{Commands, is_shown};
use crate::config::Settings;
use crate::engine::receive::Reception;
use crate::web::{DiscordHook, Hooks, TelegramHook};

/// A connection that does not stand after this long stands never.
const CONNECT: Duration = Duration::from_secs(5);
/// An answer that takes longer is none. Platforms answer within a second, or they have trouble.
const ANSWER: Duration = Duration::from_secs(15);

/// The bots.
#[derive(Clone)]
pub(super) struct Platforms {
    discord: Option<Arc<Discord>>,
    telegram: Option<Arc<Telegram>>,
}

impl Platforms {
    /// One bot for each platform that has a token.
    ///
    /// # Errors
    /// When the HTTP client cannot be set up.
    pub(super) fn new(settings: &Settings, clock: &Arc<dyn Clock>) -> Result<Self, reqwest::Error> {
        let client = client()?;
        let discord = settings.discord.clone().map(|it| {
            let by_http = it.public_key.is_some();
            let settings = discord::Settings { token: it.token, base: it.api_base, by_http, shows: is_shown };
            Arc::new(Discord::new(settings, client.clone(), Arc::clone(clock)))
        });
        let telegram = settings.telegram.clone().map(|it| {
            let settings = telegram::Settings { api_url: it.api_url, token: it.token, hook: it.hook, shows: is_shown };
            Arc::new(Telegram::new(settings, client.clone(), Arc::clone(clock)))
        });
        Ok(Self { discord, telegram })
    }

    /// As those who tell.
    pub(super) fn channels(&self) -> Vec<Arc<dyn Channel>> {
        let discord = self.discord.iter().map(|it| Arc::clone(it) as Arc<dyn Channel>);
        discord.chain(self.telegram.iter().map(|it| Arc::clone(it) as Arc<dyn Channel>)).collect()
    }

    /// Those whose messages can be edited.
    pub(super) fn editable(&self) -> Vec<&'static str> {
        let channels = self.channels();
        channels.iter().filter(|channel| channel.capabilities().edit).map(|channel| channel.name()).collect()
    }

    /// As those who listen.
    pub(super) fn receivers(&self) -> Vec<Arc<dyn Receiver>> {
        let discord = self.discord.iter().map(|it| Arc::clone(it) as Arc<dyn Receiver>);
        discord.chain(self.telegram.iter().map(|it| Arc::clone(it) as Arc<dyn Receiver>)).collect()
    }
}

impl App {
    /// A reception for each platform.
    pub(super) fn receptions(&self, inbox: &Arc<Commands>) -> Vec<Reception> {
        self.platforms.receivers().into_iter().map(|receiver| self.reception(receiver, inbox)).collect()
    }

    /// Where platforms bring what people say, as far as they were told to.
    pub(super) fn hooks(&self, inbox: &Arc<Commands>) -> Hooks {
        let key = self.settings.discord.as_ref().and_then(|it| it.public_key.clone());
        let discord = key.zip(self.platforms.discord.clone()).map(|(key, bot)| DiscordHook {
            key,
            door: Arc::new(self.reception(Arc::clone(&bot) as Arc<dyn Receiver>, inbox)),
            bot,
            inbox: Arc::clone(inbox) as Arc<dyn Inbox>,
            clock: Arc::clone(&self.clock),
        });
        let hook = self.settings.telegram.as_ref().and_then(|it| it.hook.clone());
        let telegram = hook
            .zip(self.platforms.telegram.clone())
            .map(|(hook, bot)| TelegramHook { hook, door: Arc::new(self.reception(bot as Arc<dyn Receiver>, inbox)) });
        Hooks { discord, telegram }
    }

    fn reception(&self, receiver: Arc<dyn Receiver>, inbox: &Arc<Commands>) -> Reception {
        let inbox = Arc::clone(inbox) as Arc<dyn Inbox>;
        Reception::new(self.db.clone(), receiver, inbox, Arc::clone(&self.chance), self.holder())
    }
}

/// A client for addresses that the settings name: no guard, no redirects, no proxy.
fn client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT)
        .timeout(ANSWER)
        .build()
}
