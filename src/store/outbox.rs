//! What a lane does with the outbox: claim, start, finish; and what a new holder finds of the old one.
//!
//! One transaction does all three for a whole batch: a row is `sending` on disk before its first byte leaves.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use coatcheck_bots::message::{Alert, Message};
use coatcheck_domain::delivery::{self, Kind, Next, Sending, State, Verdict};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, FromQueryResult, Value};

use super::db::{Db, Txn};
use super::error::StoreError;
use super::lease::Lease;
use super::sql::{Sql, list};
use super::time::{at, micros};

/// The reason of a waiting row that a person has sent although it is sold out.
pub(super) const FORCED: &str = "forced";

/// A delivery whose request may be made now. It is `sending` on disk.
#[derive(Debug, Clone, PartialEq)]
pub struct Started {
    /// The row.
    pub id: i64,
    /// The same in each attempt.
    pub dedupe_key: String,
    /// Where, as stored.
    pub address: String,
    /// The destination's secret.
    pub secret: Option<String>,
    /// What is told.
    pub message: Message,
    /// Requests, this one included.
    pub attempts: u32,
    /// Not worth telling from then on.
    pub expires_at: DateTime<Utc>,
    /// When this request was begun.
    pub started_at: DateTime<Utc>,
}

/// A request that was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    /// What was begun.
    pub id: i64,
    /// Requests, this one included.
    pub attempts: u32,
    /// When it was begun.
    pub started_at: DateTime<Utc>,
    /// When its answer came, or none.
    pub ended_at: DateTime<Utc>,
    /// What came of it.
    pub verdict: Verdict,
    /// What follows.
    pub next: Next,
}

/// What one step of a lane did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Step {
    /// May be sent now.
    pub started: Vec<Started>,
    /// Rows that were taken and are not worth sending any more.
    pub dropped: usize,
    /// The lease is somebody else's by now: nothing was started, and nothing will be.
    pub lost: bool,
}

#[derive(FromQueryResult)]
struct ClaimedRow {
    id: i64,
    dedupe_key: String,
    drop_id: Option<i64>,
    payload: String,
    reason: Option<String>,
    attempts: i32,
    expires_at: i64,
    address: Option<String>,
    secret: Option<String>,
    snapshot: Option<String>,
}

#[derive(FromQueryResult)]
struct HeldRow {
    id: i64,
    attempts: i32,
    expires_at: i64,
}

#[derive(FromQueryResult)]
struct StockRow {
    id: i64,
    availability: Option<String>,
    out_for: i64,
}

#[derive(FromQueryResult)]
struct FinalRow {
    drop_id: Option<i64>,
    subscriber_id: Option<i64>,
    destination_id: Option<i64>,
    hop: i32,
    payload: String,
    kind: String,
    expires_at: i64,
}

/// Is it still wanted? Consent, pause and watch are asked in the very statement that starts a send. `$1` is now.
/// Whoever wants quiet is answered all the same.
const WANTED: &str = "EXISTS (SELECT 1 FROM destination t WHERE t.id = delivery.destination_id AND t.state = 'active') \
     AND (delivery.kind IN ('reply', 'code') \
       OR NOT EXISTS (SELECT 1 FROM subscriber s WHERE s.id = delivery.subscriber_id AND s.paused_until > $1)) \
     AND (delivery.kind <> 'alert' OR delivery.drop_id IS NULL OR EXISTS (SELECT 1 FROM watch w \
       WHERE w.told_drop_id = delivery.drop_id AND w.subscriber_id = delivery.subscriber_id))";

