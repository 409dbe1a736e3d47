//! Codes that prove a phone: sent there, typed elsewhere. Tables hold hashes of them, and the text that says one is
//! sealed.
//!
//! A phone that nobody has spoken from yet has a subscriber of its own and the state `unverified`: it gets codes and
//! nothing else. Whoever types one is merged with it, as with any other phone's subscriber.

use std::time::Duration;

use coatcheck_bots::message::Message;
use coatcheck_domain::delivery::Kind;
use coatcheck_domain::phone::Phone;
use sea_orm::{DbErr, FromQueryResult};

use crate::store::db::conn::{Db, Txn};
use crate::store::db::error::StoreError;
use crate::store::db::sql::Sql;
use crate::store::db::time::{at, micros, span};
use crate::store::db::wake::Topic;
use crate::store::people::consent::{ConsentSource, ConsentWord, Standing, note, standing};
use crate::store::people::keys::{Keys, LookUp, Sealed};
use crate::store::people::merge::merge;
use crate::store::people::phone::{self, Ownership};
use crate::store::people::subscriber::activate;

/// Codes that are sent to one number in a day, whoever asks.
pub const CODES: i64 = 3;
/// Codes that one subscriber may ask for in a day, for whichever numbers.
pub const ASKED: i64 = 10;
/// Wrong codes that are listened to.
pub const GUESSES: i64 = 5;
/// How long a code is good.
pub const LASTS: Duration = Duration::from_secs(10 * 60);

const DAY: Duration = Duration::from_secs(24 * 3600);

/// What came of asking for a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Challenged {
    /// It is in the outbox.
    Sent {
        /// The text with the code.
        delivery_id: i64,
    },
    /// So many were sent to that number, or asked for by this subscriber, that it must be tomorrow.
    TooMany,
    /// The number said STOP. Only a text from it can end that.
    Stopped,
}

/// What came of typing a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verified {
    /// The phone is told when nothing else reaches this subscriber.
    Added {
        /// The number, two digits of it.
        shown: String,
    },
    /// It had a subscriber, who is the same person: all of theirs is this one's now.
    Merged {
        /// The number, two digits of it.
        shown: String,
        /// Watches that came along; those that both had are not counted.
        watches: u64,
    },
    /// It is not the code. With no tries left a new one is needed.
    Wrong {
        /// So many more may be wrong.
        tries_left: u32,
    },
    /// It was the code for ten minutes.
    Expired,
    /// The number has said STOP since.
    Stopped,
    /// No code was asked for, or it was typed wrong too often.
    NoneOpen,
}

#[derive(FromQueryResult)]
struct ChallengeRow {
    id: i64,
    sealed_address: Option<String>,
    code_hash: String,
    tries: i64,
    expires_at: i64,
}

impl Db {
    /// Puts a text with a code into the outbox: `message` is its words, with `code` in them. Only the last code a
    /// subscriber asked for is good.
    ///
    /// # Errors
    /// [`StoreError::NoKey`] without keys; otherwise when the database fails, and then nothing will be sent.
    pub async fn challenge(
        &self,
        subscriber_id: i64,
        phone: &Phone,
        code: &str,
        message: &Message,
    ) -> Result<Challenged, StoreError> {
        self.retrying(|| self.try_challenge(subscriber_id, phone, code, message)).await
    }

    async fn try_challenge(
        &self,
        subscriber_id: i64,
        phone: &Phone,
        code: &str,
        message: &Message,
    ) -> Result<Challenged, StoreError> {
        let keys = self.keys()?;
        let txn = self.write().await?;
        let now = micros(self.now());
        clear_unverified(&txn, now).await?;
        let there = match phone::hold(&txn, keys, phone).await? {
            Some(row) => row.into(),
            None => phone::insert(&txn, keys, phone, Ownership::Unverified, at(now)).await?,
        };
        let look_up = keys.look_up(phone);
        if standing(&txn, std::slice::from_ref(&look_up)).await? == Standing::Stopped {
            return Ok(Challenged::Stopped);
        }
        if is_too_many(&txn, subscriber_id, there.destination_id, now).await? {
            return Ok(Challenged::TooMany);
        }
        let challenge = open(&txn, keys, subscriber_id, phone, code, now).await?;
        let key = format!("c:{challenge}");
        let delivery_id = enqueue(&txn, keys, (&key, subscriber_id, there.destination_id), message, now).await?;
        txn.commit().await?;
        self.wake().ring(Topic::Deliveries);
        Ok(Challenged::Sent { delivery_id })
    }

