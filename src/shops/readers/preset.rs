//! Platforms whose documents a jq program reads: a file in `presets/`, the signs by which a document is known, and, where
//! one document does not tell all, what else is due.

use coatcheck_domain::Reading;
use serde_json::{Value, json};
use url::Url;

use super::follow;
use super::graphql::{self, Graphql};
use super::jq::{JqBounds, evaluate};
use super::json::row;
use super::reader::{Attempt, Reader, ReaderKind};
use super::signs::has;
use crate::shops::error::ReadError;

/// A platform.
pub(super) struct Preset {
    name: &'static str,
    program: &'static str,
    /// Paths of which all of one group are there: `.` goes into an object, `*` into every item of a list,
    /// `**` through a few levels of either.
    signs: &'static [&'static [&'static str]],
    /// The same of one product, wherever a web page carries it.
    carried: &'static [&'static [&'static str]],
    /// The fields in which the program expects such a product, the outermost first.
    within: &'static [&'static str],
    more: Option<fn(&Value, &Url) -> Vec<Url>>,
    told: Option<fn(&Url) -> Vec<Url>>,
    /// The address that says more than one that looks like this platform's.
    better: Option<fn(&Url) -> Option<Url>>,
    query: Option<Graphql>,
}

/// A preset whose program is its file.
macro_rules! preset {
    ($name:literal, $signs:expr) => {
        preset!($name, $signs, [], [])
    };
    ($name:literal, $signs:expr, $carried:expr, $within:expr) => {
        Preset {
            name: $name,
            program: include_str!(concat!("../presets/", $name, ".jq")),
            signs: &$signs,
            carried: &$carried,
            within: &$within,
            more: None,
            told: None,
            better: None,
            query: None,
        }
    };
}

/// A preset that is asked by its query.
macro_rules! asked {
    ($name:literal at $endpoint:literal, $by_path:literal, $preset:expr) => {
        Preset {
            query: Some(Graphql {
                endpoint: $endpoint,
                query: include_str!(concat!("../presets/", $name, ".graphql")),
                by_path: $by_path,
            }),
            ..$preset
        }
    };
}

/// django-oscar's API.
pub(super) static OSCAR: Preset = Preset {
    more: Some(follow::levels),
    told: Some(follow::oscar_api),
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
    [
        &["products.*.stock.stockLevelStatus", "products.*.code"],
        &["stock.stockLevelStatus", "code"],
        &["variantOptions.*.stock.stockLevelStatus", "code"]
    ],
    [&["stock.stockLevelStatus", "code", "name"], &["variantOptions.*.stock.stockLevelStatus", "name"]],
    []
);
/// Squarespace.
pub(super) static SQUARESPACE: Preset = preset!(
    "squarespace",
    [
        &["products.*.variants.*.stock.unlimited"],
        &["item.**.variants.*.qtyInStock"],
        &["item.**.variants.*.stock.qtyInStock"],
        &["items.*.**.variants.*.qtyInStock"],
        &["items.*.**.variants.*.stock.qtyInStock"]
    ],
    [&["variants.*.qtyInStock", "title"], &["structuredContent.variants.*.qtyInStock", "title"]],
    ["item"]
);
/// Magento 2.
pub(super) static MAGENTO: Preset = asked!(
"magento" at "/graphql", false,
preset!(
    "magento",
    [&["data.products.items.*.stock_status"], &["data.route.stock_status", "data.route.sku"]],
    [&["stock_status", "sku", "name"]],
    ["data", "product"]
)
);
/// Shopify's Storefront GraphQL.
pub(super) static SHOPIFY_GRAPHQL: Preset = asked!(
"shopify-graphql" at "/api/2025-07/graphql.json", false,
preset!(
    "shopify-graphql",
    [
        &["data.**.variants.edges.*.node.availableForSale"],
        &["data.**.variants.nodes.*.availableForSale"],
        &["data.product.variants.edges.*.node.price"],
        &["data.productByHandle.variants.edges.*.node.price"],
        &["data.node.variants.edges.*.node.price"]
    ],
    [
        &["variants.edges.*.node.availableForSale"],
        &["variants.nodes.*.availableForSale"],
        &["variants.*.availableForSale"]
    ],
    ["data", "product"]
)
);
/// Vendure.
pub(super) static VENDURE: Preset = asked!(
"vendure" at "/shop-api", false,
preset!(
    "vendure",
    [
        &["data.product.variants.*.stockLevel"],
        &["data.product.variantList.items.*.stockLevel"],
        &["data.products.items.*.variants.*.stockLevel"],
        &["data.search.items.*.productVariantId", "data.search.items.*.inStock"]
    ],
    [&["variants.*.stockLevel"]],
    ["data", "product"]
)
);
/// BigCommerce.
pub(super) static BIGCOMMERCE: Preset = asked!(
"bigcommerce" at "/graphql", true,
preset!(
    "bigcommerce",
    [
        &["data.site.product.variants.edges"],
        &["data.site.route.node.variants.edges"],
        &["data.site.products.edges.*.node.variants.edges"]
    ],
    [&["variants.edges.*.node.entityId"]],
    ["data", "site", "product"]
)
);
/// Saleor.
pub(super) static SALEOR: Preset = asked!(
"saleor" at "/graphql/", false,
preset!(
    "saleor",
    [
        &["data.product.variants.*.quantityAvailable"],
        &["data.product.productVariants.edges.*.node.quantityAvailable"],
        &["data.products.edges.*.node.variants.*.quantityAvailable"]
    ],
    [&["variants.*.quantityAvailable"]],
    ["data", "product"]
)
);
/// Shopware 6.
pub(super) static SHOPWARE: Preset = preset!(
    "shopware",
    [
        &["elements.*.available", "elements.*.productNumber"],
        &["product.available", "product.productNumber"],
        &["available", "productNumber", "isCloseout"]
    ],
    [&["available", "productNumber", "calculatedPrice"]],
    ["product"]
);
/// PrestaShop.
pub(super) static PRESTASHOP: Preset = preset!(
    "prestashop",
    [&["stock_availables.*.id_product_attribute", "stock_availables.*.quantity"]],
    [&["id_product_attribute", "availability", "quantity", "allow_oosp"]],
    ["product"]
);
/// Medusa.
pub(super) static MEDUSA: Preset = Preset {
    better: Some(follow::with_stock),
    ..preset!(
        "medusa",
        [&["product.variants.*.manage_inventory"], &["products.*.variants.*.manage_inventory"]],
        [&["variants.*.manage_inventory"]],
        ["product"]
    )
};
/// Salesforce Commerce Cloud.
pub(super) static SFCC: Preset = preset!(
    "sfcc",
    [
        &["variants.*.orderable"],
        &["inventory.orderable", "inventory.ats"],
        &["data.*.inventory.orderable"],
        &["data.*.variants.*.orderable"]
    ],
    [&["variants.*.orderable"], &["inventory.orderable", "inventory.ats"]],
    []
);
/// Ecwid.
pub(super) static ECWID: Preset = preset!(
    "ecwid",
    [&["combinations", "unlimited"], &["items.*.inStock", "items.*.unlimited"]],
    [&["combinations", "unlimited"]],
    []
);
/// Wix Stores.
pub(super) static WIX: Preset = preset!(
    "wix",
    [
        &["product.stock.inStock", "product.manageVariants"],
        &["products.*.stock.inStock", "products.*.manageVariants"],
        &["product.variantsInfo.variants.*.inventoryStatus"],
        &["products.*.variantsInfo.variants.*.inventoryStatus"]
    ],
    [&["stock.inStock", "manageVariants"], &["variantsInfo.variants.*.inventoryStatus"]],
    ["product"]
);
/// Zara.
pub(super) static ZARA: Preset = preset!("zara", [&["skusAvailability.*.availability"]]);

/// Those whose products web pages carry, in the order in which they are asked.
static CARRIED: [&Preset; 13] = [
    &SHOPIFY_GRAPHQL,
    &MAGENTO,
    &VENDURE,
    &SALEOR,
    &BIGCOMMERCE,
    &MEDUSA,
    &SAP_OCC,
    &SFCC,
    &SQUARESPACE,
    &WIX,
    &ECWID,
    &SHOPWARE,
    &PRESTASHOP,
];

/// The platform of which this is a product.
pub(super) fn of_product(value: &Value) -> Option<&'static Preset> {
    CARRIED.into_iter().find(|preset| preset.carried.iter().any(|group| group.iter().all(|path| has(value, path))))
}

