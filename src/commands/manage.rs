//! What somebody does with their own watches on a page that only they can know: its name is signed, and says nothing of them.

use std::time::Duration;

use chrono::{DateTime, Utc};
use coatcheck_domain::watch::Mode;

use super::{Commands, own_page, watches};
use crate::store::StoreError;
use crate::store::people::watch::Which;

/// Somebody's watches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mine {
    /// One each.
    pub watches: Vec<Line>,
    /// No alerts until then.
    pub paused_until: Option<DateTime<Utc>>,
}

/// One watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The row.
    pub id: i64,
    /// `Corps Jacket — M / black`.
    pub name: String,
    /// Every time, not once.
    pub every: bool,
    /// Does it wait?
    pub armed: bool,
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Stops one watch.
    Stop(i64),
    /// Stops all.
    StopAll,
    /// Watches again what was notified.
    Again,
    /// No alerts for so long.
    Pause(Duration),
    /// Alerts again.
    Resume,
    /// Deletes everything that is known of the person.
    Forget,
}

impl Commands {
    /// The watches that the page of this name is for. `None`: there is no such page, or no longer.
    pub async fn mine(&self, name: &str) -> Result<Option<Mine>, StoreError> {
        let Some(subscriber) = own_page::owner(self, name).await? else { return Ok(None) };
        let line = |watch| Line {
            name: watches::name(&watch),
            id: watch.id,
            every: watch.mode == Mode::Every,
            armed: watch.armed,
        };
        let watches = self.db.watches(subscriber, Which::All).await?.into_iter().map(line).collect();
        Ok(Some(Mine { watches, paused_until: self.db.paused_until(subscriber).await? }))
    }

    /// Does it. `false`: there is no such page, or no longer.
    pub async fn change_mine(&self, name: &str, change: Change) -> Result<bool, StoreError> {
        let Some(subscriber) = own_page::owner(self, name).await? else { return Ok(false) };
        match change {
            Change::Stop(id) => drop(self.db.close_watches(subscriber, &[id]).await?),
            Change::StopAll => {
                let all = self.db.watches(subscriber, Which::All).await?;
                let ids: Vec<i64> = all.iter().map(|watch| watch.id).collect();
                self.db.close_watches(subscriber, &ids).await?;
            }
            Change::Again => drop(self.db.rearm(subscriber, Which::All).await?),
            Change::Pause(time) => self.db.pause_subscriber(subscriber, Some(self.db.now() + time)).await?,
            Change::Resume => self.db.pause_subscriber(subscriber, None).await?,
            Change::Forget => drop(self.db.forget(subscriber).await?),
        }
        Ok(true)
    }
}
