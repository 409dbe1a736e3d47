//! Posts in rooms: one per room, product and episode. A restock and a sell-out only count up what is wanted; whoever sends
//! compares that with what is shown. So a crash at any point costs nothing but time.

use std::time::Duration;

use coatcheck_bots::message::{Alert, Message};
use coatcheck_domain::delivery::{Kind, State, edits_lane};
use coatcheck_domain::watch::Wish;
use coatcheck_domain::{SizeKey, StyleKey};
use sea_orm::{DbErr, FromQueryResult};

use super::deliveries::enqueue;
use super::restock::{FanoutRules, OpenRestock, fulfilled, size_keys};
use super::room_content::{self, StalePost};
use crate::store::db::conn::{Db, Txn};
use crate::store::db::error::StoreError;
use crate::store::db::passing::Asked;
use crate::store::db::sql::Sql;
use crate::store::db::time::{micros, span};
use crate::store::db::wake::Topic;

/// Posts that are looked at in one go.
const TOGETHER: usize = 100;
/// An edit says what is true until then.
const EDIT_FOR: Duration = Duration::from_secs(24 * 3600);

/// What a room wants.
#[derive(FromQueryResult)]
pub(super) struct WantedRow {
    subscriber_id: i64,
    size_key: String,
    style_key: String,
}

#[derive(FromQueryResult)]
struct LiveRow {
    id: i64,
    posted_at: i64,
    provider_ref: Option<String>,
}

/// Asks which rooms want something of a product.
pub(super) fn wanted(product_id: i64) -> Asked {
    // Two steps over two indexes; an OR would read all.
    let of = |which: &str| {
        format!(
            "SELECT a.subscriber_id, a.size_key, a.style_key FROM announcement a JOIN destination t \
               ON t.subscriber_id = a.subscriber_id AND t.state = 'active' WHERE {which}"
        )
    };
    let sql = format!(
        "{} UNION ALL {}",
        of("a.product_id = $1"),
        of("a.shop_id = (SELECT p.shop_id FROM product p WHERE p.id = $1) AND NOT a.news")
    );
    (sql, vec![product_id.into()])
}

/// Counts up what these rooms should show of a restock: a new post, or the one that is live.
pub(super) async fn announce(
    txn: &Txn,
    restock: &OpenRestock,
    wanted: Vec<WantedRow>,
    rules: &FanoutRules,
    now: i64,
) -> Result<(), DbErr> {
    let sizes: Vec<Vec<SizeKey>> = restock.alert.variants.iter().map(size_keys).collect();
    let mut rooms: Vec<i64> = wanted
        .into_iter()
        .filter(|row| !fulfilled(&[row.wish()], &restock.alert, &sizes).is_empty())
        .map(|row| row.subscriber_id)
        .collect();
    rooms.sort_unstable();
    rooms.dedup();
    for room in rooms {
        announce_in(txn, room, restock, rules, now).await?;
    }
    Ok(())
}

/// The live post is edited, unless the room has heard nothing new of the product for the quiet time: then it gets a new
/// message, which answers the one before.
async fn announce_in(txn: &Txn, room: i64, restock: &OpenRestock, rules: &FanoutRules, now: i64) -> Result<(), DbErr> {
    let sql = "SELECT id, posted_at, provider_ref FROM room_post \
               WHERE product_id = $1 AND subscriber_id = $2 AND ended_at IS NULL";
    let live: Option<LiveRow> = txn.row(sql, vec![restock.product_id.into(), room.into()]).await?;
    let mut answers = None;
    if let Some(live) = live {
        let is_quiet = now - live.posted_at <= span(rules.quiet_for);
        let sql = "UPDATE room_post SET wanted_version = wanted_version + 1, ended_at = $2 WHERE id = $1";
        txn.run(sql, vec![live.id.into(), (!is_quiet).then_some(restock.created_at).into()]).await?;
        if is_quiet {
            return Ok(());
        }
        answers = live.provider_ref;
    }
    let sql = "INSERT INTO room_post (subscriber_id, product_id, episode, answers, wanted_version, sent_version, \
                 delivery_version, posted_at) VALUES ($1, $2, $3, $4, 1, 0, 0, $5) ON CONFLICT DO NOTHING";
    let values = vec![room.into(), restock.product_id.into(), restock.id.into(), answers.into(), now.into()];
    txn.run(sql, values).await.map(|_| ())
}

impl Db {
    /// Posts that do not show what they should, the oldest first.
    pub async fn stale_posts(&self, after: i64) -> Result<Vec<StalePost>, DbErr> {
        let sql = format!(
            "SELECT p.id, p.subscriber_id, p.product_id, p.episode, p.answers, p.provider_ref, p.wanted_version, \
               p.delivery_id, p.delivery_version, p.ended_at, d.state, d.kind, d.provider_ref AS found_ref, \
               t.id AS destination_id, t.channel, t.lane \
             FROM room_post p LEFT JOIN delivery d ON d.id = p.delivery_id \
             JOIN destination t ON t.id = (SELECT o.id FROM destination o WHERE o.subscriber_id = p.subscriber_id \
               ORDER BY o.rank, o.id LIMIT 1) \
             WHERE p.wanted_version <> p.sent_version AND p.deleted_at IS NULL AND p.id > $1 ORDER BY p.id LIMIT {TOGETHER}"
        );
        self.read().rows(&sql, vec![after.into()]).await
    }

