//! Incidents: trouble that lasts, known to all instances. One of a kind and subject is open at a time.

use std::collections::HashSet;
use std::time::Duration;

use chrono::{DateTime, Utc};
use coatcheck_domain::operators::FLAPS_WITHIN;
use sea_orm::{DbErr, FromQueryResult};

use crate::store::db::conn::{Db, Txn};
use crate::store::db::sql::Sql;
use crate::store::db::time::{at, micros, span};

const LANE_DOWN: &str = "lane_down";
/// Nobody is heard on a platform.
pub const RECEIVER_DEAF: &str = "receiver_deaf";
/// Requests in a platform's name come with wrong signatures.
pub const SIGNATURES_FAILING: &str = "signatures_failing";
/// A restock could not be fanned out.
pub(super) const SET_ASIDE: &str = "restock_set_aside";

/// Trouble as it is seen now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// `shop_failing`, …
    pub kind: &'static str,
    /// Which shop, lane or platform.
    pub subject: String,
    /// What is wrong, for people.
    pub text: String,
}

/// A lane that gets nothing through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DownLane {
    /// Its name.
    pub lane: String,
    /// Since when that is known.
    pub since: DateTime<Utc>,
    /// What happened last, for people.
    pub why: String,
}

/// Opens an incident, unless it is open. One that ended a short while ago comes back. Says whether it was opened.
pub(in crate::store) async fn open(
    txn: &Txn,
    kind: &str,
    subject: &str,
    text: &str,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    debug_assert!(coatcheck_bots::words::tells_of(kind), "operators cannot read of {kind}");
    txn.hold(&format!("incident {kind} {subject}")).await?;
    let open = "SELECT id FROM incident WHERE kind = $1 AND subject = $2 AND closed_at IS NULL";
    if txn.id(open, vec![kind.into(), subject.into()]).await?.is_some() {
        return Ok(false);
    }
    let sql = "UPDATE incident SET closed_at = NULL, opened_at = $4, text = $3, version = version + 1, flaps = flaps + 1 \
               WHERE id = (SELECT max(i.id) FROM incident i WHERE i.kind = $1 AND i.subject = $2 AND i.closed_at > $5)";
    let soon = micros(now) - span(FLAPS_WITHIN);
    let values = vec![kind.into(), subject.into(), text.into(), micros(now).into(), soon.into()];
    if txn.run(sql, values).await? == 0 {
        let sql = "INSERT INTO incident (kind, subject, version, text, opened_at) VALUES ($1, $2, 1, $3, $4)";
        txn.run(sql, vec![kind.into(), subject.into(), text.into(), micros(now).into()]).await?;
    }
    Ok(true)
}

/// Something happened once: an incident that is over as soon as it is known.
pub(in crate::store) async fn note(
    txn: &Txn,
    kind: &str,
    subject: &str,
    text: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let sql =
        "INSERT INTO incident (kind, subject, version, text, opened_at, closed_at) VALUES ($1, $2, 1, $3, $4, $4)";
    txn.run(sql, vec![kind.into(), subject.into(), text.into(), micros(now).into()]).await.map(|_| ())
}

/// Closes an incident. Says whether it was open.
pub(in crate::store) async fn close(txn: &Txn, kind: &str, subject: &str, now: DateTime<Utc>) -> Result<bool, DbErr> {
    let sql = "UPDATE incident SET closed_at = $3, version = version + 1 \
               WHERE kind = $1 AND subject = $2 AND closed_at IS NULL";
    Ok(txn.run(sql, vec![kind.into(), subject.into(), micros(now).into()]).await? > 0)
}

/// Closes an incident, if it was opened before `moment`. Says whether it was closed.
pub(in crate::store) async fn close_before(
    txn: &Txn,
    kind: &str,
    subject: &str,
    moment: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let sql = "UPDATE incident SET closed_at = $3, version = version + 1 WHERE kind = $1 AND subject = $2 AND closed_at IS NULL AND opened_at < $4";
    let values = vec![kind.into(), subject.into(), micros(now).into(), micros(moment).into()];
    Ok(txn.run(sql, values).await? > 0)
}

impl Db {
    /// Opens an incident, unless it is open. Says whether that is news.
    pub async fn open_incident(&self, kind: &str, subject: &str, text: &str) -> Result<bool, DbErr> {
        let txn = self.write().await?;
        let is_news = open(&txn, kind, subject, text, self.now()).await?;
        txn.commit().await?;
        Ok(is_news)
    }

