//! How polls end: many in one transaction, fenced by the epochs of their shops.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use coatcheck_domain::poll::Plan;
use sea_orm::{DbErr, Value};

use crate::store::db::conn::{Db, Txn};
use crate::store::db::error::StoreError;
use crate::store::db::passing::Questions;
use crate::store::db::sql::{Sql, table};
use crate::store::db::time::{micros, span};
use crate::store::db::wake::Topic;
use crate::store::polls::fence::{fence, held};
use crate::store::polls::held::{HeldSource, these_sources};
use crate::store::stock::beforehand::{Basis, Beforehand};
use crate::store::stock::context::ReadPoll;
use crate::store::stock::new_reading::{NewReading, StoredReading};
use crate::store::stock::reading::{store_part, store_readings};

/// A poll that is over, and what follows.
#[derive(Debug, Clone)]
pub struct Ended {
    /// What was polled, as it was known then.
    pub source: Arc<HeldSource>,
    /// How it ended.
    pub end: End,
    /// When it is polled next.
    pub plan: Plan,
    /// Had its shop failed before, and does no more?
    pub is_back: bool,
    /// Nobody asks its shop before then.
    pub shop_not_before: Option<DateTime<Utc>>,
}

/// How a poll ended.
#[derive(Debug, Clone)]
pub enum End {
    /// With nothing new.
    Unchanged {
        /// When the answer was complete.
        read_at: DateTime<Utc>,
    },
    /// With a reading.
    Read(Arc<NewReading>),
    /// With an error. It is not a reading: stock and history do not hear of it.
    Failed(Failed),
}

/// A poll that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// The kind of error, a word for machines.
    pub fault: String,
    /// What went wrong, for people.
    pub error: String,
    /// Was it the shop that failed (and not this one address)?
    pub shop_failed: bool,
    /// Was it a bot wall?
    pub is_wall: bool,
}

/// What became of a poll.
#[derive(Debug, Clone, PartialEq)]
pub enum Written {
    /// It is written down.
    Done,
    /// Its reading is stored, and this is what is known of the source now.
    Stored {
        /// What came of the reading.
        stored: StoredReading,
        /// The source; `None` when it is polled no more.
        source: Option<Box<HeldSource>>,
    },
    /// The shop is not ours any more. Nothing was stored; whoever holds it reads it again.
    NotOurs,
    /// Somebody changed or removed the source meanwhile, or it is written down already. Nothing was stored, and this is
    /// what is known of the source now; `None` when it is polled no more.
    Edited(Option<Box<HeldSource>>),
}

impl Db {
    /// Writes down how polls ended, all of them in one transaction, for the holder of their shops.
    ///
    /// # Errors
    /// When the database fails; then nothing is stored, and the same may be tried again.
    pub async fn end_polls(&self, holder: &str, polls: &[Ended]) -> Result<Vec<Written>, StoreError> {
        // What changed may be a restock, which waits for nobody.
        let is_news = polls.iter().any(|poll| matches!(poll.end, End::Read(_)));
        let txn = if is_news { self.write_urgently().await? } else { self.write().await? };
        let (ours, found) = known(&txn, holder, polls).await?;
        let is_ours = |poll: &&Ended| ours.contains(&(poll.source.shop_id, poll.source.epoch));
        let unchanged: Vec<&Ended> = polls.iter().filter(is_ours).filter(|poll| poll.is_unchanged()).collect();
        let mut edited = end_unchanged(&txn, &unchanged).await?;
        let readings: Vec<ReadPoll<'_>> = polls.iter().filter(is_ours).filter_map(Ended::reading).collect();
        let mut stored: BTreeMap<i64, StoredReading> = BTreeMap::new();
        for (poll, one) in readings.iter().zip(store_readings(&txn, &readings, found, self.now()).await?) {
            match one {
                Some(one) => drop(stored.insert(poll.source.source_id, one)),
                None => drop(edited.insert(poll.source.source_id)),
            }
        }
        // Last: a source that is lost makes the shop's others be read anew, those of this transaction too.
        for poll in polls.iter().filter(is_ours) {
            if let Some(failed) = poll.failed()
                && !end_failed(&txn, poll, failed, micros(self.now())).await?
            {
                edited.insert(poll.source.source_id);
            }
        }
        end_shops(&txn, polls.iter().filter(is_ours)).await?;
        let ids: Vec<i64> = stored.keys().chain(&edited).copied().collect();
        let mut now: BTreeMap<i64, HeldSource> =
            these_sources(&txn, &ids).await?.into_iter().map(|source| (source.source_id, source)).collect();
        txn.commit().await?;
        if stored.values().any(|stored| !stored.restocks.is_empty()) {
            self.wake().ring(Topic::Restocks);
        }
        if stored.values().any(|stored| stored.changed > 0) {
            self.wake().ring(Topic::Stock);
        }
        Ok(polls
            .iter()
            .map(|poll| {
                let id = poll.source.source_id;
                if !is_ours(&poll) {
                    Written::NotOurs
                } else if edited.contains(&id) {
                    Written::Edited(now.remove(&id).map(Box::new))
                } else if let Some(stored) = stored.remove(&id) {
                    Written::Stored { stored, source: now.remove(&id).map(Box::new) }
                } else {
                    Written::Done
                }
            })
            .collect())
    }

