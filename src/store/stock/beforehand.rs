//! What must be known before readings are stored. It is asked all at once, together with what fences them.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use coatcheck_domain::ProductReading;
use sea_orm::{DbErr, Value};

use crate::store::db::conn::Txn;
use crate::store::db::passing::{Answers, Asked, Questions};
use crate::store::db::sql::{Sql, portions};
use crate::store::stock::context::ReadPoll;
use crate::store::stock::identity::{Rows, keys};
use crate::store::stock::observed::{self, ByProduct};
use crate::store::stock::products::{self, ProductRow};
use crate::store::stock::variant_row::VariantRow;

/// Where the answers are.
pub(in crate::store) struct Beforehand {
    current: Range<usize>,
    owned: Range<usize>,
    named: Range<usize>,
    variants: Range<usize>,
}

/// What came of it.
#[derive(Default)]
pub(in crate::store) struct Basis {
    /// Sources that nobody has changed since they were asked; they stay so until the end of the transaction.
    pub(super) current: HashSet<i64>,
    /// Products by the sources that read them.
    pub(super) owned: HashMap<i64, Vec<ProductRow>>,
    /// Products by their keys.
    pub(super) named: Rows,
    /// Variants of some of the products.
    pub(super) variants: ByProduct,
}

impl Beforehand {
    /// For whole readings. Of a source that has one product, its variants too; of others it is not known yet which products
    /// have changed.
    pub(in crate::store) fn of(txn: &Txn, polls: &[ReadPoll<'_>], questions: &mut Questions) -> Self {
        let sources: Vec<i64> = polls.iter().map(|poll| poll.source.source_id).collect();
        let single = polls.iter().filter(|poll| poll.source.product_id.is_some()).map(|poll| poll.source.source_id);
        Self {
            current: questions.add(unedited(txn, polls)),
            owned: questions.add(products::of_sources(&sources)),
            named: questions.add([]),
            variants: questions.add(observed::of_sources(single)),
        }
    }

    /// For some products of a reading.
    pub(in crate::store) fn of_some(
        txn: &Txn,
        poll: ReadPoll<'_>,
        some: &[ProductReading],
        questions: &mut Questions,
    ) -> Self {
        let keys: Vec<(i64, String)> = keys(poll, some).collect();
        Self {
            current: questions.add(unedited(txn, &[poll])),
            owned: questions.add([]),
            named: questions.add(products::named(txn, &keys)),
            variants: questions.add(observed::named(txn, &keys)),
        }
    }

    /// What the answers say.
    pub(in crate::store) fn found(self, answers: &Answers) -> Result<Basis, DbErr> {
        let mut found = Basis { current: answers.ids(&self.current)?.into_iter().collect(), ..Basis::default() };
        for row in answers.rows::<ProductRow>(&self.owned)? {
            found.owned.entry(row.source_id).or_default().push(row);
        }
        found.named = answers.rows::<ProductRow>(&self.named)?.into_iter().map(|row| (row.at(), row)).collect();
        observed::shelve(answers.rows::<VariantRow>(&self.variants)?, &mut found.variants);
        Ok(found)
    }
}

/// Asks which sources nobody has changed since they were read.
fn unedited(txn: &Txn, polls: &[ReadPoll<'_>]) -> Vec<Asked> {
    let row = |poll: &ReadPoll<'_>| {
        let source = poll.source;
        [Value::from(source.source_id), source.edit.into(), source.readings.into()]
    };
    let asked = portions(polls).map(|chunk| {
        let sql = format!(
            "WITH done (id, edit, readings) AS (VALUES {}) SELECT s.id FROM done \
             JOIN source s ON s.id = done.id AND s.edit = done.edit AND s.readings = done.readings ORDER BY s.id {}",
            txn.only_rows(chunk.len(), 3),
            txn.lock("FOR UPDATE OF s")
        );
        (sql, chunk.iter().flat_map(row).collect())
    });
    asked.collect()
}
