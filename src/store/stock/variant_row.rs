//! A variant and its open span, as they are stored, and what a decider makes of them.

use chrono::{DateTime, Utc};
use coatcheck_domain::stock::{KnownVariant, OpenSpan, Vanished};
use coatcheck_domain::{Availability, Money, Rank};
use sea_orm::FromQueryResult;

use crate::store::db::error::StoreError;
use crate::store::db::time::at;

/// The reading's place in the history of its source.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// When the answer was complete.
    pub(crate) read_at: DateTime<Utc>,
    /// Its number.
    pub(crate) reading: i64,
    /// When the one before was complete.
    pub(crate) previous_read_at: Option<DateTime<Utc>>,
}

/// A variant and its open span, as they are stored.
#[derive(FromQueryResult)]
pub(in crate::store) struct VariantRow {
    pub(in crate::store) id: i64,
    pub(in crate::store) product_id: i64,
    key: String,
    sku: Option<String>,
    pub(in crate::store) options_key: String,
    pub(in crate::store) size_key: String,
    pub(in crate::store) rank: i32,
    pub(in crate::store) digest: Option<i64>,
    vanished_at: Option<i64>,
    vanished_as: Option<String>,
    renamed: bool,
    pub(in crate::store) confirmed: bool,
    pub(in crate::store) missing: i32,
    pub(in crate::store) unconfirmed: i32,
    span_availability: Option<String>,
    price_minor: Option<i64>,
    price_exponent: Option<i32>,
    currency: Option<String>,
    last_seen: Option<i64>,
    last_reading: Option<i64>,
}

impl VariantRow {
    pub(in crate::store) fn known(&self, moment: Moment) -> Result<KnownVariant, StoreError> {
        let span = match (&self.span_availability, self.last_seen) {
            (Some(word), Some(last_seen)) => Some(OpenSpan {
                availability: word.parse().map_err(|why| StoreError::corrupt("span.availability", why))?,
                price: self.price(),
                last_seen: self.reached(moment).map_or(at(last_seen), |(reached, _)| reached),
            }),
            _ => None,
        };
        Ok(KnownVariant {
            key: self.key.clone(),
            sku: self.sku.clone(),
            options_key: self.options_key.clone(),
            span,
            rank: Rank::from_number(self.rank).unwrap_or_default(),
            vanished: self.vanished()?,
            glitch: false,
            missing: u32::try_from(self.missing).unwrap_or_default(),
            unconfirmed: u32::try_from(self.unconfirmed).unwrap_or_default(),
        })
    }

    fn vanished(&self) -> Result<Option<Vanished>, StoreError> {
        let (Some(vanished_at), Some(word)) = (self.vanished_at, &self.vanished_as) else { return Ok(None) };
        let was = word.parse().map_err(|why| StoreError::corrupt("variant.vanished_as", why))?;
        Ok(Some(Vanished { at: at(vanished_at), was, renamed: self.renamed }))
    }

    pub(in crate::store) fn was_buyable(&self) -> bool {
        self.span_availability.as_deref().and_then(|word| word.parse().ok()).is_some_and(Availability::is_buyable)
    }

    /// What the open span says, if there is one.
    pub(in crate::store) fn span_availability(&self) -> Option<&str> {
        self.span_availability.as_deref()
    }

    fn price(&self) -> Option<Money> {
        let exponent = u8::try_from(self.price_exponent?).ok()?;
        Some(Money::minor(self.price_minor?, exponent, self.currency.as_deref()))
    }

    /// How far the open span reaches before this reading: a confirmed one to the reading before.
    pub(in crate::store) fn reached(&self, moment: Moment) -> Option<(DateTime<Utc>, i64)> {
        let written = (at(self.last_seen?), self.last_reading?);
        match moment.previous_read_at {
            Some(previous) if self.confirmed => Some((previous.max(written.0), (moment.reading - 1).max(written.1))),
            _ => Some(written),
        }
    }
}
