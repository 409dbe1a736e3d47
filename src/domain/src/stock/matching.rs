//! Which known variant each variant of a reading is: by key, else by article number, else by its options. Pure.

use std::collections::{HashMap, HashSet};

use super::KnownVariant;
use crate::availability::Availability;
use crate::reading::VariantReading;

/// Fewer variants than this may all be replaced by others in earnest: the last size sells out, another one comes.
const FEWEST_RENAMED: usize = 2;

/// The variants' keys, made unique: shops reuse article numbers, and some give nothing at all.
#[must_use]
pub fn keys(variants: &[VariantReading]) -> Vec<String> {
    let mut count: HashMap<String, usize> = HashMap::new();
    for variant in variants {
        *count.entry(variant.key()).or_default() += 1;
    }
    let mut taken: HashSet<String> = HashSet::new();
    variants
        .iter()
        .map(|variant| {
            let mut key = variant.key();
            if count.get(&key).is_some_and(|n| *n > 1) {
                key = format!("{key}&{}", variant.options_key());
            }
            let mut unique = key.clone();
            let mut nth = 2;
            while !taken.insert(unique.clone()) {
                unique = format!("{key}#{nth}");
                nth += 1;
            }
            unique
        })
        .collect()
}

/// For each variant of the reading, the known one it is. A shop that re-created a variant under a new id is recognised by
/// the article number or the options that it kept, where those name one variant on both sides.
pub(super) fn match_variants(known: &[KnownVariant], read: &[VariantReading], keys: &[String]) -> Vec<Option<usize>> {
    let by_key: HashMap<&str, usize> = known.iter().enumerate().map(|(i, v)| (v.key.as_str(), i)).collect();
    let mut matched: Vec<Option<usize>> = keys.iter().map(|key| by_key.get(key.as_str()).copied()).collect();
    if matched.iter().all(Option::is_some) {
        return matched;
    }
    let known_skus: Vec<Option<&str>> = known.iter().map(|variant| variant.sku.as_deref()).collect();
    let read_skus: Vec<Option<&str>> = read.iter().map(|variant| variant.sku.as_deref()).collect();
    match_by(&known_skus, &read_skus, &mut matched);
    let options: Vec<String> = read.iter().map(VariantReading::options_key).collect();
    let known_options: Vec<Option<&str>> = known.iter().map(|variant| Some(variant.options_key.as_str())).collect();
    let read_options: Vec<Option<&str>> = options.iter().map(|options| Some(options.as_str())).collect();
    match_by(&known_options, &read_options, &mut matched);
    matched
}

/// Joins what is left on both sides by a name that is alone on both.
pub(super) fn match_by(known: &[Option<&str>], read: &[Option<&str>], matched: &mut [Option<usize>]) {
    let taken: HashSet<usize> = matched.iter().flatten().copied().collect();
    let mut orphans: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, name) in known.iter().enumerate().filter(|(index, _)| !taken.contains(index)) {
        if let Some(name) = name {
            orphans.entry(name).or_default().push(index);
        }
    }
    let mut strangers: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, name) in read.iter().enumerate().filter(|(index, _)| matched[*index].is_none()) {
        if let Some(name) = name {
            strangers.entry(name).or_default().push(index);
        }
    }
    for (name, places) in strangers {
        if let ([place], Some([orphan])) = (places.as_slice(), orphans.get(name).map(Vec::as_slice)) {
            matched[*place] = Some(*orphan);
        }
    }
}

/// Has the shop renamed everything? None of what was there is there under any id, article number or options, and about
/// as many others are: new ones, or those of before an earlier renaming. Or the one variant that was in stock had no
/// options, and now its variants are told.
pub(super) fn is_reshaped(known: &[KnownVariant], read: &[VariantReading], matched: &[Option<usize>]) -> bool {
    let there: Vec<&KnownVariant> = known.iter().filter(|variant| variant.is_there()).collect();
    let is_renamed =
        |index: usize| known.get(index).is_some_and(|variant| variant.was_renamed() && !variant.is_there());
    let all_others = matched.iter().all(|index| index.is_none_or(is_renamed));
    if !all_others || there.is_empty() || read.is_empty() {
        return false;
    }
    if there.len() >= FEWEST_RENAMED {
        return read.len() >= FEWEST_RENAMED && read.len() * 2 >= there.len();
    }
    let was_buyable = there[0].span.as_ref().is_some_and(|span| span.availability.is_buyable());
    was_buyable && there[0].options_key.is_empty() && read.iter().all(|variant| !variant.options.is_empty())
}

/// Is this new variant a parent, of which no options are told although the known variants have some? Its word is not
/// theirs.
pub(super) fn is_parent(known: &[KnownVariant], variant: &VariantReading) -> bool {
    variant.options.is_empty() && known.iter().any(|known| !known.options_key.is_empty())
}

impl KnownVariant {
    /// Did it vanish because the shop renamed everything?
    fn was_renamed(&self) -> bool {
        self.vanished.is_some_and(|vanished| vanished.renamed)
    }

    /// Did the last reading have it?
    fn is_there(&self) -> bool {
        self.missing == 0 && self.span.as_ref().is_some_and(|span| span.availability != Availability::Absent)
    }
}
