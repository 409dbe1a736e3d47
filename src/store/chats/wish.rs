//! Wishes: watches of addresses that were not read yet. Each becomes a watch at the first reading of its source, or ends
//! after ten minutes.

use std::time::Duration;

use coatcheck_bots::message::Message;
use coatcheck_domain::Destination;
use coatcheck_domain::delivery::Kind;
use coatcheck_domain::poll::State;
use sea_orm::{DbErr, FromQueryResult};

use crate::store::db::conn::Db;
use crate::store::db::error::StoreError;
use crate::store::db::sql::Sql;
use crate::store::db::time::{micros, span};
use crate::store::db::wake::Topic;

/// A wish ends after so long, whatever became of its source.
pub const LASTS: Duration = Duration::from_secs(600);
/// Open wishes of one destination, at most.
pub const MOST: i64 = 20;
/// Answers to wishes that are not sent within this time are worth nothing.
const ANSWER_EXPIRES: Duration = Duration::from_secs(2 * 3600);

/// A wish whose source was read, or whose time is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ripe {
    /// The row.
    pub id: i64,
    /// What it waits for.
    pub source_id: i64,
    /// Who wished.
    pub destination: Destination,
    /// What was said beside the address, as JSON that only `commands` reads.
    pub words: String,
    /// Was the source read?
    pub is_read: bool,
}

/// A source that is there, as far as a new wish must know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tracked {
    /// The row.
    pub source_id: i64,
    /// Where it stands.
    pub state: State,
    /// Successful readings so far.
    pub readings: i64,
    /// What went wrong last, while it is going wrong: for operators.
    pub error: Option<String>,
    /// The same as a word.
    pub fault: Option<String>,
}

/// How many sources there are that are not dormant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromQueryResult)]
pub struct InUse {
    /// Everybody's.
    pub everybodys: i64,
    /// Those that one subscriber added.
    pub added: i64,
    /// Those of one site that people in chats added.
    pub of_site: i64,
}

#[derive(FromQueryResult)]
struct TrackedRow {
    id: i64,
    state: String,
    readings: i64,
    last_error: Option<String>,
    fault: Option<String>,
}

const TRACKED: &str = "SELECT id, state, readings, last_error, fault FROM source";

#[derive(FromQueryResult)]
struct RipeRow {
    id: i64,
    source_id: i64,
    words: String,
    readings: i64,
    address: String,
    sealed: Option<String>,
}

impl TrackedRow {
    fn into_tracked(self) -> Result<Tracked, StoreError> {
        let state = self.state.parse().map_err(|why| StoreError::corrupt("source.state", why))?;
        let Self { id, readings, last_error, fault, .. } = self;
        Ok(Tracked { source_id: id, state, readings, error: last_error, fault })
    }
}

impl Db {
    /// The source with this address.
    pub async fn tracked(&self, url: &str) -> Result<Option<Tracked>, StoreError> {
        let row: Option<TrackedRow> = self.read().row(&format!("{TRACKED} WHERE url = $1"), vec![url.into()]).await?;
        row.map(TrackedRow::into_tracked).transpose()
    }

    /// This source.
    pub async fn tracked_source(&self, id: i64) -> Result<Option<Tracked>, StoreError> {
        let row: Option<TrackedRow> = self.read().row(&format!("{TRACKED} WHERE id = $1"), vec![id.into()]).await?;
        row.map(TrackedRow::into_tracked).transpose()
    }

    /// How many sources are tracked, and how many of them this subscriber added, and people in chats of this host.
    pub async fn sources_in_use(&self, subscriber_id: i64, host: &str) -> Result<InUse, StoreError> {
        let sql = "SELECT count(*) AS everybodys, COALESCE(sum(CASE WHEN added_by = $1 THEN 1 ELSE 0 END), 0) AS added, \
                   (SELECT count(*) FROM source s JOIN shop h ON h.id = s.shop_id WHERE h.host = $2 \
                      AND s.added_by IS NOT NULL AND s.state <> 'dormant') AS of_site \
                   FROM source WHERE state <> 'dormant'";
        let row = self.read().row(sql, vec![subscriber_id.into(), host.into()]).await?;
        row.ok_or_else(|| StoreError::corrupt("source", "a count gave no row"))
    }

