//! Writes down which spans readings ended and opened, many at once.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use coatcheck_domain::stock::Change;
use coatcheck_domain::{Availability, Money};
use sea_orm::{DbErr, Value};

use crate::store::db::conn::Txn;
use crate::store::db::sql::{Sql, value_portions};
use crate::store::db::time::micros;
use crate::store::stock::variant_row::{Moment, VariantRow};

/// What is to be written.
#[derive(Default)]
pub(in crate::store) struct Spans {
    ended: Vec<[Value; 4]>,
    opened: Vec<[Value; 7]>,
    /// Variants that could be bought and cannot any more, by when that was read.
    out: BTreeMap<DateTime<Utc>, Vec<Value>>,
}

impl Spans {
    /// Takes in what a reading says of a variant.
    pub(in crate::store) fn take(
        &mut self,
        variant_id: i64,
        row: Option<&VariantRow>,
        change: &Change,
        moment: Moment,
    ) {
        let reached = row.and_then(|row| row.reached(moment));
        match change {
            // From here on the span reaches as far as the source's readings do; nothing to write.
            Change::Extend => {}
            // It reaches no further than the reading before: write that down, once.
            Change::Silent => {
                if let (Some(row), Some(reached)) = (row, reached)
                    && row.confirmed
                {
                    self.end(variant_id, reached, None);
                }
            }
            Change::Open { availability, price, previous_ended_at } => {
                if let (Some(reached), Some(ended)) = (reached, previous_ended_at) {
                    self.end(variant_id, reached, Some(*ended));
                }
                if row.is_some_and(VariantRow::was_buyable) && !availability.is_buyable() {
                    self.out.entry(moment.read_at).or_default().push(variant_id.into());
                }
                self.open(variant_id, *availability, price.as_ref(), moment);
            }
        }
    }

    fn end(&mut self, variant_id: i64, reached: (DateTime<Utc>, i64), ended: Option<DateTime<Utc>>) {
        let (last_seen, last_reading) = reached;
        let ended = ended.map(|at| micros(at.max(last_seen)));
        self.ended.push([variant_id.into(), micros(last_seen).into(), last_reading.into(), ended.into()]);
    }

    fn open(&mut self, variant_id: i64, availability: Availability, price: Option<&Money>, moment: Moment) {
        self.opened.push([
            variant_id.into(),
            availability.as_str().into(),
            price.map(|p| p.minor).into(),
            price.map(|p| i32::from(p.exponent)).into(),
            price.and_then(|p| p.currency.clone()).into(),
            micros(moment.read_at).into(),
            moment.reading.into(),
        ]);
    }

    /// Writes them down.
    pub(in crate::store) async fn write(self, txn: &Txn) -> Result<(), DbErr> {
        for (count, values) in value_portions(self.ended) {
            let sql = format!(
                "WITH done (variant_id, last_seen, last_reading, ended_at) AS (VALUES {}) \
                 UPDATE span SET last_seen = done.last_seen, last_reading = done.last_reading, ended_at = done.ended_at \
                 FROM done WHERE span.variant_id = done.variant_id AND span.ended_at IS NULL",
                txn.only_rows(count, 4)
            );
            txn.run_later(&sql, values).await?;
        }
        for (read_at, out) in &self.out {
            crate::store::outbox::gone::look_at(txn, out, *read_at).await?;
        }
        for (count, values) in value_portions(self.opened) {
            let sql = format!(
                "WITH told (variant_id, availability, price_minor, price_exponent, currency, at, reading) AS (VALUES {}) \
                 INSERT INTO span (variant_id, availability, price_minor, price_exponent, currency, started_at, last_seen, \
                 first_reading, last_reading) \
                 SELECT variant_id, availability, price_minor, price_exponent, currency, at, at, reading, reading FROM told",
                txn.only_rows(count, 7)
            );
            txn.run_later(&sql, values).await?;
        }
        Ok(())
    }
}
