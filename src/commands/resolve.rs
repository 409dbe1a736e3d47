//! Which product the words of a command mean, given the catalogue, and what of it. Pure.
//!
//! Each product reads the words in its own light (`understand`): "M" is a size where there is a size M, "black" a style
//! where there is a black one. The product that leaves the fewest words unexplained is meant; of several nobody guesses.

use coatcheck_bots::commands::{Arguments, Word};
use coatcheck_domain::fold::fold;
use url::Url;

use super::names::{self, Names};
use super::near::likeness;
use super::tokens::Text;
use super::understand::{Strange, Understood, understand};
use super::wants::Want;
use super::{chatter, names::name_words};
use crate::store::stock::catalogue::Product;

/// Products that are offered to choose from, at most: ten questions long.
pub(crate) const MOST_CHOICES: usize = 80;
/// Products that are asked what they make of words that name none.
const MOST_ASKED: usize = 300;
/// How alike a name must be to be offered.
const ALIKE: f64 = 0.35;

/// A product and what is wanted of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Meant {
    /// The product's row.
    pub(crate) product: i64,
    /// Sizes with styles; one of neither for any.
    pub(crate) wants: Vec<Want>,
    /// Each time, not once.
    pub(crate) every: bool,
    /// Words that fit nothing of it: they must be asked about before anything is done.
    pub(crate) strange: Vec<Strange>,
}

/// What the words come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Resolution {
    /// This. Its `strange` words may need to be asked about.
    One(Meant),
    /// One of these, the person must say which.
    Choose(Ambiguity, Vec<Meant>),
    /// None that is followed.
    Nothing,
    /// Nothing about a product: a greeting, thanks.
    Chatter,
}

/// Why somebody must choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ambiguity {
    /// No product was named.
    Unnamed,
    /// Several fit; so many.
    Several(usize),
    /// Nothing fits; these sound alike.
    Alike,
}

/// How well a product explains the words. Greater is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Fit {
    explained: std::cmp::Reverse<usize>,
    alias: usize,
    whole_title: bool,
    named_by: usize,
}

struct Reading {
    fit: Fit,
    meant: Meant,
}

/// Which product is meant, and what of it.
pub(crate) fn resolve(products: &[Product], said: &Arguments) -> Resolution {
    if let Some(url) = &said.url {
        let meant = products.iter().filter(|product| is_at(product, url)).map(|product| fixed(product, said)).collect();
        return one_of(meant);
    }
    let text = Text::of(&said.bare);
    if !said.bare.is_empty() && is_chatter(&text) && !products.iter().any(|product| is_named(product, &text)) {
        return Resolution::Chatter;
    }
    if let Some((product, rest)) = chosen_by_name(products, &said.bare) {
        return Resolution::One(read(product, &Text::of(&rest)).meant);
    }
    let readings: Vec<Reading> =
        products.iter().filter(|product| is_named(product, &text)).map(|product| read(product, &text)).collect();
    let best = readings.iter().filter(|reading| reading.fit.named_by > 0).map(|reading| reading.fit).max();
    let Some(best) = best else { return unnamed(products, &text) };
    one_of(readings.into_iter().filter(|reading| reading.fit == best).map(|reading| reading.meant).collect())
}

/// What the words mean where the product is known: beside an address, or where it was chosen already.
pub(crate) fn fixed(product: &Product, said: &Arguments) -> Meant {
    read(product, &Text::of(&said.bare)).meant
}

fn one_of(mut meant: Vec<Meant>) -> Resolution {
    let count = meant.len();
    match count {
        0 => Resolution::Nothing,
        1 => Resolution::One(meant.remove(0)),
        _ => {
            meant.truncate(MOST_CHOICES);
            Resolution::Choose(Ambiguity::Several(count), meant)
        }
    }
}

/// A name as completions offer it, in quotes or a form: the product, and the other words.
fn chosen_by_name<'a>(products: &'a [Product], words: &[Word]) -> Option<(&'a Product, Vec<Word>)> {
    if !words.iter().any(|word| word.quoted) {
        return None;
    }
    let shown = names::shown(&products.iter().collect::<Vec<_>>());
    let shown: Vec<String> = shown.iter().map(|name| fold(name)).collect();
    words.iter().enumerate().filter(|(_, word)| word.quoted).find_map(|(at, word)| {
        let name = fold(&word.text);
        let place = shown.iter().position(|shown| *shown == name)?;
        let rest = words.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, word)| word.clone());
        Some((&products[place], rest.collect()))
    })
}

/// Does any word name the product?
fn is_named(product: &Product, text: &Text) -> bool {
    let names = Names::of(product);
    text.tokens().iter().any(|token| names_it(&names, &token.key) && names.has(&token.key))
}