    /// Stores a wish. `None`: there are too many of this destination already.
    ///
    /// # Errors
    /// When the source is gone or the database fails.
    pub async fn wish(&self, source_id: i64, destination_id: i64, words: &str) -> Result<Option<i64>, StoreError> {
        let txn = self.write().await?;
        let sql = "SELECT count(*) FROM wish WHERE destination_id = $1";
        if txn.id(sql, vec![destination_id.into()]).await?.unwrap_or_default() >= MOST {
            return Ok(None);
        }
        let now = micros(self.now());
        let sql = "INSERT INTO wish (source_id, destination_id, words, expires_at, created_at) VALUES ($1, $2, $3, $4, $5) \
                   ON CONFLICT (source_id, destination_id, words) DO UPDATE SET expires_at = excluded.expires_at RETURNING id";
        let values =
            vec![source_id.into(), destination_id.into(), words.into(), (now + span(LASTS)).into(), now.into()];
        let id = txn.id(sql, values).await?;
        txn.commit().await?;
        Ok(id)
    }

    /// Wishes that can be answered now, but for those younger than `patience`: who said them still waits for the answer.
    pub async fn ripe_wishes(&self, patience: Duration, most: u32) -> Result<Vec<Ripe>, StoreError> {
        let now = micros(self.now());
        let sql = "SELECT w.id, w.source_id, w.words, s.readings, d.address, d.sealed FROM wish w \
                   JOIN source s ON s.id = w.source_id JOIN destination d ON d.id = w.destination_id \
                   WHERE w.created_at <= $1 AND (s.readings > 0 OR w.expires_at <= $2) ORDER BY w.id LIMIT $3 + 0";
        let values = vec![(now - span(patience)).into(), now.into(), i64::from(most).into()];
        let rows: Vec<RipeRow> = self.read().rows(sql, values).await?;
        Ok(rows.into_iter().filter_map(|row| self.ripe(row)).collect())
    }

    /// A destination that cannot be read any more gets no answer; its wish ends with its source.
    fn ripe(&self, row: RipeRow) -> Option<Ripe> {
        let destination = match &row.sealed {
            Some(sealed) => Destination::Sms(self.keys().ok()?.open_phone(sealed)?),
            None => row.address.parse().ok()?,
        };
        let (id, source_id, words) = (row.id, row.source_id, row.words);
        Some(Ripe { id, source_id, destination, words, is_read: row.readings > 0 })
    }

    /// Ends a wish. `false`: somebody else just did, and answers it.
    pub async fn end_wish(&self, id: i64) -> Result<bool, DbErr> {
        let txn = self.write().await?;
        let ended = txn.run("DELETE FROM wish WHERE id = $1", vec![id.into()]).await?;
        txn.commit().await?;
        Ok(ended == 1)
    }

    /// Ends a wish and puts its answer into the outbox, both or neither.
    pub async fn answer_wish(&self, wish: &Ripe, message: &Message) -> Result<(), StoreError> {
        let payload = serde_json::to_string(message).map_err(|why| StoreError::corrupt("delivery.payload", why))?;
        let txn = self.write().await?;
        let now = micros(self.now());
        let sql = "INSERT INTO delivery (kind, dedupe_key, subscriber_id, destination_id, hop, lane, payload, state, attempts, \
                   next_attempt_at, epoch, expires_at, created_at) \
                   SELECT $1, $2, d.subscriber_id, d.id, 0, d.lane, $3, 'pending', 0, $4, 0, $5, $4 \
                   FROM wish w JOIN destination d ON d.id = w.destination_id WHERE w.id = $6 \
                   ON CONFLICT (dedupe_key) DO NOTHING";
        let values = vec![
            Kind::Reply.as_str().into(),
            format!("w:{}", wish.id).into(),
            payload.into(),
            now.into(),
            (now + span(ANSWER_EXPIRES)).into(),
            wish.id.into(),
        ];
        txn.run(sql, values).await?;
        txn.run("DELETE FROM wish WHERE id = $1", vec![wish.id.into()]).await?;
        txn.commit().await?;
        self.wake().ring(Topic::Deliveries);
        Ok(())
    }
}
