//! Which product that vanished each new one is: shops re-create products under other ids, and write ids that mean nothing
//! for long. Pure.

use std::collections::{BTreeSet, HashSet};

use super::matching::match_by;
use crate::fold::fold;
use crate::reading::{ProductReading, VariantReading};

/// What a product is recognised by when its key is another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looks {
    /// The shop's name for it in addresses.
    pub handle: Option<String>,
    /// Where people buy it.
    pub url: Option<String>,
    /// What people call it.
    pub title: String,
    /// The options of its variants, folded.
    pub options: BTreeSet<String>,
}

impl Looks {
    /// Those of a product in a reading.
    #[must_use]
    pub fn of(product: &ProductReading) -> Self {
        Self {
            handle: product.handle.clone(),
            url: product.url.as_ref().map(ToString::to_string),
            title: product.title.clone(),
            options: product.variants.iter().map(VariantReading::options_key).collect(),
        }
    }

    /// Is there a variant that both have, or has one of them none that is told?
    fn may_be(&self, other: &Self) -> bool {
        self.options.is_empty() || other.options.is_empty() || !self.options.is_disjoint(&other.options)
    }
}

/// For each of the products that are `new` in a complete reading, which of those that the same reading lacks for the first
/// time it is: by handle, else by address, else by a title that nothing else in the source has, `others` included. Where
/// the source has one product and no other, words may have joined its title or left it ("Jacket", "Jacket SALE").
#[must_use]
pub fn recognise(new: &[Looks], gone: &[Looks], others: &[Looks]) -> Vec<Option<usize>> {
    let mut matched = vec![None; new.len()];
    let mut join = |name: &dyn Fn(&Looks) -> Option<String>| {
        let known: Vec<Option<String>> = gone.iter().map(name).collect();
        let read: Vec<Option<String>> = new.iter().map(name).collect();
        let known: Vec<Option<&str>> = known.iter().map(Option::as_deref).collect();
        let read: Vec<Option<&str>> = read.iter().map(Option::as_deref).collect();
        match_by(&known, &read, &mut matched);
    };
    join(&|looks| looks.handle.clone());
    join(&|looks| looks.url.clone());
    let titles: HashSet<String> = others.iter().map(|looks| fold(&looks.title)).collect();
    join(&|looks| Some(fold(&looks.title)).filter(|title| !titles.contains(title)));
    if let ([only], [gone], []) = (new, gone, others)
        && only.options == gone.options
        && is_longer(&only.title, &gone.title)
    {
        matched[0] = Some(0);
    }
    for (looks, is) in new.iter().zip(&mut matched) {
        *is = is.filter(|index: &usize| looks.may_be(&gone[*index]));
    }
    matched
}

/// Does one of two titles begin with all words of the other?
fn is_longer(one: &str, other: &str) -> bool {
    let (one, other) = (fold(one), fold(other));
    let begins =
        |long: &str, short: &str| long.strip_prefix(short).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
    begins(&one, &other) || begins(&other, &one)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looks(handle: Option<&str>, title: &str, sizes: &[&str]) -> Looks {
        Looks {
            handle: handle.map(str::to_owned),
            url: None,
            title: title.to_owned(),
            options: sizes.iter().map(|size| (*size).to_owned()).collect(),
        }
    }

    #[test]
    fn a_product_under_another_id_is_recognised_by_handle_address_or_title() {
        let jacket = looks(Some("jacket"), "Jacket", &["m"]);
        let renamed = looks(Some("jacket"), "The Jacket", &["m"]);
        assert_eq!(recognise(&[renamed], std::slice::from_ref(&jacket), &[]), [Some(0)]);
        let at = |looks: &Looks| Looks { url: Some("https://shop.example/p".into()), handle: None, ..looks.clone() };
        let coat = looks(None, "Coat", &["m"]);
        assert_eq!(recognise(&[at(&coat)], &[at(&jacket)], std::slice::from_ref(&coat)), [Some(0)]);
        let moved = looks(Some("jacket-2"), "JACKET", &["m", "l"]);
        assert_eq!(recognise(&[coat, moved], &[jacket], &[]), [None, Some(0)]);
    }

    #[test]
    fn products_of_one_title_are_not_guessed_apart() {
        let jacket = || looks(None, "Jacket", &["m"]);
        assert_eq!(recognise(&[jacket(), jacket()], &[jacket()], &[]), [None, None]);
        assert_eq!(recognise(&[jacket()], &[jacket(), jacket()], &[]), [None]);
        assert_eq!(recognise(&[jacket()], &[jacket()], &[jacket()]), [None], "another one is still there");
    }

    #[test]
    fn a_product_without_a_common_variant_is_another_one() {
        let of = |sizes| looks(Some("jacket"), "Jacket", sizes);
        assert_eq!(recognise(&[of(&["s"])], &[of(&["m"])], &[]), [None]);
        assert_eq!(recognise(&[of(&[])], &[of(&["m"])], &[]), [Some(0)], "all of its variants are hidden");
        assert_eq!(recognise(&[of(&["m"])], &[of(&[])], &[]), [Some(0)]);
    }

    #[test]
    fn words_may_join_the_title_of_the_only_product() {
        let of = |title, sizes| looks(None, title, sizes);
        assert_eq!(recognise(&[of("Jacket SALE", &["m", "l"])], &[of("Jacket", &["l", "m"])], &[]), [Some(0)]);
        assert_eq!(recognise(&[of("Jacket", &[""])], &[of("Jacket - last chance", &[""])], &[]), [Some(0)]);
        assert_eq!(recognise(&[of("Jacket SALE", &["m", "l"])], &[of("Jacket", &["m"])], &[]), [None]);
        assert_eq!(recognise(&[of("Jackets", &["m"])], &[of("Jacket", &["m"])], &[]), [None]);
        assert_eq!(recognise(&[of("Coat", &["m"])], &[of("Jacket", &["m"])], &[]), [None], "another deal of the day");
        assert_eq!(recognise(&[of("Jacket SALE", &["m"])], &[of("Jacket", &["m"])], &[of("Hat", &[""])]), [None]);
    }
}