impl Db {
    /// The lanes that have something due, in order of their names.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lanes_due(&self) -> Result<Vec<String>, DbErr> {
        #[derive(FromQueryResult)]
        struct LaneRow {
            lane: String,
        }
        let now = micros(self.now());
        let mut lanes: Vec<String> = Vec::new();
        loop {
            let after = lanes.last().cloned().unwrap_or_default();
            let sql = "SELECT lane FROM delivery WHERE state = 'pending' AND lane > $1 ORDER BY lane LIMIT 1";
            let Some(row) = self.read().row::<LaneRow>(sql, vec![after.into()]).await? else { break };
            lanes.push(row.lane);
        }
        let mut due = Vec::new();
        for lane in lanes {
            let sql = "SELECT id FROM delivery WHERE state = 'pending' AND lane = $1 AND next_attempt_at <= $2 LIMIT 1";
            if self.read().id(sql, vec![lane.as_str().into(), now.into()]).await?.is_some() {
                due.push(lane);
            }
        }
        Ok(due)
    }

    /// Lanes that still hold rows of a holder before: after a crash they must be taken over.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lanes_held(&self) -> Result<Vec<String>, DbErr> {
        #[derive(FromQueryResult)]
        struct LaneRow {
            lane: String,
        }
        let sql = "SELECT DISTINCT lane FROM delivery WHERE state IN ('claimed', 'sending')";
        Ok(self.read().rows::<LaneRow>(sql, vec![]).await?.into_iter().map(|row| row.lane).collect())
    }

    /// What a new holder of a lane does first: rows that were claimed are free again; a request that may have been
    /// made is Unknown.
    ///
    /// # Errors
    /// When the database fails; then nothing is taken over.
    pub async fn take_over_lane(&self, lease: &Lease, lane: &str, chance: f64) -> Result<usize, StoreError> {
        let txn = self.write().await?;
        let now = self.now();
        let sql =
            "UPDATE delivery SET state = 'pending', epoch = 0 WHERE lane = $1 AND state = 'claimed' AND epoch <> $2";
        let freed = txn.run(sql, vec![lane.into(), lease.epoch.into()]).await?;
        let sql = "SELECT id, attempts, expires_at FROM delivery WHERE lane = $1 AND state = 'sending' AND epoch <> $2";
        let held: Vec<HeldRow> = txn.rows(sql, vec![lane.into(), lease.epoch.into()]).await?;
        for row in &held {
            let attempts = u32::try_from(row.attempts).unwrap_or_default();
            let verdict = Verdict::Unknown { why: "the service stopped while sending".to_owned() };
            let next = delivery::next(Sending { attempts, expires_at: at(row.expires_at) }, &verdict, now, chance);
            let finished = Finished { id: row.id, attempts, started_at: now, ended_at: now, verdict, next };
            finish_if(&txn, &finished, "epoch <> $2", lease.epoch, now).await?;
        }
        txn.commit().await?;
        Ok(usize::try_from(freed).unwrap_or_default() + held.len())
    }

    /// One step of a lane: writes down what came of the requests in `finished` and starts up to `width` more.
    ///
    /// # Errors
    /// When the database fails; then nothing of it happened, and the same step may be tried again.
    pub async fn step_lane(
        &self,
        lease: &Lease,
        lane: &str,
        finished: &[Finished],
        width: usize,
    ) -> Result<Step, StoreError> {
        let txn = self.write().await?;
        let now = self.now();
        for done in finished {
            finish_if(&txn, done, "epoch = $2", lease.epoch, now).await?;
        }
        let step = if width == 0 { Step::default() } else { start(&txn, lease, lane, width, now).await? };
        txn.commit().await?;
        Ok(step)
    }

    /// Hands back what was claimed and not started: the service stops.
    ///
    /// # Errors
    /// When the database fails; then the next holder of the lane frees it.
    pub async fn hand_back_lane(&self, lease: &Lease, lane: &str) -> Result<(), DbErr> {
        let txn = self.write().await?;
        let sql =
            "UPDATE delivery SET state = 'pending', epoch = 0 WHERE lane = $1 AND state = 'claimed' AND epoch = $2";
        txn.run(sql, vec![lane.into(), lease.epoch.into()]).await?;
        txn.commit().await
    }
}

