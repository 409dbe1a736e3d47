//! Two subscribers who turn out to be one person: all of the other's becomes the one's, and nothing is notified twice.

use std::collections::BTreeSet;

use coatcheck_bots::message::Alert;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, FromQueryResult};

use crate::store::db::conn::Txn;
use crate::store::db::error::StoreError;
use crate::store::db::sql::Sql;
use crate::store::outbox::restock::variants_for;
use crate::store::people::phone::LAST;

/// What both of them wait for.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
struct Wait {
    id: i64,
    every: bool,
    armed: bool,
    armed_after: i64,
    notified_restock_id: Option<i64>,
    notified_at: Option<i64>,
}

/// An alert of either of them that is not over, or was sent.
#[derive(FromQueryResult)]
struct AlertRow {
    id: i64,
    restock_id: i64,
    state: String,
    payload: String,
}

#[derive(FromQueryResult)]
struct OpenRow {
    id: i64,
    product_id: i64,
    created_at: i64,
    snapshot: String,
}

#[derive(FromQueryResult)]
struct WishRow {
    id: i64,
    size_key: String,
    style_key: String,
}

/// Alerts that somebody was or may be told.
const LIVE: &str = "kind = 'alert' AND restock_id IS NOT NULL AND state IN ('pending', 'sending', 'sent')";

/// What one of them has announced already is not announced twice.
async fn unite_rooms(txn: &Txn, one: i64, other: i64) -> Result<(), StoreError> {
    for sql in [
        "UPDATE announcement SET subscriber_id = $1 WHERE subscriber_id = $2 AND NOT EXISTS (SELECT 1 FROM announcement o \
           WHERE o.subscriber_id = $1 AND COALESCE(o.product_id, 0) = COALESCE(announcement.product_id, 0) \
             AND COALESCE(o.shop_id, 0) = COALESCE(announcement.shop_id, 0) AND o.size_key = announcement.size_key \
             AND o.style_key = announcement.style_key AND o.news = announcement.news)",
        "UPDATE room_post SET subscriber_id = $1 WHERE subscriber_id = $2 AND NOT EXISTS (SELECT 1 FROM room_post o \
           WHERE o.subscriber_id = $1 AND o.product_id = room_post.product_id)",
    ] {
        txn.run(sql, both(one, other)).await?;
    }
    Ok(())
}

/// Gives all that is `other`'s to `one`, and ends `other`. Says how many watches came along.
pub(in crate::store) async fn merge(txn: &Txn, one: i64, other: i64, now: i64) -> Result<u64, StoreError> {
    hold(txn, one, other).await?;
    unite_watches(txn, one, other).await?;
    let watches = txn.run("UPDATE watch SET subscriber_id = $1 WHERE subscriber_id = $2", both(one, other)).await?;
    unite_alerts(txn, one, other, now).await?;
    unite_rooms(txn, one, other).await?;
    let sql = "UPDATE delivery SET subscriber_id = $1 WHERE subscriber_id = $2";
    txn.run(sql, both(one, other)).await?;
    let sql = "SELECT COALESCE(MAX(rank), -1) + CAST(1 AS BIGINT) FROM destination WHERE subscriber_id = $1 AND channel <> 'sms'";
    let behind = txn.id(sql, vec![one.into()]).await?.unwrap_or_default();
    let sql = "UPDATE destination SET subscriber_id = $1, rank = CASE WHEN channel = 'sms' THEN $4 ELSE rank + $3 END \
               WHERE subscriber_id = $2";
    txn.run(sql, vec![one.into(), other.into(), behind.into(), i64::from(LAST).into()]).await?;
    let sql = "UPDATE subscriber SET paused_until = (SELECT MAX(s.paused_until) FROM subscriber s WHERE s.id IN ($1, $2)) \
               WHERE id = $1";
    txn.run(sql, both(one, other)).await?;
    let sql = "UPDATE subscriber SET admitted_at = COALESCE(admitted_at, \
               (SELECT o.admitted_at FROM subscriber o WHERE o.id = $2)) WHERE id = $1";
    txn.run(sql, both(one, other)).await?;
    // A ban holds wherever they are.
    let sql = "UPDATE subscriber SET banned_at = COALESCE(banned_at, \
               (SELECT o.banned_at FROM subscriber o WHERE o.id = $2)) WHERE id = $1";
    txn.run(sql, both(one, other)).await?;
    txn.run("UPDATE closed_watch SET subscriber_id = $1 WHERE subscriber_id = $2", both(one, other)).await?;
    txn.run("DELETE FROM subscriber WHERE id = $1", vec![other.into()]).await?;
    notified_already(txn, one).await?;
    Ok(watches)
}