    /// Writes down that something happened that is over: a start after a crash, a loop that ended.
    pub async fn note_incident(&self, kind: &str, subject: &str, text: &str) -> Result<(), DbErr> {
        let txn = self.write().await?;
        note(&txn, kind, subject, text, self.now()).await?;
        txn.commit().await
    }

    /// Makes the incidents of these kinds those that are seen now: what is new is opened, what is not seen any more ends.
    pub async fn set_incidents(&self, kinds: &[&str], seen: &[Seen]) -> Result<(), DbErr> {
        #[derive(FromQueryResult)]
        struct Row {
            kind: String,
            subject: String,
        }
        let sql = "SELECT kind, subject FROM incident WHERE closed_at IS NULL";
        let rows: Vec<Row> = self.read().rows(sql, vec![]).await?;
        let known: HashSet<(&str, &str)> = rows
            .iter()
            .filter(|row| kinds.contains(&row.kind.as_str()))
            .map(|row| (row.kind.as_str(), row.subject.as_str()))
            .collect();
        let now_seen: HashSet<(&str, &str)> = seen.iter().map(|seen| (seen.kind, seen.subject.as_str())).collect();
        if known == now_seen {
            return Ok(());
        }
        let txn = self.write().await?;
        let now = self.now();
        for (kind, subject) in known.difference(&now_seen) {
            close(&txn, kind, subject, now).await?;
        }
        for seen in seen.iter().filter(|seen| !known.contains(&(seen.kind, seen.subject.as_str()))) {
            open(&txn, seen.kind, &seen.subject, &seen.text, now).await?;
        }
        txn.commit().await
    }

    /// Closes an incident. Says whether it was open.
    pub async fn close_incident(&self, kind: &str, subject: &str) -> Result<bool, DbErr> {
        let txn = self.write().await?;
        let was_open = close(&txn, kind, subject, self.now()).await?;
        txn.commit().await?;
        Ok(was_open)
    }

    /// Lets all instances know that a lane gets nothing through. Says whether that is news.
    pub async fn lane_is_down(&self, lane: &str, why: &str) -> Result<bool, DbErr> {
        self.open_incident(LANE_DOWN, lane, why).await
    }

    /// Something got through. Says whether the lane was down until now.
    pub async fn lane_is_up(&self, lane: &str) -> Result<bool, DbErr> {
        self.close_incident(LANE_DOWN, lane).await
    }

    /// Closes incidents of longer than `age` ago that nobody else ends: restocks that were set aside, of which nothing
    /// will come, and wrong signatures, after which nothing genuine needs to follow.
    pub async fn close_aged(&self, age: Duration) -> Result<(), DbErr> {
        let txn = self.write().await?;
        let now = micros(self.now());
        let sql = "UPDATE incident SET closed_at = $1, version = version + 1 \
                   WHERE kind IN ($2, $3) AND closed_at IS NULL AND opened_at < $4";
        let aged = (now - span(age)).into();
        txn.run(sql, vec![now.into(), SET_ASIDE.into(), SIGNATURES_FAILING.into(), aged]).await?;
        txn.commit().await
    }

    /// Trouble that lasts, in words, the oldest first.
    pub async fn open_incidents(&self) -> Result<Vec<(String, DateTime<Utc>)>, DbErr> {
        #[derive(FromQueryResult)]
        struct Row {
            kind: String,
            subject: String,
            opened_at: i64,
            text: String,
        }
        let sql = "SELECT kind, subject, opened_at, text FROM incident WHERE closed_at IS NULL ORDER BY id";
        let rows: Vec<Row> = self.read().rows(sql, vec![]).await?;
        let words = |row: &Row| match row.kind.as_str() {
            LANE_DOWN => format!("lane {} gets nothing through: {}", row.subject, row.text),
            RECEIVER_DEAF => format!("{} is not connected: {}", row.subject, row.text),
            _ => row.text.clone(),
        };
        Ok(rows.iter().map(|row| (words(row), at(row.opened_at))).collect())
    }

    /// The lanes that get nothing through, in the order of their names.
    pub async fn lanes_down(&self) -> Result<Vec<DownLane>, DbErr> {
        #[derive(FromQueryResult)]
        struct Row {
            subject: String,
            opened_at: i64,
            text: String,
        }
        let sql =
            "SELECT subject, opened_at, text FROM incident WHERE kind = $1 AND closed_at IS NULL ORDER BY subject";
        let rows: Vec<Row> = self.read().rows(sql, vec![LANE_DOWN.into()]).await?;
        let down = |row: Row| DownLane { lane: row.subject, since: at(row.opened_at), why: row.text };
        Ok(rows.into_iter().map(down).collect())
    }
}
