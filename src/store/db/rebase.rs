//! Moves what is planned along with a clock that was set, so that all waits last as long as they were meant to.
//!
//! Only the one service of an SQLite file does so: others on a PostgreSQL share the rows with clocks that are right.
//! What was recorded of the past (spans, restocks, attempts) stays as it was recorded.

use chrono::{DateTime, TimeDelta, Utc};
use coatcheck_domain::Clock;
use coatcheck_domain::clock::SteadyClock;
use sea_orm::{DbErr, FromQueryResult};

use crate::store::db::conn::{Db, Txn};
use crate::store::db::setting;
use crate::store::db::sql::Sql;
use crate::store::db::time::{at, micros};
use crate::store::db::wake::Topic;

/// Told or dropped within this time, something still decides what happens next: quiet times, late alerts.
const RECENT: TimeDelta = TimeDelta::days(7);
/// The history stands still until the clock has passed what is written; no longer than for this.
const HISTORY_AHEAD: TimeDelta = TimeDelta::days(2);

/// A jump of the wall clock that is to be adopted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Jump {
    /// By how much.
    pub by: TimeDelta,
    /// When it was first seen, on the steady clock: this very jump is adopted once, however often it is tried.
    pub seen_at: DateTime<Utc>,
}

/// The setting that says which jump was the last to be followed.
const LAST_JUMP: &str = "clock_jump";

/// What lies ahead, moved by `$1`. Shops are given up: what was polled meanwhile was planned with the old time, so it
/// is not stored, and the next reading says it again.
const PLANNED: [&str; 12] = [
    "UPDATE source SET scheduled_at = scheduled_at + $1, next_poll_at = next_poll_at + $1, \
     last_error_at = last_error_at + $1, gone_since = gone_since + $1, gone_told_at = gone_told_at + $1, unwanted_since = unwanted_since + $1, \
     trial_at = NULL",
    "UPDATE shop SET not_before = not_before + $1 WHERE not_before > 0",
    "UPDATE shop_hook SET former_until = former_until + $1, pushed_at = pushed_at + $1",
    "UPDATE lease SET until = until + $1 WHERE until > 0",
    "UPDATE inbox SET held_until = held_until + $1 WHERE held_until > 0",
    "UPDATE delivery SET created_at = created_at + $1, next_attempt_at = next_attempt_at + $1, \
     expires_at = expires_at + $1, started_at = started_at + $1, put_off_until = put_off_until + $1 \
     WHERE state IN ('pending', 'sending')",
    "UPDATE incident SET opened_at = opened_at + $1 WHERE closed_at IS NULL",
    "UPDATE subscriber SET paused_until = paused_until + $1 WHERE paused_until > 0",
    "UPDATE conversation SET expires_at = expires_at + $1",
    "UPDATE challenge SET expires_at = expires_at + $1",
    "UPDATE sign_up SET expires_at = expires_at + $1",
    "UPDATE restock SET gone_check_at = gone_check_at + $1 WHERE gone_check_at IS NOT NULL",
];

/// What happened lately and still decides, moved by `$1` if after `$2`.
const LATELY: [&str; 2] = [
    "UPDATE watch SET notified_at = notified_at + $1 WHERE notified_at > $2",
    "UPDATE restock SET created_at = created_at + $1 WHERE created_at > $2 OR done_at IS NULL",
];

/// A row that was written later than now (`$1`) comes from before the clock was set back: it waits as long from now on
/// as it was to wait from then on.
const WRITTEN_AHEAD: [&str; 9] = [
    "UPDATE shop SET not_before = not_before - \
       (SELECT max(s.last_error_at) - $1 FROM source s WHERE s.shop_id = shop.id) \
     WHERE not_before > $1 AND EXISTS (SELECT 1 FROM source s WHERE s.shop_id = shop.id AND s.last_error_at > $1)",
    "UPDATE source SET scheduled_at = scheduled_at - (COALESCE(last_error_at, last_read_at) - $1), \
       next_poll_at = next_poll_at - (COALESCE(last_error_at, last_read_at) - $1), \
       last_error_at = CASE WHEN last_error_at > $1 THEN $1 ELSE last_error_at END \
     WHERE next_poll_at > $1 AND COALESCE(last_error_at, last_read_at) > $1",
    OVERDUE_SOON,
    "UPDATE delivery SET next_attempt_at = next_attempt_at - (created_at - $1), \
       expires_at = expires_at - (created_at - $1), created_at = $1 \
     WHERE state IN ('pending', 'sending') AND created_at > $1",
    "UPDATE delivery SET started_at = $1 WHERE state IN ('pending', 'sending') AND started_at > $1",
    "UPDATE incident SET opened_at = $1 WHERE closed_at IS NULL AND opened_at > $1",
    "UPDATE watch SET notified_at = $1 WHERE notified_at > $1",
    "UPDATE restock SET created_at = $1 WHERE created_at > $1",
    "UPDATE restock SET gone_check_at = $1 WHERE gone_check_at > $1 + 60000000",
];

