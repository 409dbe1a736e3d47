//! Watches prepared on web pages. Each has a word that is good once: said in a chat or by text it proves by itself whose the
//! watch is; where a phone was typed instead, the code that was texted there must come with it.
//!
//! Whatever is known of the phone, the row is written and the same is answered: nobody learns who is signed up.

use std::time::Duration;

use coatcheck_bots::message::Message;
use coatcheck_domain::hex;
use coatcheck_domain::phone::Phone;
use sea_orm::{DbErr, FromQueryResult};
use sha2::{Digest, Sha256};

use crate::store::db::conn::{Db, Txn};
use crate::store::db::error::StoreError;
use crate::store::db::sql::Sql;
use crate::store::db::time::{at, micros, span};
use crate::store::db::wake::Topic;
use crate::store::people::bans::is_banned;
use crate::store::people::challenge::{self, GUESSES, clear_unverified, enqueue, is_too_many};
use crate::store::people::consent::{ConsentSource, ConsentWord, Standing, note, standing};
use crate::store::people::keys::Keys;
use crate::store::people::phone::{self, Ownership};
use crate::store::people::subscriber::activate;

/// How long the word of a chat is good.
pub const LASTS: Duration = Duration::from_secs(30 * 60);
/// Prepared watches that wait at once, at most.
const MOST: i64 = 10_000;

/// A watch to be prepared.
#[derive(Debug, Clone, Copy)]
pub struct Prepared<'a> {
    /// Names it.
    pub word: &'a str,
    /// Of what.
    pub product_id: i64,
    /// What is to be done, as JSON.
    pub doing: &'a str,
}

/// What came of typing a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Confirmed {
    /// The phone is its owner's, who allowed texts.
    Yes {
        /// Whose watch it is.
        phone: Phone,
        /// What is to be done.
        doing: String,
    },
    /// It is not the code.
    Wrong {
        /// So many more may be wrong; with none left it is over.
        tries_left: u32,
    },
    /// It was never prepared, was used, or took too long.
    Over,
}

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    doing: String,
    sealed: Option<String>,
    code_hash: Option<String>,
    tries: i64,
    expires_at: i64,
}

impl Db {
    /// Prepares a watch for who says its word. `false`: too many wait already.
    pub async fn prepare_watch(&self, prepared: Prepared<'_>) -> Result<bool, StoreError> {
        let txn = self.write().await?;
        let now = micros(self.now());
        let is_room = insert(&txn, prepared, None, now + span(LASTS), now).await?.is_some();
        txn.commit().await?;
        Ok(is_room)
    }

    /// Prepares a watch for the owner of a phone, and puts a text with a code into the outbox: `message` is its words.
    /// A phone that said STOP, or got enough codes today, gets none, and nothing else is different. `may_text` says
    /// whether any phone may get one now. `false`: too many watches wait already.
    ///
    /// # Errors
    /// [`StoreError::NoKey`] without keys; otherwise when the database fails.
    pub async fn prepare_watch_of_phone(
        &self,
        prepared: Prepared<'_>,
        phone: &Phone,
        (code, message): (&str, &Message),
        may_text: bool,
    ) -> Result<bool, StoreError> {
        self.retrying(|| self.try_prepare(prepared, phone, (code, message), may_text)).await
    }

    async fn try_prepare(
        &self,
        prepared: Prepared<'_>,
        phone: &Phone,
        (code, message): (&str, &Message),
        may_text: bool,
    ) -> Result<bool, StoreError> {
        let keys = self.keys()?;
        let txn = self.write().await?;
        let now = micros(self.now());
        let ends = now + span(challenge::LASTS);
        let Some(id) = insert(&txn, prepared, Some(keys.seal_phone(phone)), ends, now).await? else { return Ok(false) };
        clear_unverified(&txn, now).await?;
        let there = match phone::hold(&txn, keys, phone).await? {
            Some(row) => row.into(),
            None => phone::insert(&txn, keys, phone, Ownership::Unverified, at(now)).await?,
        };
        let stopped = standing(&txn, &keys.look_ups(phone)).await? == Standing::Stopped;
        let too_many = is_too_many(&txn, there.subscriber_id, there.destination_id, now).await?;
        let banned = is_banned(&txn, there.subscriber_id).await?;
        if may_text && !stopped && !too_many && !banned {
            let sql = "UPDATE sign_up SET code_hash = $2 WHERE id = $1";
            txn.run(sql, vec![id.into(), hash(keys, phone, prepared.word, code).into()]).await?;
            let key = format!("s:{id}");
            enqueue(&txn, keys, (&key, there.subscriber_id, there.destination_id), message, now).await?;
        }
        txn.commit().await?;
        self.wake().ring(Topic::Deliveries);
        Ok(true)
    }

    /// Compares what was typed with the code that was texted. If it is that, the phone is its owner's, who allows texts.
    ///
    /// # Errors
    /// [`StoreError::NoKey`] without keys; otherwise when the database fails, and then nothing was tried.
    pub async fn confirm_watch(&self, word: &str, typed: &str) -> Result<Confirmed, StoreError> {
        self.retrying(|| self.try_confirm(word, typed)).await
    }

