//! Fallback: what one destination has been waiting too long to tell goes to the next ranked one.
//!
//! Waiting in a healthy queue is no reason, however long it is: only what was tried and failed by itself, or what stands
//! before a lane that gets nothing through. What may have arrived is never taken over: it waits for its outcome, for a
//! text beside a message that did arrive would be the same news notified twice.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use coatcheck_domain::delivery::Kind;
use coatcheck_domain::sms_rules::{self, Ruling, Text};
use sea_orm::{DbErr, FromQueryResult, Value};

use crate::store::db::conn::{Db, Txn};
use crate::store::db::error::StoreError;
use crate::store::db::sql::Sql;
use crate::store::db::time::{at, micros, span};
use crate::store::db::wake::Topic;
use crate::store::outbox::hop::{NEXT, next_hop};
use crate::store::outbox::texting::{LANE, Today, zones};

/// Rows looked at in one query, and handed over in one transaction.
const PAGE: usize = 200;
/// By night a phone takes over only when the chat's time is as good as over: a chat that comes back sooner is faster than
/// the morning.
const LAST_MOMENT: TimeDelta = TimeDelta::minutes(2);

/// Was it tried, refused for its own sake, and waits for its next try? One that is due waits for the lane instead, and
/// one whose lane was told to be silent (`hold`) waits with all the others. `$1` started by then, `$2` now.
const TRIED: &str = "d.started_at IS NOT NULL AND d.started_at <= $1 AND d.next_attempt_at > $2 \
     AND EXISTS (SELECT 1 FROM attempt a WHERE a.delivery_id = d.id AND a.outcome = 'retry')";

/// Has it been before a lane that gets nothing through for long enough? `$1` down and waiting by then.
const STRANDED: &str = "d.created_at <= $1 AND EXISTS (SELECT 1 FROM incident i WHERE i.kind = 'lane_down' \
     AND i.subject = d.lane AND i.closed_at IS NULL AND i.opened_at <= $1)";

/// Nothing of it can have arrived, for each request that was made of it was refused; and no person has sent it here of all
/// places.
const FREE: &str = "NOT EXISTS (SELECT 1 FROM attempt a WHERE a.delivery_id = d.id AND a.outcome = 'unknown') \
     AND COALESCE(d.reason, '') <> 'forced'";

/// Why an alert may be taken over.
enum Cause {
    /// It was tried, and failed by itself.
    Tried,
    /// It stands before this lane, which is down.
    Stranded(String),
}

#[derive(FromQueryResult)]
struct WaitingRow {
    id: i64,
    place: i64,
    expires_at: i64,
    lane: String,
    look_up: Option<String>,
    country: Option<String>,
    zones: Option<String>,
    anytime: bool,
}

impl Db {
    /// Hands over every alert that has waited for `after` since its clock began: at its first try, or when its lane
    /// was found to be down. Says how many those were.
    pub async fn fall_back(&self, after: Duration) -> Result<u64, StoreError> {
        let ripe = micros(self.now()) - span(after);
        let mut today = None;
        let mut handed_over = self.fall_back_for(&Cause::Tried, ripe, &mut today).await?;
        for down in self.lanes_down().await? {
            if micros(down.since) <= ripe {
                handed_over += self.fall_back_for(&Cause::Stranded(down.lane), ripe, &mut today).await?;
            }
        }
        if handed_over > 0 {
            self.wake().ring(Topic::Deliveries);
        }
        Ok(handed_over)
    }

    async fn fall_back_for(&self, cause: &Cause, ripe: i64, today: &mut Option<Today>) -> Result<u64, StoreError> {
        let (mut after, mut handed_over) = ((0, 0), 0);
        loop {
            let page = self.waiting(cause, ripe, after).await?;
            let Some(last) = page.last() else { return Ok(handed_over) };
            after = (last.place, last.id);
            let mut ids = Vec::with_capacity(page.len());
            for row in &page {
                if self.may_take_over(row, today).await? {
                    ids.push(row.id);
                }
            }
            handed_over += self.retrying(|| self.hand_over(cause, &ids, ripe)).await?;
            if page.len() < PAGE {
                return Ok(handed_over);
            }
        }
    }

