//! The names of products: by which words one is called, how all are told apart, and which name nobody may take. Pure.

use std::collections::HashMap;

use coatcheck_bots::commands::TABLE;
use coatcheck_bots::words;
use coatcheck_domain::StyleKey;
use coatcheck_domain::fold::fold;
use coatcheck_domain::size::is_size;

use crate::store::stock::catalogue::Product;

/// Characters of a name where names must tell products apart, at most: Discord's limit for a completion.
const LONGEST_SHOWN: usize = 100;
/// Characters of an alias, at most.
const LONGEST_ALIAS: usize = 60;

/// The words a product is called by.
pub(crate) struct Names {
    title: Vec<String>,
    aliases: Vec<Vec<String>>,
    handle: Vec<String>,
}

impl Names {
    pub(crate) fn of(product: &Product) -> Self {
        Self {
            title: name_words(&product.title),
            aliases: product.aliases.iter().map(|alias| name_words(alias)).collect(),
            handle: product.handle.as_deref().map(name_words).unwrap_or_default(),
        }
    }

    fn all(&self) -> impl Iterator<Item = &Vec<String>> {
        self.aliases.iter().chain([&self.title, &self.handle])
    }

    /// Is each part of this word a word of a name, or short for one?
    pub(crate) fn has(&self, key: &str) -> bool {
        key.split(' ').all(|part| self.all().flatten().any(|word| is_short_for(part, word)))
    }

    /// Is this exactly a word of a name?
    pub(crate) fn is_whole(&self, key: &str) -> bool {
        self.all().flatten().any(|word| word == key)
    }

    /// Do these words stand in a name side by side?
    pub(crate) fn has_run(&self, keys: &[&str]) -> bool {
        let words: Vec<&str> = keys.iter().flat_map(|key| key.split(' ')).collect();
        self.all()
            .any(|name| name.windows(words.len()).any(|run| run.iter().map(String::as_str).eq(words.iter().copied())))
    }

    /// Is this an alias? People chose it, so it names the product even where it is an everyday word.
    pub(crate) fn is_alias(&self, key: &str) -> bool {
        self.aliases.iter().any(|alias| alias.join(" ") == key)
    }

    /// Words of the longest alias that was said in full.
    pub(crate) fn alias(&self, named: &[String]) -> usize {
        let said = named.join(" ");
        self.aliases.iter().filter(|alias| said == alias.join(" ")).map(Vec::len).max().unwrap_or_default()
    }

    pub(crate) fn is_whole_title(&self, named: &[String]) -> bool {
        !named.is_empty()
            && self.title.iter().all(|word| named.iter().any(|said| said.split(' ').any(|part| part == word)))
    }
}

/// The words of a name, folded.
pub(crate) fn name_words(text: &str) -> Vec<String> {
    StyleKey::fold(text).as_str().split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// "jack" and "jackets" are both said for "jacket".
fn is_short_for(said: &str, word: &str) -> bool {
    said == word || (said.chars().count() >= 3 && word.starts_with(said)) || said.strip_suffix('s') == Some(word)
}

/// What each product is called where products are told apart, in their order: its title; with more of where they
/// differ, with its shop, or with its number, where titles look alike.
pub(crate) fn shown(products: &[&Product]) -> Vec<String> {
    let mut names: Vec<String> = products.iter().map(|product| words::title(&product.title)).collect();
    for step in [where_they_differ, with_shop, with_number] {
        for twins in twins(&names) {
            let told = step(products, &twins);
            for (at, name) in twins.into_iter().zip(told) {
                names[at] = name;
            }
        }
    }
    names
}

/// Places of names that look the same, together.
fn twins(names: &[String]) -> Vec<Vec<usize>> {
    let mut places: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, name) in names.iter().enumerate() {
        places.entry(fold(name)).or_default().push(at);
    }
    places.into_values().filter(|places| places.len() > 1).collect()
}

/// The beginning of each title, and the part in which it differs from those that are most like it.
fn where_they_differ(products: &[&Product], twins: &[usize]) -> Vec<String> {
    let titles: Vec<String> = twins.iter().map(|at| words::plain(&products[*at].title)).collect();
    let mut sorted: Vec<&String> = titles.iter().collect();
    sorted.sort();
    let common = |title: &String| {
        let at = sorted.partition_point(|other| *other < title);
        let around = sorted[at.saturating_sub(1)..].iter().take(3).filter(|other| **other != title);
        around.map(|other| common_beginning(title, other)).max().unwrap_or_default()
    };
    titles.iter().map(|title| told_from(title, common(title))).collect()
}

/// The title shortened so that what stands from `from` on is seen.
fn told_from(title: &str, from: usize) -> String {
    let head = words::shortened(title, 40);
    let from = title[..from].rfind(' ').map_or(0, |blank| blank + 1);
    if title.chars().count() <= LONGEST_SHOWN || from < head.len() {
        return words::shortened_within(title, LONGEST_SHOWN);
    }
    words::shortened(&format!("{}…{}", head.trim_end_matches('…').trim_end(), &title[from..]), LONGEST_SHOWN)
}

/// Bytes that both begin with.
fn common_beginning(one: &str, other: &str) -> usize {
    let differs = one.char_indices().zip(other.chars()).find(|((_, one), other)| one != other);
    differs.map_or(one.len().min(other.len()), |((at, _), _)| at)
}