    /// One step of a post towards what it should show, on channels that can edit (`editable`) or cannot. Says whether the
    /// outbox has something new.
    pub async fn advance_post(
        &self,
        post: &StalePost,
        editable: &[&str],
        expire_after: Duration,
    ) -> Result<bool, StoreError> {
        let can_edit = editable.contains(&post.channel.as_str());
        let state = post.state.as_deref().and_then(|state| state.parse().ok());
        let is_edit = post.kind.as_deref() == Some(Kind::Edit.as_str());
        match state {
            Some(State::Sending) => Ok(false),
            Some(State::Pending) if post.delivery_version == post.wanted_version => Ok(false),
            Some(State::Pending) => self.rewrite(post).await.map(|()| false),
            Some(State::Sent) if post.delivery_version == post.wanted_version || !can_edit => {
                self.shown(post, post.wanted_version).await.map(|()| false)
            }
            Some(State::Sent) => self.edit_post(post).await,
            // Too late for that edit: the next one says what is true then.
            Some(State::Expired | State::Suppressed | State::Cancelled) if is_edit => self.edit_post(post).await,
            Some(_) => self.lost(post).await.map(|()| false),
            None if post.delivery_id.is_some() => self.lost(post).await.map(|()| false),
            None => self.first_post(post, expire_after).await,
        }
    }

    /// The post itself. What is sold out by now is not posted.
    async fn first_post(&self, post: &StalePost, expire_after: Duration) -> Result<bool, StoreError> {
        let Some(alert) = self.post_alert(post).await?.filter(|alert| alert.gone_after.is_none()) else {
            self.lost(post).await?;
            return Ok(false);
        };
        let txn = self.write().await?;
        let key = format!("p:{}:{}:{}", post.subscriber_id, post.product_id, post.episode);
        let message = Message::Alert(Box::new(alert));
        let delivery = enqueue(&txn, Kind::Post, &key, post.destination_id, &message, expire_after, self.now()).await?;
        written(&txn, post, delivery).await?;
        txn.commit().await?;
        self.wake().ring(Topic::Deliveries);
        Ok(true)
    }

    /// What waits to be sent says what is true by now.
    async fn rewrite(&self, post: &StalePost) -> Result<(), StoreError> {
        let Some(alert) = self.post_alert(post).await? else { return self.lost(post).await };
        let is_new = post.kind.as_deref() == Some(Kind::Post.as_str());
        let txn = self.write().await?;
        if is_new && alert.gone_after.is_some() {
            let sql = "UPDATE delivery SET state = 'expired', reason = 'sold_out', ended_at = $2 WHERE id = $1 AND state = 'pending'";
            txn.run(sql, vec![post.delivery_id.into(), micros(self.now()).into()]).await?;
        } else {
            let payload = payload(alert)?;
            let sql = "UPDATE delivery SET payload = $2 WHERE id = $1 AND state = 'pending'";
            if txn.run(sql, vec![post.delivery_id.into(), payload.into()]).await? == 1 {
                written(&txn, post, post.delivery_id).await?;
            }
        }
        Ok(txn.commit().await?)
    }

    async fn edit_post(&self, post: &StalePost) -> Result<bool, StoreError> {
        let Some(alert) = self.post_alert(post).await? else { return self.lost(post).await.map(|()| false) };
        let is_out = alert.gone_after.is_some();
        let Some(provider_ref) = post.provider_ref.as_deref().or(post.found_ref.as_deref()) else {
            return self.shown(post, post.wanted_version).await.map(|()| false);
        };
        let txn = self.write().await?;
        let now = micros(self.now());
        let sql = "INSERT INTO delivery (kind, dedupe_key, subscriber_id, destination_id, hop, lane, payload, state, attempts, \
                   next_attempt_at, epoch, expires_at, created_at, provider_ref) \
                   VALUES ('edit', $1, $2, $3, 0, $4, $5, 'pending', 0, $6, 0, $7, $6, $8) \
                   ON CONFLICT (dedupe_key) DO NOTHING RETURNING id";
        let key = format!("p:{}:{}:{}:e{}", post.subscriber_id, post.product_id, post.episode, post.wanted_version);
        let values = vec![
            key.into(),
            post.subscriber_id.into(),
            post.destination_id.into(),
            edits_lane(&post.lane).into(),
            payload(alert)?.into(),
            now.into(),
            (now + span(EDIT_FOR)).into(),
            provider_ref.into(),
        ];
        let delivery = txn.id(sql, values).await?;
        let sql = "UPDATE room_post SET provider_ref = COALESCE(provider_ref, $2), \
                     out_since = CASE WHEN $3 THEN COALESCE(out_since, $4) ELSE CAST(NULL AS BIGINT) END WHERE id = $1";
        txn.run(sql, vec![post.id.into(), provider_ref.into(), is_out.into(), now.into()]).await?;
        if delivery.is_some() {
            written(&txn, post, delivery).await?;
        }
        txn.commit().await?;
        self.wake().ring(Topic::Deliveries);
        Ok(delivery.is_some())
    }

