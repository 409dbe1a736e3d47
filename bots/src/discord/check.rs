//! Does Discord accept the token, and how many times may it still connect today?

use serenity::http::Route;

use super::Discord;
use crate::Trouble;

impl Discord {
    /// In words for `doctor`.
    pub(super) async fn checked(&self) -> Result<String, Trouble> {
        let me = self.api.get(Route::UserMe, Vec::new()).await.map_err(super::failure::Failure::trouble)?;
        let name = format!("accepted as {}", crate::words::plain(me["username"].as_str().unwrap_or("a bot")));
        if self.is_by_http() {
            return Ok(format!("{name}; interactions arrive over HTTP"));
        }
        let gateway = self.api.get(Route::GatewayBot, Vec::new()).await.map_err(super::failure::Failure::trouble)?;
        let limit = &gateway["session_start_limit"];
        match (limit["remaining"].as_u64(), limit["total"].as_u64()) {
            (Some(0), _) => Err(Trouble {
                why: format!(
                    "{name}, but it may not connect again today; leave it running, and find out what restarts it"
                ),
                after: None,
                fatal: false,
            }),
            (Some(left), Some(total)) => Ok(format!("{name}; {left} of {total} connections left today")),
            _ => Ok(name),
        }
    }
}
