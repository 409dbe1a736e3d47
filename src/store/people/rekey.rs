//! Is it our key, and changing it. A canary in `setting` tells a wrong key before anything is read or written by it.

use coatcheck_domain::phone::Phone;
use sea_orm::{DbErr, FromQueryResult, Value};

use crate::store::db::conn::{Db, Txn};
use crate::store::db::error::StoreError;
use crate::store::db::setting;
use crate::store::db::sql::{Sql, list};
use crate::store::db::time::micros;
use crate::store::people::keys::{Keys, Sealed, is_sealed};
use crate::store::people::phone::address;
use crate::store::people::push_key;

const CANARY: &str = "key_canary";
const WORD: &str = "coatcheck";
/// Rows that are read at once.
const CHUNK: usize = 1000;

/// What a change of keys did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rekeyed {
    /// Phone numbers that the new key seals and finds.
    pub phones: u64,
    /// Webhooks' signing secrets that the new key seals.
    pub secrets: u64,
    /// Lines of the record of consent whose number is not known any more, so that only the older key finds them.
    pub kept: u64,
    /// The ids of older keys that must stay behind the new one, for those lines. Empty: they can go.
    pub needed: Vec<String>,
}

#[derive(FromQueryResult)]
struct Text {
    text: String,
}

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    text: String,
}

impl Db {
    /// Do the keys open what the database holds? The first time, they sign it. When the newest key is new, the canary
    /// is its own from then on: it may not be left out again.
    ///
    /// # Errors
    /// [`StoreError::WrongKey`] when something was sealed or hashed by a key that is not given; [`StoreError::NoKey`] when
    /// there are none and the database was written with one.
    pub async fn check_keys(&self) -> Result<(), StoreError> {
        // Commands that only read must not wait for the writer, nor let it wait for them.
        let signed = match self.keys() {
            Ok(keys) => keys.seal(Sealed::Canary, WORD),
            Err(_) => String::new(),
        };
        if !self.must_sign(self.read(), &signed).await? {
            return Ok(());
        }
        let txn = self.write().await?;
        // Another process may have been faster, with another key.
        if self.must_sign(&txn, &signed).await? {
            setting::set(&txn, CANARY, signed).await?;
            txn.commit().await?;
        }
        Ok(())
    }

    /// Are these the keys of the database, and is it not signed by the newest of them yet?
    async fn must_sign(&self, db: &impl Sql, signed: &str) -> Result<bool, StoreError> {
        let canary = setting::get(db, CANARY).await?;
        let Ok(keys) = self.keys() else {
            return if canary.is_none() { Ok(false) } else { Err(StoreError::NoKey) };
        };
        if let Some(text) = &canary
            && keys.open(Sealed::Canary, text).as_deref() != Some(WORD)
        {
            return Err(wrong(text));
        }
        if let Some(stranger) = stranger(db, keys).await? {
            return Err(wrong(&stranger));
        }
        Ok(canary.is_none_or(|canary| canary != signed))
    }

    /// Has a key signed the database already?
    pub async fn is_signed(&self) -> Result<bool, DbErr> {
        Ok(setting::get(self.read(), CANARY).await?.is_some())
    }

