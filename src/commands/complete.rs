//! What could follow what is typed. Pure.

use std::collections::HashSet;

use coatcheck_bots::words;
use coatcheck_domain::fold::fold;
use coatcheck_domain::style::parts_words;

use super::names;
use crate::store::stock::catalogue::Product;

/// Discord shows no more.
const MOST: usize = 25;

/// Completions of `typed` for an argument, best first: what begins with it, then what has words that do. Each names one
/// product, or one size or style.
pub(crate) fn complete(products: &[Product], argument: &str, typed: &str) -> Vec<String> {
    match argument {
        "product" => of_products(products, typed),
        "style" => {
            let styles = products.iter().flat_map(|product| &product.styles).map(|style| words::plain(style));
            ranked(styles.map(alone), typed)
        }
        "size" => of_sizes(products, typed),
        _ => Vec::new(),
    }
}

/// Products by their names, which tell all apart; found by any word of the whole title, or of an alias.
fn of_products(products: &[Product], typed: &str) -> Vec<String> {
    let all: Vec<&Product> = products.iter().collect();
    let shown = names::shown(&all).into_iter().zip(products);
    let titles = shown.map(|(name, product)| {
        let searched = format!("{name} {}", product.title);
        (name, searched)
    });
    let aliases = products.iter().flat_map(|product| &product.aliases).map(|alias| alone(words::plain(alias)));
    ranked(aliases.chain(titles), typed)
}

/// `M,L` is completed at its last part, unless the shop has a size with that comma.
fn of_sizes(products: &[Product], typed: &str) -> Vec<String> {
    let sizes = || products.iter().flat_map(|product| &product.sizes).map(|(_, size)| alone(words::plain(size)));
    let begins = |(name, _): &(String, String)| !typed.contains(',') || fold(name).starts_with(&fold(typed));
    let whole = ranked(sizes().filter(begins), typed);
    match typed.rsplit_once(',') {
        Some((before, last)) if whole.is_empty() => {
            ranked(sizes(), last.trim_start()).into_iter().map(|size| format!("{before},{size}")).collect()
        }
        _ => whole,
    }
}

fn alone(name: String) -> (String, String) {
    (name.clone(), name)
}

/// Of names, with what they are found by, those in which each word that was typed begins a word.
fn ranked(candidates: impl Iterator<Item = (String, String)>, typed: &str) -> Vec<String> {
    let typed = fold(typed);
    let wanted = words_of(&typed);
    let mut seen = HashSet::new();
    let mut found: Vec<(bool, String)> = candidates
        .filter_map(|(name, searched)| {
            let folded = fold(&name);
            let begins = folded.starts_with(&typed);
            let has = || {
                let searched = fold(&searched);
                let words = words_of(&searched);
                !wanted.is_empty() && wanted.iter().all(|part| words.iter().any(|word| word.starts_with(part)))
            };
            ((begins || has()) && seen.insert(folded)).then_some((!begins, name))
        })
        .collect();
    found.sort_by_key(|(worse, _)| *worse);
    found.into_iter().take(MOST).map(|(_, name)| name).collect()
}

fn words_of(folded: &str) -> Vec<&str> {
    folded.split(parts_words).filter(|word| !word.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::resolve::tests::product;
    use super::*;

    fn completed(argument: &str, typed: &str) -> String {
        let end = |end: &str| {
            format!("Big logo hooded sweatshirt in heavy brushed cotton with a double-lined hood and a pocket - {end}")
        };
        let products = [
            product(1, "Number 30", &["thirty"], &["28, Long", "30"], &["Indigo"]),
            product(2, "Snow_Coat", &[], &["M", "L"], &["Navy Blue"]),
            product(3, &end("Black"), &[], &["M"], &[]),
            product(4, &end("Navy"), &[], &["M"], &[]),
            product(5, &end("Sand"), &[], &["M"], &[]),
        ];
        complete(&products, argument, typed).join(" | ")
    }

    #[test]
    fn each_word_that_is_typed_finds_a_word() {
        assert_eq!(completed("product", "30"), "Number 30");
        assert_eq!(completed("product", "snow coat"), "Snow_Coat");
        assert_eq!(completed("product", "SNOW_C"), "Snow_Coat");
        assert_eq!(completed("product", "coat snow"), "Snow_Coat");
        assert_eq!(completed("product", "thi"), "thirty");
        assert_eq!(completed("style", "blue"), "Navy Blue");
        assert_eq!(completed("size", "28"), "28, Long");
        assert_eq!(completed("size", "28,"), "28, Long");
        assert_eq!(completed("size", "M,"), "M,28, Long | M,30 | M,M | M,L");
    }

    #[test]
    fn names_that_differ_only_at_the_end_are_all_offered() {
        let offered = completed("product", "big");
        assert_eq!(offered.split(" | ").count(), 3, "{offered}");
        assert!(["Black", "Navy", "Sand"].iter().all(|end| offered.contains(end)), "{offered}");
        assert_eq!(completed("product", "hood navy").split(" | ").count(), 1);
    }
}
