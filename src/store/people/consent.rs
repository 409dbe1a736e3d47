//! What the owners of phones allow: append-only, hashes instead of numbers. The last START or STOP counts.

use chrono::{DateTime, Utc};
use coatcheck_domain::phone::Phone;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, Set,
};

use crate::store::db::conn::{Db, Txn};
use crate::store::db::error::StoreError;
use crate::store::db::wake::Topic;
use crate::store::entities::consent::{self, Column, Entity as Consents};
use crate::store::entities::destination::{self, Entity as Destinations};
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
        note(&txn, &keys.look_up(phone), said, how, self.now()).await?;
        if let Some(row) = row {
            match said {
                ConsentWord::Start => {}
                ConsentWord::Stop => {
                    take_back(&txn, row.id, "stopped", self.now()).await?;
                }
                ConsentWord::Anytime | ConsentWord::Daytime => {
                    let anytime = Set(said == ConsentWord::Anytime);
                    let there = destination::ActiveModel { anytime, ..Default::default() };
                    let row = destination::Column::Id.eq(row.id);
                    Destinations::update_many().set(there).filter(row).exec(&txn).await?;
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
        let hashes = self.keys()?.look_ups(phone).into_iter().map(|look_up| look_up.hash);
        let phones = Destinations::find().filter(destination::Column::LookUp.is_in(hashes));
        Ok(phones.filter(destination::Column::Anytime.eq(true)).count(self.read()).await? > 0)
    }

    /// May a phone be texted?
    pub async fn phone_standing(&self, phone: &Phone) -> Result<Standing, StoreError> {
        standing(self.read(), &self.keys()?.look_ups(phone)).await
    }
}

/// The last START or STOP of a phone, by whichever key it was written down.
pub(in crate::store) async fn standing(db: &impl ConnectionTrait, look_ups: &[LookUp]) -> Result<Standing, StoreError> {
    let theirs = Column::PhoneHash.is_in(look_ups.iter().map(|look_up| look_up.hash.as_str()));
    let counts = Column::Said.is_in([ConsentWord::Start.as_str(), ConsentWord::Stop.as_str()]);
    let last = Consents::find().filter(theirs).filter(counts).order_by_desc(Column::Id).one(db).await?;
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
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let line = consent::ActiveModel {
        phone_hash: Set(look_up.hash.clone()),
        key_id: Set(look_up.key_id.clone()),
        said: Set(said.as_str().to_owned()),
        how: Set(how.as_str().to_owned()),
        at: Set(now.into()),
        ..Default::default()
    };
    line.insert(txn).await.map(|_| ())
}