/// Claims what is due, ends what is not worth sending, starts the rest.
async fn start(txn: &Txn, lease: &Lease, lane: &str, width: usize, now: DateTime<Utc>) -> Result<Step, StoreError> {
    if !is_held(txn, lease).await? {
        return Ok(Step { lost: true, ..Step::default() });
    }
    let limit = i64::try_from(width).unwrap_or(i64::MAX);
    let sql = "UPDATE delivery SET state = 'claimed', epoch = $3 WHERE state = 'pending' AND id IN (SELECT id FROM delivery \
               WHERE state = 'pending' AND lane = $1 AND next_attempt_at <= $2 ORDER BY next_attempt_at, id LIMIT $4)";
    let values = vec![lane.into(), micros(now).into(), lease.epoch.into(), limit.into()];
    if txn.run(sql, values).await? == 0 {
        return Ok(Step::default());
    }
    let sql = "SELECT d.id, d.dedupe_key, d.drop_id, d.payload, d.reason, d.attempts, d.expires_at, t.address, t.secret, p.snapshot \
               FROM delivery d LEFT JOIN destination t ON t.id = d.destination_id LEFT JOIN \"drop\" p ON p.id = d.drop_id \
               WHERE d.lane = $1 AND d.state = 'claimed' AND d.epoch = $2 ORDER BY d.next_attempt_at, d.id";
    let claimed: Vec<ClaimedRow> = txn.rows(sql, vec![lane.into(), lease.epoch.into()]).await?;
    let sold_out = sold_out(txn, &claimed).await?;
    for id in &sold_out {
        end(txn, *id, State::Expired, "sold_out", now).await?;
    }
    let candidates: Vec<&ClaimedRow> = claimed.iter().filter(|row| !sold_out.contains(&row.id)).collect();
    let allowed = start_wanted(txn, lease, &candidates, now).await?;
    let mut step = Step { dropped: sold_out.len(), ..Step::default() };
    for row in candidates {
        if !allowed.contains(&row.id) {
            end_unwanted(txn, row, now).await?;
            step.dropped += 1;
            continue;
        }
        match row.started(now) {
            Ok(started) => step.started.push(started),
            Err(why) => {
                end(txn, row.id, State::Dead, &format!("unreadable: {why}"), now).await?;
                step.dropped += 1;
            }
        }
    }
    Ok(step)
}

/// The statement that starts sends, with everything that could forbid one.
async fn start_wanted(txn: &Txn, lease: &Lease, rows: &[&ClaimedRow], now: DateTime<Utc>) -> Result<Vec<i64>, DbErr> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "UPDATE delivery SET state = 'sending', attempts = attempts + 1, started_at = COALESCE(started_at, $1) \
         WHERE state = 'claimed' AND epoch = $2 AND expires_at > $1 AND {WANTED} AND id IN ({}) RETURNING id",
        list(3, rows.len())
    );
    let mut values: Vec<Value> = vec![micros(now).into(), lease.epoch.into()];
    values.extend(rows.iter().map(|row| Value::from(row.id)));
    txn.ids(&sql, values).await
}

/// Has nobody else taken the lane? On PostgreSQL nobody can until we are done, so that whoever takes it next finds
/// all that we started.
async fn is_held(txn: &Txn, lease: &Lease) -> Result<bool, DbErr> {
    let lock = if txn.get_database_backend() == DbBackend::Postgres { " FOR SHARE" } else { "" };
    let sql = format!("SELECT epoch FROM lease WHERE name = $1 AND holder = $2 AND epoch = $3{lock}");
    let values = vec![lease.name.as_str().into(), lease.holder.as_str().into(), lease.epoch.into()];
    Ok(txn.id(&sql, values).await?.is_some())
}

/// Claimed alerts of which everything has been out for two readings or more: nobody could buy it. One that a person
/// forced is sent all the same.
async fn sold_out(txn: &Txn, claimed: &[ClaimedRow]) -> Result<Vec<i64>, StoreError> {
    let told: Vec<(i64, Vec<i64>)> =
        claimed.iter().filter(|row| row.may_sell_out()).map(|row| (row.id, row.variants())).collect();
    let mut ids: Vec<i64> = told.iter().flat_map(|(_, variants)| variants.iter().copied()).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut out: HashMap<i64, bool> = HashMap::new();
    for chunk in ids.chunks(500) {
        let sql = format!(
            "SELECT v.id, v.availability, CASE WHEN v.confirmed THEN c.readings - s.first_reading + 1 ELSE 0 END AS out_for \
             FROM variant v JOIN span s ON s.variant_id = v.id AND s.ended_at IS NULL \
             JOIN product p ON p.id = v.product_id JOIN source c ON c.id = p.source_id WHERE v.id IN ({})",
            list(1, chunk.len())
        );
        let rows: Vec<StockRow> = txn.rows(&sql, chunk.iter().map(|id| Value::from(*id)).collect()).await?;
        for row in rows {
            let buyable = matches!(row.availability.as_deref(), Some("in_stock" | "low_stock"));
            out.insert(row.id, !buyable && row.out_for >= 2);
        }
    }
    let all_out =
        |variants: &[i64]| !variants.is_empty() && variants.iter().all(|v| out.get(v).copied().unwrap_or(false));
    Ok(told.into_iter().filter(|(_, variants)| all_out(variants)).map(|(id, _)| id).collect())
}

