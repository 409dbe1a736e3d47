//! The loop that looks what changed in the store, and sends it to open pages.

use std::collections::BTreeSet;
use std::time::Duration;

use askama::Template;
use chrono::SecondsFormat;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::api::answers::Restock;
use super::board::card::Card;
use super::board::{CardHtml, cards};
use super::site::Site;
use crate::engine::{Heartbeats, Stop};
use crate::store::StoreError;
use crate::store::db::wake::Topic;
use crate::store::stock::board::RecentRestock;

/// Looks by itself as often, at most so often when it is woken.
const LOOK: Duration = Duration::from_millis(500);
const BREATHER: Duration = Duration::from_millis(100);
/// All is well, this often.
const BEAT: Duration = Duration::from_secs(10);
/// Products that changed at once: of more than these, all pages are loaded anew.
const MOST: usize = 64;
/// Changes that are read at once.
const MOST_CHANGES: i64 = 2000;
/// On PostgreSQL a lower span may become visible after a higher one: so many are looked at again.
const LOOK_BACK: i64 = 256;

/// Follows the store.
pub(super) struct Follower {
    site: Site,
    /// The last change that was seen; nothing before the first look.
    last: Option<i64>,
    /// Those of the last few that were seen.
    seen: BTreeSet<i64>,
    stale: BTreeSet<i64>,
    /// Restocks that were seen; nothing before the first look.
    restocks: Option<BTreeSet<i64>>,
    beat_at: Option<Instant>,
    failing: bool,
}

impl Follower {
    pub(super) fn new(site: Site) -> Self {
        Self {
            site,
            last: None,
            seen: BTreeSet::new(),
            stale: BTreeSet::new(),
            restocks: None,
            beat_at: None,
            failing: false,
        }
    }

    /// Until the stop.
    pub(super) async fn run(mut self, heartbeats: Heartbeats, mut stop: Stop) {
        let mut waker = self.site.db.wake().subscribe(Topic::Stock);
        while !stop.is_stopped() {
            heartbeats.beat("live");
            let looked = self.tick().await;
            self.note(looked);
            stop.sleep(BREATHER).await;
            tokio::select! {
                () = waker.wait(LOOK) => {}
                () = stop.stopped() => {}
            }
        }
        heartbeats.end("live");
    }

    /// What fails is logged when it begins and when it ends.
    fn note(&mut self, looked: Result<(), StoreError>) {
        match &looked {
            Err(error) if !self.failing => tracing::warn!(%error, "open pages not updated: {error}"),
            Ok(()) if self.failing => tracing::info!("open pages updated again"),
            _ => {}
        }
        self.failing = looked.is_err();
    }

    /// One look.
    async fn tick(&mut self) -> Result<(), StoreError> {
        let live = self.site.live.clone();
        let Some(last) = self.last else {
            let last = self.site.db.last_change().await?;
            live.forget(last);
            self.last = Some(last);
            self.restocks().await?;
            return self.beat(last).await;
        };
        let mut products = self.changed(last).await?;
        let last = self.last.unwrap_or(last);
        if self.beat_at.is_none_or(|at| at.elapsed() >= BEAT) {
            products.extend(self.turned().await?);
            self.beat(last).await?;
        }
        if products.is_empty() {
            return Ok(());
        }
        live.changed();
        let restocks = self.restocks().await?;
        self.tell(last, &products).await?;
        if products.len() <= MOST {
            let theirs = restocks.into_iter().filter(|restock| products.contains(&restock.product_id));
            let rows: Vec<Value> = theirs.filter_map(|row| serde_json::to_value(Restock::from(row)).ok()).collect();
            live.send_to_programs(last, "restock", &rows);
        }
        Ok(())
    }

    /// The restocks that were not seen before, the oldest first.
    async fn restocks(&mut self) -> Result<Vec<RecentRestock>, StoreError> {
        let last = self.restocks.as_ref().and_then(|seen| seen.last().copied()).unwrap_or_default();
        let mut rows = self.site.db.recent_restocks((last - LOOK_BACK).max(0), MOST_CHANGES).await?;
        rows.reverse();
        let is_first = self.restocks.is_none();
        let seen = self.restocks.get_or_insert_default();
        let news: Vec<RecentRestock> = rows.into_iter().filter(|row| seen.insert(row.id)).collect();
        let last = seen.last().copied().unwrap_or_default();
        *seen = seen.split_off(&(last - LOOK_BACK));
        Ok(if is_first { Vec::new() } else { news })
    }

    /// The products of all changes since then.
    async fn changed(&mut self, last: i64) -> Result<BTreeSet<i64>, StoreError> {
        let changes = self.site.db.changes_after(last - LOOK_BACK, MOST_CHANGES).await?;
        // What was there at the first look is no news, whenever it is looked at again.
        if self.seen.is_empty() {
            self.seen = changes.iter().map(|change| change.span).filter(|span| *span <= last).collect();
        }
        let news: Vec<_> = changes.into_iter().filter(|change| self.seen.insert(change.span)).collect();
        let last = news.iter().map(|change| change.span).fold(last, i64::max);
        self.last = Some(last);
        self.seen = self.seen.split_off(&(last - LOOK_BACK));
        Ok(news.into_iter().map(|change| change.product).collect())
    }

    /// Products that became stale, or are no longer.
    async fn turned(&mut self) -> Result<Vec<i64>, StoreError> {
        let stale: BTreeSet<i64> = self.site.db.stale_products(1000).await?.into_iter().collect();
        let turned = self.stale.symmetric_difference(&stale).copied().collect();
        self.stale = stale;
        Ok(turned)
    }

    async fn beat(&mut self, last: i64) -> Result<(), StoreError> {
        let read = self.site.db.last_public_reading().await?;
        let read = read.map(|read| read.to_rfc3339_opts(SecondsFormat::Secs, true));
        self.site.live.beat(&json!({ "id": last, "read": read }));
        self.beat_at = Some(Instant::now());
        Ok(())
    }

    /// Sends the cards of these products to all who listen.
    async fn tell(&self, last: i64, products: &BTreeSet<i64>) -> Result<(), StoreError> {
        let live = &self.site.live;
        if live.listeners() == 0 {
            live.forget(last);
            return Ok(());
        }
        if products.len() > MOST {
            live.forget(last);
            live.send(last, "reload", &Value::Null);
            return Ok(());
        }
        let ids: Vec<i64> = products.iter().copied().collect();
        for card in cards(&self.site, &ids).await? {
            match (CardHtml { card: &card }).render() {
                Ok(html) => live.send(
                    last,
                    "stock",
                    &json!({ "id": last, "product": card.id, "html": html, "back": said(&card), "new": card.is_new }),
                ),
                Err(error) => tracing::error!(%error, "card not rendered"),
            }
        }
        Ok(())
    }
}

/// What a screen reader says of the change: only that something is there.
fn said(card: &Card) -> Option<String> {
    (card.verdict.0 == "here").then(|| format!("{}. {}", card.title, card.verdict.1))
}
