//! How often somebody may do what is bounded for strangers: invite words, new addresses, link codes, texts that are
//! answered. Remembered, whoever restarts or scales the service.

use std::time::Duration;

use coatcheck_domain::Destination;

use crate::store::db::conn::Db;
use crate::store::db::error::StoreError;
use crate::store::db::sql::Sql;
use crate::store::db::time::{micros, span};
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
        let now = micros(self.now());
        let txn = self.write().await?;
        // Of many tries at once each sees those before it.
        txn.hold(&format!("allowance:{what}")).await?;
        let longest = if what.starts_with("text") { MONTH } else { DAY };
        let sql = "DELETE FROM allowance WHERE what = $1 AND at <= $2";
        txn.run(sql, vec![what.into(), (now - span(longest)).into()]).await?;
        for limit in each {
            let sql = "SELECT count(*) FROM allowance WHERE what = $1 AND who = $2 AND at > $3";
            let values = vec![what.into(), who.into(), (now - span(limit.within)).into()];
            if txn.id(sql, values).await?.unwrap_or_default() >= limit.most {
                return Ok(false);
            }
        }
        if let Some(limit) = all {
            let sql = "SELECT count(*) FROM allowance WHERE what = $1 AND at > $2";
            let values = vec![what.into(), (now - span(limit.within)).into()];
            if txn.id(sql, values).await?.unwrap_or_default() >= limit.most {
                return Ok(false);
            }
        }
        let sql = "INSERT INTO allowance (what, who, at) VALUES ($1, $2, $3)";
        txn.run(sql, vec![what.into(), who.into(), now.into()]).await?;
        txn.commit().await?;
        Ok(true)
    }
}
