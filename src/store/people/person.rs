//! A person as a whole: everything that is known of one, and forgetting all of it.

use sea_orm::{DbErr, FromQueryResult};

use crate::store::db::conn::{Db, Txn};
use crate::store::db::error::StoreError;
use crate::store::db::sql::{Sql, limited};
use crate::store::db::time::micros;
use crate::store::db::wake::Topic;
use crate::store::people::bans::{is_banned, keep_ban};
use crate::store::people::subscriber::destinations_of;
use crate::store::polls::ends::sleep_of;

/// A message that was made for a person.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Told {
    /// What it was: alert, reply, ….
    pub kind: String,
    /// The product, for an alert.
    pub product: Option<String>,
    /// Where it went, as stored; parse it to show it without secrets.
    pub address: Option<String>,
    /// What became of it.
    pub state: String,
    /// When it was made (µs).
    pub created_at: i64,
    /// When the platform took it (µs).
    pub accepted_at: Option<i64>,
}

/// What was forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forgotten {
    /// Watches that were there.
    pub watches: u64,
    /// Messages whose request is being made right now: they may still arrive.
    pub under_way: u64,
    /// A phone of theirs said STOP: its hash is kept, so that it is never texted again.
    pub stop_kept: bool,
    /// An admin has banned them: where they are stays known, so that the ban holds.
    pub ban_kept: bool,
}

impl Db {
    /// Where a subscriber is told, as stored, in the order of their ranks.
    pub async fn addresses(&self, subscriber_id: i64) -> Result<Vec<String>, StoreError> {
        let rows = destinations_of(subscriber_id).all(self.read()).await?;
        Ok(rows.into_iter().map(|row| row.address).collect())
    }

    /// What a subscriber was told, the newest first, at most `limit`.
    pub async fn notified_to(&self, subscriber_id: i64, limit: u32) -> Result<Vec<Told>, StoreError> {
        let sql = format!(
            "SELECT d.kind, p.title AS product, t.address, d.state, d.created_at, d.accepted_at FROM delivery d \
                   LEFT JOIN destination t ON t.id = d.destination_id LEFT JOIN restock r ON r.id = d.restock_id \
                   LEFT JOIN product p ON p.id = r.product_id WHERE d.subscriber_id = $1 ORDER BY d.id DESC {}",
            limited(2)
        );
        Ok(self.read().rows(&sql, vec![subscriber_id.into(), i64::from(limit).into()]).await?)
    }

    /// Forgets a subscriber: watches, destinations and open questions at once; what waits to be sent is suppressed. A
    /// row whose request is under way stays until it is final, without an address and without a name. Of a phone that said
    /// STOP that one line is kept, a hash; of what others said, nothing.
    pub async fn forget(&self, subscriber_id: i64) -> Result<Forgotten, StoreError> {
        self.retrying(|| self.try_forget(subscriber_id)).await
    }

    async fn try_forget(&self, subscriber_id: i64) -> Result<Forgotten, StoreError> {
        let txn = self.write().await?;
        // A fan-out under way waits for us and then finds nobody, or we wait for what it writes and suppress that too.
        let sql = format!("SELECT id FROM subscriber WHERE id = $1 {}", txn.lock("FOR UPDATE"));
        txn.id(&sql, vec![subscriber_id.into()]).await?;
        let sql = "UPDATE delivery SET state = 'suppressed', reason = 'forgotten', ended_at = $2 \
                   WHERE subscriber_id = $1 AND state = 'pending'";
        txn.run(sql, vec![subscriber_id.into(), micros(self.now()).into()]).await?;
        let sql = "SELECT count(*) FROM delivery WHERE subscriber_id = $1 AND state = 'sending'";
        let under_way = txn.id(sql, vec![subscriber_id.into()]).await?.unwrap_or_default();
        // Messages that no restock made hold a person's own words.
        let sql = "UPDATE delivery SET payload = '', last_error = NULL \
                   WHERE subscriber_id = $1 AND restock_id IS NULL AND state <> 'sending'";
        txn.run(sql, vec![subscriber_id.into()]).await?;
        let stop_kept = forget_consent(&txn, subscriber_id).await?;
        forget_name(&txn, subscriber_id).await?;
        let watches = txn.run("DELETE FROM watch WHERE subscriber_id = $1", vec![subscriber_id.into()]).await?;
        let ban_kept = is_banned(&txn, subscriber_id).await?;
        if ban_kept {
            keep_ban(&txn, subscriber_id).await?;
        } else {
            txn.run("DELETE FROM subscriber WHERE id = $1", vec![subscriber_id.into()]).await?;
        }
        let slept = sleep_of(&txn, subscriber_id).await?;
        // Still a stranger's page, and nobody's.
        txn.run("UPDATE source SET added_by = 0 WHERE added_by = $1", vec![subscriber_id.into()]).await?;
        txn.commit().await?;
        if slept > 0 {
            self.wake().ring(Topic::Sources);
        }
        Ok(Forgotten { watches, under_way: u64::try_from(under_way).unwrap_or_default(), stop_kept, ban_kept })
    }
}

/// What others keep, what was done and where chats moved to stays without the addresses of this subscriber.
async fn forget_name(txn: &Txn, subscriber_id: i64) -> Result<(), DbErr> {
    let theirs = "(SELECT address FROM destination WHERE subscriber_id = $1)";
    for sql in [
        format!("UPDATE audit SET who = 'forgotten' WHERE who IN {theirs}"),
        format!("UPDATE announcement SET added_by = NULL WHERE added_by IN {theirs}"),
        format!("DELETE FROM moved_address WHERE new_address IN {theirs} OR old_address IN {theirs}"),
    ] {
        txn.run(&sql, vec![subscriber_id.into()]).await?;
    }
    Ok(())
}

/// Forgets what the phones of a subscriber said, but for the STOP that still counts. Says whether there is one.
async fn forget_consent(txn: &Txn, subscriber_id: i64) -> Result<bool, DbErr> {
    let hashes = "(SELECT look_up FROM destination WHERE subscriber_id = $1 AND look_up IS NOT NULL)";
    // The last of start and stop, where that is a stop.
    let kept = "(SELECT MAX(c.id) FROM consent c WHERE c.said IN ('start', 'stop') AND c.phone_hash = consent.phone_hash) \
                = consent.id AND consent.said = 'stop'";
    let sql = format!("DELETE FROM consent WHERE phone_hash IN {hashes} AND NOT ({kept})");
    txn.run(&sql, vec![subscriber_id.into()]).await?;
    let sql = format!("SELECT count(*) FROM consent WHERE phone_hash IN {hashes}");
    Ok(txn.id(&sql, vec![subscriber_id.into()]).await?.unwrap_or_default() > 0)
}
