//! WooCommerce's product page: `form.variations_form[data-product_variations]` holds every variation, or the word `false`
//! where there are more than 30. Pure.

use std::collections::HashMap;

use coatcheck_domain::reading::Evidence;
use coatcheck_domain::{Availability, Money, Rank, VariantReading};
use serde_json::{Map, Value};
use url::Url;

use super::Better;
use super::about::{About, of_others};
use super::finding::{Finding, Scope};
use crate::shops::bounds;
use crate::shops::html::{Page, decoded};
use crate::shops::readers::node::{plain, raw};
use crate::shops::readers::woocommerce::address;

const DATA: &str = "data-product_variations";
/// How WordPress names the link to its API.
const API: &str = "https://api.w.org/";

/// What the form says.
pub(super) fn find(about: &About<'_>) -> Option<Finding> {
    let mut forms = about.page.elements().filter(|(at, element)| element.has(DATA) && !of_others(about.page, *at));
    let (at, form) = forms.next()?;
    let id = form
        .get("data-product_id")
        .map(str::trim)
        .filter(|id| !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit()));
    let mut finding = Finding::new(Rank::Variant, Scope::Hidden);
    finding.id = id.map(str::to_owned);
    let data = form.get(DATA).unwrap_or_default();
    let listed = bounds::tree_cost(data).ok().and_then(|_| serde_json::from_str::<Vec<Value>>(data).ok());
    let Some(listed) = listed.filter(|listed| !listed.is_empty()) else { return Some(finding) };
    finding.scope = Scope::Variants;
    finding.currency = currency(about);
    let labels = labels(about.page, at);
    for (index, value) in listed.iter().enumerate() {
        let place = format!("{DATA}[{index}]");
        match value.as_object() {
            Some(fields) => {
                let variant = variation(fields, &place, &labels, about, &mut finding);
                finding.variants.push(variant);
            }
            None => {
                finding.partial = true;
                finding.doubt(place, "this is no variation; left out");
            }
        }
    }
    Some(finding)
}

/// Where the Store API of a page's shop tells of the page's product: by the link that WordPress gives to its API.
pub(super) fn api(about: &About<'_>) -> Option<Better> {
    let is_woo = |name: &str, content: &str| name == "generator" && content.to_lowercase().starts_with("woocommerce");
    let mut by = about.tags.iter().any(|(name, content)| is_woo(name, content)).then_some("the generator tag");
    let mut base = None;
    for (_, element) in about.page.elements() {
        let class = || element.get("class").unwrap_or_default().split_whitespace();
        if element.has(DATA) {
            by = by.or(Some("the form of variations"));
        } else if element.name == "body" && class().any(|part| part == "woocommerce" || part == "single-product") {
            by = by.or(Some("the class of its body"));
        }
        if element.name == "link" && element.get("rel") == Some(API) {
            base = element.get("href").and_then(|href| about.url.join(href.trim()).ok());
        }
    }
    let linked = if base.is_some() { ", with a link to its API" } else { "" };
    let base = base.or_else(|| about.url.join("/wp-json/").ok());
    better(&base?, about.own.get(1).unwrap_or(about.url), format!("{}{linked}", by?))
}

/// The same by a `Link` header, which WordPress sends whether or not it has a shop.
pub(super) fn api_of_link(header: &str, page: &Url) -> Option<Better> {
    let link = header.split(',').find(|link| link.contains(API))?;
    let address = link.split_once('<')?.1.split_once('>')?.0;
    better(&page.join(address).ok()?, page, "the link header".to_owned())
}

fn better(base: &Url, page: &Url, by: String) -> Option<Better> {
    let url = address::at_base(base, page).filter(|_| base.origin() == page.origin())?;
    Some(Better { reader: "woocommerce".to_owned(), url, by })
}

/// The price's currency stands elsewhere on the page.
fn currency(about: &About<'_>) -> Option<String> {
    about.tag("product:price:currency").or_else(|| about.tag("og:price:currency")).map(str::to_owned)
}