    /// Compares what somebody typed with the code they were sent. If it is that, the phone's owner has allowed texts,
    /// and the phone is told last of all that is theirs.
    ///
    /// # Errors
    /// [`StoreError::NoKey`] without keys; otherwise when the database fails, and then nothing was tried.
    pub async fn verify(&self, subscriber_id: i64, typed: &str) -> Result<Verified, StoreError> {
        self.retrying(|| self.try_verify(subscriber_id, typed)).await
    }

    async fn try_verify(&self, subscriber_id: i64, typed: &str) -> Result<Verified, StoreError> {
        let keys = self.keys()?;
        let txn = self.write().await?;
        let now = micros(self.now());
        let sql = format!(
            "SELECT id, sealed_address, code_hash, CAST(tries AS BIGINT) AS tries, expires_at FROM challenge \
             WHERE subscriber_id = $1 ORDER BY id DESC LIMIT 1 {}",
            txn.lock("FOR UPDATE")
        );
        let Some(row) = txn.row::<ChallengeRow>(&sql, vec![subscriber_id.into()]).await? else {
            return Ok(Verified::NoneOpen);
        };
        let verified = self.judge(&txn, keys, subscriber_id, &row, typed, now).await?;
        if !matches!(verified, Verified::Wrong { tries_left: 1.. }) {
            txn.run("DELETE FROM challenge WHERE id = $1", vec![row.id.into()]).await?;
        }
        txn.commit().await?;
        Ok(verified)
    }

    /// Forgets the numbers whose owners have not answered to a code for a day. Says how many those were.
    pub async fn clear_unverified(&self) -> Result<u64, DbErr> {
        let txn = self.write().await?;
        let cleared = clear_unverified(&txn, micros(self.now())).await?;
        txn.commit().await?;
        Ok(cleared)
    }

    async fn judge(
        &self,
        txn: &Txn,
        keys: &Keys,
        subscriber_id: i64,
        row: &ChallengeRow,
        typed: &str,
        now: i64,
    ) -> Result<Verified, StoreError> {
        let phone = row.sealed_address.as_deref().and_then(|sealed| keys.open_phone(sealed));
        let Some(phone) = phone.filter(|_| row.expires_at > now) else { return Ok(Verified::Expired) };
        let look_up = keys.look_up(&phone);
        let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
        if keys.code(subscriber_id, &look_up, &digits) != row.code_hash {
            let sql = "UPDATE challenge SET tries = tries + 1 WHERE id = $1";
            txn.run(sql, vec![row.id.into()]).await?;
            let tries_left = u32::try_from(GUESSES - row.tries - 1).unwrap_or_default();
            return Ok(Verified::Wrong { tries_left });
        }
        add(txn, keys, subscriber_id, &phone, &look_up, now).await
    }
}

/// The phone becomes the subscriber's.
async fn add(
    txn: &Txn,
    keys: &Keys,
    subscriber_id: i64,
    phone: &Phone,
    look_up: &LookUp,
    now: i64,
) -> Result<Verified, StoreError> {
    let held = phone::hold(txn, keys, phone).await?;
    if standing(txn, std::slice::from_ref(look_up)).await? == Standing::Stopped {
        return Ok(Verified::Stopped);
    }
    let had_spoken = held.as_ref().is_some_and(|row| row.state != Ownership::Unverified.state());
    let there = match held {
        Some(row) => row.into(),
        // Its owner has been forgotten in the meantime.
        None => phone::insert(txn, keys, phone, Ownership::Shown, at(now)).await?,
    };
    note(txn, look_up, ConsentWord::Start, ConsentSource::Code, at(now)).await?;
    activate(txn, there.destination_id).await?;
    let shown = phone.to_string();
    if there.subscriber_id == subscriber_id {
        return Ok(Verified::Added { shown });
    }
    let watches = merge(txn, subscriber_id, there.subscriber_id, now).await?;
    Ok(if had_spoken { Verified::Merged { shown, watches } } else { Verified::Added { shown } })
}