    /// The room shows this version.
    async fn shown(&self, post: &StalePost, version: i32) -> Result<(), StoreError> {
        let txn = self.write().await?;
        let sql = "UPDATE room_post SET sent_version = $2, provider_ref = COALESCE(provider_ref, $3) WHERE id = $1";
        txn.run(sql, vec![post.id.into(), version.into(), post.found_ref.as_deref().into()]).await?;
        Ok(txn.commit().await?)
    }

    /// It was not posted, or is deleted: it is not posted again.
    async fn lost(&self, post: &StalePost) -> Result<(), StoreError> {
        let txn = self.write().await?;
        let now = micros(self.now());
        // One that was posted stays the room's last message about the product.
        let was_posted = post.provider_ref.is_some();
        let sql =
            "UPDATE room_post SET deleted_at = $2, ended_at = CASE WHEN $3 THEN ended_at ELSE $2 END WHERE id = $1";
        txn.run(sql, vec![post.id.into(), now.into(), was_posted.into()]).await?;
        Ok(txn.commit().await?)
    }

    /// Ends episodes of which nothing has been in stock for the quiet time. Says how many.
    pub async fn end_episodes(&self, quiet_for: Duration) -> Result<u64, DbErr> {
        let until = micros(self.now()) - span(quiet_for);
        let over = "SELECT id FROM room_post WHERE ended_at IS NULL AND out_since < $1 LIMIT 1";
        if self.read().id(over, vec![until.into()]).await?.is_none() {
            return Ok(0);
        }
        let txn = self.write().await?;
        let sql = "UPDATE room_post SET ended_at = $2 WHERE ended_at IS NULL AND out_since < $1";
        let ended = txn.run(sql, vec![until.into(), micros(self.now()).into()]).await?;
        txn.commit().await?;
        Ok(ended)
    }

    /// What a post says now: the part of the episode's restocks that its room wants.
    async fn post_alert(&self, post: &StalePost) -> Result<Option<Alert>, StoreError> {
        let wishes = self.wishes_of_room(post).await?;
        let mentions = self.mention_of_room(post).await?;
        room_content::alert(self, post, &wishes, mentions, post.ended_at).await
    }

    async fn wishes_of_room(&self, post: &StalePost) -> Result<Vec<Wish>, DbErr> {
        let sql = format!("SELECT a.subscriber_id, a.size_key, a.style_key FROM announcement a WHERE {OF_ROOM}");
        let rows: Vec<WantedRow> =
            self.read().rows(&sql, vec![post.subscriber_id.into(), post.product_id.into()]).await?;
        Ok(rows.iter().map(WantedRow::wish).collect())
    }

    async fn mention_of_room(&self, post: &StalePost) -> Result<Option<String>, DbErr> {
        #[derive(FromQueryResult)]
        struct Row {
            mention: String,
        }
        let sql = format!(
            "SELECT a.mention FROM announcement a WHERE {OF_ROOM} AND a.mention IS NOT NULL ORDER BY a.id LIMIT 1"
        );
        let row: Option<Row> = self.read().row(&sql, vec![post.subscriber_id.into(), post.product_id.into()]).await?;
        Ok(row.map(|row| row.mention))
    }
}

/// What room `$1` wants to hear of product `$2`.
const OF_ROOM: &str = "a.subscriber_id = $1 AND NOT a.news AND (a.product_id = $2 OR a.shop_id = (SELECT p.shop_id FROM product p WHERE p.id = $2))";

/// The outbox row shows what was wanted when it was written.
async fn written(txn: &Txn, post: &StalePost, delivery: Option<i64>) -> Result<(), DbErr> {
    let sql = "UPDATE room_post SET delivery_id = COALESCE($2, delivery_id, (SELECT d.id FROM delivery d WHERE d.dedupe_key = $4)), \
                 delivery_version = $3 WHERE id = $1";
    let key = format!("p:{}:{}:{}", post.subscriber_id, post.product_id, post.episode);
    txn.run(sql, vec![post.id.into(), delivery.into(), post.wanted_version.into(), key.into()]).await.map(|_| ())
}

fn payload(alert: Alert) -> Result<String, StoreError> {
    let message = Message::Alert(Box::new(alert));
    serde_json::to_string(&message).map_err(|why| StoreError::corrupt("delivery.payload", why))
}

impl WantedRow {
    fn wish(&self) -> Wish {
        let style = StyleKey::from_stored(self.style_key.clone());
        Wish { size: SizeKey::from_stored(self.size_key.clone()), style }
    }
}