/// May this text hold a product of one of them? It is worth its parsing then.
pub(super) fn may_hold_product(text: &str) -> bool {
    let last = |path: &&str| path.rsplit('.').next().is_some_and(|name| text.contains(name));
    CARRIED.into_iter().any(|preset| preset.carried.iter().any(|group| group.iter().all(last)))
}

impl Preset {
    /// Reads a product that a web page carries.
    ///
    /// # Errors
    /// As [`Reader::read`].
    pub(super) fn read_carried(&self, product: &Value, url: &Url) -> Result<Reading, ReadError> {
        let wrap = |inner: Value, name: &&str| json!({ *name: inner });
        self.read(&self.within.iter().rev().fold(product.clone(), wrap), url)
    }
}

impl Reader for Preset {
    fn name(&self) -> &'static str {
        self.name
    }

    fn attempts(&self, url: &Url) -> Vec<Attempt> {
        let Ok(reader) = self.name.parse::<ReaderKind>() else { return Vec::new() };
        let at_endpoint = self.query.as_ref().filter(|query| query.is_named_at(url)).and_then(|query| query.asked(url));
        let asked = at_endpoint.map(|(url, body)| Attempt::Query { url, body, reader });
        let better = self.better.and_then(|better| better(url));
        asked.into_iter().chain(better.map(|url| Attempt::Document { url, reader: Some(reader) })).collect()
    }

    fn told(&self, url: &Url) -> Vec<Url> {
        self.told.map(|told| told(url)).unwrap_or_default()
    }

    fn query(&self, url: &Url) -> Option<(Url, String)> {
        self.query.as_ref().and_then(|query| query.asked(url))
    }

    fn refusal<'a>(&self, document: &'a Value) -> Option<&'a str> {
        self.query.as_ref().and_then(|_| graphql::refusal(document))
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

#[cfg(test)]
#[path = "preset_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "recorded_tests.rs"]
mod recorded_tests;