/// The text is what counts, not the open question: who is forgotten and comes back, or asks anew, starts no new count.
pub(super) async fn is_too_many(txn: &Txn, subscriber_id: i64, destination_id: i64, now: i64) -> Result<bool, DbErr> {
    let since = now - span(DAY);
    let sql = "SELECT count(*) FROM delivery WHERE destination_id = $1 AND kind = 'code' AND created_at > $2";
    let to_number = txn.id(sql, vec![destination_id.into(), since.into()]).await?.unwrap_or_default();
    let sql = "SELECT count(*) FROM delivery WHERE subscriber_id = $1 AND kind = 'code' AND created_at > $2";
    let by_subscriber = txn.id(sql, vec![subscriber_id.into(), since.into()]).await?.unwrap_or_default();
    Ok(to_number >= CODES || by_subscriber >= ASKED)
}

/// The subscriber's open question from now on.
async fn open(
    txn: &Txn,
    keys: &Keys,
    subscriber_id: i64,
    phone: &Phone,
    code: &str,
    now: i64,
) -> Result<i64, StoreError> {
    txn.run("DELETE FROM challenge WHERE subscriber_id = $1", vec![subscriber_id.into()]).await?;
    let look_up = keys.look_up(phone);
    let sql = "INSERT INTO challenge (subscriber_id, address_hash, sealed_address, code_hash, tries, expires_at, created_at) \
               VALUES ($1, $2, $3, $4, 0, $5, $6) RETURNING id";
    let values = vec![
        subscriber_id.into(),
        look_up.hash.as_str().into(),
        keys.seal_phone(phone).into(),
        keys.code(subscriber_id, &look_up, code).into(),
        (now + span(LASTS)).into(),
        now.into(),
    ];
    txn.id(sql, values).await?.ok_or_else(|| StoreError::corrupt("challenge", "an insert gave no row"))
}

/// The text with the code, sealed. It is the asking subscriber's, and goes to the phone.
pub(super) async fn enqueue(
    txn: &Txn,
    keys: &Keys,
    (dedupe_key, subscriber_id, destination_id): (&str, i64, i64),
    message: &Message,
    now: i64,
) -> Result<i64, StoreError> {
    let payload = serde_json::to_string(message).map_err(|why| StoreError::corrupt("delivery.payload", why))?;
    let sql = "INSERT INTO delivery (kind, dedupe_key, subscriber_id, destination_id, hop, lane, payload, state, attempts, \
               next_attempt_at, epoch, expires_at, created_at) \
               SELECT 'code', $1, $2, t.id, 0, t.lane, $3, 'pending', 0, $4, 0, $5, $4 FROM destination t WHERE t.id = $6 \
               RETURNING id";
    let values = vec![
        dedupe_key.into(),
        subscriber_id.into(),
        keys.seal(Sealed::Code, &payload).into(),
        now.into(),
        (now + span(Kind::Code.expires_after(LASTS))).into(),
        destination_id.into(),
    ];
    txn.id(sql, values).await?.ok_or_else(|| StoreError::corrupt("delivery", "an insert gave no row"))
}

/// Forgets the numbers whose owners have not answered to a code for a day.
pub(in crate::store) async fn clear_unverified(txn: &Txn, now: i64) -> Result<u64, DbErr> {
    let sql = "DELETE FROM subscriber WHERE id IN (SELECT t.subscriber_id FROM destination t \
                 WHERE t.state = 'unverified' AND t.created_at <= $1 AND NOT EXISTS (SELECT 1 FROM delivery d \
                   WHERE d.destination_id = t.id AND d.created_at > $1))";
    txn.run(sql, vec![(now - span(DAY)).into()]).await
}
