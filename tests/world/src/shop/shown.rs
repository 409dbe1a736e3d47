//! Products as the shop's documents show them. Each document has its own habits; none is made to fit the others.

use serde_json::{Map, Value, json};

use super::goods::{Product, Variant};

/// `/products/<handle>.js`: prices are whole cents, availability is told.
pub(super) fn js(product: &Product) -> Value {
    let variants: Vec<Value> = product.variants.iter().map(|variant| js_variant(product, variant)).collect();
    let prices = || product.variants.iter().map(|variant| variant.cents);
    json!({
        "id": product.id, "title": product.title, "handle": product.handle, "description": "", "vendor": "World",
        "type": "", "tags": [], "price": prices().min(), "price_min": prices().min(), "price_max": prices().max(),
        "available": product.variants.iter().any(|variant| variant.available),
        "price_varies": prices().min() != prices().max(), "variants": variants, "images": [], "featured_image": null,
        "options": options(product), "url": format!("/products/{}", product.handle),
    })
}

/// `/products.json`: prices are decimal text.
pub(super) fn listed<'a>(products: impl Iterator<Item = &'a Product>) -> Value {
    let products: Vec<Value> = products.map(|product| with_variants(product, true)).collect();
    json!({ "products": products })
}

/// `/products/<handle>.json`: says nothing on availability, as is usual.
pub(super) fn json(product: &Product) -> Value {
    json!({ "product": with_variants(product, false) })
}

/// The house-made document: style → sizes.
pub(super) fn house_made(product: &Product) -> Value {
    let mut styles = Map::new();
    for variant in &product.variants {
        let sizes = styles.entry(variant.style.as_str()).or_insert_with(|| json!([]));
        if let Value::Array(sizes) = sizes {
            sizes.push(json!({ "size": variant.size, "purchasable": variant.available }));
        }
    }
    Value::Object(styles)
}

/// The page people see, with JSON-LD as themes write it.
pub(super) fn page(product: &Product, origin: &str) -> String {
    let url = format!("{origin}/products/{}", product.handle);
    // Inside a script, only this could end it early.
    let ld = json_ld(product, &url).to_string().replace('<', "\\u003c");
    let title = escaped(&product.title);
    format!(
        "<!doctype html><html lang=\"en\"><head><title>{title}</title><link rel=\"canonical\" href=\"{url}\">\
         <script type=\"application/ld+json\">{ld}</script></head><body><h1>{title}</h1></body></html>"
    )
}

fn js_variant(product: &Product, variant: &Variant) -> Value {
    let title = variant.title();
    let public = (title != DEFAULT_TITLE).then(|| title.clone());
    let name = public.as_ref().map_or_else(|| product.title.clone(), |title| format!("{} - {title}", product.title));
    let values: Vec<&str> = variant.values().collect();
    json!({
        "id": variant.id, "title": title, "option1": option(variant, 0), "option2": option(variant, 1), "option3": null,
        "sku": sku(product, variant), "requires_shipping": true, "taxable": true, "featured_image": null,
        "available": variant.available, "name": name, "public_title": public, "options": values,
        "price": variant.cents, "weight": 0, "compare_at_price": null, "inventory_management": "shopify",
        "barcode": null,
    })
}

fn with_variants(product: &Product, tell_availability: bool) -> Value {
    let variants = product.variants.iter().zip(1_u32..).map(|(variant, position)| {
        let mut shown = json!({
            "id": variant.id, "title": variant.title(), "option1": option(variant, 0), "option2": option(variant, 1),
            "option3": null, "sku": sku(product, variant), "requires_shipping": true, "taxable": true,
            "featured_image": null, "price": decimal(variant.cents), "grams": 0, "compare_at_price": null,
            "position": position, "product_id": product.id,
        });
        if tell_availability {
            shown["available"] = Value::Bool(variant.available);
        }
        shown
    });
    json!({
        "id": product.id, "title": product.title, "handle": product.handle, "body_html": "", "vendor": "World",
        "product_type": "", "tags": [], "variants": variants.collect::<Vec<_>>(), "images": [],
        "options": options(product),
    })
}

fn json_ld(product: &Product, url: &str) -> Value {
    let offers = product.variants.iter().map(|variant| {
        let stock = if variant.available { "InStock" } else { "OutOfStock" };
        json!({
            "@type": "Offer", "name": variant.title(), "sku": sku(product, variant), "priceCurrency": "USD",
            "price": decimal(variant.cents), "availability": format!("https://schema.org/{stock}"),
            "url": format!("{url}?variant={}", variant.id),
        })
    });
    json!({
        "@context": "https://schema.org", "@type": "Product", "name": product.title, "url": url,
        "offers": offers.collect::<Vec<_>>(),
    })
}

/// What the shop calls the one variant of a product without options.
const DEFAULT_TITLE: &str = "Default Title";

impl Variant {
    /// The values of the options it has, size first.
    fn values(&self) -> impl Iterator<Item = &str> {
        let has_any = !(self.size.is_empty() && self.style.is_empty());
        let values = if has_any { [self.size.as_str(), self.style.as_str()] } else { [DEFAULT_TITLE, ""] };
        values.into_iter().filter(|value| !value.is_empty())
    }

    fn title(&self) -> String {
        self.values().collect::<Vec<_>>().join(" / ")
    }
}

fn option(variant: &Variant, at: usize) -> Option<&str> {
    variant.values().nth(at)
}

/// The options by name, each with its values in the order the variants brought them.
fn options(product: &Product) -> Value {
    let has = |of: fn(&Variant) -> &str| product.variants.iter().any(|variant| !of(variant).is_empty());
    let names = match (has(|variant| &variant.size), has(|variant| &variant.style)) {
        (true, true) => vec!["Size", "Color"],
        (true, false) => vec!["Size"],
        (false, true) => vec!["Color"],
        (false, false) => vec!["Title"],
    };
    let options = names.iter().enumerate().map(|(at, name)| {
        let mut values: Vec<&str> = Vec::new();
        for value in product.variants.iter().filter_map(|variant| option(variant, at)) {
            if !values.contains(&value) {
                values.push(value);
            }
        }
        json!({ "name": name, "position": at + 1, "values": values })
    });
    options.collect()
}

fn sku(product: &Product, variant: &Variant) -> String {
    format!("{}-{}-{}", product.handle, variant.size, variant.style)
}

fn decimal(cents: u32) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
