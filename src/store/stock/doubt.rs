//! Readings that are stored but doubted: the source's row says why, until one comes that is not.

use std::collections::HashSet;

use coatcheck_domain::drift::Coverage;
use sea_orm::FromQueryResult;

use crate::store::db::conn::Txn;
use crate::store::db::error::StoreError;
use crate::store::db::sql::Sql;
use crate::store::polls::held::HeldSource;
use crate::store::stock::new_reading::NewReading;

/// What is wrong with a reading that lacks these products, for people.
pub(in crate::store) async fn of(
    txn: &Txn,
    claim: &HeldSource,
    new: &NewReading,
    lacking: &HashSet<i64>,
) -> Result<Option<String>, StoreError> {
    let silent = says_nothing(new);
    if !silent && (!new.reading.complete || lacking.is_empty()) {
        return Ok(None);
    }
    let standing = standing(txn, claim.source_id).await?;
    let lacking = standing.iter().filter(|id| new.reading.complete && lacking.contains(id)).count();
    let coverage = Coverage { known: standing.len(), lacking };
    let much = coverage.is_doubtful().then(|| coverage.to_string());
    Ok(much.or_else(|| (silent && !standing.is_empty()).then(|| SAYS_NOTHING.to_owned())))
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
