//! Messages to the operators: which incidents they were told of, at which of their destinations, and what became of it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use coatcheck_bots::message::{Message, Notice};
use coatcheck_domain::delivery::{Kind, State, edits_lane};
use coatcheck_domain::operators::{Told, Untold};
use sea_orm::{DbErr, FromQueryResult, Value};

use super::deliveries::enqueue;
use crate::store::db::conn::{Db, Txn};
use crate::store::db::error::StoreError;
use crate::store::db::sql::{Sql, list_of};
use crate::store::db::time::{at, micros, span};
use crate::store::db::wake::Topic;

/// What began or ended longer ago is not worth telling.
const LATEST: Duration = Duration::from_secs(24 * 3600);
/// An instance that is gone may come back within this time.
const RETURNS: Duration = Duration::from_secs(60);
/// A destination has this long to take a message.
const SEND_TIMEOUT: Duration = Duration::from_secs(60);

/// An incident, as a message tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The incident.
    pub id: i64,
    /// The version this is.
    pub version: i32,
    /// `shop_failing`, …
    pub kind: String,
    /// Which shop, lane or platform.
    pub subject: String,
    /// What is wrong, for people.
    pub text: String,
    /// When it began.
    pub since: DateTime<Utc>,
    /// When it ended; `None` while it lasts.
    pub until: Option<DateTime<Utc>>,
    /// How often it came back.
    pub flaps: i64,
}

/// A message that no operator has taken yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stranded {
    /// The message.
    pub id: i64,
    /// Which operator did not take it.
    pub hop: i32,
}

#[derive(FromQueryResult)]
struct UntoldRow {
    id: i64,
    told_open: Option<bool>,
    message_id: Option<i64>,
    flaps: i64,
    version: i32,
    told_version: i32,
    opened_at: i64,
    closed_at: Option<i64>,
}

#[derive(FromQueryResult)]
struct LineRow {
    id: i64,
    version: i32,
    kind: String,
    subject: String,
    text: String,
    opened_at: i64,
    closed_at: Option<i64>,
    flaps: i64,
}

impl Db {
    /// Incidents of which operators have not heard the last, and when they were told anything.
    pub async fn untold_incidents(&self) -> Result<(Vec<Untold>, Told), DbErr> {
        let now = micros(self.now());
        // One who came back in time was never gone.
        let sql = "SELECT id, told_open, message_id, flaps, version, told_version, opened_at, closed_at FROM incident \
                   WHERE (version <> told_version OR told_open <> (closed_at IS NULL)) AND COALESCE(closed_at, opened_at) > $1 \
                   AND (kind <> 'instance_gone' OR told_version > 0 OR (closed_at IS NULL AND opened_at <= $2)) \
                   ORDER BY id";
        let values = vec![(now - span(LATEST)).into(), (now - span(RETURNS)).into()];
        let rows: Vec<UntoldRow> = self.read().rows(sql, values).await?;
        let told = TOLD_AT.replace("{}", "made_at");
        let edited = TOLD_AT.replace("{}", "edited_at");
        let at_last = |id: Option<i64>| id.filter(|at| *at > 0).map(at);
        let told = Told {
            at: at_last(self.read().id(&told, vec![now.into()]).await?),
            edited_at: at_last(self.read().id(&edited, vec![now.into()]).await?),
        };
        Ok((rows.into_iter().map(UntoldRow::untold).collect(), told))
    }

    /// These incidents.
    pub async fn incident_lines(&self, ids: &[i64]) -> Result<Vec<Line>, DbErr> {
        let mut values = Vec::new();
        let these = list_of(&mut values, ids.iter().copied());
        self.lines(&format!("id IN ({these})"), values).await
    }

    /// The incidents that a message speaks of, and what it says.
    pub async fn incident_lines_of(&self, message: i64) -> Result<Vec<Line>, DbErr> {
        self.lines("message_id = $1", vec![message.into()]).await
    }

    async fn lines(&self, which: &str, values: Vec<Value>) -> Result<Vec<Line>, DbErr> {
        let sql = format!(
            "SELECT id, version, kind, subject, text, opened_at, closed_at, flaps FROM incident WHERE {which} ORDER BY id"
        );
        let rows: Vec<LineRow> = self.read().rows(&sql, values).await?;
        Ok(rows.into_iter().map(LineRow::line).collect())
    }

