//! A restock that waits for its fan-out, and which wishes it fulfils.

use std::time::Duration;

use coatcheck_bots::message::{Alert, AlertVariant};
use coatcheck_domain::size::names;
use coatcheck_domain::watch::{self, Case, Offer, Wish};
use coatcheck_domain::{SizeKey, StyleKey};

/// A restock whose fan-out is not done.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenRestock {
    /// The row.
    pub id: i64,
    /// The product that is back.
    pub product_id: i64,
    /// Its number among the product's restocks.
    pub number: i64,
    /// When it was stored (µs).
    pub created_at: i64,
    /// The last watch that its fan-out has passed, when it was looked up.
    pub cursor: i64,
    /// All that came back.
    pub alert: Alert,
}

/// The settings of a fan-out.
#[derive(Debug, Clone, Copy)]
pub struct FanoutRules {
    /// An `every` watch hears of one product at most once in this time.
    pub quiet_for: Duration,
    /// An alert that was not told by then is not worth telling.
    pub expire_after: Duration,
    /// Watches in one transaction, at most: what keeps SQLite's only writer busy for no longer than some 25 ms.
    pub chunk: usize,
}

impl FanoutRules {
    /// What a service has for a chunk.
    pub const CHUNK: usize = 1500;
}

/// Which of the wishes the alert fulfils; `sizes` are its variants', in order.
pub(super) fn fulfilled(wishes: &[Wish], alert: &Alert, sizes: &[Vec<SizeKey>]) -> Vec<Case> {
    let offers: Vec<(i64, Offer<'_>)> = alert
        .variants
        .iter()
        .zip(sizes)
        .map(|(variant, sizes)| {
            let offer = Offer { sizes, style: variant.style.as_deref(), title: &alert.product };
            (variant.variant, offer)
        })
        .collect();
    watch::cases(wishes, &offers)
}

/// The restock's variants that fulfil a wish, as stored.
pub(in crate::store) fn variants_for(size_key_of_wish: String, style_key: String, alert: &Alert) -> Vec<i64> {
    let wish = Wish { size: SizeKey::from_stored(size_key_of_wish), style: StyleKey::from_stored(style_key) };
    let sizes: Vec<Vec<SizeKey>> = alert.variants.iter().map(size_keys).collect();
    fulfilled(&[wish], alert, &sizes).into_iter().flat_map(|case| case.variants).collect()
}

/// Each name of its size.
pub(super) fn size_keys(variant: &AlertVariant) -> Vec<SizeKey> {
    variant.size.as_deref().map(names).unwrap_or_default()
}