fn both(one: i64, other: i64) -> Vec<sea_orm::Value> {
    vec![one.into(), other.into()]
}

/// On PostgreSQL nobody fans out to either of them, tells them or asks for them until we are done. In the order in which
/// those others take them: restocks, deliveries, subscribers.
async fn hold(txn: &Txn, one: i64, other: i64) -> Result<(), DbErr> {
    if txn.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    for sql in [
        "SELECT id FROM restock WHERE done_at IS NULL AND product_id IN \
           (SELECT product_id FROM watch WHERE subscriber_id IN ($1, $2)) ORDER BY id FOR UPDATE",
        "SELECT id FROM delivery WHERE subscriber_id IN ($1, $2) AND state IN ('pending', 'sending') \
           ORDER BY id FOR UPDATE",
        "SELECT id FROM subscriber WHERE id IN ($1, $2) ORDER BY id FOR UPDATE",
    ] {
        txn.ids(sql, both(one, other)).await?;
    }
    Ok(())
}

/// What both wait for is waited for once. The later row stays: a fan-out that is under way has not passed it, if it
/// has not passed one of them.
async fn unite_watches(txn: &Txn, one: i64, other: i64) -> Result<(), DbErr> {
    let twice = "SELECT w.id, w.mode = 'every' AS every, w.armed, w.armed_after, w.notified_restock_id, w.notified_at FROM watch w \
         WHERE w.subscriber_id = $1 AND EXISTS (SELECT 1 FROM watch o WHERE o.subscriber_id = $2 \
           AND o.product_id = w.product_id AND o.size_key = w.size_key AND o.style_key = w.style_key) \
         ORDER BY w.product_id, w.size_key, w.style_key";
    let ours: Vec<Wait> = txn.rows(twice, both(one, other)).await?;
    let theirs: Vec<Wait> = txn.rows(twice, both(other, one)).await?;
    for (our, their) in ours.iter().zip(&theirs) {
        let (wait, obsolete) = united(our, their);
        txn.run("DELETE FROM watch WHERE id = $1", vec![obsolete.into()]).await?;
        let sql = "UPDATE watch SET subscriber_id = $2, mode = $3, armed = $4, armed_after = $5, notified_restock_id = $6, \
                   notified_at = $7 WHERE id = $1";
        let values = vec![
            wait.id.into(),
            one.into(),
            if wait.every { "every" } else { "once" }.into(),
            wait.armed.into(),
            wait.armed_after.into(),
            wait.notified_restock_id.into(),
            wait.notified_at.into(),
        ];
        txn.run(sql, values).await?;
    }
    Ok(())
}

/// One wait for two: it waits if either does, each time if either does, since the earlier arming. What either was told
/// last was told. Says which row is not needed any more, too.
fn united(our: &Wait, their: &Wait) -> (Wait, i64) {
    let armed_after = match (our.armed, their.armed) {
        (true, false) => our.armed_after,
        (false, true) => their.armed_after,
        _ => our.armed_after.min(their.armed_after),
    };
    let wait = Wait {
        id: our.id.max(their.id),
        every: our.every || their.every,
        armed: our.armed || their.armed,
        armed_after,
        notified_restock_id: our.notified_restock_id.max(their.notified_restock_id),
        notified_at: our.notified_at.max(their.notified_at),
    };
    (wait, our.id.min(their.id))
}

/// Of a restock that both are notified of, each variant is notified once: by the one whose request has begun, else by the one's own
/// alert.
async fn unite_alerts(txn: &Txn, one: i64, other: i64, now: i64) -> Result<(), StoreError> {
    let sql = format!(
        "SELECT id, restock_id, state, payload FROM delivery WHERE subscriber_id = $1 AND {LIVE} AND restock_id IN \
           (SELECT restock_id FROM delivery WHERE subscriber_id = $2 AND {LIVE}) ORDER BY id"
    );
    let ours: Vec<AlertRow> = txn.rows(&sql, both(one, other)).await?;
    let theirs: Vec<AlertRow> = txn.rows(&sql, both(other, one)).await?;
    for our in &ours {
        for their in theirs.iter().filter(|their| their.restock_id == our.restock_id) {
            match (our.waits(), their.waits()) {
                (true, true) => {
                    let all: BTreeSet<i64> = our.variants()?.union(&their.variants()?).copied().collect();
                    tell(txn, our.id, &all, now).await?;
                    tell(txn, their.id, &BTreeSet::new(), now).await?;
                }
                (false, true) => tell(txn, their.id, &(&their.variants()? - &our.variants()?), now).await?,
                (true, false) => tell(txn, our.id, &(&our.variants()? - &their.variants()?), now).await?,
                (false, false) => {}
            }
        }
    }
    Ok(())
}

