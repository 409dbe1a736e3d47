//! One size, folded to the spelling that all its spellings share.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::order::SizeOrder;
use super::spelling;
use crate::fold::fold;

/// A size, folded. Empty means "any" in a watch and "none" in a variant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SizeKey(String);

impl SizeKey {
    /// Folds what a person or a shop wrote. A text that is no known size is kept, folded as any text is.
    #[must_use]
    pub fn fold(text: &str) -> Self {
        // Again, because the plain signs may join with marks that stood behind the others.
        Self(spelling::canonical(&fold(&spelling::plain(&fold(text)))))
    }

    /// Folds a list as people write it, `M,L` or `41, 42,5`: a comma between digits that is followed by a lone 5
    /// is a half size, every other comma parts two sizes. Repetitions and empty places are dropped.
    #[must_use]
    pub fn fold_list(text: &str) -> Vec<Self> {
        let mut keys: Vec<Self> = Vec::new();
        for part in spelling::parts_of_list(text) {
            let key = Self::fold(&part);
            if !key.is_any() && !keys.contains(&key) {
                keys.push(key);
            }
        }
        keys
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

    /// Where it stands among its sisters: S before M before XL, 36 before 37 before 37.5.
    #[must_use]
    pub fn order(&self) -> SizeOrder {
        SizeOrder::of(&self.0)
    }
}

impl fmt::Display for SizeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Is a bare word, as in `/watch jacket M`, more likely a size than a style? Letters, "one size", numbers of up to
/// three digits with or without a region or unit, pairs like `32x34`, and lists of these like `M,L`.
#[must_use]
pub fn looks_like_size(word: &str) -> bool {
    let keys = SizeKey::fold_list(word);
    !keys.is_empty() && keys.iter().all(|key| key.0.split('/').all(spelling::is_known))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn same(key: &str, spellings: &[&str]) {
        for spelling in spellings {
            assert_eq!(SizeKey::fold(spelling).as_str(), key, "{spelling:?}");
        }
    }

    #[test]
    fn what_is_too_long_for_a_size_is_kept_as_it_is() {
        let longest = format!("{}xsmall", "small/".repeat(19));
        assert_eq!((longest.len(), SizeKey::fold(&longest)), (120, SizeKey::fold("small/xsmall")));
        let longer = "small/".repeat(21) + "s";
        assert_eq!(SizeKey::fold(&longer).as_str(), longer);
    }

    #[test]
    fn a_comma_belongs_to_the_whole_number_before_it() {
        assert_eq!(spelling::parts_of_list("42,5,m,5,7.5,5,1/2,5"), ["42,5", "m", "5", "7.5", "5", "1/2", "5"]);
    }

    #[test]
    fn a_comma_between_digits_parts_no_words() {
        assert_eq!(SizeKey::fold("28,5, long"), SizeKey::fold("28,5 long"));
        assert_ne!(SizeKey::fold("28,5, long"), SizeKey::fold("28 5 long"));
    }

    #[test]
    fn a_number_of_a_thousand_and_more_is_no_size() {
        assert!(spelling::is_known("999.5"));
        assert!(!spelling::is_known("1000"));
    }

    #[test]
    fn what_was_stored_is_the_same_key_again() {
        let key = SizeKey::fold("US 9");
        assert_eq!(SizeKey::from_stored(key.as_str().to_owned()), key);
    }

    #[test]
    fn letters_are_one_however_they_are_spelt() {
        same(
            "m",
            &[
                "M",
                "m",
                "medium",
                "Medium",
                "MED",
                "md",
                "Ｍ",
                "size M",
                "Size: M",
                "Größe M",
                "Medium (M)",
                "M / Medium",
                "m.",
            ],
        );
        same("xs", &["XS", "x-small", "Extra Small", "xsmall", "1XS"]);
        same("2xs", &["XXS", "2XS", "xx-small", "2 x small"]);
        same("xl", &["XL", "X-Large", "extra large", "1XL", "x l"]);
        same("2xl", &["XXL", "2XL", "xx-large", "2X-Large", "extra extra large"]);
        same("3xl", &["XXXL", "3XL", "3 XL", "3-XL"]);
        same("s/m", &["S/M", "small/medium", "S - M", "s / med"]);
        same("xl tall", &["XL Tall", "X-Large Tall", "extra large tall"]);
        same("1x", &["1X"]);
        same("2x", &["2X", "２Ｘ"]);
        same("m", &["М", "м"]);
    }

    #[test]
    fn sizes_that_differ_stay_apart() {
        for (one, other) in [
            ("S", "S/M"),
            ("XL", "1X"),
            ("2XL", "2X"),
            ("W 12", "12"),
            ("M 10.5", "W 10.5"),
            ("7 1/4", "7"),
            ("L 1/2", "L"),
            ("28, Long", "28"),
            ("XL", "XL Tall"),
            ("0", "00"),
            ("32/34", "32"),
            ("32-34", "32/34"),
            ("EU 42", "42"),
            ("34B", "34C"),
            ("4T", "4"),
            ("9", "9.5"),
            ("M (Tall)", "M"),
            ("2L", "2XL"),
        ] {
            assert_ne!(SizeKey::fold(one), SizeKey::fold(other), "{one} {other}");
        }
    }

    #[test]
    fn numbers_regions_and_units_are_normalised() {
        same("42.5", &["42,5", "42.5", "42½", "42 1/2", "42.50", "Size 42 1/2"]);
        same("42", &["42.0", "42", "042", "42,00"]);
        same("42 2/3", &["42 2/3", "42⅔"]);
        same("32x34", &["W32/L34", "w32 l34", "32x34", "32/34", "32 × 34", "32W x 34L", "W32L34", "W:32 L:34"]);
        same("eu42", &["EU 42", "eu42", "EUR 42", "42 EU", "EU: 42", "EU-42.0"]);
        same("us9.5", &["US 9.5", "US 9½", "9,5 US"]);
        same("us9/eu42", &["US 9 / EU 42"]);
        same("12c", &["12C", "12 c"]);
        same("4t", &["4T", "4 T"]);
        same("6-12m", &["6-12M", "6-12 months", "6–12 mo", "6M-12M", "6 to 12 Months", "6 - 12 Monate"]);
        same("34b", &["34B", "34 b"]);
        same("34ddd", &["34DDD", "34 ddd"]);
        same("26cm", &["26 cm", "26CM"]);
        same("7.25", &["7 1/4", "7¼", "7-1/4", "7.25", "7,25"]);
        same("32dd", &["32DD", "32 DD", "DD32", "DD 32"]);
        same("32d", &["32D", "D32"]);
        same("32x34", &["32 by 34", "waist 32 length 34", "32 waist 34 inseam"]);
        same("m10.5", &["M 10.5", "M10.5", "Men's 10.5", "men’s 10½", "US M 10.5", "10.5 mens", "US Men's 10.5"]);
        same("w12", &["W 12", "W12", "Women's 12", "womens US 12", "12 women"]);
        same("eu42", &["Men's EU 42", "EU 42 women's"]);
        same("a 32", &["A 32"]);
        same("m 38", &["M 38"]);
        same("28 long", &["28, Long", "28 Long", "28,Long", "28 ,long"]);
        same("42", &["٤٢", "४२", "๔๒"]);
    }

    #[test]
    fn one_size_has_many_names_and_the_unknown_is_kept() {
        same("onesize", &["One Size", "OS", "O/S", "OSFA", "one-size", "Size: One Size", "Taille unique", "均码"]);
        same("黒 大", &[" 黒　大 "]);
        same("كبير", &["كبير"]);
        same("size", &["Size"]);
        same("", &["", "  "]);
    }

    #[test]
    fn a_hostile_size_is_kept_as_it_is() {
        let brackets = "(".repeat(50_000) + &")".repeat(50_000);
        assert_eq!(SizeKey::fold(&brackets).as_str(), brackets);
    }

    #[test]
    fn a_list_is_parted_at_commas_that_are_no_decimal_points() {
        let keys =
            |text: &str| SizeKey::fold_list(text).iter().map(ToString::to_string).collect::<Vec<_>>().join(" | ");
        insta::assert_snapshot!(keys("M,L"), @"m | l");
        insta::assert_snapshot!(keys("41, 42,5,43"), @"41 | 42.5 | 43");
        insta::assert_snapshot!(keys("medium,M,,XL,"), @"m | xl");
        insta::assert_snapshot!(keys("6,55"), @"6 | 55");
    }

    #[test]
    fn bare_words_are_told_from_styles() {
        for word in ["M", "42", "xl", "M,L", "one-size", "42,5", "eu42", "32/34", "S/M", "12C", "34B", "6-12m", "64GB"]
        {
            assert!(looks_like_size(word), "{word}");
        }
        for word in ["black", "", "slim", "2026", "red", "/", "tall", "n/a", "黒"] {
            assert!(!looks_like_size(word), "{word}");
        }
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in "\\PC{0,24}") {
            let once = SizeKey::fold(&text);
            prop_assert_eq!(SizeKey::fold(once.as_str()), once);
        }

        #[test]
        fn folding_twice_is_folding_once_near_real_sizes(
            text in "((one size|size|us|eu|o|s|m|l|x|xx|extra|small|large|medium|w|[0-9]{1,3}|½|[.,/:()x×!-]|[0-9]/[0-9]|months|t|dd) ?){0,7}"
        ) {
            let once = SizeKey::fold(&text);
            prop_assert_eq!(SizeKey::fold(once.as_str()), once);
        }

        #[test]
        fn what_is_folded_first_is_the_same_size(text in "\\PC{0,24}") {
            prop_assert_eq!(SizeKey::fold(&fold(&text)), SizeKey::fold(&text));
            let _ = (looks_like_size(&text), SizeKey::fold(&text).order());
        }
    }
}
