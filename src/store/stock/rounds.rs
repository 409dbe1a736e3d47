//! Rounds in which variants vanished: whether what is back was ever gone.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use coatcheck_domain::stock::glitch::Round;
use coatcheck_domain::stock::{self, Known};
use coatcheck_domain::{ProductReading, Reading};
use sea_orm::FromQueryResult;

use crate::store::db::conn::Txn;
use crate::store::db::error::StoreError;
use crate::store::db::sql::Sql;
use crate::store::db::time::micros;
use crate::store::polls::held::HeldSource;

/// The rounds that were judged already, by source and time.
#[derive(Default)]
pub(super) struct Rounds(HashMap<(i64, i64), Round>);

/// A variant that was in stock and vanished in a round.
#[derive(FromQueryResult)]
struct Lost {
    product: String,
    /// The product's key when it was last read.
    last_key: Option<String>,
    variant: String,
    missing: i32,
}

impl Rounds {
    /// Marks the variants of `known` that this reading brings back from a glitch. Says whether it may yet turn out that
    /// something was one, once more is read than these products.
    pub(super) async fn judge(
        &mut self,
        txn: &Txn,
        (source, reading): (&HeldSource, &Reading),
        known: &mut Known,
        product: &ProductReading,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let mut may_be_glitch = false;
        for index in stock::returning(known, product) {
            let Some(vanished) = known.variants[index].vanished else { continue };
            let key = (source.source_id, micros(vanished.at));
            let round = match self.0.get(&key) {
                Some(round) => *round,
                None => round(txn, source, reading, vanished.at).await?,
            };
            self.0.insert(key, round);
            known.variants[index].glitch = round.is_glitch(now);
            may_be_glitch |= round.may_be_glitch(now) && !round.is_glitch(now);
        }
        Ok(may_be_glitch)
    }
}

/// What vanished then, and what of it is back or stands in this reading.
async fn round(txn: &Txn, source: &HeldSource, reading: &Reading, at: DateTime<Utc>) -> Result<Round, StoreError> {
    let sql = "SELECT p.key AS product, 'id:' || p.external_id AS last_key, v.key AS variant, v.missing FROM variant v \
               JOIN product p ON p.id = v.product_id WHERE p.source_id = $1 AND v.vanished_at = $2 \
                 AND v.vanished_as IN ('in_stock', 'low_stock')";
    let lost: Vec<Lost> = txn.rows(sql, vec![source.source_id.into(), micros(at).into()]).await?;
    let sql = "SELECT COUNT(*) AS id FROM product WHERE shop_id = $1";
    let products = txn.id(sql, vec![source.shop_id.into()]).await?.unwrap_or_default();
    let read: HashSet<(String, String)> = reading.products.iter().flat_map(variants).collect();
    let losing: HashSet<&String> = lost.iter().map(|lost| &lost.product).collect();
    let is_back = |lost: &&Lost| {
        let under = |product: &String| read.contains(&(product.clone(), lost.variant.clone()));
        lost.missing == 0 || under(&lost.product) || lost.last_key.as_ref().is_some_and(under)
    };
    Ok(Round {
        at,
        products: usize::try_from(products).unwrap_or_default(),
        losing: losing.len(),
        lost: lost.len(),
        back: lost.iter().filter(is_back).count(),
    })
}

fn variants(product: &ProductReading) -> impl Iterator<Item = (String, String)> {
    let of = product.key();
    stock::keys(&product.variants).into_iter().map(move |key| (of.clone(), key))
}
