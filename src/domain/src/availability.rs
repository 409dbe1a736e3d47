//! Whether a variant can be had, in the one vocabulary that every reader translates into.

mod words;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a shop says of one variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    /// It can be bought now.
    InStock,
    /// It can be bought now, and the shop says that few are left.
    LowStock,
    /// It can be ordered before it is first sold.
    #[serde(rename = "preorder", alias = "pre_order")]
    PreOrder,
    /// It can be ordered although it is sold out; it ships when it is back.
    #[serde(rename = "backorder", alias = "back_order")]
    BackOrder,
    /// It is made when it is ordered.
    MadeToOrder,
    /// It can be bought in a physical store only.
    InStoreOnly,
    /// It is sold out.
    OutOfStock,
    /// The shop will not sell it again.
    Discontinued,
    /// The shop answered and no longer lists it. Only [`crate::stock::observe`] says this, never a reader.
    Absent,
    /// The shop said nothing that can be trusted. It never changes what is known.
    Unknown,
}

impl Availability {
    /// Every value, in the order people read them.
    pub const ALL: [Self; 10] = [
        Self::InStock,
        Self::LowStock,
        Self::PreOrder,
        Self::BackOrder,
        Self::MadeToOrder,
        Self::InStoreOnly,
        Self::OutOfStock,
        Self::Discontinued,
        Self::Absent,
        Self::Unknown,
    ];

    /// Can it be put in a cart and shipped now? An edge into this is a restock.
    #[must_use]
    pub fn is_buyable(self) -> bool {
        matches!(self, Self::InStock | Self::LowStock)
    }

    /// Does this say anything at all? Only definite values open and close spans.
    #[must_use]
    pub fn is_definite(self) -> bool {
        self != Self::Unknown
    }

    /// The name in tables, commands and JSON: snake case, "preorder" and "backorder" as the one word they are.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InStock => "in_stock",
            Self::LowStock => "low_stock",
            Self::PreOrder => "preorder",
            Self::BackOrder => "backorder",
            Self::MadeToOrder => "made_to_order",
            Self::InStoreOnly => "in_store_only",
            Self::OutOfStock => "out_of_stock",
            Self::Discontinued => "discontinued",
            Self::Absent => "absent",
            Self::Unknown => "unknown",
        }
    }

    /// The words people read.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::InStock => "in stock",
            Self::LowStock => "almost gone",
            Self::PreOrder => "pre-order",
            Self::BackOrder => "back-order",
            Self::MadeToOrder => "made to order",
            Self::InStoreOnly => "in store only",
            Self::OutOfStock => "sold out",
            Self::Discontinued => "discontinued",
            Self::Absent => "not listed",
            Self::Unknown => "unknown",
        }
    }

    /// What a shop's own word means: `InStock`, `https://schema.org/OutOfStock`, `in stock`, `SOLD_OUT`, `10 in stock`,
    /// `Ausverkauft`.
    ///
    /// A word that is not in the table is [`Availability::Unknown`]: better silent than wrong.
    #[must_use]
    pub fn from_shop_word(word: &str) -> Self {
        words::meaning(word)
    }
}

impl fmt::Display for Availability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that is none of [`Availability::as_str`].
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not an availability")]
pub struct NotAnAvailability(String);

impl FromStr for Availability {
    type Err = NotAnAvailability;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|a| a.as_str() == word).ok_or_else(|| NotAnAvailability(word.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_survives_its_own_name() {
        for availability in Availability::ALL {
            assert_eq!(availability.as_str().parse::<Availability>().expect("its own name"), availability);
            assert_eq!(availability.to_string(), availability.as_str());
        }
    }

    #[test]
    fn what_stands_before_a_colon_is_a_bare_label_or_an_address() {
        for (word, is) in [
            ("schema:InStock", Availability::InStock),
            ("schema.org/InStock", Availability::InStock),
            ("v1.2:InStock", Availability::Unknown),
        ] {
            assert_eq!(Availability::from_shop_word(word), is, "{word}");
        }
    }

    #[test]
    fn people_can_tell_every_value_from_the_others() {
        let words: std::collections::HashSet<&str> = Availability::ALL.into_iter().map(Availability::words).collect();
        assert!(words.len() == Availability::ALL.len() && !words.contains(""));
        assert_eq!((Availability::OutOfStock.words(), Availability::Absent.words()), ("sold out", "not listed"));
    }
}
