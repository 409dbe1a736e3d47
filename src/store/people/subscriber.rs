//! People and rooms, and where they are told.

use chrono::{DateTime, Utc};
use coatcheck_domain::Destination;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, Select, Set,
};

use crate::store::db::conn::{Db, Txn};
use crate::store::db::error::StoreError;
use crate::store::db::sql::Sql;
use crate::store::entities::destination::{self, Column, Entity as Destinations};
use crate::store::entities::subscriber::{self, Entity as Subscribers};
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
        let address = match at_address(&txn, &destination.to_stored()).await? {
            Some(row) => {
                activate(&txn, row.id).await?;
                row.into()
            }
            None => insert(&txn, self.keys().ok(), destination, secret, self.now()).await?,
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
        let row = at_address(self.read(), &destination.to_stored()).await?;
        Ok(row.filter(|row| row.state == "active").map(Address::from))
    }

    /// Whose a destination is, by its row.
    pub async fn owner_of(&self, destination_id: i64) -> Result<Option<i64>, StoreError> {
        let known = Destinations::find_by_id(destination_id).filter(Column::State.ne("unverified"));
        Ok(known.one(self.read()).await?.map(|row| row.subscriber_id))
    }

    /// Until when a subscriber wants quiet; `None` when that is over or never was.
    pub async fn paused_until(&self, subscriber_id: i64) -> Result<Option<DateTime<Utc>>, DbErr> {
        let found = Subscribers::find_by_id(subscriber_id).one(self.read()).await?;
        Ok(found.map(|subscriber| subscriber.paused_until.at()).filter(|until| *until > self.now()))
    }

    /// Gives a subscriber quiet until then, or ends it.
    pub async fn pause_subscriber(&self, subscriber_id: i64, until: Option<DateTime<Utc>>) -> Result<(), DbErr> {
        let txn = self.write().await?;
        let paused_until = Set(until.unwrap_or_default().into());
        let quiet = subscriber::ActiveModel { paused_until, ..Default::default() };
        Subscribers::update_many().set(quiet).filter(subscriber::Column::Id.eq(subscriber_id)).exec(&txn).await?;
        txn.commit().await
    }
}

impl From<destination::Model> for Address {
    fn from(row: destination::Model) -> Self {
        Self { subscriber_id: row.subscriber_id, destination_id: row.id, is_new: false, secret: None }
    }
}

/// What is stored of an address.
pub(in crate::store) async fn at_address(
    db: &impl ConnectionTrait,
    stored: &str,
) -> Result<Option<destination::Model>, DbErr> {
    Destinations::find().filter(Column::Address.eq(stored)).one(db).await
}

/// Where a subscriber is notified, in the order of ranks.
pub(in crate::store) fn destinations_of(subscriber_id: i64) -> Select<Destinations> {
    let theirs = Destinations::find().filter(Column::SubscriberId.eq(subscriber_id));
    theirs.order_by_asc(Column::Rank).order_by_asc(Column::Id)
}

/// Somebody is there, again or still.
pub(in crate::store) async fn activate(txn: &Txn, destination_id: i64) -> Result<(), DbErr> {
    let active = destination::ActiveModel {
        state: Set("active".to_owned()),
        gone_why: Set(None),
        gone_at: Set(None),
        ..Default::default()
    };
    Destinations::update_many().set(active).filter(Column::Id.eq(destination_id)).exec(txn).await.map(|_| ())
}

async fn insert(
    txn: &Txn,
    keys: Option<&Keys>,
    destination: &Destination,
    secret: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Address, StoreError> {
    let kind = if destination.is_room() { "room" } else { "person" };
    let subscriber_id = new_subscriber(txn, kind, now).await?;
    let new = destination::ActiveModel {
        subscriber_id: Set(subscriber_id),
        channel: Set(destination.channel().to_owned()),
        address: Set(destination.to_stored()),
        lane: Set(destination.lane()),
        rank: Set(0),
        state: Set("active".to_owned()),
        secret: Set(secret.map(|plain| sealed(keys, plain))),
        created_at: Set(now.into()),
        ..Default::default()
    };
    let destination_id = new.insert(txn).await?.id;
    Ok(Address { subscriber_id, destination_id, is_new: true, secret: secret.map(str::to_owned) })
}

/// Without keys a secret is kept as it is.
fn sealed(keys: Option<&Keys>, plain: &str) -> String {
    keys.map_or_else(|| plain.to_owned(), |keys| keys.seal(Sealed::Secret, plain))
}

/// A subscriber without any destination yet.
pub(in crate::store) async fn new_subscriber(txn: &Txn, kind: &str, now: DateTime<Utc>) -> Result<i64, StoreError> {
    let new = subscriber::ActiveModel {
        kind: Set(kind.to_owned()),
        paused_until: Set(DateTime::UNIX_EPOCH.into()),
        created_at: Set(now.into()),
        ..Default::default()
    };
    Ok(new.insert(txn).await?.id)
}