/// A source without trouble is never planned further ahead than its interval and some jitter.
const OVERDUE_SOON: &str = "UPDATE source SET scheduled_at = $1, next_poll_at = $1 \
     WHERE state = 'idle' AND failures = 0 AND next_poll_at > $1 + 2 * interval_us";

/// The order of all times is kept: what lies too far ahead meets at one moment.
const HISTORY: [&str; 2] = [
    "UPDATE span SET started_at = CASE WHEN started_at > $1 THEN $1 ELSE started_at END, \
       last_seen = CASE WHEN last_seen > $1 THEN $1 ELSE last_seen END, \
       ended_at = CASE WHEN ended_at > $1 THEN $1 ELSE ended_at END \
     WHERE started_at > $1 OR last_seen > $1 OR ended_at > $1",
    "UPDATE source SET last_read_at = $1 WHERE last_read_at > $1",
];

impl Db {
    /// Moves all that is planned by a jump, and lets `clock` adopt it, as one step for all who write: none of them can
    /// come between, and none sees new times with the old clock or old times with the new one.
    pub async fn rebase(&self, clock: &SteadyClock, jump: Jump, words: &str) -> Result<(), DbErr> {
        let txn = self.write().await?;
        if !is_done(&txn, jump).await? {
            move_all(&txn, jump, clock.now(), words).await?;
        }
        // Before the commit: the moment after it, the next writer asks for the time. Who only reads decides nothing.
        clock.adopt(jump.by);
        txn.commit().await.inspect_err(|_| clock.adopt(-jump.by))?;
        self.wake().ring(Topic::Sources);
        Ok(())
    }

    /// When the service starts: the clock may have been set back while nobody looked. What was planned to wait from a
    /// later time than now waits as long from now on. Says how many rows that were.
    pub async fn settle_future(&self) -> Result<u64, DbErr> {
        let txn = self.write().await?;
        let now = self.now();
        let mut moved = 0;
        for sql in WRITTEN_AHEAD {
            moved += txn.run(sql, vec![micros(now).into()]).await?;
        }
        moved += settle_history(&txn, now).await?;
        if moved > 0 {
            let words = "the clock was set back while the service was away; what was planned from a later time was moved to now";
            note(&txn, now, words).await?;
        }
        txn.commit().await?;
        Ok(moved)
    }

    /// The last time the clock was set, and what was done then.
    pub async fn last_jump(&self) -> Result<Option<(DateTime<Utc>, String)>, DbErr> {
        #[derive(FromQueryResult)]
        struct Noted {
            opened_at: i64,
            text: String,
        }
        let sql = "SELECT opened_at, text FROM incident WHERE kind = 'clock' ORDER BY id DESC LIMIT 1";
        let noted: Option<Noted> = self.read().row(sql, vec![]).await?;
        Ok(noted.map(|noted| (at(noted.opened_at), noted.text)))
    }
}

async fn move_all(txn: &Txn, jump: Jump, old: DateTime<Utc>, words: &str) -> Result<(), DbErr> {
    let by = jump.by.num_microseconds().unwrap_or_default();
    for sql in PLANNED {
        txn.run(sql, vec![by.into()]).await?;
    }
    // Whoever holds shops knows them by the old time: it takes them anew.
    txn.run("UPDATE shop SET holder = ''", vec![]).await?;
    txn.run("DELETE FROM instance", vec![]).await?;
    for sql in LATELY {
        txn.run(sql, vec![by.into(), micros(old - RECENT).into()]).await?;
    }
    let now = old + jump.by;
    // Another process may have added a source by the new time already.
    txn.run(OVERDUE_SOON, vec![micros(now).into()]).await?;
    settle_history(txn, now).await?;
    note(txn, now, words).await?;
    setting::set(txn, LAST_JUMP, mark(jump)).await
}

/// Was it stored although the database did not say so?
async fn is_done(txn: &Txn, jump: Jump) -> Result<bool, DbErr> {
    Ok(setting::get(txn, LAST_JUMP).await?.is_some_and(|last| last == mark(jump)))
}

fn mark(jump: Jump) -> String {
    format!("{} at {}", jump.by.num_microseconds().unwrap_or_default(), micros(jump.seen_at))
}

async fn settle_history(txn: &Txn, now: DateTime<Utc>) -> Result<u64, DbErr> {
    let mut moved = 0;
    for sql in HISTORY {
        moved += txn.run(sql, vec![micros(now + HISTORY_AHEAD).into()]).await?;
    }
    Ok(moved)
}

/// For people. It is over as soon as it is known.
async fn note(txn: &Txn, now: DateTime<Utc>, words: &str) -> Result<(), DbErr> {
    let sql = "INSERT INTO incident (kind, subject, version, text, opened_at, closed_at) \
               VALUES ('clock', 'wall clock', 1, $2, $1, $1)";
    txn.run(sql, vec![micros(now).into(), words.into()]).await.map(|_| ())
}