    /// Seals and hashes everything by the newest of `new`, in one transaction. No service may run meanwhile.
    ///
    /// A number that was forgotten after it had said STOP is known by its hash alone: the key of that hash must be one
    /// of `new`, behind the newest, or the number would be texted again.
    ///
    /// # Errors
    /// [`StoreError::WrongKey`] when neither the keys of this store nor `new` open something, or when `new` lacks a key
    /// that is still needed; otherwise when the database fails. Then nothing is changed.
    pub async fn rekey(&self, new: &Keys) -> Result<Rekeyed, StoreError> {
        let both = Both { old: self.keys().ok(), new };
        let txn = self.write().await?;
        let phones = phones(&txn, &both).await?;
        let secrets = secrets(&txn, &both).await?;
        push_key::reseal(&txn, |sealed| both.open(Sealed::Secret, sealed), new).await?;
        codes(&txn, &both, micros(self.now())).await?;
        arrivals(&txn, &both).await?;
        let sql = "SELECT DISTINCT key_id AS text FROM consent WHERE key_id <> $1 ORDER BY key_id";
        let needed: Vec<Text> = txn.rows(sql, vec![new.id().into()]).await?;
        if let Some(lacking) = needed.iter().find(|needed| !new.ids().contains(&needed.text.as_str())) {
            return Err(StoreError::WrongKey { id: lacking.text.clone() });
        }
        let sql = "SELECT count(*) FROM consent WHERE key_id <> $1";
        let kept = txn.id(sql, vec![new.id().into()]).await?.unwrap_or_default();
        setting::set(&txn, CANARY, new.seal(Sealed::Canary, WORD)).await?;
        txn.commit().await?;
        let needed = needed.into_iter().map(|needed| needed.text).collect();
        Ok(Rekeyed { phones, secrets, kept: u64::try_from(kept).unwrap_or_default(), needed })
    }
}

/// What was sealed by one of either is opened.
struct Both<'a> {
    old: Option<&'a Keys>,
    new: &'a Keys,
}

impl Both<'_> {
    fn open(&self, what: Sealed, sealed: &str) -> Option<String> {
        self.new.open(what, sealed).or_else(|| self.old?.open(what, sealed))
    }

    fn phone(&self, sealed: &str) -> Option<Phone> {
        self.open(Sealed::Phone, sealed)?.parse().ok()
    }

    /// A text in which numbers stand sealed, with each of them sealed by the newest key.
    fn resealed(&self, text: &str) -> String {
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '-' | '_');
        let words = text.split_inclusive(|c| !is_part(c));
        words
            .map(|word| {
                let sealed = word.trim_end_matches(|c| !is_part(c));
                match self.phone(sealed) {
                    Some(phone) => format!("{}{}", self.new.seal_phone(&phone), &word[sealed.len()..]),
                    None => word.to_owned(),
                }
            })
            .collect()
    }
}

fn wrong(sealed: &str) -> StoreError {
    StoreError::WrongKey { id: sealed.split(':').next().unwrap_or_default().to_owned() }
}

/// Something that none of the keys sealed or hashed. An id is eight letters long, and a colon follows it.
async fn stranger(db: &impl Sql, keys: &Keys) -> Result<Option<String>, DbErr> {
    let ours = list(1, keys.ids().len());
    for sql in [
        format!("SELECT key_id AS text FROM consent WHERE key_id NOT IN ({ours}) LIMIT 1"),
        format!(
            "SELECT sealed AS text FROM destination WHERE look_up IS NOT NULL AND substr(sealed, 1, 8) NOT IN ({ours}) LIMIT 1"
        ),
        format!(
            "SELECT secret AS text FROM destination WHERE secret IS NOT NULL AND substr(secret, 9, 1) = ':' \
             AND substr(secret, 1, 8) NOT IN ({ours}) LIMIT 1"
        ),
        format!(
            "SELECT value AS text FROM setting WHERE name = 'push_key' AND substr(value, 1, 8) NOT IN ({ours}) LIMIT 1"
        ),
        format!(
            "SELECT secret AS text FROM shop_hook WHERE substr(secret, 9, 1) = ':' AND substr(secret, 1, 8) NOT IN ({ours}) LIMIT 1"
        ),
    ] {
        let values: Vec<Value> = keys.ids().into_iter().map(Value::from).collect();
        if let Some(found) = db.row::<Text>(&sql, values).await? {
            return Ok(Some(found.text));
        }
    }
    Ok(None)
}

