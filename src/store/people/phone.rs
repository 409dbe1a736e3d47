//! Phones among the destinations: found by a hash, their numbers sealed, ranked behind everything else.
//!
//! `destination.address` of a phone is `sms:<key id>:<hash>:<its last two digits>`. The number itself is opened in one
//! place only: where the outbox starts a send.

use chrono::{DateTime, Utc};
use coatcheck_domain::Destination;
use coatcheck_domain::phone::Phone;
use sea_orm::sea_query::LockType;
use sea_orm::{ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, QueryFilter, QuerySelect, Select, Set};

use crate::store::db::conn::{Db, Txn};
use crate::store::db::error::StoreError;
use crate::store::db::sql::Sql;
use crate::store::entities::destination::{self, Column, Entity as Destinations};
use crate::store::people::keys::{Keys, LookUp};
use crate::store::people::subscriber::{Address, activate, new_subscriber};

/// A phone is told last.
pub const LAST: i32 = 100;

/// Is it known whose a phone is?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Ownership {
    /// Somebody spoke from it, or typed its code.
    Shown,
    /// Somebody asked for a code to be sent there. It is told nothing else.
    Unverified,
}

/// A stored address as people may see it: without a webhook's secrets, and of a phone two digits.
#[must_use]
pub fn shown(stored: &str) -> String {
    if let Some(rest) = stored.strip_prefix("sms:") {
        return format!("sms:+…{}", rest.rsplit(':').next().unwrap_or_default());
    }
    stored.parse::<Destination>().map_or_else(|_| "unreadable".to_owned(), |destination| destination.to_string())
}

impl Db {
    /// The subscriber of a phone that has spoken, or whose code was typed.
    pub(in crate::store) async fn known_phone(&self, phone: &Phone) -> Result<Option<Address>, StoreError> {
        let row = find(&self.keys()?.look_ups(phone)).one(self.read()).await?;
        Ok(row.filter(|row| row.state == "active").map(Address::from))
    }

    /// The subscriber of a phone whose owner speaks, or that an operator enters.
    pub(in crate::store) async fn phone_for(&self, phone: &Phone) -> Result<Address, StoreError> {
        self.retrying(|| self.try_phone_for(phone)).await
    }

    async fn try_phone_for(&self, phone: &Phone) -> Result<Address, StoreError> {
        let keys = self.keys()?;
        let txn = self.write().await?;
        let address = match hold(&txn, keys, phone).await? {
            Some(row) => {
                activate(&txn, row.id).await?;
                row.into()
            }
            None => insert(&txn, keys, phone, Ownership::Shown, self.now()).await?,
        };
        txn.commit().await?;
        Ok(address)
    }
}

/// The phone's row, moved to the newest key. On PostgreSQL it is ours until we are done: no send to it begins meanwhile,
/// and nobody else does what we do. Alerts may be put into the outbox all the same.
pub(in crate::store) async fn hold(txn: &Txn, keys: &Keys, phone: &Phone) -> Result<Option<destination::Model>, DbErr> {
    txn.hold(&format!("phone:{}", keys.look_up(phone).hash)).await?;
    renew(txn, keys, phone).await?;
    find(&[keys.look_up(phone)]).lock(LockType::NoKeyUpdate).one(txn).await
}

fn find(look_ups: &[LookUp]) -> Select<Destinations> {
    let hashes = look_ups.iter().map(|look_up| look_up.hash.as_str());
    Destinations::find().filter(Column::LookUp.is_in(hashes))
}

/// A phone that was not known yet, with a subscriber of its own.
pub(in crate::store) async fn insert(
    txn: &Txn,
    keys: &Keys,
    phone: &Phone,
    ownership: Ownership,
    now: DateTime<Utc>,
) -> Result<Address, StoreError> {
    let subscriber_id = new_subscriber(txn, "person", now).await?;
    let look_up = keys.look_up(phone);
    let (country, zones) = facts(phone);
    let destination = Destination::Sms(phone.clone());
    let new = destination::ActiveModel {
        subscriber_id: Set(subscriber_id),
        channel: Set(destination.channel().to_owned()),
        address: Set(address(phone, &look_up)),
        lane: Set(destination.lane()),
        rank: Set(LAST),
        state: Set(ownership.state().to_owned()),
        created_at: Set(now.into()),
        sealed: Set(Some(keys.seal_phone(phone))),
        look_up: Set(Some(look_up.hash)),
        country: Set(country),
        zones: Set(zones),
        ..Default::default()
    };
    let destination_id = new.insert(txn).await?.id;
    Ok(Address { subscriber_id, destination_id, is_new: true, secret: None })
}

/// The stored form: two digits of the number are in it.
pub(in crate::store) fn address(phone: &Phone, look_up: &LookUp) -> String {
    let shown = phone.to_string();
    format!("sms:{}:{}:{}", look_up.key_id, look_up.hash, shown.trim_start_matches("+…"))
}

/// The country and the zones of a number, as in their columns.
fn facts(phone: &Phone) -> (Option<String>, Option<String>) {
    let zones: Vec<&str> = phone.zones().iter().map(|zone| zone.name()).collect();
    let country = phone.country().map(|country| country.as_str().to_owned());
    (country, (!zones.is_empty()).then(|| zones.join(",")))
}

/// What an earlier key wrote of a number is found by the newest from now on: its row, what it said, its open codes.
pub(in crate::store) async fn renew(txn: &Txn, keys: &Keys, phone: &Phone) -> Result<u64, DbErr> {
    let new = keys.look_up(phone);
    let mut renewed = 0;
    for old in keys.look_ups(phone).into_iter().skip(1) {
        let values = vec![old.hash.as_str().into(), new.hash.as_str().into()];
        let sql = "UPDATE challenge SET address_hash = $2 WHERE address_hash = $1";
        txn.run(sql, values.clone()).await?;
        let sql = "UPDATE consent SET phone_hash = $2, key_id = $3 WHERE phone_hash = $1";
        txn.run(sql, [values.clone(), vec![new.key_id.as_str().into()]].concat()).await?;
        let sql = "UPDATE destination SET look_up = $2, address = $3, sealed = $4 WHERE look_up = $1";
        let row = vec![address(phone, &new).into(), keys.seal_phone(phone).into()];
        renewed += txn.run(sql, [values, row].concat()).await?;
    }
    Ok(renewed)
}

impl Ownership {
    pub(in crate::store) fn state(self) -> &'static str {
        match self {
            Self::Shown => "active",
            Self::Unverified => "unverified",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn a_stored_address_is_shown_without_its_secrets() {
        assert_eq!(shown("sms:0a1b:ffff:23"), "sms:+…23");
        assert_eq!(shown("webhook:https://example.com/s3cret"), "webhook:https://example.com/…");
        assert_eq!(shown("discord:7"), "discord:7");
        assert_eq!(shown("what"), "unreadable");
    }
}
