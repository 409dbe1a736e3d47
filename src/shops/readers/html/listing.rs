//! Is a page a list of products: a collection, a category, a shop's front? Then it is about none of them. Pure.

use serde_json::Value;

use super::about::About;
use crate::shops::readers::node::plain;

/// Classes that themes give to the body of such a page.
const CLASSES: [&str; 9] = [
    "tax-product_cat",
    "tax-product_tag",
    "post-type-archive-product",
    "woocommerce-shop",
    "product-category",
    "catalog-category-view",
    "template-collection",
    "page-type-category",
    "category-page",
];
/// Types of JSON-LD that describe a list.
const TYPES: [&str; 3] = ["ItemList", "CollectionPage", "OfferCatalog"];
/// How the addresses of products are built.
const PRODUCTS: [&str; 5] = ["/product/", "/products/", "/p/", "/dp/", "/item/"];

/// What to say of a page that is a list of products.
pub(super) fn why(about: &About<'_>, blocks: &[Value]) -> Option<String> {
    if !is_list(about, blocks) {
        return None;
    }
    let one = product(about).map(|url| format!(", like {url}")).unwrap_or_default();
    Some(format!("it is a list of products and about none of them, so give the address of one{one}"))
}

fn is_list(about: &About<'_>, blocks: &[Value]) -> bool {
    let has_class = about.page.elements().take(50).filter(|(_, element)| element.name == "body").any(|(_, body)| {
        let classes = body.get("class").unwrap_or_default();
        classes.split_whitespace().any(|class| CLASSES.contains(&class))
    });
    let by_tag = about.tag("og:type").is_some_and(|kind| matches!(kind, "product.group" | "product:group"));
    has_class || by_tag || blocks.iter().any(describes_list)
}

fn describes_list(block: &Value) -> bool {
    let is_type = |value: &Value| {
        plain(value).is_some_and(|name| TYPES.contains(&name.rsplit(['/', '#']).next().unwrap_or_default()))
    };
    match block {
        Value::Array(items) => items.iter().take(20).any(describes_list),
        Value::Object(fields) => {
            let own = fields.get("@type").is_some_and(|kind| match kind {
                Value::Array(kinds) => kinds.iter().any(is_type),
                kind => is_type(kind),
            });
            own || fields
                .get("@graph")
                .and_then(Value::as_array)
                .is_some_and(|items| items.iter().take(50).any(describes_list))
        }
        _ => false,
    }
}

/// The first product that the page leads to.
fn product(about: &About<'_>) -> Option<String> {
    let links = about.page.elements().filter(|(_, element)| element.name == "a");
    let mut urls = links.filter_map(|(_, link)| about.link(link.get("href")?));
    let is_product = |url: &url::Url| {
        url.host_str() == about.url.host_str() && PRODUCTS.iter().any(|part| url.path().contains(part))
    };
    urls.find(is_product).map(|mut url| {
        url.set_query(None);
        url.set_fragment(None);
        url.to_string()
    })
}
