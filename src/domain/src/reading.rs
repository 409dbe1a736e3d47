//! What one successful poll said. A failed poll is not a reading, and nothing here can hold one.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::availability::Availability;
use crate::fold::fold;
use crate::money::Money;
use crate::size::{self, SizeKey};
use crate::style::StyleKey;

/// Everything that one poll of one source said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// The products, in the shop's order. Never empty: a reader says "nothing here" with an error.
    pub products: Vec<ProductReading>,
    /// Was the source read to its end? If paging was cut, what is missing may still exist.
    pub complete: bool,
    /// What was left out of it or not understood, for people.
    #[serde(default)]
    pub doubts: Vec<Doubt>,
}

/// How much of a reading says nothing about stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Silence {
    /// Variants whose availability is Unknown.
    pub silent: usize,
    /// All variants.
    pub of: usize,
}

impl Reading {
    /// What of it can never become a restock, if anything cannot.
    #[must_use]
    pub fn silence(&self) -> Option<Silence> {
        let variants = || self.products.iter().flat_map(|product| &product.variants);
        let silent = variants().filter(|variant| !variant.availability.is_definite()).count();
        let of = variants().count();
        (silent > 0 || of == 0).then_some(Silence { silent, of })
    }
}

/// Something in a document that was left out, or that says nothing we know, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubt {
    /// A path into the document, like `$.products[3]`.
    pub at: String,
    /// What is wrong there, and what followed.
    pub what: String,
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.what)
    }
}

/// How well a fact is founded, the weakest first. Where two answers differ, the better founded one counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rank {
    /// Concluded from what is not said: stock that is not counted, or sold beyond zero. Never opens a restock.
    Derived,
    /// Words or buttons of a page.
    Text,
    /// OpenGraph tags.
    OpenGraph,
    /// Microdata.
    Microdata,
    /// JSON-LD.
    JsonLd,
    /// The platform's word about a product.
    Platform,
    /// What the shop says of this very variant.
    #[default]
    Variant,
}

impl Rank {
    /// Every rank, the weakest first.
    pub const ALL: [Self; 7] =
        [Self::Derived, Self::Text, Self::OpenGraph, Self::Microdata, Self::JsonLd, Self::Platform, Self::Variant];

    /// Its number in tables.
    #[must_use]
    pub fn number(self) -> i32 {
        self as i32
    }

    /// The rank of a number in tables.
    #[must_use]
    pub fn from_number(number: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|rank| rank.number() == number)
    }
}

/// What was said of one product.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProductReading {
    /// The shop's own id, as text (ids exceed 2^53).
    pub external_id: Option<String>,
    /// The shop's name for it in addresses.
    pub handle: Option<String>,
    /// What people call it. A stranger's words: escape it wherever it is shown.
    pub title: String,
    /// Where people buy it.
    pub url: Option<Url>,
    /// A picture of it.
    pub image: Option<Url>,
    /// Are all of its variants here? What a complete reading lacks becomes Absent in time.
    pub complete: bool,
    /// When the shop last changed it, by the shop's own clock: orders the answers of several caches.
    #[serde(default)]
    pub updated_at: Option<DateTime<Utc>>,
    /// Its buyable combinations, in the shop's order. Empty only where all are hidden, and then it is not complete.
    pub variants: Vec<VariantReading>,
}

/// What was said of one buyable combination of options.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VariantReading {
    /// The shop's own id, as text.
    pub external_id: Option<String>,
    /// The shop's article number: not unique, sometimes empty (then it is `None`).
    pub sku: Option<String>,
    /// The shop's name for the combination, like `M / Black`.
    pub title: Option<String>,
    /// Option name → value in the shop's own words and order, like `("Size", "M")`.
    pub options: Vec<(String, String)>,
    /// Can it be had?
    pub availability: Availability,
    /// How well that is founded.
    #[serde(default)]
    pub rank: Rank,
    /// How many are left, where the shop says it. `None` is not 0.
    pub quantity: Option<i64>,
    /// What it costs.
    pub price: Option<Money>,
    /// A link to this very variant.
    pub url: Option<Url>,
    /// A link that puts this very variant into the cart, where the shop has such links.
    pub cart_url: Option<Url>,
    /// A picture of this very variant.
    pub image: Option<Url>,
    /// Where in the response this was read.
    pub evidence: Option<Evidence>,
}

/// What to call the one product of an address whose answer does not say: host and path.
#[must_use]
pub fn made_up_title(url: &Url) -> String {
    format!("{}{}", url.host_str().unwrap_or_default(), url.path().trim_end_matches('/'))
}

/// Where a fact was found, so that a person can check the reader.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// A path into the response, like `$.variants[3].available`.
    pub at: String,
    /// What stood there, shortened.
    pub raw: String,
}

impl ProductReading {
    /// What identifies the product within its shop: the external id, else the handle, else the address, else the title.
    #[must_use]
    pub fn key(&self) -> String {
        if let Some(id) = &self.external_id {
            return format!("id:{id}");
        }
        if let Some(handle) = &self.handle {
            return format!("handle:{handle}");
        }
        match &self.url {
            Some(url) => format!("url:{url}"),
            None => format!("title:{}", fold(&self.title)),
        }
    }
}

impl VariantReading {
    /// A variant of which only options and availability are known.
    #[must_use]
    pub fn bare(options: Vec<(String, String)>, availability: Availability) -> Self {
        Self {
            external_id: None,
            sku: None,
            title: None,
            options,
            availability,
            rank: Rank::Variant,
            quantity: None,
            price: None,
            url: None,
            cart_url: None,
            image: None,
            evidence: None,
        }
    }

