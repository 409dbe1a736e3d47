//! What the words of a command mean, given the catalogue. Pure.
//!
//! Each product reads the words in its own light: "M" is a size where there is a size M, "black" a style where there
//! is a black one. The product that leaves the fewest words unexplained is meant; of several nobody guesses.

use coatcheck_bots::commands::{Arguments, Word};
use coatcheck_domain::size::looks_like_size;
use coatcheck_domain::{SizeKey, StyleKey};
use url::Url;

use super::near::likeness;
use crate::store::stock::catalogue::Product;

/// Products that are offered to choose from, at most.
pub(crate) const MOST_CHOICES: usize = 8;
/// How alike a name must be to be offered.
const ALIKE: f64 = 0.35;

/// A product and what is wanted of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Meant {
    /// The product's row.
    pub(crate) product: i64,
    /// Sizes as said; none for any.
    pub(crate) sizes: Vec<String>,
    /// The style as said.
    pub(crate) style: Option<String>,
}

/// What the words come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Resolution {
    /// This.
    One(Meant),
    /// One of these, the person must say which.
    Choose(Doubt, Vec<Meant>),
    /// None that is followed.
    Nothing,
}

/// Why somebody must choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// No product was named.
    Unnamed,
    /// Several fit; so many.
    Several(usize),
    /// These words fit nothing of the product.
    Strange(Vec<String>),
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
    strange: Vec<String>,
}

/// Which product is meant, and what of it.
pub(crate) fn resolve(products: &[Product], said: &Arguments) -> Resolution {
    if let Some(url) = &said.url {
        let meant = products.iter().filter(|product| is_at(product, url)).map(|product| fixed(product, said)).collect();
        return one_of(meant);
    }
    let readings: Vec<Reading> = products.iter().map(|product| read(product, said)).collect();
    let best = readings.iter().filter(|reading| reading.fit.named_by > 0).map(|reading| reading.fit).max();
    let Some(best) = best else { return unnamed(readings, products, said) };
    let mut readings: Vec<Reading> = readings.into_iter().filter(|reading| reading.fit == best).collect();
    match readings.as_slice() {
        [only] if !only.strange.is_empty() => {
            let only = readings.remove(0);
            let style = [only.meant.style.clone().unwrap_or_default(), only.strange.join(" ")].join(" ");
            let listed_or_not = Meant { style: Some(style.trim().to_owned()), ..only.meant.clone() };
            Resolution::Choose(Doubt::Strange(only.strange), vec![only.meant, listed_or_not])
        }
        _ => one_of(readings.into_iter().map(|reading| reading.meant).collect()),
    }
}

/// The words that stand beside an address, or beside a product that was chosen already.
pub(crate) fn fixed(product: &Product, said: &Arguments) -> Meant {
    let mut reading = read(product, said);
    if !reading.strange.is_empty() {
        let style = [reading.meant.style.take().unwrap_or_default(), reading.strange.join(" ")].join(" ");
        reading.meant.style = Some(style.trim().to_owned());
    }
    reading.meant
}

fn one_of(mut meant: Vec<Meant>) -> Resolution {
    let count = meant.len();
    match count {
        0 => Resolution::Nothing,
        1 => Resolution::One(meant.remove(0)),
        _ => {
            meant.truncate(MOST_CHOICES);
            Resolution::Choose(Doubt::Several(count), meant)
        }
    }
}

/// No word names a product: the only one there is, those that sound alike, or a few to choose from.
fn unnamed(readings: Vec<Reading>, products: &[Product], said: &Arguments) -> Resolution {
    let unexplained = readings.iter().all(|reading| !reading.strange.is_empty());
    if readings.is_empty() {
        return Resolution::Nothing;
    }
    if unexplained {
        return alike(products, said);
    }
    let mut meant: Vec<Meant> =
        readings.into_iter().filter(|reading| reading.strange.is_empty()).map(|reading| reading.meant).collect();
    if meant.len() == 1 && products.len() == 1 {
        return Resolution::One(meant.remove(0));
    }
    meant.truncate(MOST_CHOICES);
    Resolution::Choose(Doubt::Unnamed, meant)
}