    /// Puts a message about these incidents into the outbox, for the first operator.
    pub async fn tell_operators(&self, lines: &[Line], text: &str, destination_id: i64) -> Result<(), StoreError> {
        let txn = self.write().await?;
        let now = self.now();
        let key = lines.iter().map(|line| format!("{}.{}", line.id, line.version)).collect::<Vec<_>>().join(",");
        let delivery = put(&txn, &format!("n:{}", shortened(&key)), destination_id, text, now).await?;
        // Told already, by whoever looked after this before.
        let Some(delivery) = delivery else { return Ok(()) };
        let sql = "INSERT INTO operator_message (text, version, hop, delivery_id, made_at) VALUES ($1, 0, 0, $2, $3) RETURNING id";
        let message = txn.id(sql, vec![text.into(), delivery.into(), micros(now).into()]).await?;
        for line in lines {
            let sql = "UPDATE incident SET told_version = $2, told_open = $3, message_id = $4 WHERE id = $1";
            let values = vec![line.id.into(), line.version.into(), line.until.is_none().into(), message.into()];
            txn.run(sql, values).await?;
        }
        txn.commit().await?;
        self.wake().ring(Topic::Deliveries);
        Ok(())
    }

    /// Changes a message to what is true, if it was sent on one of the `editable` channels. Elsewhere what came and went
    /// is left unsaid.
    pub async fn edit_operators(
        &self,
        message: i64,
        lines: &[Line],
        text: &str,
        editable: &[&str],
    ) -> Result<(), StoreError> {
        let txn = self.write().await?;
        let now = micros(self.now());
        let Some(sent) = sent(&txn, message).await? else { return Ok(()) };
        let State::Sent = sent.state.parse().unwrap_or(State::Pending) else { return Ok(()) };
        let can_edit = editable.contains(&sent.channel.as_str()) && sent.provider_ref.is_some();
        if can_edit {
            let sql = "UPDATE operator_message SET text = $2, version = version + 1, edited_at = $3 WHERE id = $1";
            txn.run(sql, vec![message.into(), text.into(), now.into()]).await?;
            insert_edit(&txn, message, &sent, text, now).await?;
        }
        for line in lines {
            let sql = "UPDATE incident SET told_version = $2 WHERE id = $1 AND ($4 OR told_open = $3)";
            let values = vec![line.id.into(), line.version.into(), line.until.is_none().into(), can_edit.into()];
            txn.run(sql, values).await?;
        }
        txn.commit().await?;
        self.wake().ring(Topic::Deliveries);
        Ok(())
    }

    /// Messages that their operator did not take, or not in time. What was taken is settled.
    pub async fn stranded_messages(&self) -> Result<Vec<Stranded>, StoreError> {
        #[derive(FromQueryResult)]
        struct Row {
            id: i64,
            hop: i32,
            state: String,
            created_at: i64,
            is_down: bool,
        }
        let sql = "SELECT m.id, m.hop, d.state, d.created_at, EXISTS (SELECT 1 FROM incident i WHERE i.kind = 'lane_down' \
                     AND i.subject = d.lane AND i.closed_at IS NULL) AS is_down \
                   FROM operator_message m JOIN delivery d ON d.id = m.delivery_id WHERE m.done_at IS NULL ORDER BY m.id";
        let rows: Vec<Row> = self.read().rows(sql, vec![]).await?;
        let late = micros(self.now()) - span(SEND_TIMEOUT);
        let mut stranded = Vec::new();
        for Row { id, hop, state, created_at, is_down } in rows {
            match state.parse().unwrap_or(State::Dead) {
                State::Sent => self.settle_message(id).await?,
                State::Sending => {}
                State::Pending if created_at > late && !is_down => {}
                _ => stranded.push(Stranded { id, hop }),
            }
        }
        Ok(stranded)
    }

    /// A message is where it should be, or nobody is left to take it.
    pub async fn settle_message(&self, message: i64) -> Result<(), StoreError> {
        let txn = self.write().await?;
        let sql = "UPDATE operator_message SET done_at = $2 WHERE id = $1 AND done_at IS NULL";
        txn.run(sql, vec![message.into(), micros(self.now()).into()]).await?;
        Ok(txn.commit().await?)
    }

