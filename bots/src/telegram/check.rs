//! Does Telegram accept the token, and do its updates reach us?

use serde_json::Value;
use teloxide::payloads::GetMe;

use super::Telegram;
use super::listen::troubled;
use crate::Trouble;
use crate::words::plain;

impl Telegram {
    /// In words for `doctor`.
    pub(super) async fn checked(&self) -> Result<String, Trouble> {
        let me: Value = self.api.call(&GetMe::new()).await.map_err(|failure| troubled(&failure))?;
        let name = format!("accepted as @{}", plain(me["username"].as_str().unwrap_or("?")));
        let info = self.hook_info().await?;
        let at = info["url"].as_str().unwrap_or_default();
        let wrong = |why: String| Trouble { why: format!("{name}, but {why}"), after: None, fatal: false };
        match (&self.hook, info["last_error_message"].as_str()) {
            (None, _) if at.is_empty() => Ok(format!("{name}; updates are polled")),
            (None, _) => {
                Err(wrong(format!("a webhook is set at {}; the service removes it when it starts", plain(at))))
            }
            (Some(hook), _) if at != hook.url.as_str() => {
                Err(wrong("its webhook is not set to PUBLIC_URL; the service sets it when it starts".to_owned()))
            }
            (Some(_), Some(why)) => {
                Err(wrong(format!("the webhook fails: {}; check PUBLIC_URL, its certificate and its port", plain(why))))
            }
            (Some(_), None) => Ok(format!("{name}; updates arrive at the webhook")),
        }
    }
}
