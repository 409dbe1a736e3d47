//! The names in one label: "US 9 / UK 8 / EU 42" is called by each of them.

use super::key::SizeKey;
use super::measure;
use super::system::{System, system};
use super::words::REGIONS;
use crate::fold::fold;

/// Names in one label, at most: what has more is no size.
const MOST: usize = 8;
/// Characters of a label that may have several.
const LONGEST: usize = 120;

/// Every key that a label answers to: itself first, then each name in it, where it holds sizes of several systems
/// ("US 9 / EU 42", "M 10.5 / W 12", "XS (0-2)"). "S/M" and "32/34" are one size each, and "M (Tall)" is no M.
#[must_use]
pub fn names(label: &str) -> Vec<SizeKey> {
    let whole = SizeKey::fold(label);
    if whole.is_any() {
        return Vec::new();
    }
    let mut keys = vec![whole];
    let folded = fold(label);
    if folded.len() <= LONGEST && system_of_one(&keys[0]).is_none() {
        let found = [spaced_parts, tight_parts, words_of_regions, letter_and_number]
            .iter()
            .find_map(|split| apart(&split(&folded)));
        for key in found.unwrap_or_default() {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
    }
    keys
}

/// Is the whole label a single size, so that it holds no others? A pair of numbers may still be two names.
fn system_of_one(key: &SizeKey) -> Option<System> {
    system(key)
}

/// The parts as keys, if each is a size and no two count the same.
fn apart(parts: &[String]) -> Option<Vec<SizeKey>> {
    if parts.len() < 2 || parts.len() > MOST {
        return None;
    }
    let mut systems: Vec<System> = Vec::new();
    let mut keys = Vec::new();
    for part in parts {
        let key = SizeKey::fold(part);
        let system = system(&key).filter(|system| !systems.contains(system))?;
        systems.push(system);
        keys.push(key);
    }
    Some(keys)
}

/// At brackets, bars, commas, and slashes and dashes between blanks.
fn spaced_parts(label: &str) -> Vec<String> {
    let parted =
        label.replace(" / ", "|").replace(" - ", "|").replace(" – ", "|").replace(" — ", "|").replace(" = ", "|");
    parts(&parted, |c| matches!(c, '|' | '(' | ')' | '[' | ']' | ';' | '•' | '·') || c == ',')
}

/// The same, and at every slash.
fn tight_parts(label: &str) -> Vec<String> {
    parts(label, |c| matches!(c, '|' | '/' | '(' | ')' | '[' | ']' | ';' | ',' | '•' | '·'))
}

fn parts(label: &str, parts_names: impl Fn(char) -> bool) -> Vec<String> {
    label.split(parts_names).map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// "us 9 uk 8 eu 42", "us9 eu42": at each region.
fn words_of_regions(label: &str) -> Vec<String> {
    let is_region = |word: &str| {
        let letters = word.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | ':'));
        REGIONS.iter().any(|(spelling, _)| *spelling == letters)
    };
    let mut parts: Vec<String> = Vec::new();
    for word in label.split(' ') {
        match parts.last_mut() {
            Some(part) if !is_region(word) => {
                part.push(' ');
                part.push_str(word);
            }
            _ => parts.push(word.to_owned()),
        }
    }
    parts
}

/// "s 36", "xl 42-44": a letter size and its number.
fn letter_and_number(label: &str) -> Vec<String> {
    let Some((letter, number)) = label.split_once(' ') else { return Vec::new() };
    let is_letter = system(&SizeKey::fold(letter)) == Some(System::Letters);
    // "l 1/2" is a half size, and "m 8" a men's.
    let is_number = number.contains('-') || measure::parse(number).is_some_and(|number| number.first.milli >= 20_000);
    if is_letter && is_number {
        vec![letter.to_owned(), number.trim_matches(['-', ':', ' ']).to_owned()]
    } else {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn named(label: &str) -> String {
        names(label).iter().skip(1).map(SizeKey::as_str).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_label_of_several_systems_has_several_names() {
        for (label, expected) in [
            ("US 9 / UK 8 / EU 42", "us9 uk8 eu42"),
            ("US 9/UK 8/EU 42", "us9 uk8 eu42"),
            ("US9 UK8 EU42", "us9 uk8 eu42"),
            ("US 9 | EU 42½", "us9 eu42.5"),
            ("EU 42 (US 9)", "eu42 us9"),
            ("EU 42, US 9", "eu42 us9"),
            ("US: 9, EU: 42", "us9 eu42"),
            ("M 10.5 / W 12", "m10.5 w12"),
            ("Men's 10.5 / Women's 12", "m10.5 w12"),
            ("US M 10.5 / W 12 / EU 44", "m10.5 w12 eu44"),
            ("XS (0-2)", "xs 0-2"),
            ("XS 0-2", "xs 0-2"),
            ("Small (S)", ""),
            ("36/38B", ""),
            ("M / US 9 / UK 8 / EU 42 / FR 43 / JP 27 / 68 cm / 30-31", "m us9 uk8 eu42 fr43 jp27 68cm 30-31"),
            ("M / US 9 / UK 8 / EU 42 / FR 43 / JP 27 / 68 cm / 30-31 / IT 42", ""),
            ("M / 38", "m 38"),
            ("38 (M)", "38 m"),
            ("M 38", "m 38"),
            ("XL - 42", "xl 42"),
            ("S/M (36-40)", "s/m 36-40"),
            ("3-6M / 68 cm", "3-6m 68cm"),
            ("7 1/4 (57.8 cm)", "7.25 57.8cm"),
            ("One Size (S-L)", "onesize s/l"),
            ("UK 4/5 / EU 37/38", "uk4x5 eu37x38"),
            ("98/104 (3-4 years)", "98x104 3-4y"),
        ] {
            assert_eq!(named(label), expected, "{label}");
        }
    }

    #[test]
    fn one_size_is_one_name() {
        for label in [
            "S/M",
            "32/34",
            "M (Tall)",
            "28, Long",
            "34B (75B)",
            "8 - 10",
            "W32 L34",
            "M",
            "9 D(M) US",
            "",
            "7.5 / 38",
            "Black / M",
            "M 10",
            "1/2",
            "L 1/2",
            "L½",
            "S 8",
        ] {
            assert_eq!(named(label), "", "{label}");
        }
    }

    #[test]
    fn a_label_that_is_too_long_has_one_name() {
        assert_eq!(named(&format!("US 9{} EU 42", " /".repeat(10))), "us9 eu42");
        assert_eq!(named(&format!("US 9{} EU 42", " /".repeat(100))), "");
    }

    proptest! {
        #[test]
        fn a_label_is_called_by_itself_and_by_few_others(label in "\\PC{0,40}|((us|uk|eu|m|w|xs|l|[0-9]{1,2}|1/2|-|/|\\(|\\)|,) ?){0,12}") {
            let keys = names(&label);
            prop_assert_eq!(keys.first().cloned().unwrap_or_default(), SizeKey::fold(&label));
            prop_assert!(keys.len() <= MOST + 1);
            for key in &keys {
                prop_assert!(!key.is_any());
                prop_assert_eq!(&SizeKey::fold(key.as_str()), key, "a name is a key of its own");
            }
        }
    }
}
