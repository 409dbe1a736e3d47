//! Folding: what two spellings must share to be the same word.
//!
//! Keys made by folding are stored; whoever changes what folds into what raises [`FOLD_VERSION`],
//! so that stored keys can be told from new ones and folded again.

use unicode_normalization::UnicodeNormalization;

/// The version of every rule in [`fold`], [`crate::size`] and [`crate::style`].
pub const FOLD_VERSION: i32 = 2;

/// Compatibility forms made one (NFKC), case folded ("ß" is "ss", a Turkish "İ" or "ı" is "i", a final "ς" is "σ"),
/// digits of every script Western ones ("٤٢" is "42"), marks and controls that cannot be seen removed, white space squeezed to single blanks, fractions spelt out
/// ("42½" is "42 1/2"). Letters of every script are kept.
#[must_use]
pub fn fold(text: &str) -> String {
    // Most words of most shops are ASCII, which is composed already.
    let folded = if text.is_ascii() { text.to_ascii_lowercase() } else { fold_letters(text) };
    let words = folded.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

fn fold_letters(text: &str) -> String {
    let visible: String = text.chars().filter(|c| !is_invisible(*c)).flat_map(spaced_fraction).nfkc().collect();
    let cased = without_dots(visible.chars().flat_map(char::to_lowercase).flat_map(case_folded));
    cased.nfkc().collect()
}

/// Zero-width and direction characters: they change how text looks or sorts, never what it means here.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{00AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

/// NFKC would make "42½" of "421⁄2": a blank goes before the fraction.
fn spaced_fraction(c: char) -> impl Iterator<Item = char> {
    let is_fraction = matches!(c, '¼'..='¾' | '\u{2150}'..='\u{215F}' | '\u{2189}');
    is_fraction.then_some(' ').into_iter().chain([c])
}

/// What lower case alone leaves apart although people write it for the same letter.
fn case_folded(c: char) -> impl Iterator<Item = char> {
    let (first, second) = match c {
        'ß' => ('s', Some('s')),
        'ς' => ('σ', None),
        'ı' => ('i', None),
        '\u{2044}' => ('/', None),
        other => (western_digit(other), None),
    };
    [first].into_iter().chain(second)
}

/// Arabic, Persian, Devanagari, Bengali and Thai digits.
fn western_digit(c: char) -> char {
    const ZEROS: [u32; 5] = [0x0660, 0x06F0, 0x0966, 0x09E6, 0x0E50];
    let digit = |zero: &u32| char::from_digit(u32::from(c).checked_sub(*zero)?, 10);
    ZEROS.iter().find_map(digit).unwrap_or(c)
}

/// Lower case makes "i" and a combining dot of the Turkish "İ"; the dot is dropped.
fn without_dots(chars: impl Iterator<Item = char>) -> String {
    let mut text = String::new();
    for c in chars {
        if c != '\u{0307}' || !text.ends_with('i') {
            text.push(c);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn ascii_is_folded_as_all_other_text_is(text in "[ -~\t\n\r\x00\x0B\x7F]{0,20}") {
            prop_assert_eq!(text.to_ascii_lowercase(), fold_letters(&text));
        }

        #[test]
        fn folding_twice_is_folding_once(text in prop::collection::vec(any::<char>(), 0..40)) {
            let once = fold(&String::from_iter(text));
            prop_assert_eq!(fold(&once), once);
        }

        #[test]
        fn folding_twice_is_folding_once_where_marks_meet(text in "[iIİısſßςΣeÅ\u{301}\u{307}\u{323}\u{200B}\u{FEFF}½⅔ \t]{0,12}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }
    }

    #[test]
    fn spelling_does_not_matter_and_script_does() {
        assert_eq!(fold("  Ｍｅｄｉｕｍ\u{200B}\t Tall "), "medium tall");
        assert_eq!(fold("黒 / Größe"), "黒 / grösse");
        assert_eq!(fold("GRÖSSE"), fold("Größe"));
        assert_eq!(fold("SİYAH KIRMIZI"), fold("siyah kırmızı"));
        assert_eq!(fold("42½"), "42 1/2");
        assert_ne!(fold("أسود"), fold("أحمر"));
    }
}
