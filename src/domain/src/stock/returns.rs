//! Whether a variant that can be bought now has come back, and from what. Pure.

use super::matching::{keys, match_variants};
use super::{Known, KnownVariant, Vanished, View};
use crate::availability::Availability;
use crate::reading::ProductReading;

impl View<'_> {
    /// The state an edge into "buyable" came from, if this is such an edge and not the first sight of anything.
    pub(super) fn came_back_from(&self, before: Option<&KnownVariant>, is: Availability) -> Option<Availability> {
        if !is.is_buyable() {
            return None;
        }
        match before {
            Some(KnownVariant { span: Some(span), vanished, glitch, .. }) => match span.availability {
                Availability::Absent => came_back_after(*vanished, *glitch, self.reshaped),
                was => (!was.is_buyable()).then_some(was),
            },
            // Seen before, but never anything definite: better silent than wrong, unless it was new and waits to be confirmed.
            Some(KnownVariant { span: None, unconfirmed, .. }) => (*unconfirmed > 0).then_some(Availability::Absent),
            None => (self.known.read_completely && !self.reshaped).then_some(Availability::Absent),
        }
    }
}

/// What was out when it vanished is a restock when it is there again, whatever lay between. What was in stock is one
/// unless nothing was sold: the shop had a glitch, or had renamed everything. When it renames everything back, what lay
/// between is known under the other names.
fn came_back_after(vanished: Option<Vanished>, glitch: bool, reshaped: bool) -> Option<Availability> {
    let Some(vanished) = vanished else { return Some(Availability::Absent) };
    let renamed_back = vanished.renamed && reshaped;
    let never_gone = renamed_back || (vanished.was.is_buyable() && (glitch || vanished.renamed));
    (!never_gone).then_some(Availability::Absent)
}

/// The known variants that were in stock when they vanished, are Absent, and can be bought again by this reading: whether
/// they were ever gone is a question of their [`super::glitch::Round`].
#[must_use]
pub fn returning(known: &Known, reading: &ProductReading) -> Vec<usize> {
    let keys = keys(&reading.variants);
    let matched = match_variants(&known.variants, &reading.variants, &keys);
    let back = matched.iter().zip(&reading.variants).filter(|(_, variant)| variant.availability.is_buyable());
    back.filter_map(|(index, _)| *index).filter(|index| known.variants[*index].is_missed_in_stock()).collect()
}

impl KnownVariant {
    /// Is it Absent, and was it in stock when it vanished?
    fn is_missed_in_stock(&self) -> bool {
        self.span.as_ref().is_some_and(|span| span.availability == Availability::Absent)
            && self.vanished.is_some_and(|vanished| vanished.was.is_buyable())
    }
}
