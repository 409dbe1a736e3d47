//! What the made-up shops sell.

use std::ops::RangeInclusive;

use chrono::DateTime;
use coatcheck_bots::message::{Alert, AlertVariant};
use coatcheck_domain::{Availability, Money, ProductReading, VariantReading};
use serde_json::{Value, json};

const SIZES: [&str; 6] = ["XS", "S", "M", "L", "XL", "XXL"];
const COLOURS: [&str; 3] = ["Black", "Sand", "Moss"];

/// A jacket in three sizes, as a reader would give it.
pub(crate) fn product(availability: Availability) -> ProductReading {
    let variants = ["S", "M", "L"].iter().map(|size| VariantReading {
        price: Some(Money::minor(12_900, 2, Some("EUR"))),
        ..VariantReading::bare(vec![("Size".to_owned(), (*size).to_owned())], availability)
    });
    ProductReading {
        external_id: Some("1".to_owned()),
        handle: Some("jacket".to_owned()),
        title: "Jacket".to_owned(),
        url: None,
        image: None,
        complete: true,
        updated_at: None,
        variants: variants.collect(),
    }
}

/// What one watcher is notified of it.
pub(crate) fn alert() -> Alert {
    let variant = |size: &str| AlertVariant {
        variant: 1,
        size: Some(size.to_owned()),
        style: None,
        options: vec![("Size".to_owned(), size.to_owned())],
        sku: None,
        url: None,
        cart_url: None,
        availability: Availability::InStock,
        quantity: None,
        price: Some(Money::minor(12_900, 2, Some("EUR"))),
    };
    Alert {
        product: "Jacket".to_owned(),
        shop: "shop.example".to_owned(),
        url: None,
        image: None,
        variants: vec![variant("M")],
        at: DateTime::UNIX_EPOCH,
        detected_at: DateTime::UNIX_EPOCH,
        test: false,
        gone_after: None,
        post: None,
    }
}

/// A product of 18 variants as Shopify's `/products/<handle>.js` gives it. `price` is in cents.
pub(crate) fn shopify_js(handle: &str, id: u64, available: bool, price: u64) -> Value {
    let variants: Vec<Value> = pairs()
        .map(|(n, size, colour)| {
            json!({
                "id": id * 100 + n, "title": format!("{size} / {colour}"), "option1": size, "option2": colour, "option3": null,
                "sku": format!("JK-{size}-{colour}"), "requires_shipping": true, "taxable": true, "featured_image": null,
                "available": available, "name": format!("Rain jacket - {size} / {colour}"), "public_title": format!("{size} / {colour}"),
                "options": [size, colour], "price": price, "weight": 480, "compare_at_price": null,
                "inventory_management": "shopify", "barcode": "4006381333931", "quantity_rule": { "min": 1, "max": null, "increment": 1 },
                "quantity_price_breaks": [], "requires_selling_plan": false, "selling_plan_allocations": []
            })
        })
        .collect();
    json!({
        "id": id, "title": "Rain jacket", "handle": handle, "description": "<p>Keeps the rain out and you in. ".repeat(8),
        "published_at": "2026-03-02T09:00:00+01:00", "created_at": "2026-02-27T11:12:13+01:00", "vendor": "Harbour",
        "type": "Jackets", "tags": ["rain", "jacket", "outdoor"], "price": price, "price_min": price, "price_max": price,
        "available": available, "price_varies": false, "compare_at_price": null, "variants": variants,
        "images": ["//cdn.example/1.jpg", "//cdn.example/2.jpg"], "featured_image": "//cdn.example/1.jpg",
        "options": [{ "name": "Size", "position": 1, "values": SIZES }, { "name": "Color", "position": 2, "values": COLOURS }],
        "url": format!("/products/{handle}"), "requires_selling_plan": false, "selling_plan_groups": []
    })
}

/// A page of `products.json` with so many products, two of three variants in stock.
pub(crate) fn shopify_list(count: u64) -> Value {
    shopify_page(1..=count, |_, variant| variant % 3 != 0)
}

/// A page of `products.json` with these products. `available` is asked with a product's number and its variant's, from 1.
pub(crate) fn shopify_page(ids: RangeInclusive<u64>, available: impl Fn(u64, u64) -> bool) -> Value {
    let product = |id: u64| {
        let variants: Vec<Value> = pairs()
            .map(|(n, size, colour)| {
                json!({
                    "id": id * 100 + n, "title": format!("{size} / {colour}"), "option1": size, "option2": colour, "option3": null,
                    "sku": format!("JK-{id}-{size}-{colour}"), "requires_shipping": true, "taxable": true, "featured_image": null,
                    "available": available(id, n), "price": "129.00", "grams": 480, "compare_at_price": null, "position": n,
                    "product_id": id, "created_at": "2026-02-27T11:12:13+01:00", "updated_at": "2026-11-01T08:00:00+01:00"
                })
            })
            .collect();
        json!({
            "id": id, "title": format!("Rain jacket {id}"), "handle": format!("rain-jacket-{id}"),
            "body_html": "<p>Keeps the rain out and you in. ".repeat(8), "published_at": "2026-03-02T09:00:00+01:00",
            "created_at": "2026-02-27T11:12:13+01:00", "updated_at": "2026-11-01T08:00:00+01:00", "vendor": "Harbour",
            "product_type": "Jackets", "tags": ["rain", "jacket", "outdoor"], "variants": variants,
            "images": [{ "id": 1, "src": "https://cdn.example/1.jpg", "width": 2000, "height": 2000 }],
            "options": [{ "name": "Size", "position": 1, "values": SIZES }, { "name": "Color", "position": 2, "values": COLOURS }]
        })
    };
    json!({ "products": ids.map(product).collect::<Vec<_>>() })
}

/// Sizes and colours, numbered from 1.
pub(crate) fn pairs() -> impl Iterator<Item = (u64, &'static str, &'static str)> {
    let pairs = SIZES.iter().flat_map(|size| COLOURS.iter().map(move |colour| (*size, *colour)));
    pairs.zip(1..).map(|((size, colour), n)| (n, size, colour))
}