/// An alert that waits tells these variants; with none left it is not needed.
async fn tell(txn: &Txn, id: i64, variants: &BTreeSet<i64>, now: i64) -> Result<(), StoreError> {
    if variants.is_empty() {
        let sql = "UPDATE delivery SET state = 'cancelled', reason = 'merged', ended_at = $2 \
                   WHERE id = $1 AND state = 'pending'";
        txn.run(sql, vec![id.into(), now.into()]).await?;
        return Ok(());
    }
    let payload = serde_json::to_string(variants).map_err(|why| StoreError::corrupt("delivery.payload", why))?;
    let sql = "UPDATE delivery SET payload = $2 WHERE id = $1 AND state = 'pending'";
    txn.run(sql, vec![id.into(), payload.into()]).await?;
    Ok(())
}

/// A fan-out that is under way does not tell the one again what the other's alert tells: watches it has not come to
/// yet, and that want nothing else of the restock, have been told.
async fn notified_already(txn: &Txn, one: i64) -> Result<(), StoreError> {
    let sql = format!(
        "SELECT r.id, r.product_id, r.created_at, r.snapshot FROM restock r WHERE r.done_at IS NULL AND r.id IN \
           (SELECT restock_id FROM delivery WHERE subscriber_id = $1 AND {LIVE}) ORDER BY r.id"
    );
    for restock in txn.rows::<OpenRow>(&sql, vec![one.into()]).await? {
        let Ok(alert) = serde_json::from_str::<Alert>(&restock.snapshot) else { continue };
        let sql = format!(
            "SELECT id, restock_id, state, payload FROM delivery WHERE subscriber_id = $1 AND restock_id = $2 AND {LIVE}"
        );
        let mut told = BTreeSet::new();
        for row in txn.rows::<AlertRow>(&sql, both(one, restock.id)).await? {
            told.extend(row.variants()?);
        }
        let sql = "SELECT id, size_key, style_key FROM watch WHERE subscriber_id = $1 AND product_id = $2 AND armed \
                   AND (notified_restock_id IS NULL OR notified_restock_id <> $3)";
        let waiting: Vec<WishRow> =
            txn.rows(sql, vec![one.into(), restock.product_id.into(), restock.id.into()]).await?;
        for watch in waiting {
            let wanted = variants_for(watch.size_key, watch.style_key, &alert);
            if !wanted.is_empty() && wanted.iter().all(|variant| told.contains(variant)) {
                let sql = "UPDATE watch SET notified_restock_id = $2, notified_at = $3, armed = (mode <> 'once') WHERE id = $1";
                txn.run(sql, vec![watch.id.into(), restock.id.into(), restock.created_at.into()]).await?;
            }
        }
    }
    Ok(())
}

impl AlertRow {
    fn waits(&self) -> bool {
        self.state == "pending"
    }

    fn variants(&self) -> Result<BTreeSet<i64>, StoreError> {
        serde_json::from_str(&self.payload).map_err(|why| StoreError::corrupt("delivery.payload", why))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(id: i64, armed_after: Option<i64>, told: Option<i64>) -> Wait {
        let (armed, armed_after) = (armed_after.is_some(), armed_after.unwrap_or(0));
        Wait { id, every: false, armed, armed_after, notified_restock_id: told, notified_at: told }
    }

    #[test]
    fn whoever_waits_and_whoever_was_told_become_one_who_waits_for_the_next() {
        let (wait_of_both, obsolete) = united(&wait(5, None, Some(9)), &wait(7, Some(3), None));
        assert_eq!((wait_of_both, obsolete), (wait(7, Some(3), Some(9)), 5));
    }

    #[test]
    fn the_earlier_arming_counts_of_two_who_wait() {
        let every = Wait { every: true, ..wait(2, Some(4), Some(1)) };
        let (of_both, obsolete) = united(&every, &wait(1, Some(3), None));
        assert_eq!((of_both, obsolete), (Wait { armed_after: 3, ..every }, 1));
    }
}