    /// Hands a message to another operator, unless it is on its way to the one before.
    pub async fn hand_message_on(&self, message: i64, hop: i32, destination_id: i64) -> Result<(), StoreError> {
        let txn = self.write().await?;
        let now = self.now();
        let Some(sent) = sent(&txn, message).await? else { return Ok(()) };
        let sql = "UPDATE delivery SET state = 'cancelled', ended_at = $2 WHERE id = $1 AND state = 'pending'";
        txn.run(sql, vec![sent.delivery_id.into(), micros(now).into()]).await?;
        let sql = "SELECT id FROM delivery WHERE id = $1 AND state NOT IN ('pending', 'sending', 'sent')";
        if txn.id(sql, vec![sent.delivery_id.into()]).await?.is_none() {
            return Ok(());
        }
        let delivery = put(&txn, &format!("n:{message}:{hop}"), destination_id, &sent.text, now).await?;
        let sql = "UPDATE operator_message SET hop = $2, delivery_id = COALESCE($3, delivery_id) WHERE id = $1";
        txn.run(sql, vec![message.into(), hop.into(), delivery.into()]).await?;
        txn.commit().await?;
        self.wake().ring(Topic::Deliveries);
        Ok(())
    }
}

/// The last time that is not ahead of now: the clock may have been set back.
const TOLD_AT: &str = "SELECT COALESCE(max({}), 0) FROM operator_message WHERE {} <= $1";

#[derive(FromQueryResult)]
struct Sent {
    text: String,
    version: i32,
    delivery_id: i64,
    state: String,
    lane: String,
    channel: String,
    destination_id: i64,
    subscriber_id: i64,
    provider_ref: Option<String>,
}

async fn sent(txn: &Txn, message: i64) -> Result<Option<Sent>, DbErr> {
    let sql = format!(
        "SELECT m.text, m.version, m.delivery_id, d.state, d.lane, t.channel, t.id AS destination_id, t.subscriber_id, \
           d.provider_ref FROM operator_message m JOIN delivery d ON d.id = m.delivery_id \
         JOIN destination t ON t.id = d.destination_id WHERE m.id = $1 {}",
        txn.lock("FOR UPDATE OF m, d")
    );
    txn.row(&sql, vec![message.into()]).await
}

async fn put(
    txn: &Txn,
    key: &str,
    destination_id: i64,
    text: &str,
    now: DateTime<Utc>,
) -> Result<Option<i64>, StoreError> {
    let message = Message::Notice(Notice { text: text.to_owned() });
    enqueue(txn, Kind::Notice, key, destination_id, &message, LATEST, now).await
}

async fn insert_edit(txn: &Txn, message: i64, sent: &Sent, text: &str, now: i64) -> Result<(), StoreError> {
    let payload = Message::Notice(Notice { text: text.to_owned() });
    let payload = serde_json::to_string(&payload).map_err(|why| StoreError::corrupt("delivery.payload", why))?;
    let sql = "INSERT INTO delivery (kind, dedupe_key, subscriber_id, destination_id, hop, lane, payload, state, attempts, \
               next_attempt_at, epoch, expires_at, created_at, provider_ref) \
               VALUES ('edit', $1, $2, $3, 0, $4, $5, 'pending', 0, $6, 0, $7, $6, $8) ON CONFLICT (dedupe_key) DO NOTHING";
    let values = vec![
        format!("n:{message}:e{}", sent.version + 1).into(),
        sent.subscriber_id.into(),
        sent.destination_id.into(),
        edits_lane(&sent.lane).into(),
        payload.into(),
        now.into(),
        (now + span(LATEST)).into(),
        sent.provider_ref.as_deref().into(),
    ];
    txn.run(sql, values).await?;
    Ok(())
}

/// A key has an end, however many incidents it names.
fn shortened(key: &str) -> String {
    use sha2::{Digest, Sha256};
    if key.len() <= 60 { key.to_owned() } else { coatcheck_domain::hex::encode(&Sha256::digest(key.as_bytes())[..16]) }
}

impl UntoldRow {
    fn untold(self) -> Untold {
        Untold {
            id: self.id,
            is_open: self.closed_at.is_none(),
            told_open: self.told_open,
            message: self.message_id,
            flaps: self.flaps,
            unsaid: self.version != self.told_version,
            changed_at: at(self.closed_at.unwrap_or(self.opened_at)),
        }
    }
}

impl LineRow {
    fn line(self) -> Line {
        Line {
            id: self.id,
            version: self.version,
            kind: self.kind,
            subject: self.subject,
            text: self.text,
            since: at(self.opened_at),
            until: self.closed_at.map(at),
            flaps: self.flaps,
        }
    }
}