fn alike(products: &[Product], said: &Arguments) -> Resolution {
    let (sizes, names): (Vec<&Word>, Vec<&Word>) =
        said.bare.iter().partition(|word| !word.quoted && looks_like_size(&word.text));
    let name = names.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
    let mut found: Vec<(f64, &Product)> = products
        .iter()
        .map(|product| {
            let names = product.aliases.iter().chain([&product.title]);
            (names.map(|other| likeness(&name, other)).fold(0.0, f64::max), product)
        })
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .collect();
    found.sort_by(|one, other| other.0.total_cmp(&one.0));
    let meant: Vec<Meant> = found
        .into_iter()
        .take(3)
        .map(|(_, product)| Meant {
            product: product.id,
            sizes: said.sizes.iter().cloned().chain(sizes.iter().map(|word| word.text.clone())).collect(),
            style: said.style.clone(),
        })
        .collect();
    if meant.is_empty() { Resolution::Nothing } else { Resolution::Choose(Doubt::Alike, meant) }
}

/// What the words mean if this product is meant.
fn read(product: &Product, said: &Arguments) -> Reading {
    let names = Names::of(product);
    let (mut sizes, mut styles, mut strange) = (said.sizes.clone(), Vec::new(), Vec::new());
    let mut named: Vec<String> = Vec::new();
    for token in said.bare.iter().flat_map(tokens) {
        match names.sort(product, &token) {
            Part::Name => named.push(token.key),
            Part::Size => sizes.push(token.text),
            Part::Style => styles.push(token.text),
            Part::Strange => strange.push(token.text),
        }
    }
    let fit = Fit {
        explained: std::cmp::Reverse(strange.len()),
        alias: names.alias(&named),
        whole_title: !named.is_empty() && names.title.iter().all(|word| named.contains(word)),
        named_by: named.len(),
    };
    let style: Vec<String> = said.style.iter().cloned().chain(styles).collect();
    let style = (!style.is_empty()).then(|| style.join(" "));
    Reading { fit, meant: Meant { product: product.id, sizes, style }, strange }
}

/// One word, folded as names are.
struct Token {
    text: String,
    key: String,
    quoted: bool,
}

enum Part {
    Name,
    Size,
    Style,
    Strange,
}

/// Words that are signs alone ("—") mean nothing and are left out.
fn tokens(word: &Word) -> Vec<Token> {
    let token =
        |text: &str| Token { text: text.to_owned(), key: StyleKey::fold(text).to_string(), quoted: word.quoted };
    let parts: Vec<Token> = match word.quoted {
        true => word.text.split_whitespace().map(token).collect(),
        false => vec![token(&word.text)],
    };
    parts.into_iter().filter(|token| !token.key.is_empty()).collect()
}

/// The words a product is known by.
struct Names {
    title: Vec<String>,
    aliases: Vec<Vec<String>>,
    handle: Vec<String>,
}

impl Names {
    fn of(product: &Product) -> Self {
        Self {
            title: name_words(&product.title),
            aliases: product.aliases.iter().map(|alias| name_words(alias)).collect(),
            handle: product.handle.as_deref().map(name_words).unwrap_or_default(),
        }
    }

    /// Quoted words name first; others are sizes first, where the product has that size.
    fn sort(&self, product: &Product, token: &Token) -> Part {
        let size = SizeKey::fold(&token.text);
        let has_size = product.sizes.iter().any(|(key, _)| *key == size);
        let is_name = self.has(&token.key);
        if is_name && (token.quoted || !has_size) {
            Part::Name
        } else if has_size || looks_like_size(&token.text) {
            Part::Size
        } else if product.styles.iter().any(|style| StyleKey::fold(&token.text).matches(&[style], "")) {
            Part::Style
        } else {
            Part::Strange
        }
    }

    /// `corps-jacket` typed as one word names by all of its parts.
    fn has(&self, key: &str) -> bool {
        let known: Vec<&String> = self.title.iter().chain(self.aliases.iter().flatten()).chain(&self.handle).collect();
        key.split(' ').all(|part| known.iter().any(|word| is_short_for(part, word)))
    }

    /// Words of the longest alias that was said in full.
    fn alias(&self, named: &[String]) -> usize {
        let said = named.join(" ");
        self.aliases.iter().filter(|alias| said == alias.join(" ")).map(Vec::len).max().unwrap_or_default()
    }
}

fn name_words(text: &str) -> Vec<String> {
    StyleKey::fold(text).as_str().split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// "jack" and "jackets" are both said for "jacket".
fn is_short_for(said: &str, word: &str) -> bool {
    said == word || (said.chars().count() >= 3 && word.starts_with(said)) || said.strip_suffix('s') == Some(word)
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
mod tests;
