//! The sizes that a product lists, and which of them is meant by what somebody says.

use super::key::SizeKey;
use super::names::names;
use super::system::{System, system};
use super::{letters, measure};
use crate::fold::fold;

/// What is looked up, at most: no size is longer.
const LONGEST: usize = 60;

/// The sizes of one product, each once, in the shop's order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listing {
    sizes: Vec<Listed>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Listed {
    label: String,
    /// Itself first.
    keys: Vec<SizeKey>,
    /// The label's words, without what stands between them.
    words: String,
}

/// Which of the listed sizes somebody means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// This one: its place in the list, and the key to wait for.
    One(usize, SizeKey),
    /// Each of these is called so.
    Several(Vec<(usize, SizeKey)>),
    /// A size of a kind that the product has, not listed now.
    NotListed(SizeKey),
    /// None, and not like any.
    None,
}

impl Listing {
    /// The sizes under these labels.
    pub fn of<'a>(labels: impl IntoIterator<Item = &'a str>) -> Self {
        let mut sizes: Vec<Listed> = Vec::new();
        for label in labels {
            let keys = names(label);
            if !keys.is_empty() && sizes.iter().all(|listed| listed.keys[0] != keys[0]) {
                sizes.push(Listed { label: label.to_owned(), keys, words: words(label) });
            }
        }
        Self { sizes }
    }

    /// Does the product have no sizes?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sizes.is_empty()
    }

    /// The labels, in order.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.sizes.iter().map(|listed| listed.label.as_str())
    }

    /// The label at a place that an [`Answer`] gave.
    #[must_use]
    pub fn label(&self, place: usize) -> &str {
        self.sizes.get(place).map_or("", |listed| listed.label.as_str())
    }

    /// Which size is called so? The whole label goes before a name within it, that before the same words otherwise
    /// punctuated, that before a number whose region or unit was left out and before 2X for 2XL.
    #[must_use]
    pub fn answer(&self, said: &str) -> Answer {
        match self.listed(said) {
            Answer::None => self.not_listed(said),
            listed => listed,
        }
    }

    /// The same among the listed ones alone.
    #[must_use]
    pub fn listed(&self, said: &str) -> Answer {
        let key = SizeKey::fold(said);
        if key.is_any() || said.chars().nth(LONGEST).is_some() {
            return Answer::None;
        }
        let said_words = words(said);
        let called = |name: &dyn Fn(&Listed) -> Option<SizeKey>| match self.called(name) {
            Answer::None => None,
            answer => Some(answer),
        };
        called(&|listed| (listed.keys[0] == key).then(|| key.clone()))
            .or_else(|| called(&|listed| listed.keys.contains(&key).then(|| key.clone())))
            .or_else(|| called(&|listed| (listed.words == said_words).then(|| listed.keys[0].clone())))
            .or_else(|| called(&|listed| listed.keys.iter().find(|name| is_short_for(&key, name)).cloned()))
            .unwrap_or(Answer::None)
    }

    fn called(&self, name: &dyn Fn(&Listed) -> Option<SizeKey>) -> Answer {
        let mut found: Vec<(usize, SizeKey)> =
            self.sizes.iter().enumerate().filter_map(|(place, listed)| Some((place, name(listed)?))).collect();
        match found.len() {
            0 => Answer::None,
            1 => found.pop().map_or(Answer::None, |(place, key)| Answer::One(place, key)),
            // One name for two: each is meant by all of its label.
            _ => Answer::Several(
                found.into_iter().map(|(place, _)| (place, self.sizes[place].keys[0].clone())).collect(),
            ),
        }
    }

    /// A size that may yet come: one of a system that the product uses. Where all its numbers are of one region, a
    /// number alone is of that region too.
    fn not_listed(&self, said: &str) -> Answer {
        let key = SizeKey::fold(said);
        let Some(wanted) = system(&key).filter(|_| said.chars().nth(LONGEST).is_none()) else { return Answer::None };
        let systems: Vec<System> = self.sizes.iter().flat_map(|listed| &listed.keys).filter_map(system).collect();
        if systems.contains(&wanted) || letters::twin(key.as_str()).is_some_and(|_| systems.contains(&System::Letters))
        {
            return Answer::NotListed(key);
        }
        let mut regions = systems.iter().filter_map(|system| with_region(system, &wanted, key.as_str()));
        match regions.next() {
            Some(first) if regions.all(|other| other == first) => Answer::NotListed(first),
            _ => Answer::None,
        }
    }

    /// Places of the sizes that sound most like what was said, at most `most`.
    #[must_use]
    pub fn nearest(&self, said: &str, most: usize) -> Vec<usize> {
        let (key, said) = (SizeKey::fold(said), words(said));
        let mut scored: Vec<(i64, usize)> = self
            .sizes
            .iter()
            .enumerate()
            .map(|(place, listed)| (distance(&key, &said, listed), place))
            .filter(|(distance, _)| *distance < FAR)
            .collect();
        scored.sort();
        scored.into_iter().take(most).map(|(_, place)| place).collect()
    }
}