    async fn try_confirm(&self, word: &str, typed: &str) -> Result<Confirmed, StoreError> {
        let keys = self.keys()?;
        let txn = self.write().await?;
        let now = micros(self.now());
        let opened = find(&txn, word, now).await?.and_then(|row| {
            let phone = keys.open_phone(row.sealed.as_deref()?)?;
            Some((row, phone))
        });
        let Some((row, phone)) = opened else { return Ok(Confirmed::Over) };
        let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
        let right = row.code_hash.as_deref() == Some(hash(keys, &phone, word, &digits).as_str());
        let tries_left = u32::try_from(GUESSES - row.tries - 1).unwrap_or_default();
        if !right && tries_left > 0 {
            txn.run("UPDATE sign_up SET tries = tries + 1 WHERE id = $1", vec![row.id.into()]).await?;
            txn.commit().await?;
            return Ok(Confirmed::Wrong { tries_left });
        }
        txn.run("DELETE FROM sign_up WHERE id = $1", vec![row.id.into()]).await?;
        let held = if right { own(&txn, keys, &phone, now).await? } else { false };
        txn.commit().await?;
        Ok(match (right, held) {
            (false, _) => Confirmed::Wrong { tries_left: 0 },
            (true, false) => Confirmed::Over,
            (true, true) => Confirmed::Yes { phone, doing: row.doing },
        })
    }

    /// Is a watch prepared under this word, to be said in a chat or by text?
    pub async fn is_prepared(&self, word: &str) -> Result<bool, StoreError> {
        let sql = "SELECT id FROM sign_up WHERE word = $1 AND expires_at > $2 AND sealed IS NULL";
        Ok(self.read().id(sql, vec![named(word).into(), micros(self.now()).into()]).await?.is_some())
    }

    /// Takes the watch that is prepared under this word: nobody gets it again.
    pub async fn take_prepared(&self, word: &str) -> Result<Option<String>, StoreError> {
        let txn = self.write().await?;
        let row = find(&txn, word, micros(self.now())).await?.filter(|row| row.sealed.is_none());
        let Some(row) = row else { return Ok(None) };
        // Said twice at the same time, it counts once.
        let taken = txn.run("DELETE FROM sign_up WHERE id = $1", vec![row.id.into()]).await?;
        txn.commit().await?;
        Ok((taken == 1).then_some(row.doing))
    }
}

async fn find(txn: &Txn, word: &str, now: i64) -> Result<Option<Row>, DbErr> {
    let sql = format!(
        "SELECT id, doing, sealed, code_hash, CAST(tries AS BIGINT) AS tries, expires_at FROM sign_up WHERE word = $1 {}",
        txn.lock("FOR UPDATE")
    );
    let row: Option<Row> = txn.row(&sql, vec![named(word).into()]).await?;
    Ok(row.filter(|row| row.expires_at > now))
}

async fn insert(
    txn: &Txn,
    prepared: Prepared<'_>,
    sealed: Option<String>,
    ends: i64,
    now: i64,
) -> Result<Option<i64>, StoreError> {
    txn.run("DELETE FROM sign_up WHERE expires_at <= $1", vec![now.into()]).await?;
    if txn.id("SELECT count(*) FROM sign_up", vec![]).await?.unwrap_or_default() >= MOST {
        return Ok(None);
    }
    let sql = "INSERT INTO sign_up (word, product_id, doing, sealed, tries, expires_at) \
               SELECT $1, p.id, $3, $4, 0, $5 FROM product p WHERE p.id = $2 RETURNING id";
    let values = vec![
        named(prepared.word).into(),
        prepared.product_id.into(),
        prepared.doing.into(),
        sealed.into(),
        ends.into(),
    ];
    let id = txn.id(sql, values).await?;
    id.map(Some).ok_or(StoreError::ProductGone { product_id: prepared.product_id })
}

/// The phone's owner is there, and allows texts. `false`: the number has said STOP since.
async fn own(txn: &Txn, keys: &Keys, phone: &Phone, now: i64) -> Result<bool, StoreError> {
    let held = phone::hold(txn, keys, phone).await?;
    let look_up = keys.look_up(phone);
    if standing(txn, std::slice::from_ref(&look_up)).await? == Standing::Stopped {
        return Ok(false);
    }
    match held {
        Some(row) => activate(txn, row.id).await?,
        // Its owner has been forgotten in the meantime.
        None => drop(phone::insert(txn, keys, phone, Ownership::Shown, at(now)).await?),
    }
    note(txn, &look_up, ConsentWord::Start, ConsentSource::Web, at(now)).await?;
    Ok(true)
}

/// The word as it is stored: who reads the database cannot say it.
fn named(word: &str) -> String {
    hex::encode(&Sha256::digest(word))
}

/// A code is good for its page alone.
fn hash(keys: &Keys, phone: &Phone, word: &str, digits: &str) -> String {
    keys.code(0, &keys.look_up(phone), &format!("{digits} {word}"))
}