fn with_shop(products: &[&Product], twins: &[usize]) -> Vec<String> {
    let named = |at: &usize| {
        let shop = words::shortened(&words::plain(&products[*at].shop), 40);
        format!("{} ({shop})", words::shortened_within(&words::plain(&products[*at].title), LONGEST_SHOWN - 43))
    };
    twins.iter().map(named).collect()
}

fn with_number(products: &[&Product], twins: &[usize]) -> Vec<String> {
    let named = |at: &usize| {
        let title = words::shortened_within(&words::plain(&products[*at].title), LONGEST_SHOWN - 23);
        format!("{title} #{}", products[*at].id)
    };
    twins.iter().map(named).collect()
}

/// Why a product may not be called so, in words; `None` where it may.
pub(crate) fn refusal(name: &str, product: i64, products: &[Product]) -> Option<String> {
    let folded = fold(name);
    let shown = words::shortened(&words::plain(name), 40);
    let keyword = |word: &str| TABLE.iter().any(|row| row.name == word || row.also.contains(&word)) || is_keyword(word);
    let why = if name_words(name).is_empty() {
        "has no letters".to_owned()
    } else if name.chars().nth(LONGEST_ALIAS).is_some() {
        format!("is longer than {LONGEST_ALIAS} characters")
    } else if name.contains("://") || name.contains('/') && name.contains('.') {
        "is an address".to_owned()
    } else if folded.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '.' | ',' | '#')) {
        "is a number; numbers answer questions".to_owned()
    } else if is_size(name) {
        "is a size".to_owned()
    } else if keyword(&folded) {
        "is a word of the commands".to_owned()
    } else {
        let taken = products.iter().filter(|other| other.id != product).find(|other| is_called(other, &folded))?;
        format!("is taken by {}", words::title(&taken.title))
    };
    Some(format!("{shown:?} cannot be the name: it {why}"))
}

fn is_called(product: &Product, folded: &str) -> bool {
    product.aliases.iter().chain([&product.title]).any(|name| fold(name) == folded)
}

fn is_keyword(word: &str) -> bool {
    matches!(
        word,
        "every"
            | "once"
            | "size"
            | "sizes"
            | "style"
            | "styles"
            | "colour"
            | "color"
            | "any"
            | "all"
            | "everything"
            | "always"
    )
}

#[cfg(test)]
mod tests {
    use super::super::resolve::tests::product;
    use super::*;

    fn told_apart(titles: &[&str]) -> String {
        let products: Vec<Product> = (1..).zip(titles).map(|(id, title)| product(id, title, &[], &[], &[])).collect();
        shown(&products.iter().collect::<Vec<_>>()).join("\n")
    }

    #[test]
    fn names_tell_products_apart() {
        let long = |middle: &str, end: &str| {
            format!(
                "Waxed cotton corps jacket with detachable hood, made for rain {middle} and lined with wool throughout, from our winter range {end}"
            )
        };
        let titles = [
            long("Black", "2026"),
            long("Navy", "2026"),
            long("Navy", "2025"),
            "Corps Jacket".to_owned(),
            "Corps jacket".to_owned(),
            String::new(),
        ];
        let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
        insta::assert_snapshot!(told_apart(&titles), @"
        Waxed cotton corps jacket with…Black and lined with wool throughout, from our winter range 2026
        Waxed cotton corps jacket with…Navy and lined with wool throughout, from our winter range 2026
        Waxed cotton corps jacket with…throughout, from our winter range 2025
        Corps Jacket #4
        Corps jacket #5
        a product without a title
        ");
    }

    #[test]
    fn a_name_that_would_be_misunderstood_is_refused_with_the_reason() {
        let products = [product(1, "Corps Jacket", &["corps"], &[], &[]), product(2, "Rain Jacket", &[], &[], &[])];
        let told = |name: &str| refusal(name, 2, &products).unwrap_or_else(|| format!("{name}: fine"));
        let lines = [
            "rain",
            "Corps",
            "corps jacket",
            "M",
            "extra large",
            "30",
            "7 1/4",
            "EU 42",
            "every",
            "watch",
            "list",
            "all",
            "hello",
            "https://shop.example/x",
            "shop.example/x",
            "number 30",
        ];
        insta::assert_snapshot!(lines.map(told).join("\n"), @r#"
        rain: fine
        "Corps" cannot be the name: it is taken by Corps Jacket
        "corps jacket" cannot be the name: it is taken by Corps Jacket
        "M" cannot be the name: it is a size
        "extra large" cannot be the name: it is a size
        "30" cannot be the name: it is a number; numbers answer questions
        "7 1/4" cannot be the name: it is a size
        "EU 42" cannot be the name: it is a size
        "every" cannot be the name: it is a word of the commands
        "watch" cannot be the name: it is a word of the commands
        "list" cannot be the name: it is a word of the commands
        "all" cannot be the name: it is a word of the commands
        hello: fine
        "https: //shop.example/x" cannot be the name: it is an address
        "shop.example/x" cannot be the name: it is an address
        number 30: fine
        "#);
        assert_eq!(refusal("corps", 1, &products), None, "it is its own name already");
        assert!(refusal(&"x".repeat(61), 2, &products).is_some());
    }
}