    /// What identifies the variant within its product: the external id, else the sku, else the folded options,
    /// else `default`.
    #[must_use]
    pub fn key(&self) -> String {
        if let Some(id) = &self.external_id {
            return format!("id:{id}");
        }
        if let Some(sku) = &self.sku {
            return format!("sku:{sku}");
        }
        let options = self.options_key();
        if options.is_empty() { "default".to_owned() } else { format!("options:{options}") }
    }

    /// The options folded and in the order of their names: the same for a variant that was re-created under a new id, or
    /// whose size is spelt otherwise ("M", "Medium").
    #[must_use]
    pub fn options_key(&self) -> String {
        let size = size::position(&self.options);
        let folded = |(index, (name, value)): (usize, &(String, String))| {
            let value = if Some(index) == size { SizeKey::fold(value).to_string() } else { fold(value) };
            format!("{}={value}", fold(name))
        };
        let mut pairs: Vec<String> = self.options.iter().enumerate().map(folded).collect();
        pairs.sort();
        pairs.join("&")
    }

    /// The size in the shop's words.
    #[must_use]
    pub fn size(&self) -> Option<&str> {
        let at = size::position(&self.options)?;
        Some(self.options[at].1.as_str())
    }

    /// The other options in the shop's words, like `Black / Slim`.
    #[must_use]
    pub fn style(&self) -> Option<String> {
        let at = size::position(&self.options);
        let words: Vec<&str> = self
            .options
            .iter()
            .enumerate()
            .filter(|(index, _)| Some(*index) != at)
            .map(|(_, (_, value))| value.as_str())
            .collect();
        (!words.is_empty()).then(|| words.join(" / "))
    }

    /// The size, folded; empty when the product has none.
    #[must_use]
    pub fn size_key(&self) -> SizeKey {
        self.size().map(SizeKey::fold).unwrap_or_default()
    }

    /// Every key that the size answers to, the whole label's first; none when the product has none.
    #[must_use]
    pub fn size_keys(&self) -> Vec<SizeKey> {
        self.size().map(size::names).unwrap_or_default()
    }

    /// The style, folded; empty when there is none.
    #[must_use]
    pub fn style_key(&self) -> StyleKey {
        self.style().map(|style| StyleKey::fold(&style)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jacket(options: &[(&str, &str)], is: Availability) -> VariantReading {
        VariantReading::bare(options.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(), is)
    }

    fn reading(variants: Vec<VariantReading>) -> Reading {
        let product = ProductReading {
            external_id: None,
            handle: None,
            title: "Corps  Jacket".into(),
            url: None,
            image: None,
            complete: true,
            updated_at: None,
            variants,
        };
        Reading { products: vec![product], complete: true, doubts: Vec::new() }
    }

    #[test]
    fn a_reading_that_says_less_than_all_is_silent_about_the_rest() {
        let of = |all: &[Availability]| reading(all.iter().map(|is| jacket(&[], *is)).collect()).silence();
        let (is, unknown) = (Availability::InStock, Availability::Unknown);
        assert_eq!(of(&[is, is]), None);
        assert_eq!(of(&[is, unknown]), Some(Silence { silent: 1, of: 2 }));
        assert_eq!(of(&[]), Some(Silence { silent: 0, of: 0 }));
    }

    #[test]
    fn a_variant_has_the_key_of_its_size() {
        assert_eq!(jacket(&[("Size", "X-Large")], Availability::InStock).size_key(), SizeKey::fold("XL"));
        assert!(jacket(&[("Colour", "Black")], Availability::InStock).size_key().is_any());
    }

    #[test]
    fn a_doubt_says_where_and_a_title_is_made_of_an_address() {
        let doubt = Doubt { at: "$.products[3]".to_owned(), what: "no variants".to_owned() };
        assert_eq!(doubt.to_string(), "$.products[3]: no variants");
        let url = Url::parse("https://shop.example/products/jacket/?v=1").expect("an address");
        assert_eq!(made_up_title(&url), "shop.example/products/jacket");
    }

    #[test]
    fn each_rank_is_read_back_from_its_number() {
        assert_eq!(Rank::ALL.map(|rank| Rank::from_number(rank.number())), Rank::ALL.map(Some));
        assert_eq!((Rank::Derived.number(), Rank::Variant.number()), (0, 6));
        assert!([-1, 7].into_iter().all(|number| Rank::from_number(number).is_none()));
    }

    #[test]
    fn a_product_is_known_by_the_best_that_it_gives() {
        let mut product = reading(vec![]).products.remove(0);
        assert_eq!(product.key(), "title:corps jacket");
        product.url = Some("https://shop.example/p".parse().expect("an address"));
        assert_eq!(product.key(), "url:https://shop.example/p");
        product.handle = Some("jacket".into());
        assert_eq!(product.key(), "handle:jacket");
        product.external_id = Some("7".into());
        assert_eq!(product.key(), "id:7");
    }

    #[test]
    fn what_is_no_size_is_style() {
        let both = jacket(&[("Colour", "Black"), ("Size", "US 9 / EU 42"), ("Fit", "Slim")], Availability::InStock);
        assert_eq!((both.size(), both.style().as_deref()), (Some("US 9 / EU 42"), Some("Black / Slim")));
        assert_eq!(both.style_key(), StyleKey::fold("Black / Slim"));
        assert!(
            both.size_keys().contains(&SizeKey::fold("EU 42")) && both.size_keys().contains(&SizeKey::fold("US 9"))
        );
        let one = jacket(&[], Availability::InStock);
        assert_eq!((one.size(), one.style(), one.size_keys(), one.key().as_str()), (None, None, vec![], "default"));
    }
}
