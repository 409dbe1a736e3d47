//! Platforms whose documents a jq program reads: a file in `presets/`, the signs by which a document is known, and, where
//! one document does not tell all, what else is due.

use coatcheck_domain::Reading;
use serde_json::Value;
use url::Url;

use super::follow;
use super::jq::{JqBounds, evaluate};
use super::json::row;
use super::reader::{Attempt, Reader};
use crate::shops::error::ReadError;

/// Items of a list that are looked at for a sign.
const LOOKED_AT: usize = 20;

/// A platform.
pub(super) struct Preset {
    name: &'static str,
    program: &'static str,
    /// Paths of which all of one group are there: `.` goes into an object, `*` into every item of a list.
    signs: &'static [&'static [&'static str]],
    more: Option<fn(&Value, &Url) -> Vec<Url>>,
    told: Option<fn(&Url) -> Vec<Url>>,
}

/// A preset whose program is its file.
macro_rules! preset {
    ($name:literal, $signs:expr) => {
        Preset {
            name: $name,
            program: include_str!(concat!("../presets/", $name, ".jq")),
            signs: &$signs,
            more: None,
            told: None,
        }
    };
}

/// WooCommerce's Store API.
pub(super) static WOOCOMMERCE: Preset = Preset {
    more: Some(follow::variations),
    told: Some(follow::store_api),
    ..preset!(
        "woocommerce",
        [&["*.is_in_stock", "*.prices.price", "*.permalink"], &["is_in_stock", "prices.price", "permalink"]]
    )
};
/// django-oscar's API.
pub(super) static OSCAR: Preset = Preset {
    more: Some(follow::levels),
    ..preset!(
        "oscar",
        [
            &["children.*.availability", "children.*.upc"],
            &["structure", "upc", "availability"],
            &["is_available_to_buy", "num_available"]
        ]
    )
};
/// SAP Commerce.
pub(super) static SAP_OCC: Preset = preset!(
    "sap-occ",
    [&["products.*.stock.stockLevelStatus", "products.*.code"], &["stock.stockLevelStatus", "code"]]
);
/// Squarespace.
pub(super) static SQUARESPACE: Preset = preset!(
    "squarespace",
    [
        &["products.*.variants.*.stock.unlimited"],
        &["item.variants.*.qtyInStock"],
        &["item.structuredContent.variants.*.qtyInStock"]
    ]
);
/// Magento 2.
pub(super) static MAGENTO: Preset = preset!("magento", [&["data.products.items.*.stock_status"]]);
/// Shopify's Storefront GraphQL.
pub(super) static SHOPIFY_GRAPHQL: Preset = preset!(
    "shopify-graphql",
    [
        &["data.product.variants.edges.*.node.price"],
        &["data.product.variants.nodes.*.availableForSale"],
        &["data.productByHandle.variants.edges.*.node.price"],
        &["data.node.variants.edges.*.node.price"],
        &["data.products.edges.*.node.variants.edges.*.node.availableForSale"]
    ]
);
/// Vendure.
pub(super) static VENDURE: Preset =
    preset!("vendure", [&["data.product.variants.*.stockLevel"], &["data.products.items.*.variants.*.stockLevel"]]);
/// BigCommerce.
pub(super) static BIGCOMMERCE: Preset = preset!(
    "bigcommerce",
    [&["data.site.product.variants.edges"], &["data.site.products.edges.*.node.variants.edges"]]
);
/// Saleor.
pub(super) static SALEOR: Preset = preset!(
    "saleor",
    [&["data.product.variants.*.quantityAvailable"], &["data.products.edges.*.node.variants.*.quantityAvailable"]]
);
/// Shopware 6.
pub(super) static SHOPWARE: Preset = preset!(
    "shopware",
    [
        &["elements.*.available", "elements.*.productNumber"],
        &["product.available", "product.productNumber"],
        &["available", "productNumber", "isCloseout"]
    ]
);
/// PrestaShop.
pub(super) static PRESTASHOP: Preset =
    preset!("prestashop", [&["stock_availables.*.id_product_attribute", "stock_availables.*.quantity"]]);
/// Medusa.
pub(super) static MEDUSA: Preset =
    preset!("medusa", [&["product.variants.*.manage_inventory"], &["products.*.variants.*.manage_inventory"]]);
/// Salesforce Commerce Cloud.
pub(super) static SFCC: Preset = preset!(
    "sfcc",
    [
        &["variants.*.orderable"],
        &["inventory.orderable", "inventory.ats"],
        &["data.*.inventory.orderable"],
        &["data.*.variants.*.orderable"]
    ]
);
/// Ecwid.
pub(super) static ECWID: Preset =
    preset!("ecwid", [&["combinations", "unlimited"], &["items.*.inStock", "items.*.unlimited"]]);
/// Wix Stores.
pub(super) static WIX: Preset = preset!(
    "wix",
    [&["product.stock.inStock", "product.manageVariants"], &["products.*.stock.inStock", "products.*.manageVariants"]]
);
/// Zara.
pub(super) static ZARA: Preset = preset!("zara", [&["skusAvailability.*.availability"]]);

impl Reader for Preset {
    fn name(&self) -> &'static str {
        self.name
    }

    fn attempts(&self, _url: &Url) -> Vec<Attempt> {
        Vec::new()
    }

    fn told(&self, url: &Url) -> Vec<Url> {
        self.told.map(|told| told(url)).unwrap_or_default()
    }

    fn recognises(&self, document: &Value) -> bool {
        self.signs.iter().any(|group| group.iter().all(|path| has(document, path)))
    }

    fn read(&self, document: &Value, url: &Url) -> Result<Reading, ReadError> {
        let rows = evaluate(self.program, &format!("[{document}]"), JqBounds::default())?;
        self.rows(&rows, url)
    }

    fn identity(&self, _asked: &Url, _answered: &Url) -> Option<bool> {
        None
    }

    fn program(&self) -> Option<&'static str> {
        Some(self.program)
    }

    fn more(&self, document: &Value, url: &Url) -> Vec<Url> {
        self.more.map(|more| more(document, url)).unwrap_or_default()
    }

    fn rows(&self, rows: &[Value], url: &Url) -> Result<Reading, ReadError> {
        row::reading(rows, &|index| format!("{}[{index}]", self.name), url)
    }
}

/// Is there anything at this path?
fn has(value: &Value, path: &str) -> bool {
    let (step, rest) = path.split_once('.').map_or((path, None), |(step, rest)| (step, Some(rest)));
    let goes_on = |value: &Value| rest.is_none_or(|rest| has(value, rest));
    match (step, value) {
        ("*", Value::Array(items)) => items.iter().take(LOOKED_AT).any(goes_on),
        (_, Value::Object(fields)) => fields.get(step).is_some_and(goes_on),
        _ => false,
    }
}

#[cfg(test)]
#[path = "preset_tests.rs"]
mod tests;
