//! Which of a variant's options is its size.

use crate::fold::fold;

use super::key::SizeKey;
use super::letters;
use super::words::{NAME_ENDINGS, NAMES, NEVER_NAMES, NOT_NAMES, WEAK_NAMES};

/// Which of a variant's options is its size: the one that is called so in the languages shops use ("Size"), else
/// has it in its name ("Jacket Size"), else has a value that can be nothing else (letters, "one size") under a name
/// that does not forbid it, else measures the thing ("Waist", "Capacity").
#[must_use]
pub fn position(options: &[(String, String)]) -> Option<usize> {
    let names: Vec<String> = options.iter().map(|(name, _)| fold(name)).collect();
    let by_name = |is: fn(&str) -> bool| names.iter().position(|name| is(name));
    by_name(is_size_name)
        .or_else(|| by_name(|name| words_of(name).any(|word| is_size_name(word) || is_compound(word))))
        .or_else(|| (0..options.len()).find(|at| may_be_size(&names[*at]) && is_unmistakable(&options[*at].1)))
        .or_else(|| by_name(|name| words_of(name).any(|word| WEAK_NAMES.contains(&word))))
}

fn is_size_name(name: &str) -> bool {
    NAMES.contains(&name)
}

fn is_compound(word: &str) -> bool {
    !NOT_NAMES.contains(&word) && NAME_ENDINGS.iter().any(|ending| word.ends_with(ending))
}

fn may_be_size(name: &str) -> bool {
    !words_of(name).any(|word| NEVER_NAMES.contains(&word))
}

fn is_unmistakable(value: &str) -> bool {
    let key = SizeKey::fold(value);
    key.as_str() == "onesize" || (!key.is_any() && key.as_str().split('/').all(|part| letters::rank(part).is_some()))
}

fn words_of(name: &str) -> impl Iterator<Item = &str> {
    name.split(|c: char| c.is_ascii() && !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size_of(options: &[(&str, &str)]) -> Option<String> {
        let options: Vec<_> = options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        position(&options).map(|at| options[at].0.clone())
    }

    #[test]
    fn the_size_is_found_by_name_in_many_languages() {
        for name in [
            "Size",
            "SIZES",
            "Shoe Size",
            "shoe-size",
            "pa_size",
            "Jacket Size",
            "Größe",
            "GRÖSSE",
            "Groesse",
            "Taille",
            "Talla",
            "Taglia",
            "Misura",
            "Maat",
            "Storlek",
            "Størrelse",
            "Koko",
            "Rozmiar",
            "Tamanho",
            "Размер",
            "Beden",
            "サイズ",
            "尺码",
            "尺寸",
            "사이즈",
            "Velikost",
            "Méret",
            "Mărime",
            "Schuhgröße",
            "Ringgröße",
            "Hatsize",
            "Size (EU)",
            "Pointure:",
        ] {
            assert_eq!(size_of(&[("Colour", "Black"), (name, "whatever")]).as_deref(), Some(name));
        }
    }

    #[test]
    fn a_name_beats_a_value_and_an_exact_name_beats_a_longer_one() {
        assert_eq!(size_of(&[("Size Type", "Petite"), ("Size", "8")]).as_deref(), Some("Size"));
        assert_eq!(size_of(&[("Cut", "M"), ("Talla", "8")]).as_deref(), Some("Talla"));
    }

    #[test]
    fn a_value_that_can_be_nothing_else_is_the_size_unless_the_name_forbids_it() {
        assert_eq!(size_of(&[("Title", "X-Large")]).as_deref(), Some("Title"));
        assert_eq!(size_of(&[("Option 1", "Black"), ("Option 2", "S/M")]).as_deref(), Some("Option 2"));
        assert_eq!(size_of(&[("Fit", "One Size")]).as_deref(), Some("Fit"));
        for name in ["Colour", "Farbe", "Material", "Hand", "Main Color"] {
            assert_eq!(size_of(&[(name, "L")]), None, "{name}");
        }
        assert_eq!(size_of(&[("Title", "42")]), None);
    }

    #[test]
    fn waist_and_capacity_serve_when_nothing_else_does() {
        assert_eq!(size_of(&[("Length", "34"), ("Waist", "32")]).as_deref(), Some("Waist"));
        assert_eq!(size_of(&[("Capacity", "64 GB"), ("Colour", "Black")]).as_deref(), Some("Capacity"));
        assert_eq!(size_of(&[("Capacity", "40 l"), ("Size", "M")]).as_deref(), Some("Size"));
        assert_eq!(size_of(&[("Fit", "Oversize"), ("Oversize", "yes")]), None);
        assert_eq!(size_of(&[]), None);
    }
}
