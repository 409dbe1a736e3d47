//! Folding: what two spellings must share to be the same word.
//!
//! Keys made by folding are stored; whoever changes what folds into what raises [`FOLD_VERSION`],
//! so that stored keys can be told from new ones and folded again.

use unicode_normalization::UnicodeNormalization;

/// The version of every rule in [`fold`], [`crate::size`] and [`crate::style`].
pub const FOLD_VERSION: i32 = 1;

/// Compatibility forms made one (NFKC), lower case, marks and controls that cannot be seen removed,
/// white space squeezed to single blanks. Letters of every script are kept.
#[must_use]
pub fn fold(text: &str) -> String {
    let lower: String = text.nfkc().flat_map(char::to_lowercase).nfkc().collect();
    let mut folded = String::with_capacity(lower.len());
    for word in lower.split(|c: char| c.is_whitespace() || c.is_control()) {
        let visible: String = word.chars().filter(|c| !is_invisible(*c)).collect();
        if visible.is_empty() {
            continue;
        }
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(&visible);
    }
    folded
}

/// Zero-width and direction characters: they change how text looks or sorts, never what it means here.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{00AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in "\\PC{0,40}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }
    }

    #[test]
    fn spelling_does_not_matter_and_script_does() {
        assert_eq!(fold("  Ｍｅｄｉｕｍ\u{200B}\t Tall "), "medium tall");
        assert_eq!(fold("黒 / Größe"), "黒 / größe");
        assert_ne!(fold("أسود"), fold("أحمر"));
    }
}