const FAR: i64 = 10_000;

/// Small for what shares words or stands near in number; [`FAR`] and more for what has nothing in common.
fn distance(said: &SizeKey, said_words: &str, listed: &Listed) -> i64 {
    let common = said_words.split(' ').filter(|word| listed.words.split(' ').any(|other| other == *word)).count();
    let begins =
        !said_words.is_empty() && (listed.words.starts_with(said_words) || said_words.starts_with(&listed.words));
    let between = listed.keys.iter().filter_map(|key| numbers_apart(said, key)).min().unwrap_or(FAR);
    let by_words = match common {
        0 if begins => 500,
        0 => FAR,
        common => 400 / i64::try_from(common).unwrap_or(1),
    };
    between.min(by_words)
}

/// Thousandths between two numbers or steps between two letters.
fn numbers_apart(said: &SizeKey, listed: &SizeKey) -> Option<i64> {
    if let (Some(one), Some(other)) = (letters::rank(said.as_str()), letters::rank(listed.as_str())) {
        return Some((one - other).abs() * 100);
    }
    let (one, other) = (measure::parse(said.as_str())?, measure::parse(listed.as_str())?);
    let apart = (one.first.milli - other.first.milli).abs();
    (apart <= 2000).then_some(apart)
}

/// Letters, digits and fractions of a text, single blanks between them: "28, Long" and "28/Long" are "28 long".
fn words(text: &str) -> String {
    let folded = fold(text);
    let kept: String = folded
        .char_indices()
        .map(|(at, c)| match c {
            '.' | ',' if is_between_digits(&folded, at) => '.',
            '/' if is_between_digits(&folded, at) => '/',
            c if c.is_alphanumeric() || !c.is_ascii() => c,
            _ => ' ',
        })
        .collect();
    kept.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn is_between_digits(text: &str, at: usize) -> bool {
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    is_digit(text[..at].chars().next_back()) && is_digit(text[at + 1..].chars().next())
}

/// "42" for "eu42", "110" for "110cm", "4-5" for "4-5y", "32 34" for "32x34", "2x" for "2xl", and the other way round
/// where it is the product that leaves out the unit. Never "4" for "4t" or "32" for "32dd": those are other sizes.
fn is_short_for(said: &SizeKey, listed: &SizeKey) -> bool {
    if letters::twin(said.as_str()) == Some(listed.as_str()) {
        return true;
    }
    if let Some((one, other)) = said.as_str().split_once(' ') {
        return format!("{one}x{other}") == listed.as_str() && measure::parse(listed.as_str()).is_some();
    }
    let (Some(said), Some(listed)) = (measure::parse(said.as_str()), measure::parse(listed.as_str())) else {
        return false;
    };
    let same_numbers = said.first == listed.first && said.second == listed.second;
    let (short, long) = if said.unit.is_empty() { (&said, &listed) } else { (&listed, &said) };
    let whole_unit = match long.unit.as_str() {
        "" | "cm" | "mm" | "in" => true,
        "m" | "y" => long.second.is_some(),
        _ => false,
    };
    let says_less = said.region.is_empty() && said.group.is_empty();
    let unit_fits = said.unit == listed.unit || short.unit.is_empty() && whole_unit;
    same_numbers && unit_fits && (says_less || said.region == listed.region && said.group == listed.group)
}

/// The number with the region of a system that differs in nothing else.
fn with_region(listed: &System, wanted: &System, key: &str) -> Option<SizeKey> {
    let (
        System::Measure { region, group, unit, shape },
        System::Measure { region: "", group: "", unit: said_unit, shape: said_shape },
    ) = (listed, wanted)
    else {
        return None;
    };
    (unit == said_unit && shape == said_shape).then(|| SizeKey::fold(&format!("{region}{group}{key}")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn meant(labels: &[&str], said: &str) -> String {
        let listing = Listing::of(labels.iter().copied());
        match listing.answer(said) {
            Answer::One(place, key) => format!("{} ({key})", listing.label(place)),
            Answer::Several(places) => {
                places.iter().map(|(place, _)| listing.label(*place)).collect::<Vec<_>>().join(" or ")
            }
            Answer::NotListed(key) => format!("not listed ({key})"),
            Answer::None => {
                let near: Vec<&str> = listing.nearest(said, 3).into_iter().map(|place| listing.label(place)).collect();
                format!("? {}", near.join(", "))
            }
        }
    }

    const LETTERS: &[&str] = &["S", "M", "L", "XL", "2XL"];
    const HATS: &[&str] = &["7", "7 1/8", "7 1/4", "7 3/8"];
    const SHOES: &[&str] = &["US 8 / UK 7 / EU 41", "US 9 / UK 8 / EU 42", "US 10 / UK 9 / EU 43"];

    #[test]
    fn a_size_is_found_by_what_people_call_it() {
        for (labels, said, expected) in [
            (LETTERS, "extra large", "XL (xl)"),
            (LETTERS, "1X", "XL (xl)"),
            (LETTERS, "3X", "not listed (3x)"),
            (&["XL", "1X", "2X"], "1X", "1X (1x)"),
            (&["XL", "1X", "2X"], "2XL", "2X (2x)"),
            (&["XL", "1X", "2X"], "XL", "XL (xl)"),
            (HATS, "7 1/4", "7 1/4 (7.25)"),
            (HATS, "7¼", "7 1/4 (7.25)"),
            (HATS, "7.25", "7 1/4 (7.25)"),
            (HATS, "7", "7 (7)"),
            (HATS, "7 1/2", "not listed (7.5)"),
            (SHOES, "EU 42", "US 9 / UK 8 / EU 42 (eu42)"),
            (SHOES, "42", "US 9 / UK 8 / EU 42 (eu42)"),
            (SHOES, "9", "US 9 / UK 8 / EU 42 or US 10 / UK 9 / EU 43"),
            (SHOES, "us 9", "US 9 / UK 8 / EU 42 (us9)"),
            (SHOES, "us 9 / uk 8 / eu 42", "US 9 / UK 8 / EU 42 (us9/uk8/eu42)"),
            (SHOES, "44", "? US 10 / UK 9 / EU 43, US 9 / UK 8 / EU 42"),
            (&["EU 41", "EU 42"], "43", "not listed (eu43)"),
            (&["EU 41", "EU 42"], "42", "EU 42 (eu42)"),
            (&["41", "42"], "EU 42", "? 42, 41"),
            (&["41", "42"], "42.5", "not listed (42.5)"),
            (&["41", "42"], "UK 9", "?"),
            (&["104 cm", "110 cm"], "110", "110 cm (110cm)"),
            (&["104", "110"], "110 cm", "110 (110)"),
            (&["3-4 Years", "4-5 Years"], "4-5", "4-5 Years (4-5y)"),
            (&["EU 104 cm", "EU 110 cm"], "EU 110", "EU 110 cm (eu110cm)"),
            (&["4-5 Years", "4-5 Months"], "4-5", "4-5 Years or 4-5 Months"),
            (&["32DD", "34DD"], "DD32", "32DD (32dd)"),
            (&["32DD", "34DD"], "32", "? 32DD, 34DD"),
            (&["32/32", "32/34"], "32 34", "32/34 (32x34)"),
            (&["32/32", "32/34"], "W32 L34", "32/34 (32x34)"),
            (&["28, Long", "28, Reg"], "28 long", "28, Long (28 long)"),
            (&["28, Long", "28, Reg"], "28/Long", "28, Long (28 long)"),
            (&["28, Long", "28, Reg"], "28", "? 28, Long, 28, Reg"),
            (&["M 10.5 / W 12", "M 12 / W 13.5"], "12", "M 10.5 / W 12 or M 12 / W 13.5"),
            (&["M 10.5 / W 12", "M 12 / W 13.5"], "W 12", "M 10.5 / W 12 (w12)"),
            (&["M 10.5 / W 12", "M 12 / W 13.5"], "men's 10.5", "M 10.5 / W 12 (m10.5)"),
            (&["XS (0-2)", "S (4-6)"], "xs", "XS (0-2) (xs)"),
            (&["XS (0-2)", "S (4-6)"], "0-2", "XS (0-2) (0-2)"),
            (&["M", "M (Tall)"], "M", "M (m)"),
            (&["L", "L 1/2"], "L 1/2", "L 1/2 (l 1/2)"),
            (&["L", "M"], "L 1/2", "? L"),
            (&["4T", "5T"], "4", "? 4T, 5T"),
            (&["One Size"], "M", "?"),
            (&["S", "M"], "42", "?"),
            (&["S", "M"], "medum", "? M"),
            (&[], "M", "?"),
        ] {
            assert_eq!(meant(labels, said).trim(), expected, "{said} of {labels:?}");
        }
    }

    #[test]
    fn the_nearest_shares_most_words_or_stands_next_to_what_was_said() {
        for (labels, said, expected) in [
            (["30, Long", "28, Reg", "28, Long"].as_slice(), "long 28", "28, Long"),
            (&["S", "XL"], "3XL", "XL"),
            (&["XL", "S"], "XS", "S"),
            (&["M", "L Tall"], "L", "L Tall"),
            (&["9XS"], "XL", ""),
        ] {
            let listing = Listing::of(labels.iter().copied());
            let nearest = listing.nearest(said, 1).first().map_or("", |place| listing.label(*place));
            assert_eq!(nearest, expected, "{said} of {labels:?}");
        }
    }

    #[test]
    fn a_listing_says_what_it_lists() {
        let listing = Listing::of(["S", "M", "small"]);
        assert_eq!((listing.labels().collect::<Vec<_>>(), listing.is_empty()), (vec!["S", "M"], false));
        assert!(Listing::of([]).is_empty());
        assert_eq!(listing.answer(&format!("M{}", " ".repeat(1000))), Answer::None, "too long to be a size");
    }

    #[test]
    fn signs_between_digits_belong_to_the_number() {
        assert_eq!(words("7.5, 28/Long, 7 1/2 (3,5)"), "7.5 28 long 7 1/2 3.5");
    }

    proptest! {
        #[test]
        fn each_label_means_itself(labels in prop::collection::vec("[A-Z0-9/.,() -]{1,14}", 1..6)) {
            let listing = Listing::of(labels.iter().map(String::as_str));
            for label in listing.labels() {
                let Answer::One(place, key) = listing.answer(label) else {
                    prop_assert!(false, "{} is not found", label);
                    continue;
                };
                prop_assert_eq!(listing.label(place), label);
                prop_assert_eq!(key, SizeKey::fold(label));
            }
        }

        /// Whatever is said: the key to wait for is one of that label's own, so that nobody hears of another size.
        #[test]
        fn what_is_found_answers_to_its_key(
            labels in prop::collection::vec("(US|UK|EU|M|W|S|XL|[0-9]{1,2}| |/|\\.5|1/2|DD|cm){1,6}", 1..6),
            said in "(US|UK|EU|M|W|S|XL|[0-9]{1,2}| |/|\\.5|1/2|DD|cm){1,5}",
        ) {
            let listing = Listing::of(labels.iter().map(String::as_str));
            match listing.answer(&said) {
                Answer::One(place, key) => prop_assert!(names(listing.label(place)).contains(&key)),
                Answer::Several(places) => prop_assert!(places.len() > 1),
                Answer::NotListed(key) => {
                    for label in listing.labels() {
                        prop_assert!(!names(label).contains(&key), "{} is listed", key);
                    }
                }
                Answer::None => {}
            }
            let _ = listing.nearest(&said, 3);
        }
    }
}
