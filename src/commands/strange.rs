//! Words that fit nothing of the product: what they may have meant, to be chosen from. Pure.

use coatcheck_domain::size::{Answer, Listing, is_size, names};
use coatcheck_domain::{SizeKey, StyleKey};

use super::doing::Doing;
use super::near::likeness;
use super::understand::{Named, Strange};
use super::wants::{MeantSize, Want};
use crate::store::stock::catalogue::Product;

/// Sizes or styles that are offered for one word, at most.
const MOST_NEAR: usize = 3;
/// Sizes that are offered where none is near, at most: more are no help.
const MOST_SIZES: usize = 6;
/// How alike a style must be to be offered.
const ALIKE: f64 = 0.4;
/// Characters of what may be waited for although it is not listed.
const LONGEST: usize = 60;

/// What may be meant: the same with each size or style that is near, without the strange words, and with them where they
/// can be a size that the shop does not list now.
pub(crate) fn offers(product: &Product, doing: &Doing) -> Vec<Doing> {
    let Some(strange) = doing.strange.first() else { return Vec::new() };
    let listing = Listing::of(product.sizes.iter().map(|(_, label)| label.as_str()));
    let mut sizes = near_sizes(&listing, &strange.text);
    let several = matches!(listing.listed(&strange.text), Answer::Several(_));
    let styles = if is_size(&strange.text) || strange.named == Some(Named::Size) {
        Vec::new()
    } else {
        near_styles(product, &strange.text, sizes.is_empty())
    };
    let wants_no_size = doing.wants.iter().all(|want| want.size.is_none());
    if sizes.is_empty() && styles.is_empty() && wants_no_size && sounds_like_a_size(strange) {
        sizes = listing.labels().take(MOST_SIZES).map(|label| vec![size_of(label)]).collect();
    }
    let mut offers: Vec<Vec<Want>> = sizes.into_iter().map(|sizes| with_sizes(doing, &sizes)).collect();
    offers.extend(styles.iter().map(|style| with_style(doing, style)));
    if !wants_no_size || doing.wants.iter().any(|want| want.style.is_some()) || offers.is_empty() {
        offers.push(doing.wants.clone());
    }
    if wants_no_size
        && !several
        && !listing.is_empty()
        && sounds_like_a_size(strange)
        && is_short(&strange.text)
        && doing.strange.len() == 1
    {
        offers.push(with_sizes(doing, &[MeantSize { key: SizeKey::fold(&strange.text), text: strange.text.clone() }]));
    }
    let mut kept: Vec<Vec<Want>> = Vec::new();
    for offer in offers {
        if !kept.contains(&offer) {
            kept.push(offer);
        }
    }
    kept.into_iter().map(|wants| Doing { wants, strange: Vec::new(), ..doing.clone() }).collect()
}

/// Does the shop list the size that is wanted?
pub(crate) fn is_listed(product: &Product, want: &Want) -> bool {
    let has = |key: &SizeKey| product.sizes.iter().any(|(_, label)| names(label).contains(key));
    want.size.as_ref().is_none_or(|size| has(&size.key))
}

fn sounds_like_a_size(strange: &Strange) -> bool {
    strange.named == Some(Named::Size) || is_size(&strange.text)
}

fn is_short(text: &str) -> bool {
    text.chars().nth(LONGEST).is_none()
}

/// Each of the sizes that are called so, or all parts of "M/L" together and then each; else the nearest.
fn near_sizes(listing: &Listing, text: &str) -> Vec<Vec<MeantSize>> {
    if let Answer::Several(places) = listing.listed(text) {
        return places
            .into_iter()
            .map(|(place, key)| vec![MeantSize { key, text: listing.label(place).to_owned() }])
            .collect();
    }
    let parts: Option<Vec<MeantSize>> = text.split(['/', '-', '–', ',']).map(|part| one(listing, part)).collect();
    match parts.filter(|parts| parts.len() > 1) {
        Some(parts) => [parts.clone()].into_iter().chain(parts.into_iter().map(|part| vec![part])).collect(),
        None => listing.nearest(text, MOST_NEAR).into_iter().map(|place| vec![size_of(listing.label(place))]).collect(),
    }
}

fn one(listing: &Listing, text: &str) -> Option<MeantSize> {
    match listing.listed(text) {
        Answer::One(place, key) => Some(MeantSize { key, text: listing.label(place).to_owned() }),
        _ => None,
    }
}

fn size_of(label: &str) -> MeantSize {
    MeantSize { key: SizeKey::fold(label), text: label.to_owned() }
}

/// The styles that sound alike; all, where there are few.
fn near_styles(product: &Product, text: &str, or_all: bool) -> Vec<String> {
    let alike = |style: &String| {
        let words = StyleKey::fold(style).as_str().split(' ').map(|word| likeness(word, text)).fold(0.0, f64::max);
        words.max(likeness(style, text))
    };
    let mut scored: Vec<(f64, &String)> = product.styles.iter().map(|style| (alike(style), style)).collect();
    scored.sort_by(|one, other| other.0.total_cmp(&one.0));
    let near: Vec<String> =
        scored.iter().filter(|(alike, _)| *alike >= ALIKE).take(MOST_NEAR).map(|(_, style)| (*style).clone()).collect();
    let or_all = or_all && text.chars().count() > 3 && product.styles.len() <= MOST_NEAR;
    if near.is_empty() && or_all { product.styles.clone() } else { near }
}

fn with_sizes(doing: &Doing, sizes: &[MeantSize]) -> Vec<Want> {
    let mut wants: Vec<Want> = doing.wants.iter().filter(|want| want.size.is_some()).cloned().collect();
    let mut styles: Vec<Option<String>> = Vec::new();
    for want in &doing.wants {
        if !styles.contains(&want.style) {
            styles.push(want.style.clone());
        }
    }
    for size in sizes {
        wants.extend(styles.iter().map(|style| Want { size: Some(size.clone()), style: style.clone() }));
    }
    wants
}

fn with_style(doing: &Doing, style: &str) -> Vec<Want> {
    let mut wants: Vec<Want> = Vec::new();
    for want in &doing.wants {
        let styled = Want { size: want.size.clone(), style: Some(style.to_owned()) };
        if !wants.contains(&styled) {
            wants.push(styled);
        }
    }
    wants
}
