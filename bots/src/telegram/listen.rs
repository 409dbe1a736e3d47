//! How updates come in: fetched, each stored before the next fetch acknowledges it; or brought to our hook.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;
use teloxide::payloads::{DeleteWebhook, GetUpdates, GetWebhookInfo, SetMyCommands, SetWebhook};
use teloxide::types::{BotCommand, BotCommandScope};

use super::api::Failure;
use super::update::{arrived, wanted};
use super::webhook::Hook;
use super::{Telegram, lock};
use crate::commands::May;
use crate::{Command, DeepLink, EventSink, Inbox, Platform, Receiver, Trouble};

/// For how long Telegram keeps a fetch open when there is nothing, in seconds.
const OPEN: u32 = 25;
/// For how long we wait for it: a network that swallows everything must be noticed.
const FETCH_TIMEOUT: Duration = Duration::from_secs(40);
/// How often the hook is looked after.
const HOOK_CHECK: Duration = Duration::from_secs(60);

#[async_trait]
impl Receiver for Telegram {
    fn platform(&self) -> Platform {
        Platform::Telegram
    }

    async fn register(&self) -> Result<(), Trouble> {
        let everyone = |command: &Command| command.may() == May::Everyone;
        // Alone with us everybody manages their own chat.
        let managers = |command: &Command| command.may() != May::Admins;
        self.list(BotCommandScope::Default, everyone).await?;
        self.list(BotCommandScope::AllPrivateChats, managers).await?;
        self.list(BotCommandScope::AllChatAdministrators, managers).await
    }

    async fn listen(&self, sink: &dyn EventSink) -> Result<(), Trouble> {
        let result = match &self.hook {
            Some(hook) => self.keep_hooked(hook).await,
            None => self.fetch(sink).await,
        };
        self.noted(result)
    }

    async fn handle(&self, payload: &str, inbox: &dyn Inbox) -> Result<(), Trouble> {
        self.handled(payload, inbox).await
    }

    fn trouble(&self) -> Option<String> {
        lock(&self.trouble).clone()
    }

    async fn deep_link(&self, word: &str) -> Option<DeepLink> {
        let name = self.our_name().await.ok().filter(|name| !name.is_empty())?;
        Some(DeepLink { url: format!("https://t.me/{name}?start={word}"), says_it: true })
    }

    async fn self_check(&self) -> Result<String, Trouble> {
        self.checked().await
    }
}

impl Telegram {
    async fn list(&self, scope: BotCommandScope, lists: impl Fn(&Command) -> bool) -> Result<(), Trouble> {
        let shown = Command::on(Platform::Telegram).filter(|command| lists(command) && (self.shows)(*command));
        let mut set = SetMyCommands::new(
            shown.filter_map(|command| Some(BotCommand::new(command.name_on(Platform::Telegram)?, command.row().help))),
        );
        set.scope = Some(scope);
        self.api.call::<_, Value>(&set).await.map(drop).map_err(|failure| troubled(&failure))
    }

    /// An update is acknowledged by the next fetch, so by then it must be stored. What is not comes again.
    async fn fetch(&self, sink: &dyn EventSink) -> Result<(), Trouble> {
        self.unhook().await?;
        let mut fetch = GetUpdates::new();
        fetch.timeout = Some(OPEN);
        fetch.allowed_updates = Some(wanted());
        loop {
            let result =
                self.api.wait::<_, Vec<Value>>(&fetch, FETCH_TIMEOUT).await.map_err(|failure| troubled(&failure));
            let updates = self.noted(result)?;
            for (id, arrived) in updates.iter().filter_map(arrived) {
                sink.arrived(arrived).await.map_err(|closed| Trouble {
                    why: closed.to_string(),
                    after: None,
                    fatal: false,
                })?;
                let next = i32::try_from(id.saturating_add(1)).unwrap_or_default();
                fetch.offset = fetch.offset.max(Some(next));
            }
        }
    }

    /// A webhook that an earlier set-up left would keep everything from us.
    async fn unhook(&self) -> Result<(), Trouble> {
        let info = self.hook_info().await?;
        if info["url"].as_str().is_none_or(str::is_empty) {
            return Ok(());
        }
        tracing::info!("Telegram's webhook is deleted: updates are fetched here");
        self.api.call::<_, Value>(&DeleteWebhook::new()).await.map(drop).map_err(|failure| troubled(&failure))
    }

    /// Sets the hook, and sets it again when somebody else changed it. Says what Telegram says of it.
    async fn keep_hooked(&self, hook: &Hook) -> Result<(), Trouble> {
        self.set_hook(hook).await?;
        let mut last = Value::Null;
        loop {
            tokio::time::sleep(HOOK_CHECK).await;
            let info = self.hook_info().await?;
            if info["url"].as_str() != Some(hook.url.as_str()) {
                self.set_hook(hook).await?;
            }
            let news = info["last_error_date"] != last;
            last = info["last_error_date"].clone();
            let said = info["last_error_message"].as_str().filter(|_| news);
            *lock(&self.trouble) = said.map(|why| format!("Telegram cannot reach the webhook: {why}"));
        }
    }

    async fn set_hook(&self, hook: &Hook) -> Result<(), Trouble> {
        let mut set = SetWebhook::new(hook.url.clone());
        set.secret_token = Some(hook.secret().to_owned());
        set.allowed_updates = Some(wanted());
        self.api.call::<_, Value>(&set).await.map(drop).map_err(|failure| troubled(&failure))
    }

    pub(super) async fn hook_info(&self) -> Result<Value, Trouble> {
        self.api.call(&GetWebhookInfo::new()).await.map_err(|failure| troubled(&failure))
    }
}

/// What a failed call means for the connection.
pub(super) fn troubled(failure: &Failure) -> Trouble {
    let why = failure.to_string();
    match failure {
        Failure::Refused(refusal) if matches!(refusal.status, 401 | 404) => {
            Trouble { why: format!("{why}; is TELEGRAM_TOKEN right, or was it revoked?"), after: None, fatal: true }
        }
        Failure::Refused(refusal) if refusal.status == 409 => Trouble {
            why: format!("{why}; somebody else fetches for the same bot, or has set its webhook"),
            after: None,
            fatal: false,
        },
        Failure::Refused(refusal) => Trouble { why, after: refusal.after, fatal: false },
        _ => Trouble { why, after: None, fatal: false },
    }
}