fn variation(
    fields: &Map<String, Value>,
    place: &str,
    labels: &HashMap<(String, String), String>,
    about: &About<'_>,
    finding: &mut Finding,
) -> VariantReading {
    let (availability, evidence) = availability(fields, place);
    if !availability.is_definite() {
        finding.doubt(&evidence.at, format!("it cannot be concluded from {} whether this can be bought", evidence.raw));
    }
    let text = |name: &str| fields.get(name).and_then(plain);
    let price = text("display_price").and_then(|price| Money::decimal(&price, finding.currency.as_deref()).ok());
    let image = fields.get("image").and_then(|image| image.get("src")).and_then(Value::as_str);
    VariantReading {
        external_id: text("variation_id"),
        sku: text("sku"),
        title: None,
        options: options(fields, labels),
        availability,
        rank: Rank::Variant,
        quantity: None,
        price,
        url: None,
        cart_url: None,
        image: image.and_then(|text| about.link(text)),
        evidence: Some(evidence),
    }
}

/// `is_in_stock` is true on backorder, too: the class of the shop's own words tells them apart in every language.
fn availability(fields: &Map<String, Value>, place: &str) -> (Availability, Evidence) {
    let words = fields.get("availability_html").and_then(Value::as_str).unwrap_or_default();
    let is = |name: &str| fields.get(name).and_then(Value::as_bool);
    let class = |name: &str| words.split(['"', '\'', ' ']).any(|part| part == name);
    let by = |name: &str, availability| {
        let raw = fields.get(name).map_or_else(|| "not told".to_owned(), raw);
        (availability, Evidence { at: format!("{place}.{name}"), raw })
    };
    if class("available-on-backorder") {
        return by("availability_html", Availability::BackOrder);
    }
    match is("is_in_stock") {
        Some(false) => by("is_in_stock", Availability::OutOfStock),
        Some(true) if class("out-of-stock") => by("availability_html", Availability::Unknown),
        Some(true) if is("is_purchasable") == Some(false) => by("is_purchasable", Availability::Unknown),
        Some(true) if is("variation_is_active") == Some(false) => by("variation_is_active", Availability::Unknown),
        Some(true) => match shown(words) {
            Availability::LowStock => by("availability_html", Availability::LowStock),
            Availability::BackOrder => by("availability_html", Availability::BackOrder),
            Availability::PreOrder => by("availability_html", Availability::PreOrder),
            _ => by("is_in_stock", Availability::InStock),
        },
        None => by("is_in_stock", Availability::Unknown),
    }
}

/// What the words between the tags say.
fn shown(html: &str) -> Availability {
    let Ok(page) = Page::parse(html) else { return Availability::Unknown };
    let text: String = page.texts().map(|(_, text)| text).collect();
    Availability::from_shop_word(&text)
}

/// `attribute_pa_size` is `size`; an empty value means any, so it is no option.
fn options(fields: &Map<String, Value>, labels: &HashMap<(String, String), String>) -> Vec<(String, String)> {
    let attributes = fields.get("attributes").and_then(Value::as_object);
    let option = |(name, value): (&String, &Value)| {
        let value = plain(value)?;
        let label = labels.get(&(name.clone(), value.clone())).cloned().unwrap_or(value);
        Some((named(name), label))
    };
    attributes.into_iter().flatten().filter_map(option).collect()
}

fn named(attribute: &str) -> String {
    let name = attribute.strip_prefix("attribute_").unwrap_or(attribute);
    let name = name.strip_prefix("pa_").unwrap_or(name);
    let name: String =
        url::form_urlencoded::parse(name.replace('+', "%2B").as_bytes()).map(|(name, _)| name.into_owned()).collect();
    name.replace(['-', '_'], " ")
}

/// Attribute and slug → what people see of it.
fn labels(page: &Page<'_>, form: usize) -> HashMap<(String, String), String> {
    let mut labels = HashMap::new();
    let mut select: Option<(String, usize)> = None;
    for (at, element) in page.inside(form) {
        match element.name.as_ref() {
            "select" => {
                let name = element.get("data-attribute_name").or_else(|| element.get("name")).unwrap_or_default();
                select = Some((name.to_owned(), page.end(at)));
            }
            "option" => {
                let Some((name, _)) = select.as_ref().filter(|(_, end)| at < *end) else { continue };
                let value = element.get("value").map(|value| decoded(value).into_owned()).unwrap_or_default();
                let label = page.words(at, 200);
                if !value.is_empty() && !label.is_empty() {
                    labels.insert((name.clone(), value), label);
                }
            }
            _ => {}
        }
    }
    labels
}
