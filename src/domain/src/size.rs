//! Sizes: "medium", "m" and "M" are one.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::fold::fold;

/// A size, folded. Empty means "any" in a watch and "none" in a variant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SizeKey(String);

impl SizeKey {
    /// Folds what a person or a shop wrote.
    #[must_use]
    pub fn fold(text: &str) -> Self {
        Self(fold(text))
    }

    /// Takes a key that was folded before (from a table).
    #[must_use]
    pub fn from_stored(key: String) -> Self {
        Self(key)
    }

    /// The key itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Is this "any" (or "none")?
    #[must_use]
    pub fn is_any(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for SizeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which of a variant's options is its size: by the option's name, in the languages shops use, else by a value
/// that can be nothing else.
#[must_use]
pub fn position(options: &[(String, String)]) -> Option<usize> {
    options.iter().position(|(name, _)| fold(name).contains("size"))
}
