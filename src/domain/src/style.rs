//! Styles: every option but the size.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::fold::fold;

/// Style words, folded. Empty means "any" in a watch and "none" in a variant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StyleKey(String);

impl StyleKey {
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

    /// Does a watch with this key match a variant of that style, of a product with that title?
    ///
    /// Each word must fold into some non-size option value or into the title: "black" matches "Black / White".
    #[must_use]
    pub fn matches(&self, style_values: &[&str], title: &str) -> bool {
        let hay: Vec<String> = style_values.iter().map(|v| fold(v)).chain([fold(title)]).collect();
        self.0.split(' ').filter(|w| !w.is_empty()).all(|word| hay.iter().any(|text| text.contains(word)))
    }
}

impl fmt::Display for StyleKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