    /// Alerts that wait, with the destination that would take over, in the order of the index that finds them.
    async fn waiting(&self, cause: &Cause, ripe: i64, after: (i64, i64)) -> Result<Vec<WaitingRow>, DbErr> {
        let mut values: Vec<Value> = vec![ripe.into(), micros(self.now()).into(), after.0.into(), after.1.into()];
        let (place, only) = match cause {
            Cause::Tried => ("d.started_at", ""),
            Cause::Stranded(lane) => {
                values.push(lane.as_str().into());
                ("d.next_attempt_at", "AND d.lane = $5")
            }
        };
        let sql = format!(
            "SELECT d.id, {place} AS place, d.expires_at, n.lane, n.look_up, n.country, n.zones, n.anytime \
             FROM delivery d JOIN destination n ON n.id = ({NEXT}) \
             WHERE d.state = 'pending' AND d.kind = 'alert' AND d.expires_at > $2 AND ({place}, d.id) > ($3, $4) {only} \
               AND {} AND {FREE} ORDER BY {place}, d.id LIMIT {PAGE}",
            cause.condition()
        );
        self.read().rows(&sql, values).await
    }

    /// A phone takes over only what it may be told now, or nobody would tell it: a chat that is down may be up again
    /// sooner than tomorrow.
    async fn may_take_over(&self, row: &WaitingRow, today: &mut Option<Today>) -> Result<bool, DbErr> {
        if row.lane != LANE {
            return Ok(true);
        }
        let now = self.now();
        if today.is_none() {
            *today = Some(Today::count(self.read(), self.sms_rules(), now).await?);
        }
        let Some(today) = today else { return Ok(false) };
        let text = row.text();
        let is_last_moment = text.expires_at - now <= LAST_MOMENT;
        if sms_rules::night(self.sms_rules(), &text, now).is_some() {
            return Ok(is_last_moment);
        }
        Ok(today.rule(&text, row.look_up.as_deref().unwrap_or_default(), now) == Ruling::Send)
    }

    async fn hand_over(&self, cause: &Cause, ids: &[i64], ripe: i64) -> Result<u64, StoreError> {
        if ids.is_empty() {
            return Ok(0);
        }
        let txn = self.write().await?;
        let mut handed_over = 0;
        for id in ids {
            handed_over += u64::from(take_over(&txn, cause, *id, ripe, self.now()).await?);
        }
        txn.commit().await?;
        Ok(handed_over)
    }
}

/// The earlier hop ends and the next one begins, both or neither. What made it ripe is asked again: in the meantime it
/// may have been tried again, sent, or taken over by somebody else.
async fn take_over(txn: &Txn, cause: &Cause, id: i64, ripe: i64, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let sql = format!(
        "UPDATE delivery AS d SET state = 'cancelled', reason = 'fallback', ended_at = $2 \
         WHERE d.id = $3 AND d.state = 'pending' AND d.expires_at > $2 AND {} AND {FREE}",
        cause.condition()
    );
    if txn.run(&sql, vec![ripe.into(), micros(now).into(), id.into()]).await? != 1 {
        return Ok(false);
    }
    if next_hop(txn, id, now).await? {
        return Ok(true);
    }
    // There was one a moment ago. Without it this one goes on.
    let sql =
        "UPDATE delivery SET state = 'pending', reason = NULL, ended_at = NULL WHERE id = $1 AND state = 'cancelled'";
    txn.run(sql, vec![id.into()]).await?;
    Ok(false)
}

impl Cause {
    fn condition(&self) -> &'static str {
        match self {
            Self::Tried => TRIED,
            Self::Stranded(_) => STRANDED,
        }
    }
}

impl WaitingRow {
    fn text(&self) -> Text {
        Text {
            kind: Kind::Alert,
            country: self.country.as_deref().and_then(|letters| letters.parse().ok()),
            zones: zones(self.zones.as_deref()),
            anytime: self.anytime,
            expires_at: at(self.expires_at),
            was_put_off: false,
        }
    }
}

#[cfg(test)]
#[path = "fallback_tests.rs"]
mod tests;
