//! How often somebody may do what is bounded for strangers: invite words, new addresses, link codes, texts that are
//! answered. Remembered, whoever restarts or scales the service.

use std::time::Duration;

use coatcheck_domain::Destination;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, Set};

use crate::store::db::conn::Db;
use crate::store::db::error::StoreError;
use crate::store::db::sql::Sql;
use crate::store::db::time::Micros;
use crate::store::entities::allowance::{self, Column, Entity as Allowances};
use crate::store::people::admission::whole;

/// Tries are counted over a day at most, …
const DAY: Duration = Duration::from_secs(24 * 3600);
/// … but for answers by text, which are few.
const MONTH: Duration = Duration::from_secs(30 * 24 * 3600);

/// So many within so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// A day at most; 30 days for what begins with `text`.
    pub within: Duration,
    /// Tries that are allowed.
    pub most: i64,
}

impl Db {
    /// May `destination` try `what` once more? If so, the try is counted. `each` bounds one destination (all topics of a
    /// forum are one), `all` everybody together.
    ///
    /// # Errors
    /// [`StoreError::NoKey`] for a phone where there are no keys; otherwise when the database fails.
    pub async fn allow(
        &self,
        what: &str,
        destination: &Destination,
        each: &[Limit],
        all: Option<Limit>,
    ) -> Result<bool, StoreError> {
        let room = whole(destination);
        let who = match room.as_ref().unwrap_or(destination) {
            Destination::Sms(phone) => self.keys()?.chat(phone),
            other => other.to_stored(),
        };
        self.counted(what, &who, each, all).await
    }

    /// The same of all visitors of the pages together: whose visitors they are is not known.
    pub async fn allow_visitor(&self, what: &str, all: Limit) -> Result<bool, StoreError> {
        self.counted(what, "web", &[], Some(all)).await
    }

    /// The same of a push service that strangers named.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn allow_service(&self, what: &str, service: &str, each: &[Limit]) -> Result<bool, StoreError> {
        self.counted(what, service, each, None).await
    }

    async fn counted(&self, what: &str, who: &str, each: &[Limit], all: Option<Limit>) -> Result<bool, StoreError> {
        let now = self.now();
        let txn = self.write().await?;
        // Of many tries at once each sees those before it.
        txn.hold(&format!("allowance:{what}")).await?;
        let longest = if what.starts_with("text") { MONTH } else { DAY };
        let old = Column::At.lte(Micros::from(now - longest));
        Allowances::delete_many().filter(Column::What.eq(what)).filter(old).exec(&txn).await?;
        let theirs = each.iter().map(|limit| (limit, Column::Who.eq(who)));
        for (limit, whose) in theirs.chain(all.as_ref().map(|limit| (limit, Column::Id.is_not_null()))) {
            let lately = Column::At.gt(Micros::from(now - limit.within));
            let tries = Allowances::find().filter(Column::What.eq(what)).filter(whose).filter(lately);
            if tries.count(&txn).await? >= u64::try_from(limit.most).unwrap_or_default() {
                return Ok(false);
            }
        }
        let one = allowance::ActiveModel {
            what: Set(what.to_owned()),
            who: Set(who.to_owned()),
            at: Set(now.into()),
            ..Default::default()
        };
        one.insert(&txn).await?;
        txn.commit().await?;
        Ok(true)
    }
}
