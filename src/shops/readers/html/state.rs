//! Data of the shop's own that the page carries: Shopify themes, and shops that are built with Next.js, Nuxt, React Router
//! and the like, put the whole product there, in the shape of their platform's API. Pure.

use coatcheck_domain::{Rank, Reading};
use serde_json::Value;

use super::about::About;
use super::carried;
use super::finding::{Finding, Scope};
use crate::shops::readers::preset::{self, Preset};
use crate::shops::readers::reader::Reader;
use crate::shops::readers::shopify::Shopify;

/// Values of one page that are looked at.
const VALUES: usize = 100_000;
/// Levels into which products are looked for.
const DEPTH: usize = 40;
/// Products of one page that are read until one speaks of stock.
const READ: usize = 4;

/// Fields in which platforms keep the name that a product has in its address.
const HANDLES: [&str; 6] = ["handle", "slug", "url_key", "urlKey", "urlId", "code"];
/// Fields in which they keep its address.
const ADDRESSES: [&str; 6] = ["url", "path", "fullUrl", "permalink", "canonicalUrl", "onlineStoreUrl"];

/// The page's product in what its scripts and attributes carry.
pub(super) fn find(about: &About<'_>) -> Option<Finding> {
    let carried = carried::values(about.page);
    let mut looking = Looking { left: VALUES, found: Vec::new() };
    carried.iter().for_each(|value| looking.look(value, DEPTH));
    // Related products and carts are carried along: only what the page names counts, by its address before its name.
    let mut own: Vec<(u8, Product<'_>)> = looking.found.into_iter().map(|found| (fit(&found, about), found)).collect();
    own.retain(|(fit, _)| *fit > 0);
    own.sort_by_key(|(fit, _)| std::cmp::Reverse(*fit));
    own.into_iter().take(READ).find_map(|(_, product)| finding(product.read(about)?))
}

fn finding(mut reading: Reading) -> Option<Finding> {
    let read = reading.products.pop().filter(|_| reading.products.is_empty())?;
    // What does not speak of stock leaves it to what does.
    let speaks = read.variants.iter().any(|variant| variant.availability.is_definite());
    let mut finding = Finding::new(Rank::Variant, Scope::Variants);
    (finding.id, finding.title, finding.image) = (read.external_id, Some(read.title), read.image);
    (finding.variants, finding.partial) = (read.variants, !read.complete);
    finding.doubts = reading.doubts;
    speaks.then_some(finding)
}

/// A product that a page carries, and the platform in whose shape it is.
struct Product<'a> {
    value: &'a Value,
    preset: Option<&'static Preset>,
}

impl<'a> Product<'a> {
    fn of(value: &'a Value) -> Option<Self> {
        let says = |variant: &Value| variant.get("available").is_some() && variant.get("id").is_some();
        let variants = value.get("variants").and_then(Value::as_array);
        if variants.is_some_and(|variants| variants.iter().any(says)) && Shopify.recognises(value) {
            return Some(Self { value, preset: None });
        }
        preset::of_product(value).map(|preset| Self { value, preset: Some(preset) })
    }

    fn read(&self, about: &About<'_>) -> Option<Reading> {
        match self.preset {
            None => Shopify.read(self.value, about.url).ok(),
            Some(preset) => preset.read_carried(self.value, about.url).ok(),
        }
    }

    fn text(&self, name: &str) -> Option<&'a str> {
        self.value.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
    }
}

/// How surely it is the page's own product; 0 where the page does not name it.
fn fit(product: &Product<'_>, about: &About<'_>) -> u8 {
    let last = about.url.path_segments().and_then(|mut parts| parts.rfind(|part| !part.is_empty())).unwrap_or_default();
    let last = last.strip_suffix(".html").unwrap_or(last);
    let is_handle = |name: &&str| product.text(name).is_some_and(|its| its.eq_ignore_ascii_case(last));
    let is_address = |name: &&str| product.text(name).is_some_and(|its| its.contains('/') && about.is_at(its));
    let translated = product.value.get("translated").and_then(|words| words.get("name")).and_then(Value::as_str);
    let mut names = [product.text("title"), product.text("name"), translated].into_iter().flatten();
    match (HANDLES.iter().any(is_handle), ADDRESSES.iter().any(is_address)) {
        (true, _) => 3,
        (_, true) => 2,
        _ => u8::from(names.any(|name| about.is_titled(name))),
    }
}

struct Looking<'a> {
    left: usize,
    found: Vec<Product<'a>>,
}

impl<'a> Looking<'a> {
    fn look(&mut self, value: &'a Value, depth: usize) {
        if depth == 0 || self.left == 0 {
            return;
        }
        self.left -= 1;
        match value {
            Value::Object(fields) => match Product::of(value) {
                Some(product) => self.found.push(product),
                None => fields.values().for_each(|inner| self.look(inner, depth - 1)),
            },
            Value::Array(items) => items.iter().for_each(|inner| self.look(inner, depth - 1)),
            _ => {}
        }
    }
}
