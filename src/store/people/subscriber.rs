//! People and rooms, and where they are told.

use chrono::{DateTime, Utc};
use coatcheck_domain::Destination;
use sea_orm::{DbErr, FromQueryResult};

use crate::store::db::conn::{Db, Txn};
use crate::store::db::error::StoreError;
use crate::store::db::sql::Sql;
use crate::store::db::time::{at, micros};
use crate::store::people::keys::{Keys, Sealed};

/// Whose a destination is.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// The person or room.
    pub subscriber_id: i64,
    /// The destination itself.
    pub destination_id: i64,
    /// Was it made just now?
    pub is_new: bool,
    /// The secret that was made with it, to be shown this once.
    pub secret: Option<String>,
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Address(subscriber {}, destination {})", self.subscriber_id, self.destination_id)
    }
}

#[derive(FromQueryResult)]
struct AddressRow {
    id: i64,
    subscriber_id: i64,
    state: String,
}

const FIND: &str = "SELECT id, subscriber_id, state FROM destination WHERE address = $1";

impl Db {
    /// The subscriber who is told at `destination`; a new one, with a `secret` where it needs one, if nobody is yet.
    /// Whoever speaks from an address, or is entered by an operator, is there: an address that was gone is active again.
    ///
    /// # Errors
    /// [`StoreError::NoKey`] for a phone where there are no keys; otherwise when the database fails.
    pub async fn destination_for(
        &self,
        destination: &Destination,
        secret: impl FnOnce() -> Option<String>,
    ) -> Result<Address, StoreError> {
        if let Some(known) = self.known_destination(destination).await? {
            return Ok(known);
        }
        if let Destination::Sms(phone) = destination {
            return self.phone_for(phone).await;
        }
        let destination = self.now_at(destination).await?;
        let secret = secret();
        self.retrying(|| self.try_destination_for(&destination, secret.as_deref())).await
    }

    async fn try_destination_for(
        &self,
        destination: &Destination,
        secret: Option<&str>,
    ) -> Result<Address, StoreError> {
        let txn = self.write().await?;
        // The same person's two first messages, or two people's same hook, come at once.
        txn.hold(&destination.to_stored()).await?;
        let row: Option<AddressRow> = txn.row(FIND, vec![destination.to_stored().into()]).await?;
        let address = match row {
            Some(row) => {
                let sql = "UPDATE destination SET state = 'active', gone_why = NULL, gone_at = NULL WHERE id = $1";
                txn.run(sql, vec![row.id.into()]).await?;
                row.into_address()
            }
            None => insert(&txn, self.keys().ok(), destination, secret, micros(self.now())).await?,
        };
        txn.commit().await?;
        Ok(address)
    }

    /// The subscriber who is told at `destination`, if anybody is.
    pub async fn known_destination(&self, destination: &Destination) -> Result<Option<Address>, StoreError> {
        if let Destination::Sms(phone) = destination {
            return self.known_phone(phone).await;
        }
        let destination = self.now_at(destination).await?;
        let row: Option<AddressRow> = self.read().row(FIND, vec![destination.to_stored().into()]).await?;
        Ok(row.filter(|row| row.state == "active").map(AddressRow::into_address))
    }

    /// Whose a destination is, by its row.
    pub async fn owner_of(&self, destination_id: i64) -> Result<Option<i64>, StoreError> {
        let sql = "SELECT subscriber_id FROM destination WHERE id = $1 AND state <> 'unverified'";
        Ok(self.read().id(sql, vec![destination_id.into()]).await?)
    }

    /// Until when a subscriber wants quiet; `None` when that is over or never was.
    pub async fn paused_until(&self, subscriber_id: i64) -> Result<Option<DateTime<Utc>>, DbErr> {
        let sql = "SELECT paused_until FROM subscriber WHERE id = $1 AND paused_until > $2";
        let until = self.read().id(sql, vec![subscriber_id.into(), micros(self.now()).into()]).await?;
        Ok(until.map(at))
    }

    /// Gives a subscriber quiet until then, or ends it.
    pub async fn pause_subscriber(&self, subscriber_id: i64, until: Option<DateTime<Utc>>) -> Result<(), DbErr> {
        let txn = self.write().await?;
        let sql = "UPDATE subscriber SET paused_until = $2 WHERE id = $1";
        txn.run(sql, vec![subscriber_id.into(), until.map_or(0, micros).into()]).await?;
        txn.commit().await
    }
}

impl AddressRow {
    fn into_address(self) -> Address {
        Address { subscriber_id: self.subscriber_id, destination_id: self.id, is_new: false, secret: None }
    }
}

async fn insert(
    txn: &Txn,
    keys: Option<&Keys>,
    destination: &Destination,
    secret: Option<&str>,
    now: i64,
) -> Result<Address, StoreError> {
    let kind = if destination.is_room() { "room" } else { "person" };
    let subscriber_id = new_subscriber(txn, kind, now).await?;
    let sql = "INSERT INTO destination (subscriber_id, channel, address, lane, rank, state, secret, created_at) \
               VALUES ($1, $2, $3, $4, 0, 'active', $5, $6) RETURNING id";
    let values = vec![
        subscriber_id.into(),
        destination.channel().into(),
        destination.to_stored().into(),
        destination.lane().into(),
        secret.map(|plain| sealed(keys, plain)).into(),
        now.into(),
    ];
    let destination_id = txn.id(sql, values).await?;
    let destination_id = destination_id.ok_or_else(|| StoreError::corrupt("destination", "an insert gave no row"))?;
    Ok(Address { subscriber_id, destination_id, is_new: true, secret: secret.map(str::to_owned) })
}

/// Without keys a secret is kept as it is.
fn sealed(keys: Option<&Keys>, plain: &str) -> String {
    keys.map_or_else(|| plain.to_owned(), |keys| keys.seal(Sealed::Secret, plain))
}

/// A subscriber without any destination yet.
pub(in crate::store) async fn new_subscriber(txn: &Txn, kind: &str, now: i64) -> Result<i64, StoreError> {
    let sql = "INSERT INTO subscriber (kind, paused_until, created_at) VALUES ($1, 0, $2) RETURNING id";
    let id = txn.id(sql, vec![kind.into(), now.into()]).await?;
    id.ok_or_else(|| StoreError::corrupt("subscriber", "an insert gave no row"))
}
