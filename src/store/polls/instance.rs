//! Instances that hold shops: a lease each, judged by the database's time. What is held by an instance whose lease ran out
//! is free.

use std::time::Duration;

use sea_orm::{DbErr, FromQueryResult};

use crate::store::db::conn::{Db, Txn};
use crate::store::db::sql::Sql;
use crate::store::db::time::{at, micros, span};
use crate::store::db::wake::Topic;
use crate::store::outbox::incident;

/// How long an instance holds what it holds after it was last heard of.
pub const LEASE: Duration = Duration::from_secs(10);

/// An instance ended without giving back what it held.
const GONE: &str = "instance_gone";

/// What there is to do for an instance that polls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Is its lease still running?
    pub is_alive: bool,
    /// Are there shops that nobody holds?
    pub is_free: bool,
    /// Has somebody changed one of its sources?
    pub is_edited: bool,
    /// Has the shop of one of its sources pushed?
    pub is_pushed: bool,
}

impl Db {
    /// An instance begins, in place of `former`, which was it before and holds nothing any more. `polls`: does it take what
    /// is free, and not only what it was told to?
    ///
    /// # Errors
    /// When the database fails; then it holds nothing.
    pub async fn join(&self, name: &str, polls: bool, former: &[String]) -> Result<(), DbErr> {
        let txn = self.write().await?;
        for former in former {
            leave(&txn, former).await?;
        }
        let now = micros(self.now());
        if polls {
            replace_the_gone(&txn, former, now).await?;
        }
        let sql = "INSERT INTO instance (name, polls, started_at, until) VALUES ($1, $2, $3, $4)";
        txn.run(sql, vec![name.into(), polls.into(), now.into(), (now + span(LEASE)).into()]).await?;
        txn.commit().await
    }

    /// Keeps what it holds for another [`LEASE`]. `false`: the lease has run out, and is never renewed.
    pub async fn renew(&self, name: &str) -> Result<bool, DbErr> {
        let txn = self.write().await?;
        let now = micros(self.now());
        let sql = "UPDATE instance SET until = $2 WHERE name = $1 AND until > $3";
        let renewed = txn.run(sql, vec![name.into(), (now + span(LEASE)).into(), now.into()]).await?;
        txn.commit().await?;
        Ok(renewed == 1)
    }

    /// An instance ends: what it held is free at once, and the others are woken.
    ///
    /// # Errors
    /// When the database fails; then its lease runs out.
    pub async fn leave(&self, name: &str) -> Result<(), DbErr> {
        let txn = self.write().await?;
        leave(&txn, name).await?;
        txn.commit().await?;
        self.wake().ring(Topic::Sources);
        Ok(())
    }

    /// Is there an instance that polls, or that did and has not left?
    pub async fn has_instances(&self) -> Result<bool, DbErr> {
        Ok(self.read().id("SELECT id FROM instance WHERE polls LIMIT 1", vec![]).await?.is_some())
    }

    /// The instances that poll and live.
    pub async fn pollers(&self) -> Result<i64, DbErr> {
        let sql = "SELECT count(*) FROM instance WHERE polls AND until > $1";
        Ok(self.read().id(sql, vec![micros(self.now()).into()]).await?.unwrap_or_default())
    }

    /// Looks what there is to do for an instance, as a reader: a look must not keep the writer busy.
    pub async fn look(&self, name: &str) -> Result<Look, DbErr> {
        // Each question is answered by one step over an index.
        let sql = "SELECT (SELECT count(*) FROM instance WHERE name = $1 AND until > $2) AS alive, \
             (SELECT count(*) FROM (SELECT 1 FROM shop WHERE holder = '' LIMIT 1) AS f) \
               + (SELECT count(*) FROM (SELECT 1 FROM instance WHERE until <= $2 LIMIT 1) AS l) AS free, \
             (SELECT count(*) FROM (SELECT 1 FROM source s JOIN shop h ON h.id = s.shop_id \
                 WHERE s.edited AND h.holder = $1 LIMIT 1) AS e) AS edited, \
             (SELECT count(*) FROM (SELECT 1 FROM source s JOIN shop h ON h.id = s.shop_id \
                 WHERE s.pushed AND h.holder = $1 LIMIT 1) AS p) AS pushed";
        let found: Option<Found> = self.read().row(sql, vec![name.into(), micros(self.now()).into()]).await?;
        let found = found.unwrap_or_default();
        Ok(Look {
            is_alive: found.alive > 0,
            is_free: found.free > 0,
            is_edited: found.edited > 0,
            is_pushed: found.pushed > 0,
        })
    }
}

#[derive(FromQueryResult, Default)]
struct Found {
    alive: i64,
    free: i64,
    edited: i64,
    pushed: i64,
}

/// One that comes back was not gone; any other new one takes the place of the one that has been gone for longest.
async fn replace_the_gone(txn: &Txn, former: &[String], now: i64) -> Result<(), DbErr> {
    #[derive(FromQueryResult)]
    struct Open {
        subject: String,
    }
    let sql = "SELECT subject FROM incident WHERE kind = $1 AND closed_at IS NULL ORDER BY id";
    let open: Vec<Open> = txn.rows(sql, vec![GONE.into()]).await?;
    let is_former = |open: &&Open| former.contains(&open.subject);
    if let Some(Open { subject }) = open.iter().find(is_former).or(open.first().filter(|_| former.is_empty())) {
        incident::close(txn, GONE, subject, at(now)).await?;
    }
    Ok(())
}

async fn leave(txn: &Txn, name: &str) -> Result<(), DbErr> {
    // What it was parsing has not ended it.
    let sql = "UPDATE source SET trial_at = NULL WHERE trial_at IS NOT NULL \
               AND shop_id IN (SELECT h.id FROM shop h WHERE h.holder = $1)";
    txn.run(sql, vec![name.into()]).await?;
    txn.run("UPDATE shop SET holder = '' WHERE holder = $1", vec![name.into()]).await?;
    txn.run("DELETE FROM instance WHERE name = $1", vec![name.into()]).await.map(|_| ())
}

/// Frees what is held by instances whose lease ran out, and forgets them.
pub(in crate::store) async fn free_the_dead(txn: &Txn, now: i64) -> Result<(), DbErr> {
    #[derive(FromQueryResult)]
    struct Dead {
        name: String,
    }
    let dead: Vec<Dead> =
        txn.rows("SELECT name FROM instance WHERE until <= $1 AND polls ORDER BY name", vec![now.into()]).await?;
    for Dead { name } in dead {
        incident::open(txn, GONE, &name, "it no longer renews its lease", at(now)).await?;
    }
    let sql = "UPDATE shop SET holder = '' WHERE holder IN (SELECT name FROM instance WHERE until <= $1)";
    txn.run(sql, vec![now.into()]).await?;
    txn.run("DELETE FROM instance WHERE until <= $1", vec![now.into()]).await.map(|_| ())
}
