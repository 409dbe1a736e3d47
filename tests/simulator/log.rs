//! What truly happened, in the order in which it was committed.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::shops::Said;

/// A restock as the model knows it: the product and its number among that product's restocks.
pub(crate) type RestockKey = (&'static str, i64);

/// A wish as the model knows it: the product, and a size or '' for any.
pub(crate) type Wish = (&'static str, &'static str);

/// What happened.
#[derive(Debug, Clone)]
pub(crate) enum Event {
    /// A reading was stored: the source's `number`-th.
    Stored { source: usize, number: i64, said: Said, read: Duration, at: Duration },
    /// A person said a watch, for the first time or again.
    Watched { person: usize, wish: Wish, every: bool, known: BTreeSet<RestockKey> },
    /// A person armed again what had fired of a product.
    Rearmed { person: usize, product: &'static str, known: BTreeSet<RestockKey> },
    /// A person took a watch back.
    Removed { person: usize, wish: Wish, known: BTreeSet<RestockKey> },
}

/// What stands of one alert in the database at the end.
#[derive(Debug, Clone, Default)]
pub(crate) struct Told {
    /// The sizes it lists.
    pub(crate) sizes: BTreeSet<String>,
    /// Was it sent at any destination?
    pub(crate) sent: bool,
    /// Was it given up because nobody watched any more?
    pub(crate) unwatched: bool,
}
