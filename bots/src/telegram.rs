//! Telegram: alerts as HTML with inline keyboards; commands by long polling, or by webhook.
//!
//! ```text
//! updates ─listen / webhook─▶ EventSink            (stored first, acknowledged then)
//! payload ─handle─▶ heard ─▶ Inbox ─▶ Reply ─▶ render ─▶ api
//! Envelope ─channel─▶ render ─▶ api ─▶ outcome
//! ```

mod api;
mod channel;
mod check;
mod flood;
mod handle;
mod heard;
mod keyboard;
mod listen;
mod managers;
mod outcome;
mod place;
mod pressed;
mod render;
mod reply;
mod text;
mod update;
pub mod webhook;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use coatcheck_domain::Clock;
use secrecy::SecretString;
use tokio::sync::OnceCell;
use url::Url;

use crate::{ChatPlatform, Command, InboundWebhook, RateLimiter, Trouble};
use api::Api;
use flood::Floods;
use managers::Managers;
use webhook::Hook;

/// Where the Bot API is, unless `TELEGRAM_API_URL` says otherwise.
pub const ORIGIN: &str = "https://api.telegram.org";

/// Messages a second over all chats. Telegram bears about 30.
const PER_SECOND: u32 = 25;
/// Between two messages to one person.
const PER_CHAT: Duration = Duration::from_secs(1);
/// Between two messages to one group: 20 a minute.
const PER_GROUP: Duration = Duration::from_secs(3);

/// What a bot on Telegram needs to be told.
pub struct Settings {
    /// Where the Bot API is: its origin, and a path if it has one.
    pub api_url: Url,
    /// The bot's token, as BotFather gave it.
    pub token: SecretString,
    /// Where Telegram brings updates to; `None`: they are fetched.
    pub hook: Option<Hook>,
    /// Which commands people are shown.
    pub shows: fn(Command) -> bool,
}

/// One bot: the channel that tells, and the receiver that listens.
pub struct Telegram {
    api: Api,
    hook: Option<Hook>,
    shows: fn(Command) -> bool,
    clock: Arc<dyn Clock>,
    limiter: Arc<RateLimiter>,
    floods: Mutex<Floods>,
    managers: Mutex<Managers>,
    /// Our own name, asked once.
    name: OnceCell<String>,
    trouble: Mutex<Option<String>>,
}

impl Telegram {
    /// A bot that speaks through `client`, which must follow no redirects and have timeouts.
    #[must_use]
    pub fn new(settings: Settings, client: reqwest::Client, clock: Arc<dyn Clock>) -> Self {
        Self {
            api: Api::new(client, &settings.api_url, settings.token),
            hook: settings.hook,
            shows: settings.shows,
            clock,
            limiter: Arc::new(RateLimiter::new(PER_SECOND, PER_CHAT).with_rooms(PER_GROUP)),
            floods: Mutex::default(),
            managers: Mutex::default(),
            name: OnceCell::new(),
            trouble: Mutex::default(),
        }
    }

    /// The same at another rate.
    #[must_use]
    pub fn limited_by(self, limiter: RateLimiter) -> Self {
        Self { limiter: Arc::new(limiter), ..self }
    }

    /// As `app` and `web` need it.
    #[must_use]
    pub fn platform(self: Arc<Self>) -> ChatPlatform {
        let webhook = self.hook.is_some().then(|| Arc::clone(&self) as Arc<dyn InboundWebhook>);
        ChatPlatform { channel: Arc::clone(&self) as _, receiver: self as _, webhook }
    }

    /// Notes whether the connection is well, and hands the result on.
    fn noted<T>(&self, result: Result<T, Trouble>) -> Result<T, Trouble> {
        *lock(&self.trouble) = result.as_ref().err().map(ToString::to_string);
        result
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
