//! Readings that are stored but doubted: the source's row says why, until one comes that is not.

use std::collections::HashSet;

use coatcheck_domain::drift::{self, Coverage, SendOutcome};
use sea_orm::FromQueryResult;

use crate::store::db::conn::Txn;
use crate::store::db::error::StoreError;
use crate::store::db::sql::Sql;
use crate::store::polls::held::HeldSource;
use crate::store::stock::new_reading::NewReading;

/// What is made of a reading as a whole.
pub(in crate::store) struct Doubt {
    /// What becomes of the products it lacks.
    pub(in crate::store) outcome: SendOutcome,
    /// What is wrong with it, for people.
    pub(in crate::store) error: Option<String>,
}

/// Judges a reading that lacks these products.
pub(in crate::store) async fn of(
    txn: &Txn,
    claim: &HeldSource,
    new: &NewReading,
    lacking: &HashSet<i64>,
) -> Result<Doubt, StoreError> {
    let silent = says_nothing(new);
    if !silent && (!new.reading.complete || lacking.is_empty()) {
        return Ok(Doubt { outcome: SendOutcome::Missing, error: None });
    }
    let standing = standing(txn, claim.source_id).await?;
    let lacking = standing.iter().filter(|id| new.reading.complete && lacking.contains(id)).count();
    let coverage = Coverage { known: standing.len(), lacking };
    let outcome = drift::judge(coverage, claim.drift_since, new.read_at);
    let error = (outcome != SendOutcome::Missing)
        .then(|| coverage.to_string())
        .or_else(|| (silent && !standing.is_empty()).then(|| SAYS_NOTHING.to_owned()));
    Ok(Doubt { outcome, error })
}

/// Availability was told, and is notified of nothing any more.
const SAYS_NOTHING: &str = "nothing here says any more whether it can be had; the shop may have changed its words";

fn says_nothing(new: &NewReading) -> bool {
    let mut variants = new.reading.products.iter().flat_map(|product| &product.variants);
    new.same.is_empty() && !variants.any(|variant| variant.availability.is_definite())
}

/// The source's products of which anything is known and not absent.
async fn standing(txn: &Txn, source_id: i64) -> Result<Vec<i64>, StoreError> {
    #[derive(FromQueryResult)]
    struct Id {
        id: i64,
    }
    let sql = "SELECT p.id FROM product p WHERE p.source_id = $1 AND EXISTS (SELECT 1 FROM variant v \
               WHERE v.product_id = p.id AND v.availability <> 'absent')";
    let rows: Vec<Id> = txn.rows(sql, vec![source_id.into()]).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}
