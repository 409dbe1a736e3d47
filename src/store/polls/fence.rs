//! Who holds a shop: what is stored of it is fenced by that.

use std::collections::HashSet;
use std::ops::Range;

use sea_orm::{DbErr, FromQueryResult, Value};

use crate::store::db::conn::Txn;
use crate::store::db::passing::{Answers, Asked};
use crate::store::db::sql::{Sql, list_of};

/// Asks which of these shops `holder` still holds, and in which epochs. On PostgreSQL they stay so until the end of the
/// transaction.
pub(super) fn fence(txn: &Txn, holder: &str, mut shops: Vec<i64>) -> Asked {
    shops.sort_unstable();
    shops.dedup();
    let mut values: Vec<Value> = vec![holder.into()];
    let these = list_of(&mut values, shops);
    let sql = format!(
        "SELECT id, epoch FROM shop WHERE holder = $1 AND id IN ({these}) ORDER BY id {}",
        txn.lock("FOR SHARE")
    );
    (sql, values)
}

/// Shops that are held, and their epochs.
pub(super) fn held(answers: &Answers, fence: &Range<usize>) -> Result<HashSet<(i64, i64)>, DbErr> {
    #[derive(FromQueryResult)]
    struct Held {
        id: i64,
        epoch: i64,
    }
    Ok(answers.rows::<Held>(fence)?.into_iter().map(|held| (held.id, held.epoch)).collect())
}