/// Everyday words name nothing, but where somebody called the product so.
fn names_it(names: &Names, word: &str) -> bool {
    !chatter::is_chatter(word) || names.is_alias(word)
}

fn is_chatter(text: &Text) -> bool {
    text.tokens().iter().all(|token| chatter::is_chatter(&token.key))
}

/// No word names a product: the only one there is, those that sound alike, or a few to choose from.
fn unnamed(products: &[Product], text: &Text) -> Resolution {
    if products.is_empty() {
        return Resolution::Nothing;
    }
    let readings = products.iter().take(MOST_ASKED).map(|product| read(product, text));
    let mut clear: Vec<Meant> =
        readings.filter(|reading| reading.meant.strange.is_empty()).map(|reading| reading.meant).collect();
    if clear.len() == 1 && products.len() == 1 {
        return Resolution::One(clear.remove(0));
    }
    if clear.is_empty() {
        return alike(products, text);
    }
    clear.truncate(MOST_CHOICES);
    Resolution::Choose(Ambiguity::Unnamed, clear)
}

/// Products whose name sounds like words that fit nothing; those words then name it.
fn alike(products: &[Product], text: &Text) -> Resolution {
    let mut found: Vec<(f64, &Product)> = products
        .iter()
        .map(|product| (sounds_like(product, text), product))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .collect();
    found.sort_by(|one, other| other.0.total_cmp(&one.0));
    let mut meant: Vec<Meant> = found
        .into_iter()
        .take(3)
        .map(|(_, product)| {
            let mut meant = read(product, text).meant;
            meant.strange.retain(|strange| !names_alike(product, &strange.text));
            meant
        })
        .collect();
    if meant.iter().any(|meant| meant.strange.is_empty()) {
        meant.retain(|meant| meant.strange.is_empty());
    }
    if !meant.is_empty() {
        return Resolution::Choose(Ambiguity::Alike, meant);
    }
    // The only product needs no name, if anything else was understood.
    let only = products.first().filter(|_| products.len() == 1).map(|only| read(only, text).meant);
    only.filter(|meant| meant.wants.iter().any(|want| *want != Want::default()))
        .map_or(Resolution::Nothing, Resolution::One)
}

/// How much the words that say something sound like one of its names.
fn sounds_like(product: &Product, text: &Text) -> f64 {
    let words: Vec<&str> =
        text.tokens().iter().map(|token| token.key.as_str()).filter(|key| !chatter::is_chatter(key)).collect();
    let runs = (0..words.len()).flat_map(|from| (from + 1..=words.len().min(from + 4)).map(move |to| (from, to)));
    let names: Vec<String> = product.aliases.iter().chain([&product.title]).map(|name| fold(name)).collect();
    runs.map(|(from, to)| words[from..to].join(" "))
        .filter(|run| run.chars().count() >= 3)
        .flat_map(|run| names.iter().map(move |name| likeness(&run, name)).collect::<Vec<_>>())
        .fold(0.0, f64::max)
}

/// Do these words, said in one go, only misspell the product's name?
fn names_alike(product: &Product, text: &str) -> bool {
    let names: Vec<String> = product.aliases.iter().chain([&product.title]).flat_map(|name| name_words(name)).collect();
    name_words(text).iter().all(|word| names.iter().any(|name| likeness(word, name) >= ALIKE))
}

/// What the words mean if this product is meant.
fn read(product: &Product, text: &Text) -> Reading {
    let names = Names::of(product);
    let Understood { named, wants, every, strange } = understand(product, &names, text);
    let fit = Fit {
        explained: std::cmp::Reverse(strange.len()),
        alias: names.alias(&named),
        whole_title: names.is_whole_title(&named),
        named_by: named.iter().filter(|word| names_it(&names, word)).count(),
    };
    Reading { fit, meant: Meant { product: product.id, wants, every, strange } }
}

/// Is this the product's page (whatever variant it shows), or what is read for it?
fn is_at(product: &Product, url: &Url) -> bool {
    let source = Url::parse(&product.source.url).ok();
    let same = |known: &Url| place(known) == place(url) && (known.query().is_none() || known.query() == url.query());
    let by_handle = || {
        let last = url.path_segments().and_then(|mut parts| parts.rfind(|part| !part.is_empty()));
        last.is_some() && last == product.handle.as_deref() && host(url) == product.shop
    };
    product.url.as_ref().is_some_and(same) || source.as_ref().is_some_and(same) || by_handle()
}

/// Host and path; http or https, with or without a slash at the end.
fn place(url: &Url) -> (String, &str) {
    (host(url), url.path().trim_end_matches('/'))
}

fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

#[cfg(test)]
#[path = "resolve_tests.rs"]
pub(crate) mod tests;
