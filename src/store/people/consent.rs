//! What the owners of phones allow: append-only, hashes instead of numbers. The last START or STOP counts.

use coatcheck_domain::phone::Phone;
use sea_orm::{DbErr, FromQueryResult, Value};

use crate::store::db::conn::{Db, Txn};
use crate::store::db::error::StoreError;
use crate::store::db::sql::{Sql, list};
use crate::store::db::time::micros;
use crate::store::db::wake::Topic;
use crate::store::outbox::ending::take_back;
use crate::store::people::keys::LookUp;
use crate::store::people::phone;

/// What was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsentWord {
    /// Texts may be sent.
    Start,
    /// Nothing may be sent.
    Stop,
    /// Texts may be sent at night, too.
    Anytime,
    /// At night no texts.
    Daytime,
}

/// How it was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsentSource {
    /// By a text from the phone.
    Text,
    /// By typing a code that was sent to it.
    Code,
    /// On a web page.
    Web,
    /// The carrier or the provider told us.
    Carrier,
}

/// May a phone be texted?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nobody has said anything.
    Unknown,
    /// It may.
    Consented,
    /// It may not.
    Stopped,
}

impl ConsentWord {
    /// The word in the table.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Anytime => "anytime",
            Self::Daytime => "daytime",
        }
    }
}

impl ConsentSource {
    /// The word in the table.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Code => "code",
            Self::Web => "web",
            Self::Carrier => "carrier",
        }
    }
}

impl Db {
    /// Writes down what the owner of a phone said, and does it in the same transaction: STOP takes back all that waits
    /// to be sent there, ANYTIME and DAYTIME are noted at the phone. What is being sent when STOP is stored may still
    /// arrive; nothing begins after it.
    ///
    /// # Errors
    /// [`StoreError::NoKey`] without keys; otherwise when the database fails, and then nothing of it was done.
    pub async fn consent(&self, phone: &Phone, said: ConsentWord, how: ConsentSource) -> Result<(), StoreError> {
        // What others hold at that moment must not keep anybody from saying STOP.
        self.retrying(|| self.try_consent(phone, said, how)).await
    }

    async fn try_consent(&self, phone: &Phone, said: ConsentWord, how: ConsentSource) -> Result<(), StoreError> {
        let keys = self.keys()?;
        let txn = self.write().await?;
        let row = phone::hold(&txn, keys, phone).await?;
        note(&txn, &keys.look_up(phone), said, how, micros(self.now())).await?;
        if let Some(row) = row {
            match said {
                ConsentWord::Start => {}
                ConsentWord::Stop => {
                    take_back(&txn, row.id, "stopped", self.now()).await?;
                }
                ConsentWord::Anytime | ConsentWord::Daytime => {
                    let sql = "UPDATE destination SET anytime = $2 WHERE id = $1";
                    txn.run(sql, vec![row.id.into(), (said == ConsentWord::Anytime).into()]).await?;
                }
            }
        }
        txn.commit().await?;
        // What was taken back here may be told elsewhere now.
        self.wake().ring(Topic::Deliveries);
        Ok(())
    }

    /// Did the owner of a phone say ANYTIME?
    pub async fn is_texted_anytime(&self, phone: &Phone) -> Result<bool, StoreError> {
        let hashes: Vec<_> = self.keys()?.look_ups(phone).into_iter().map(|look_up| look_up.hash.into()).collect();
        let sql = format!("SELECT id FROM destination WHERE anytime AND look_up IN ({})", list(1, hashes.len()));
        Ok(self.read().id(&sql, hashes).await?.is_some())
    }

    /// May a phone be texted?
    pub async fn phone_standing(&self, phone: &Phone) -> Result<Standing, StoreError> {
        standing(self.read(), &self.keys()?.look_ups(phone)).await
    }
}

/// The last START or STOP of a phone, by whichever key it was written down.
pub(in crate::store) async fn standing(db: &impl Sql, look_ups: &[LookUp]) -> Result<Standing, StoreError> {
    #[derive(FromQueryResult)]
    struct Said {
        said: String,
    }
    let sql = format!(
        "SELECT said FROM consent WHERE phone_hash IN ({}) AND said IN ('start', 'stop') ORDER BY id DESC LIMIT 1",
        list(1, look_ups.len())
    );
    let hashes: Vec<Value> = look_ups.iter().map(|look_up| look_up.hash.as_str().into()).collect();
    let last: Option<Said> = db.row(&sql, hashes).await?;
    Ok(match last {
        None => Standing::Unknown,
        Some(last) if last.said == ConsentWord::Start.as_str() => Standing::Consented,
        Some(_) => Standing::Stopped,
    })
}

/// Adds a line to the record.
pub(in crate::store) async fn note(
    txn: &Txn,
    look_up: &LookUp,
    said: ConsentWord,
    how: ConsentSource,
    now: i64,
) -> Result<(), DbErr> {
    let sql = "INSERT INTO consent (phone_hash, key_id, said, how, at) VALUES ($1, $2, $3, $4, $5)";
    let values = vec![
        look_up.hash.as_str().into(),
        look_up.key_id.as_str().into(),
        said.as_str().into(),
        how.as_str().into(),
        now.into(),
    ];
    txn.run(sql, values).await.map(|_| ())
}
