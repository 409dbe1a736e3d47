//! What people said, stored before it is acknowledged: a known id has no effect, and a chat is answered in order.

use std::time::Duration;

use sea_orm::FromQueryResult;

use crate::store::db::conn::Db;
use crate::store::db::error::StoreError;
use crate::store::db::sql::{Sql, limited};
use crate::store::db::time::{micros, span};
use crate::store::db::wake::Topic;
use crate::store::people::keys::Sealed;

/// Whoever began to answer and is not done by then is gone; another may.
pub const HOLD: Duration = Duration::from_secs(60);
/// What broke whoever touched it so many times is left alone.
pub const ATTEMPTS: i64 = 3;

/// Something a platform brought in.
#[derive(Debug, Clone, Copy)]
pub struct NewArrival<'a> {
    /// The platform's name.
    pub platform: &'a str,
    /// The platform's id of it.
    pub external_id: &'a str,
    /// Whose answers must come in order.
    pub chat: &'a str,
    /// As it came.
    pub payload: &'a str,
}

/// What became of an arrival.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TakenIn {
    /// It was there already.
    Known,
    /// Something else of its chat is not done yet: it waits for its turn.
    Queued,
    /// It is ours to answer, for [`HOLD`].
    Held(Arrival),
}

/// Something that is ours to answer.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Arrival {
    /// The row.
    pub id: i64,
    /// Which beginning this is, from 1 on: whoever comes later has a higher number.
    pub attempts: i64,
    /// As it came.
    pub payload: String,
    /// What was asked is done; only this answer is owed.
    pub reply: Option<String>,
}

impl Db {
    /// Stores what arrived. Nothing of its chat under way: then it is held for whoever brought it.
    pub async fn take_in(&self, new: &NewArrival<'_>) -> Result<TakenIn, StoreError> {
        #[derive(FromQueryResult)]
        struct Row {
            id: i64,
            attempts: i64,
        }
        let txn = self.write().await?;
        // Of two that arrive at once one waits for the other, or both would be answered at the same time.
        txn.hold(&format!("chat:{}:{}", new.platform, new.chat)).await?;
        let now = micros(self.now());
        let waits = "EXISTS (SELECT 1 FROM inbox e WHERE e.platform = $1 AND e.chat = $3 AND e.done_at IS NULL AND e.reply IS NULL)";
        let sql = format!(
            "INSERT INTO inbox (platform, external_id, chat, payload, received_at, held_until, attempts) \
             VALUES ($1, $2, $3, $4, $5, CASE WHEN {waits} THEN 0 ELSE $6 END, CASE WHEN {waits} THEN 0 ELSE 1 END) \
             ON CONFLICT (platform, external_id) DO NOTHING RETURNING id, attempts"
        );
        let values = vec![
            new.platform.into(),
            new.external_id.into(),
            new.chat.into(),
            self.sealed_words(new.payload).into(),
            now.into(),
            (now + span(HOLD)).into(),
        ];
        let row: Option<Row> = txn.row(&sql, values).await?;
        txn.commit().await?;
        Ok(match row {
            None => TakenIn::Known,
            Some(Row { attempts: 0, .. }) => {
                self.wake().ring(Topic::Inbox);
                TakenIn::Queued
            }
            Some(Row { id, attempts }) => {
                TakenIn::Held(Arrival { id, attempts, payload: new.payload.to_owned(), reply: None })
            }
        })
    }

    /// What people say may hold a phone number, and is kept sealed while it waits; without keys as it came.
    fn sealed_words(&self, payload: &str) -> String {
        self.keys().map_or_else(|_| payload.to_owned(), |keys| keys.seal(Sealed::Words, payload))
    }

    /// What no key of ours opens stays as it is, and nobody can read it.
    fn opened_words(&self, payload: String) -> String {
        self.keys().ok().and_then(|keys| keys.open(Sealed::Words, &payload)).unwrap_or(payload)
    }

    /// Takes up to `limit` arrivals of a platform that nobody is at, the oldest first and one a chat.
    pub async fn take_arrivals(&self, platform: &str, limit: usize) -> Result<Vec<Arrival>, StoreError> {
        let now = micros(self.now());
        let due = "i.platform = $1 AND i.done_at IS NULL AND i.held_until <= $2 \
                   AND NOT EXISTS (SELECT 1 FROM inbox e WHERE e.platform = $1 AND e.chat = i.chat AND e.done_at IS NULL AND e.reply IS NULL AND e.id < i.id)";
        let look = format!("SELECT i.id FROM inbox i WHERE {due} LIMIT 1");
        if self.read().id(&look, vec![platform.into(), now.into()]).await?.is_none() {
            return Ok(Vec::new());
        }
        let txn = self.write().await?;
        // Asked anew: while we waited for the writer, the clock and all that is planned may have been moved.
        let now = micros(self.now());
        let sql = format!(
            "UPDATE inbox SET held_until = $3, attempts = attempts + 1 WHERE held_until <= $2 AND done_at IS NULL AND id IN \
             (SELECT i.id FROM inbox i WHERE {due} ORDER BY i.id {}) \
             RETURNING id, attempts, payload, reply",
            limited(4)
        );
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let values = vec![platform.into(), now.into(), (now + span(HOLD)).into(), limit.into()];
        let mut taken: Vec<Arrival> = txn.rows(&sql, values).await?;
        txn.commit().await?;
        taken.sort_by_key(|arrival| arrival.id);
        for arrival in &mut taken {
            arrival.payload = self.opened_words(std::mem::take(&mut arrival.payload));
            arrival.reply = arrival.reply.take().map(|reply| self.opened_words(reply));
        }
        Ok(taken)
    }

    /// It is answered, if it is still ours: the words are forgotten, the id is kept. `false`: another has begun to answer it since.
    pub async fn end_arrival(&self, arrival: &Arrival) -> Result<bool, StoreError> {
        let txn = self.write().await?;
        let sql = "UPDATE inbox SET done_at = $2, held_until = 0, payload = '', reply = NULL WHERE id = $1 AND done_at IS NULL AND attempts = $3";
        let ended = txn.run(sql, vec![arrival.id.into(), micros(self.now()).into(), arrival.attempts.into()]).await?;
        txn.commit().await?;
        self.wake().ring(Topic::Inbox);
        Ok(ended == 1)
    }

    /// It could not be answered now: after `wait` anyone may try again, if it is still ours. With a `reply` what was asked
    /// is done, and the chat's next event need not wait for it.
    pub async fn put_back_arrival(
        &self,
        arrival: &Arrival,
        wait: Duration,
        reply: Option<&str>,
    ) -> Result<(), StoreError> {
        let txn = self.write().await?;
        let sql = "UPDATE inbox SET held_until = $2, reply = COALESCE($4, reply) WHERE id = $1 AND done_at IS NULL AND attempts = $3";
        let until = micros(self.now()) + span(wait);
        txn.run(
            sql,
            vec![
                arrival.id.into(),
                until.into(),
                arrival.attempts.into(),
                reply.map(|reply| self.sealed_words(reply)).into(),
            ],
        )
        .await?;
        txn.commit().await?;
        self.wake().ring(Topic::Inbox);
        Ok(())
    }
}
