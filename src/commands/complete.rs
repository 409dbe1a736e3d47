//! What could follow what is typed. Pure.

use coatcheck_bots::words;
use coatcheck_domain::fold::fold;

use crate::store::stock::catalogue::Product;

/// Discord shows no more.
const MOST: usize = 25;

/// Completions of `typed` for an argument, best first: what begins with it, then what has a word that does.
pub(crate) fn complete(products: &[Product], argument: &str, typed: &str) -> Vec<String> {
    match argument {
        "product" => ranked(products.iter().flat_map(names), typed),
        "style" => {
            ranked(products.iter().flat_map(|product| product.styles.iter().map(|style| words::plain(style))), typed)
        }
        "size" => {
            // `M,L` is completed at its last part.
            let (before, last) =
                typed.rsplit_once(',').map_or(("", typed), |(before, last)| (before, last.trim_start()));
            let sizes = products.iter().flat_map(|product| product.sizes.iter().map(|(_, size)| words::plain(size)));
            let found = ranked(sizes, last).into_iter();
            if before.is_empty() { found.collect() } else { found.map(|size| format!("{before},{size}")).collect() }
        }
        _ => Vec::new(),
    }
}

fn names(product: &Product) -> impl Iterator<Item = String> {
    product.aliases.iter().map(|alias| words::title(alias)).chain([words::title(&product.title)])
}

fn ranked(candidates: impl Iterator<Item = String>, typed: &str) -> Vec<String> {
    let typed = fold(typed);
    let mut seen = std::collections::HashSet::new();
    let mut found: Vec<(bool, String)> = candidates
        .filter_map(|candidate| {
            let folded = fold(&candidate);
            let begins = folded.starts_with(&typed);
            let fits = begins || folded.split(' ').any(|word| word.starts_with(&typed));
            (fits && seen.insert(folded)).then_some((!begins, candidate))
        })
        .collect();
    found.sort_by_key(|(worse, _)| *worse);
    found.into_iter().take(MOST).map(|(_, candidate)| candidate).collect()
}