/// Why a row was not started, written down in the order of the conditions.
async fn end_unwanted(txn: &Txn, row: &ClaimedRow, now: DateTime<Utc>) -> Result<(), StoreError> {
    if at(row.expires_at) <= now {
        return end(txn, row.id, State::Expired, "too_late", now).await;
    }
    let paused = "SELECT s.id FROM subscriber s JOIN delivery d ON d.subscriber_id = s.id WHERE d.id = $1 \
                  AND s.paused_until > $2 AND d.kind NOT IN ('reply', 'code')";
    if txn.id(paused, vec![row.id.into(), micros(now).into()]).await?.is_some() {
        return end(txn, row.id, State::Suppressed, "paused", now).await;
    }
    let active = "SELECT t.id FROM destination t JOIN delivery d ON d.destination_id = t.id WHERE d.id = $1 AND t.state = 'active'";
    let reason = match txn.id(active, vec![row.id.into()]).await? {
        Some(_) => "unwatched",
        None => "address_gone",
    };
    end(txn, row.id, State::Suppressed, reason, now).await
}

impl ClaimedRow {
    fn may_sell_out(&self) -> bool {
        self.drop_id.is_some() && self.reason.as_deref() != Some(FORCED)
    }

    /// The variants an alert tells of.
    fn variants(&self) -> Vec<i64> {
        serde_json::from_str(&self.payload).unwrap_or_default()
    }

    fn started(&self, now: DateTime<Utc>) -> Result<Started, String> {
        let address = self.address.clone().ok_or("its destination is gone")?;
        Ok(Started {
            id: self.id,
            dedupe_key: self.dedupe_key.clone(),
            message: self.message()?,
            address,
            secret: self.secret.clone(),
            attempts: u32::try_from(self.attempts).unwrap_or_default() + 1,
            expires_at: at(self.expires_at),
            started_at: now,
        })
    }

    /// The part of the drop that was asked for, or the stored message itself.
    fn message(&self) -> Result<Message, String> {
        let Some(snapshot) = &self.snapshot else {
            return serde_json::from_str(&self.payload).map_err(|why| why.to_string());
        };
        let mut alert: Alert = serde_json::from_str(snapshot).map_err(|why| why.to_string())?;
        let told = self.variants();
        alert.variants.retain(|variant| told.contains(&variant.variant));
        Ok(Message::Alert(Box::new(alert)))
    }
}

/// Writes down what came of a request, if the row is still `sending` in that very attempt and held as `holding` says.
async fn finish_if(
    txn: &Txn,
    done: &Finished,
    holding: &str,
    epoch: i64,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let (state, next_attempt_at, provider_ref) = match &done.next {
        Next::Sent { provider_ref } => (State::Sent, None, provider_ref.clone()),
        Next::Retry { at } => (State::Pending, Some(micros(*at)), None),
        Next::Dead { .. } => (State::Dead, None, None),
        Next::Expired => (State::Expired, None, None),
    };
    let reason = match &done.next {
        Next::Dead { address_gone: true } => Some("address_gone"),
        Next::Dead { .. } => Some("gave_up"),
        Next::Expired => Some("too_late"),
        _ => None,
    };
    let sql = format!(
        "UPDATE delivery SET state = $3, next_attempt_at = COALESCE($4, next_attempt_at), provider_ref = COALESCE($5, provider_ref), \
         last_error = $6, reason = CASE WHEN $3 = 'pending' THEN reason ELSE $7 END, accepted_at = $8, ended_at = $9, epoch = CASE WHEN $3 = 'pending' THEN 0 ELSE epoch END \
         WHERE id = $1 AND state = 'sending' AND attempts = $10 AND {holding}"
    );
    let values = vec![
        done.id.into(),
        epoch.into(),
        state.as_str().into(),
        next_attempt_at.into(),
        provider_ref.into(),
        done.verdict.why().into(),
        reason.into(),
        (state == State::Sent).then(|| micros(done.ended_at)).into(),
        state.is_final().then(|| micros(now)).into(),
        i64::from(done.attempts).into(),
    ];
    if txn.run(&sql, values).await? != 1 {
        // Another holder has taken over and judged it already, or the same verdict was written down before the answer
        // to that was lost: what stands there stands.
        return Ok(());
    }
    insert_attempt(txn, done).await?;
    match &done.next {
        Next::Dead { address_gone: true } => {
            mark_gone(txn, done).await?;
            next_hop_or_rearm(txn, done.id, now).await
        }
        Next::Dead { .. } | Next::Expired => next_hop_or_rearm(txn, done.id, now).await,
        Next::Sent { .. } | Next::Retry { .. } => Ok(()),
    }
}