    /// Stores what a reading says of some of its products, ahead of the whole: of a long list, what came back is notified
    /// before all of it is read and written down. Nothing is stored where the whole would not be, either. Says which
    /// restocks it made.
    ///
    /// # Errors
    /// When the database fails; then the whole reading says it again.
    pub async fn store_part(&self, holder: &str, poll: &Ended, products: Range<usize>) -> Result<Vec<i64>, StoreError> {
        let Some(reading) = poll.reading() else { return Ok(Vec::new()) };
        let txn = self.write_urgently().await?;
        let part = reading.new.reading.products.get(products).unwrap_or_default();
        let mut questions = Questions::default();
        let fence = questions.add([fence(&txn, holder, vec![poll.source.shop_id])]);
        let beforehand = Beforehand::of_some(&txn, reading, part, &mut questions);
        let answers = questions.ask(&txn).await?;
        if !held(&answers, &fence)?.contains(&(poll.source.shop_id, poll.source.epoch)) {
            return Ok(Vec::new());
        }
        let stored = store_part(&txn, reading, part, beforehand.found(&answers)?, self.now()).await?;
        txn.commit().await?;
        if !stored.restocks.is_empty() {
            self.wake().ring(Topic::Restocks);
        }
        if stored.changed > 0 {
            self.wake().ring(Topic::Stock);
        }
        Ok(stored.restocks)
    }

    /// A document of the source is about to be parsed, which may end the process: it is named then. `false`: the shop is
    /// not ours any more.
    pub async fn begin_trial(&self, holder: &str, source: &HeldSource) -> Result<bool, DbErr> {
        let txn = self.write().await?;
        let sql = "UPDATE source SET trial_at = $4 WHERE id = $1 AND shop_id IN \
                   (SELECT h.id FROM shop h WHERE h.holder = $2 AND h.epoch = $3)";
        let values = vec![source.source_id.into(), holder.into(), source.epoch.into(), micros(self.now()).into()];
        let begun = txn.run(sql, values).await?;
        txn.commit().await?;
        Ok(begun == 1)
    }
}

impl Ended {
    fn is_unchanged(&self) -> bool {
        matches!(self.end, End::Unchanged { .. })
    }

    fn failed(&self) -> Option<&Failed> {
        match &self.end {
            End::Failed(failed) => Some(failed),
            End::Unchanged { .. } | End::Read(_) => None,
        }
    }

    fn reading(&self) -> Option<ReadPoll<'_>> {
        match &self.end {
            End::Read(new) => Some(ReadPoll { source: &self.source, new, plan: &self.plan }),
            End::Unchanged { .. } | End::Failed(_) => None,
        }
    }
}

/// The shops of these polls that are still ours, in the epochs in which they were polled, and what is known of what was read.
async fn known(txn: &Txn, holder: &str, polls: &[Ended]) -> Result<(HashSet<(i64, i64)>, Basis), DbErr> {
    let readings: Vec<ReadPoll<'_>> = polls.iter().filter_map(Ended::reading).collect();
    let mut questions = Questions::default();
    let shops = polls.iter().map(|poll| poll.source.shop_id).collect();
    let fence = questions.add([fence(txn, holder, shops)]);
    let beforehand = Beforehand::of(txn, &readings, &mut questions);
    let answers = questions.ask(txn).await?;
    Ok((held(&answers, &fence)?, beforehand.found(&answers)?))
}

/// Ends polls that brought nothing new. Says which sources somebody has changed meanwhile.
async fn end_unchanged(txn: &Txn, polls: &[&Ended]) -> Result<HashSet<i64>, DbErr> {
    let mut edited = HashSet::new();
    for chunk in polls.chunks(256) {
        let row = |poll: &&Ended| -> [Value; 6] {
            let read_at = match poll.end {
                End::Unchanged { read_at } => micros(read_at),
                _ => 0,
            };
            [
                poll.source.source_id.into(),
                poll.source.edit.into(),
                poll.source.readings.into(),
                read_at.into(),
                micros(poll.plan.scheduled_at).into(),
                micros(poll.plan.next_poll_at).into(),
            ]
        };
        let (rows, values) = txn.rows_of(chunk.iter().map(row));
        let sql = format!(
            "WITH done (id, edit, readings, read_at, scheduled_at, next_poll_at) AS (VALUES {rows}) \
             UPDATE source SET state = 'idle', trial_at = NULL, last_read_at = CASE WHEN source.last_read_at > done.read_at \
               THEN source.last_read_at ELSE done.read_at END, readings = source.readings + 1, scheduled_at = done.scheduled_at, \
               next_poll_at = done.next_poll_at, failures = 0, gone_since = NULL, last_error = NULL, last_error_at = NULL, \
               fault = NULL \
             FROM done WHERE source.id = done.id AND source.edit = done.edit AND source.readings = done.readings"
        );
        if txn.run(&sql, values).await? < chunk.len() as u64 {
            edited.extend(changed_meanwhile(txn, chunk).await?);
        }
    }
    Ok(edited)
}