async fn phones(txn: &Txn, both: &Both<'_>) -> Result<u64, StoreError> {
    #[derive(FromQueryResult)]
    struct PhoneRow {
        id: i64,
        sealed: String,
        look_up: String,
    }
    let (mut after, mut changed) = (0, 0);
    loop {
        let sql = format!(
            "SELECT id, sealed, look_up FROM destination WHERE look_up IS NOT NULL AND id > $1 ORDER BY id LIMIT {CHUNK}"
        );
        let rows: Vec<PhoneRow> = txn.rows(&sql, vec![after.into()]).await?;
        let Some(last) = rows.last() else { return Ok(changed) };
        after = last.id;
        for row in rows {
            let phone = both.phone(&row.sealed).ok_or_else(|| wrong(&row.sealed))?;
            let found = both.new.look_up(&phone);
            let sql = "UPDATE consent SET phone_hash = $2, key_id = $3 WHERE phone_hash = $1";
            let values = vec![row.look_up.into(), found.hash.as_str().into(), found.key_id.as_str().into()];
            txn.run(sql, values).await?;
            let sql = "UPDATE destination SET look_up = $2, address = $3, sealed = $4 WHERE id = $1";
            let address = address(&phone, &found);
            let values = vec![row.id.into(), found.hash.into(), address.into(), both.new.seal_phone(&phone).into()];
            changed += txn.run(sql, values).await?;
        }
    }
}

/// What webhooks are signed with, and what shops sign their pushes with.
async fn secrets(txn: &Txn, both: &Both<'_>) -> Result<u64, StoreError> {
    let mut sealed = 0;
    for (table, key, column) in
        [("destination", "id", "secret"), ("shop_hook", "shop_id", "secret"), ("shop_hook", "shop_id", "former_secret")]
    {
        let sql = format!("SELECT {key} AS id, {column} AS text FROM {table} WHERE {column} IS NOT NULL");
        for row in txn.rows::<Row>(&sql, vec![]).await? {
            let plain =
                if is_sealed(&row.text) { both.open(Sealed::Secret, &row.text) } else { Some(row.text.clone()) };
            let plain = plain.ok_or_else(|| wrong(&row.text))?;
            let sql = format!("UPDATE {table} SET {column} = $2 WHERE {key} = $1");
            sealed += txn.run(&sql, vec![row.id.into(), both.new.seal(Sealed::Secret, &plain).into()]).await?;
        }
    }
    Ok(sealed)
}

/// Which code was sent cannot be said by the new key: open ones must be asked for again, and what waits to be sent is of
/// no use. A text that may have arrived may be tried again, as ever.
async fn codes(txn: &Txn, both: &Both<'_>, now: i64) -> Result<(), StoreError> {
    txn.run("DELETE FROM challenge", vec![]).await?;
    txn.run("DELETE FROM sign_up WHERE sealed IS NOT NULL", vec![]).await?;
    let sql = "UPDATE delivery SET state = 'expired', reason = 'rekeyed', payload = '', ended_at = $1 \
               WHERE kind = 'code' AND state = 'pending'";
    txn.run(sql, vec![now.into()]).await?;
    let sql = "SELECT id, payload AS text FROM delivery WHERE kind = 'code' AND state = 'sending'";
    for row in txn.rows::<Row>(sql, vec![]).await? {
        let Some(plain) = both.open(Sealed::Code, &row.text) else { continue };
        let sql = "UPDATE delivery SET payload = $2 WHERE id = $1";
        txn.run(sql, vec![row.id.into(), both.new.seal(Sealed::Code, &plain).into()]).await?;
    }
    Ok(())
}

/// Texts that came in and are not answered yet name their senders sealed.
async fn arrivals(txn: &Txn, both: &Both<'_>) -> Result<(), StoreError> {
    let sql = "SELECT id, payload AS text FROM inbox WHERE done_at IS NULL";
    for row in txn.rows::<Row>(sql, vec![]).await? {
        let sql = "UPDATE inbox SET payload = $2 WHERE id = $1";
        let said = both.open(Sealed::Words, &row.text).unwrap_or(row.text);
        txn.run(sql, vec![row.id.into(), both.new.seal(Sealed::Words, &both.resealed(&said)).into()]).await?;
    }
    Ok(())
}
