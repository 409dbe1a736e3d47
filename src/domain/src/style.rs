//! Styles: every option but the size, as a bag of words.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::fold::fold;

/// Spellings that mean one word, and the one that is kept.
const SPELLINGS: &[(&str, &str)] = &[
    ("gray", "grey"),
    ("grays", "greys"),
    ("color", "colour"),
    ("colors", "colours"),
    ("colored", "coloured"),
    ("colorway", "colourway"),
    ("colorblock", "colourblock"),
    ("multicolor", "multicolour"),
    ("multicolored", "multicoloured"),
];

/// From this many letters on, a word also stands for longer ones that start with it: "stripe" finds "striped",
/// while "red" does not find "redwood".
const SHORTEST_BEGINNING: usize = 4;

/// Style words, folded. Empty means "any" in a watch and "none" in a variant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StyleKey(String);

impl StyleKey {
    /// Folds what a person or a shop wrote into its words, each once, in their order: "Black / White" is "black white".
    #[must_use]
    pub fn fold(text: &str) -> Self {
        let mut kept: Vec<String> = Vec::new();
        for word in words(text) {
            if !kept.contains(&word) {
                kept.push(word);
            }
        }
        Self(kept.join(" "))
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
    /// Each word must be a word of some non-size option value or of the title: "black" matches "Black / White".
    /// A word of four letters or more may also begin one ("stripe" matches "Striped", "red" never matches "Layered").
    /// In scripts that are written without blanks it may stand anywhere ("黒" matches "黒色").
    #[must_use]
    pub fn matches(&self, style_values: &[&str], title: &str) -> bool {
        let said: Vec<String> = style_values.iter().chain([&title]).flat_map(|text| words(text)).collect();
        self.0.split(' ').filter(|word| !word.is_empty()).all(|word| said.iter().any(|other| finds(word, other)))
    }
}

impl fmt::Display for StyleKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn finds(word: &str, other: &str) -> bool {
    word == other
        || (word.chars().count() >= SHORTEST_BEGINNING && other.starts_with(word))
        || (word.chars().all(is_written_without_blanks) && other.contains(word))
}

fn words(text: &str) -> Vec<String> {
    let without_apostrophes: String = fold(text).chars().filter(|c| !matches!(c, '\'' | '’' | 'ʼ')).collect();
    // Again, because an apostrophe may have stood between two marks whose order folding settles.
    fold(&without_apostrophes).split(parts_words).filter(|word| !word.is_empty()).map(one_spelling).collect()
}

fn one_spelling(word: &str) -> String {
    let kept = SPELLINGS.iter().find(|(spelling, _)| *spelling == word).map_or(word, |(_, kept)| *kept);
    kept.to_owned()
}

/// Blanks and punctuation of all scripts. Not "everything that is no letter": vowel signs of Indic scripts and
/// Thai tone marks are no letters and part no words.
#[must_use]
pub fn parts_words(c: char) -> bool {
    c.is_whitespace()
        || c.is_ascii_punctuation()
        || matches!(c, '¡'..='©' | '«'..='±' | '´' | '¶'..='¸' | '»' | '¿' | '×' | '÷')
        || matches!(c, '\u{2010}'..='\u{205E}' | '\u{2190}'..='\u{2BFF}' | '،' | '؛' | '؟' | '・')
        || matches!(c, '\u{3000}'..='\u{3004}' | '\u{3008}'..='\u{3020}' | '\u{3030}')
}

/// Han, kana, Thai, Lao, Khmer and Burmese.
#[must_use]
pub fn is_written_without_blanks(c: char) -> bool {
    matches!(c, '\u{3005}'..='\u{3007}' | '\u{3041}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}')
        || matches!(c, '\u{20000}'..='\u{3FFFF}' | '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(text: &str) -> String {
        StyleKey::fold(text).to_string()
    }

    #[test]
    fn a_key_that_was_stored_is_the_same_again_and_an_empty_one_is_any() {
        let key = StyleKey::fold("Black / White");
        assert_eq!(StyleKey::from_stored(key.as_str().to_owned()), key);
        assert!(StyleKey::fold(" / ").is_any() && !key.is_any());
    }

    #[test]
    fn a_style_is_its_words() {
        insta::assert_snapshot!(key("Black / White"), @"black white");
        insta::assert_snapshot!(key("BLACK/white, black"), @"black white");
        insta::assert_snapshot!(key("Gray—Multicolor"), @"grey multicolour");
        insta::assert_snapshot!(key("Men's T-Shirt (Slim-Fit)"), @"mens t shirt slim fit");
        insta::assert_snapshot!(key("黒・白"), @"黒 白");
        assert_eq!(key("हिन्दी, สีน้ำเงิน").split(' ').count(), 2, "signs that are no letters part no words");
        insta::assert_snapshot!(key(" / - "), @"");
    }

    #[test]
    fn a_word_is_found_in_an_option_or_in_the_title() {
        for (watch, values, title) in [
            ("black", &["Black / White"][..], "Jacket"),
            ("white black", &["Black / White"], "Jacket"),
            ("black slim", &["Black", "Slim"], "Jacket"),
            ("black hooded", &["Black"], "Hooded jacket"),
            ("gray", &["Heather Grey"], "Jacket"),
            ("mens", &[], "Men's jacket"),
            ("stripe", &["Striped"], "Jacket"),
            ("黒", &["黒色"], "上着"),
            ("weiß", &["WEISS"], "Jacke"),
            ("", &[], ""),
        ] {
            assert!(StyleKey::fold(watch).matches(values, title), "{watch:?} {values:?}");
        }
    }

    #[test]
    fn a_word_inside_another_word_is_not_found() {
        for (watch, values, title) in [
            ("red", &["Layered"][..], "Bordered jacket"),
            ("red", &["Redwood"], "Jacket"),
            ("tan", &["Titanium"], "Jacket"),
            ("lack", &["Black"], "Jacket"),
            ("black white", &["Black"], "Jacket"),
            ("black", &[], "Jacket"),
        ] {
            assert!(!StyleKey::fold(watch).matches(values, title), "{watch:?} {values:?}");
        }
    }

    const WORDS: &str = "[a-cA-C黒é'/ -]{0,12}";

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in "\\PC{0,30}") {
            let once = StyleKey::fold(&text);
            prop_assert_eq!(StyleKey::fold(once.as_str()), once);
        }

        #[test]
        fn the_empty_key_matches_all(value in "\\PC{0,20}", title in "\\PC{0,20}") {
            prop_assert!(StyleKey::default().matches(&[&value], &title));
        }

        #[test]
        fn a_variant_is_matched_by_its_own_style(values in prop::collection::vec("\\PC{0,16}", 0..4), title in WORDS) {
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            prop_assert!(StyleKey::fold(&values.join(" / ")).matches(&values, &title));
        }

        #[test]
        fn more_words_never_match_more(fewer in WORDS, more in WORDS, value in WORDS, title in WORDS) {
            let both = StyleKey::fold(&format!("{fewer} {more}"));
            prop_assert!(!both.matches(&[&value], &title) || StyleKey::fold(&fewer).matches(&[&value], &title));
        }
    }
}