/// Those of the sources that are gone, or of another edit than the one that was polled.
async fn changed_meanwhile(txn: &Txn, polls: &[&Ended]) -> Result<Vec<i64>, DbErr> {
    // Those that were written down have one reading more by now.
    let row =
        |poll: &&Ended| [Value::from(poll.source.source_id), poll.source.edit.into(), poll.source.readings.into()];
    let values = polls.iter().flat_map(row).collect();
    let sql = format!(
        "WITH done (id, edit, readings) AS (VALUES {}) SELECT done.id FROM done WHERE NOT EXISTS \
           (SELECT 1 FROM source s WHERE s.id = done.id AND s.edit = done.edit AND s.readings = done.readings + 1)",
        table(1, polls.len(), 3)
    );
    txn.ids(&sql, values).await
}

/// Ends a poll that failed. `false`: somebody changed the source meanwhile. The shop hears of its failure either way.
async fn end_failed(txn: &Txn, poll: &Ended, failed: &Failed, now: i64) -> Result<bool, DbErr> {
    let sql = "UPDATE source SET state = $3, trial_at = NULL, scheduled_at = $4, next_poll_at = $5, failures = $6, \
               gone_since = $7, last_error = $8, last_error_at = $9, fault = $10 WHERE id = $1 AND edit = $2 AND readings = $11";
    let plan = &poll.plan;
    let values = vec![
        poll.source.source_id.into(),
        poll.source.edit.into(),
        plan.state.as_str().into(),
        micros(plan.scheduled_at).into(),
        micros(plan.next_poll_at).into(),
        i64::from(plan.failures).into(),
        plan.gone_since.map(micros).into(),
        failed.error.as_str().into(),
        now.into(),
        failed.fault.as_str().into(),
        poll.source.readings.into(),
    ];
    let ended = txn.run(sql, values).await? == 1;
    if is_lost(&poll.source, now) {
        // The shop's other sources may take over its products: the bytes they know must be read again.
        let sql = "UPDATE source SET settled = FALSE, edit = edit + 1, edited = TRUE WHERE shop_id = $1 AND id <> $2 AND settled";
        txn.run(sql, vec![poll.source.shop_id.into(), poll.source.source_id.into()]).await?;
    }
    Ok(ended)
}

/// Was there no good reading for three intervals, where there were before?
fn is_lost(source: &HeldSource, now: i64) -> bool {
    let longest = span(source.schedule.interval).saturating_mul(3);
    source.last_read_at.is_some_and(|read_at| now - micros(read_at) > longest)
}

/// What the shops are found to be: failing, back, or asking to be left alone.
async fn end_shops(txn: &Txn, polls: impl Iterator<Item = &Ended>) -> Result<(), DbErr> {
    let mut shops: BTreeMap<i64, Found> = BTreeMap::new();
    for poll in polls.filter(|poll| poll.is_back || poll.shop_not_before.is_some() || poll.failed().is_some()) {
        shops.entry(poll.source.shop_id).or_default().take(poll);
    }
    for (id, shop) in shops {
        let sql = "UPDATE shop SET failures = CASE WHEN $2 = 1 THEN 0 ELSE failures END + $3, \
                   walls = CASE WHEN $2 = 1 THEN 0 ELSE walls END + $4, \
                   not_before = CASE WHEN $5 > not_before THEN $5 ELSE not_before END WHERE id = $1";
        let Found { is_back, failures, walls, not_before } = shop;
        let values = vec![id.into(), i64::from(is_back).into(), failures.into(), walls.into(), not_before.into()];
        txn.run_later(sql, values).await?;
    }
    Ok(())
}

/// What polls found of a shop.
#[derive(Default)]
struct Found {
    is_back: bool,
    failures: i64,
    walls: i64,
    not_before: i64,
}

impl Found {
    fn take(&mut self, poll: &Ended) {
        if poll.is_back {
            (self.is_back, self.failures, self.walls) = (true, 0, 0);
        }
        if let Some(failed) = poll.failed() {
            self.failures += i64::from(failed.shop_failed);
            self.walls += i64::from(failed.is_wall);
        }
        self.not_before = self.not_before.max(poll.shop_not_before.map_or(0, micros));
    }
}