async fn insert_attempt(txn: &Txn, done: &Finished) -> Result<(), DbErr> {
    let sql = "INSERT INTO attempt (delivery_id, number, started_at, ended_at, verdict, error) VALUES ($1, $2, $3, $4, $5, $6)";
    let values = vec![
        done.id.into(),
        i64::from(done.attempts).into(),
        micros(done.started_at).into(),
        micros(done.ended_at).into(),
        done.verdict.as_str().into(),
        done.verdict.why().into(),
    ];
    txn.run(sql, values).await.map(|_| ())
}

async fn mark_gone(txn: &Txn, done: &Finished) -> Result<(), DbErr> {
    let sql = "UPDATE destination SET state = 'gone', gone_why = $2 \
               WHERE id = (SELECT destination_id FROM delivery WHERE id = $1)";
    txn.run(sql, vec![done.id.into(), done.verdict.why().into()]).await.map(|_| ())
}

/// Ends a claimed row without a request.
async fn end(txn: &Txn, id: i64, state: State, reason: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
    let sql =
        "UPDATE delivery SET state = $2, reason = $3, ended_at = $4 WHERE id = $1 AND state IN ('claimed', 'sending')";
    txn.run(sql, vec![id.into(), state.as_str().into(), reason.into(), micros(now).into()]).await?;
    if state == State::Expired || reason == "paused" || reason == "unwatched" {
        return rearm(txn, id).await;
    }
    next_hop_or_rearm(txn, id, now).await
}

/// An alert that this hop could not tell: the next ranked destination tells it, or the watches wait again.
async fn next_hop_or_rearm(txn: &Txn, id: i64, now: DateTime<Utc>) -> Result<(), StoreError> {
    let sql =
        "SELECT drop_id, subscriber_id, destination_id, hop, payload, kind, expires_at FROM delivery WHERE id = $1";
    let Some(row) = txn.row::<FinalRow>(sql, vec![id.into()]).await? else { return Ok(()) };
    let (Some(drop_id), Some(subscriber_id)) = (row.drop_id, row.subscriber_id) else { return Ok(()) };
    if row.kind == Kind::Alert.as_str() && at(row.expires_at) > now {
        let sql = "INSERT INTO delivery (kind, dedupe_key, drop_id, subscriber_id, destination_id, hop, lane, payload, state, \
                   attempts, next_attempt_at, epoch, expires_at, created_at) \
                   SELECT 'alert', $1, $2, $3, t.id, $4, t.lane, $5, 'pending', 0, $6, 0, $7, $6 FROM destination t \
                   WHERE t.subscriber_id = $3 AND t.state = 'active' AND t.id <> $8 \
                     AND NOT EXISTS (SELECT 1 FROM delivery e WHERE e.drop_id = $2 AND e.subscriber_id = $3 AND e.destination_id = t.id) \
                   ORDER BY t.rank, t.id LIMIT 1 ON CONFLICT (dedupe_key) DO NOTHING";
        let hop = row.hop + 1;
        let values = vec![
            delivery::alert_key(drop_id, subscriber_id, hop).into(),
            drop_id.into(),
            subscriber_id.into(),
            hop.into(),
            row.payload.into(),
            micros(now).into(),
            row.expires_at.into(),
            row.destination_id.unwrap_or(0).into(),
        ];
        if txn.run(sql, values).await? > 0 {
            return Ok(());
        }
    }
    rearm(txn, id).await
}

/// Re-arms the watches an alert should have told, unless another hop told them or still may.
async fn rearm(txn: &Txn, id: i64) -> Result<(), StoreError> {
    let sql = "UPDATE watch SET armed = TRUE, told_at = NULL, \
                 armed_after = (SELECT p.drops FROM product p WHERE p.id = watch.product_id) \
               WHERE told_drop_id = (SELECT drop_id FROM delivery WHERE id = $1) \
                 AND subscriber_id = (SELECT subscriber_id FROM delivery WHERE id = $1) \
                 AND NOT EXISTS (SELECT 1 FROM delivery e WHERE e.drop_id = watch.told_drop_id \
                   AND e.subscriber_id = watch.subscriber_id AND e.state IN ('pending', 'claimed', 'sending', 'sent'))";
    txn.run(sql, vec![id.into()]).await?;
    Ok(())
}
