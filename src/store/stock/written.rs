//! What is written of a variant that a reading names.

use coatcheck_domain::fold::FOLD_VERSION;
use coatcheck_domain::stock::{Change, Seen};
use coatcheck_domain::{Availability, VariantReading};
use sea_orm::Value;
use sha2::{Digest, Sha256};

use crate::store::db::error::StoreError;
use crate::store::stock::variant_row::VariantRow;

/// The columns, in this order, behind the id of the variant's row or of its product.
pub(super) const COLUMNS: &str = "key, external_id, sku, title, options, options_key, size, style, size_key, style_key, fold_version, \
     url, image, quantity, position, availability, confirmed, unconfirmed, rank, digest";
pub(super) const COUNT: usize = 21;

/// What a reading says of a variant, ready to be written.
pub(super) struct Written<'a> {
    seen: &'a Seen,
    variant: &'a VariantReading,
    position: i64,
    options: String,
    digest: i64,
}

impl<'a> Written<'a> {
    /// Of the variant at this place of its product.
    pub(super) fn of(seen: &'a Seen, variant: &'a VariantReading, index: usize) -> Result<Self, StoreError> {
        let options = serde_json::to_string(&variant.options).map_err(|e| StoreError::corrupt("variant.options", e))?;
        let position = i64::try_from(index).unwrap_or(i64::MAX);
        let digest = digest(seen, variant, position, &options);
        Ok(Self { seen, variant, position, options, digest })
    }

    /// Does the row say all of it already?
    pub(super) fn is_in(&self, row: &VariantRow) -> bool {
        let seen = self.seen;
        let is_same_stock = now_is(&seen.change).is_none_or(|now| row.span_availability() == Some(now.as_str()));
        row.digest == Some(self.digest)
            && is_same_stock
            && row.confirmed == (seen.change != Change::Silent)
            && (row.missing, i64::from(row.unconfirmed), row.rank)
                == (0, i64::from(seen.unconfirmed), seen.rank.number())
    }

    /// All columns, the id first.
    pub(super) fn columns(self, id: i64) -> [Value; COUNT] {
        let Self { seen, variant, position, options, digest } = self;
        [
            id.into(),
            seen.key.as_str().into(),
            variant.external_id.clone().into(),
            variant.sku.clone().into(),
            variant.title.clone().into(),
            options.into(),
            variant.options_key().into(),
            variant.size().into(),
            variant.style().into(),
            variant.size_key().as_str().into(),
            variant.style_key().as_str().into(),
            i64::from(FOLD_VERSION).into(),
            variant.url.as_ref().map(ToString::to_string).into(),
            variant.image.as_ref().map(ToString::to_string).into(),
            variant.quantity.into(),
            position.into(),
            now_is(&seen.change).map(Availability::as_str).into(),
            (seen.change != Change::Silent).into(),
            i64::from(seen.unconfirmed).into(),
            i64::from(seen.rank.number()).into(),
            digest.into(),
        ]
    }
}

/// The availability that a change leads to.
pub(super) fn now_is(change: &Change) -> Option<Availability> {
    match change {
        Change::Open { availability, .. } => Some(*availability),
        Change::Silent | Change::Extend => None,
    }
}

/// Of what the shop says of a variant besides its stock and price, and of the rules by which it is folded.
fn digest(seen: &Seen, variant: &VariantReading, position: i64, options: &str) -> i64 {
    let mut hash = Sha256::new();
    let mut field = |text: Option<&str>| {
        hash.update(text.map_or(u64::MAX, |text| text.len() as u64).to_le_bytes());
        hash.update(text.unwrap_or_default());
    };
    field(Some(&seen.key));
    field(variant.external_id.as_deref());
    field(variant.sku.as_deref());
    field(variant.title.as_deref());
    field(Some(options));
    field(variant.url.as_ref().map(url::Url::as_str));
    field(variant.image.as_ref().map(url::Url::as_str));
    hash.update(variant.quantity.map_or([0; 9], |quantity| {
        let mut some = [1; 9];
        some[1..].copy_from_slice(&quantity.to_le_bytes());
        some
    }));
    hash.update(position.to_le_bytes());
    hash.update(FOLD_VERSION.to_le_bytes());
    let digest: [u8; 32] = hash.finalize().into();
    i64::from_le_bytes(std::array::from_fn(|index| digest[index]))
}
