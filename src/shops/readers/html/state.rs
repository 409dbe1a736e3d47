//! Data of the shop's own that the page carries in a script: Shopify themes put the whole product there. Pure.

use coatcheck_domain::Rank;
use serde_json::{Map, Value};

use super::about::About;
use super::finding::{Finding, Scope};
use crate::shops::assignments;
use crate::shops::bounds;
use crate::shops::html::Page;
use crate::shops::readers::reader::Reader;
use crate::shops::readers::shopify::Shopify;

/// Values of one page that are looked at.
const VALUES: usize = 50_000;
/// Levels into which products are looked for.
const DEPTH: usize = 12;

/// The page's product in what its scripts and attributes carry.
pub(super) fn find(about: &About<'_>) -> Option<Finding> {
    let carried = carried(about.page);
    let mut looking = Looking { left: VALUES, found: Vec::new() };
    carried.iter().for_each(|value| looking.look(value, DEPTH));
    let handle =
        about.url.path_segments().and_then(|mut parts| parts.next_back().map(str::to_lowercase)).unwrap_or_default();
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_lowercase);
    // Related products and carts are carried along: only what the page names counts.
    let is_main = |value: &&Value| {
        text(value, "handle").is_some_and(|its| its == handle)
            || text(value, "title").is_some_and(|title| about.is_called(&title))
    };
    let product = looking.found.into_iter().find(is_main)?;
    let read = Shopify.read(product, about.url).ok()?.products.pop()?;
    let mut finding = Finding::new(Rank::Variant, Scope::Variants);
    (finding.id, finding.title, finding.image) = (read.external_id, Some(read.title), read.image);
    (finding.variants, finding.partial) = (read.variants, !read.complete);
    Some(finding)
}

/// Every value that could hold a product. Others are not worth their parsing.
fn carried(page: &Page<'_>) -> Vec<Value> {
    let may_hold =
        |text: &str| text.contains("variants") && text.contains("available") && bounds::tree_cost(text).is_ok();
    let mut values = Vec::new();
    for (at, element) in page.elements() {
        if element.name == "script" {
            let code = page.raw_text(at);
            if may_hold(&code) {
                match serde_json::from_str(code.trim()) {
                    Ok(value) => values.push(value),
                    Err(_) => values.extend(assigned(&code)),
                }
            }
        }
        for (_, text) in element.attributes().filter(|(name, text)| name.starts_with("data-") && may_hold(text)) {
            values.extend(serde_json::from_str::<Value>(text).ok());
        }
    }
    values
}

fn assigned(code: &str) -> Vec<Value> {
    let mut values = Map::new();
    assignments::collect(code, &mut values);
    values.into_iter().map(|(_, value)| value).collect()
}

struct Looking<'a> {
    left: usize,
    found: Vec<&'a Value>,
}

impl<'a> Looking<'a> {
    fn look(&mut self, value: &'a Value, depth: usize) {
        if depth == 0 || self.left == 0 {
            return;
        }
        self.left -= 1;
        match value {
            Value::Object(fields) => {
                let says = |variant: &Value| variant.get("available").is_some() && variant.get("id").is_some();
                let variants = fields.get("variants").and_then(Value::as_array);
                if variants.is_some_and(|variants| variants.iter().any(says)) && Shopify.recognises(value) {
                    return self.found.push(value);
                }
                fields.values().for_each(|inner| self.look(inner, depth - 1));
            }
            Value::Array(items) => items.iter().for_each(|inner| self.look(inner, depth - 1)),
            _ => {}
        }
    }
}
