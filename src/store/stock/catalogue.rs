//! What there is: products as people name them, and what is known of their stock.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use chrono::{DateTime, Utc};
use coatcheck_domain::poll::State;
use coatcheck_domain::size::names;
use coatcheck_domain::{Availability, Money, SizeKey};
use sea_orm::{DbErr, FromQueryResult, Value};
use url::Url;

use crate::store::db::conn::Db;
use crate::store::db::error::StoreError;
use crate::store::db::sql::{Sql, list};
use crate::store::db::time::at;

/// A product as people name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// The row.
    pub id: i64,
    /// A stranger's words.
    pub title: String,
    /// The shop's name for it in addresses.
    pub handle: Option<String>,
    /// Its page.
    pub url: Option<Url>,
    /// A picture.
    pub image: Option<Url>,
    /// The shop's host.
    pub shop: String,
    /// Short words for it, as given.
    pub aliases: Vec<String>,
    /// Its sizes, each once, in the shop's order and words.
    pub sizes: Vec<(SizeKey, String)>,
    /// Its styles, each once, in the shop's order and words.
    pub styles: Vec<String>,
    /// Where it is read.
    pub source: ReadFrom,
}

/// The source of a product, as far as answers speak of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadFrom {
    /// The row.
    pub id: i64,
    /// What is asked for.
    pub url: String,
    /// Where it stands.
    pub state: State,
    /// Time between polls.
    pub interval: Duration,
    /// The last successful reading.
    pub last_read_at: Option<DateTime<Utc>>,
    /// What went wrong last, while it is going wrong.
    pub last_error: Option<String>,
    /// The same as a word.
    pub fault: Option<String>,
}

/// What is known of one variant now.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    /// The row.
    pub id: i64,
    /// Its product.
    pub product_id: i64,
    /// The shop's id.
    pub external_id: Option<String>,
    /// The shop's article number.
    pub sku: Option<String>,
    /// The shop's name for the combination.
    pub title: Option<String>,
    /// All options, name → value, in the shop's order.
    pub options: Vec<(String, String)>,
    /// The size in the shop's words.
    pub size: Option<String>,
    /// The style in the shop's words.
    pub style: Option<String>,
    /// Every key that the size answers to.
    pub size_keys: Vec<SizeKey>,
    /// A link to it.
    pub url: Option<Url>,
    /// How many are left, where told.
    pub quantity: Option<i64>,
    /// What it is; `Unknown` while nothing definite was said.
    pub availability: Availability,
    /// What it costs.
    pub price: Option<Money>,
    /// Since when it is so (and costs that).
    pub since: Option<DateTime<Utc>>,
    /// The last reading that said so.
    pub last_seen: Option<DateTime<Utc>>,
    /// The last reading that said it could be bought.
    pub last_in_stock: Option<DateTime<Utc>>,
}

#[derive(FromQueryResult)]
struct ProductRow {
    id: i64,
    title: String,
    handle: Option<String>,
    url: Option<String>,
    image: Option<String>,
    host: String,
    source_id: i64,
    source_url: String,
    state: String,
    interval_us: i64,
    last_read_at: Option<i64>,
    last_error: Option<String>,
    fault: Option<String>,
}

#[derive(FromQueryResult)]
struct AliasRow {
    product_id: i64,
    text: String,
}

#[derive(FromQueryResult)]
struct OptionRow {
    product_id: i64,
    size: Option<String>,
    style: Option<String>,
    size_key: String,
}

#[derive(FromQueryResult)]
struct VariantRow {
    id: i64,
    product_id: i64,
    external_id: Option<String>,
    sku: Option<String>,
    title: Option<String>,
    options: String,
    size: Option<String>,
    style: Option<String>,
    url: Option<String>,
    quantity: Option<i64>,
    confirmed: bool,
    availability: Option<String>,
    price_minor: Option<i64>,
    price_exponent: Option<i32>,
    currency: Option<String>,
    started_at: Option<i64>,
    last_seen: Option<i64>,
    last_read_at: Option<i64>,
    last_in_stock: Option<i64>,
}

/// What changes whenever products, their names or variants come or go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromQueryResult)]
pub struct Stamp {
    products: i64,
    product: i64,
    variant: i64,
    aliases: i64,
    alias: i64,
}

const PRODUCTS: &str = "SELECT p.id, p.title, p.handle, p.url, p.image, h.host, s.id AS source_id, s.url AS source_url, \
     s.state, s.interval_us, s.last_read_at, s.last_error, s.fault \
     FROM product p JOIN source s ON s.id = p.source_id JOIN shop h ON h.id = p.shop_id";
const ALIASES: &str = "SELECT product_id, text FROM alias";
const OPTIONS: &str = "SELECT product_id, size, style, size_key FROM variant";

impl Db {
    /// All products, the first seen first.
    ///
    /// # Errors
    /// When the database fails or holds what no version writes.
    pub async fn catalogue(&self) -> Result<Vec<Product>, StoreError> {
        self.products_where("", "", &[]).await
    }

    /// These products as they are now, the first seen first. Those that are gone are left out.
    ///
    /// # Errors
    /// When the database fails or holds what no version writes.
    pub async fn products(&self, ids: &[i64]) -> Result<Vec<Product>, StoreError> {
        let mut products = Vec::new();
        for chunk in ids.chunks(200) {
            let these = list(1, chunk.len());
            let (of_products, of_rows) = (format!("WHERE p.id IN ({these})"), format!("WHERE product_id IN ({these})"));
            products.extend(self.products_where(&of_products, &of_rows, chunk).await?);
        }
        Ok(products)
    }

    async fn products_where(&self, of_products: &str, of_rows: &str, ids: &[i64]) -> Result<Vec<Product>, StoreError> {
        let values = || ids.iter().map(|id| Value::from(*id)).collect::<Vec<_>>();
        let rows: Vec<ProductRow> =
            self.read().rows(&format!("{PRODUCTS} {of_products} ORDER BY p.id"), values()).await?;
        let aliases = self.read().rows(&format!("{ALIASES} {of_rows} ORDER BY id"), values()).await?;
        let options =
            self.read().rows(&format!("{OPTIONS} {of_rows} ORDER BY product_id, position, id"), values()).await?;
        let mut products = rows.into_iter().map(ProductRow::into_product).collect::<Result<Vec<_>, _>>()?;
        add_names(&mut products, aliases, options);
        Ok(products)
    }

    /// A cheap look at whether [`Db::catalogue`] would say something else by now, whichever process changed it. A title
    /// that changed is not seen.
    pub async fn catalogue_stamp(&self) -> Result<Option<Stamp>, StoreError> {
        let sql = "SELECT (SELECT count(*) FROM product) AS products, (SELECT COALESCE(max(id), 0) FROM product) AS product, \
                   (SELECT COALESCE(max(id), 0) FROM variant) AS variant, (SELECT count(*) FROM alias) AS aliases, \
                   (SELECT COALESCE(max(id), 0) FROM alias) AS alias";
        Ok(self.read().row(sql, vec![]).await?)
    }

    /// What is known of the variants of these products, each product's in the shop's order.
    ///
    /// # Errors
    /// When the database fails or holds what no version writes.
    pub async fn stock(&self, products: &[i64]) -> Result<Vec<Variant>, StoreError> {
        let mut variants = Vec::new();
        for chunk in products.chunks(200) {
            let rows = self.stock_rows(chunk).await?;
            variants.extend(rows.into_iter().map(VariantRow::into_variant).collect::<Result<Vec<_>, _>>()?);
        }
        Ok(variants)
    }

    async fn stock_rows(&self, products: &[i64]) -> Result<Vec<VariantRow>, DbErr> {
        let sql = format!(
            "SELECT v.id, v.product_id, v.external_id, v.sku, v.title, v.options, v.size, v.style, v.url, \
               v.quantity, v.confirmed, sp.availability, sp.price_minor, sp.price_exponent, sp.currency, sp.started_at, \
               sp.last_seen, so.last_read_at, \
               (SELECT max(b.last_seen) FROM span b WHERE b.variant_id = v.id \
                 AND b.availability IN ('in_stock', 'low_stock')) AS last_in_stock \
             FROM variant v JOIN product p ON p.id = v.product_id JOIN source so ON so.id = p.source_id \
             LEFT JOIN span sp ON sp.variant_id = v.id AND sp.ended_at IS NULL \
             WHERE v.product_id IN ({}) ORDER BY v.product_id, v.position, v.id",
            list(1, products.len())
        );
        self.read().rows(&sql, products.iter().map(|id| Value::from(*id)).collect()).await
    }
}

impl Product {
    /// Has it been read lately enough to say "now"? A silence of more than three intervals is a gap.
    #[must_use]
    pub fn is_fresh(&self, now: DateTime<Utc>) -> bool {
        let gap = chrono::Duration::from_std(self.source.interval.saturating_mul(3)).unwrap_or(chrono::Duration::MAX);
        self.source.last_read_at.is_some_and(|read| now - read <= gap)
    }
}

impl ProductRow {
    fn into_product(self) -> Result<Product, StoreError> {
        Ok(Product {
            url: address(self.url),
            image: address(self.image),
            source: ReadFrom {
                id: self.source_id,
                url: self.source_url,
                state: self.state.parse().map_err(|why| StoreError::corrupt("source.state", why))?,
                interval: Duration::from_micros(u64::try_from(self.interval_us).unwrap_or_default()),
                last_read_at: self.last_read_at.map(at),
                last_error: self.last_error,
                fault: self.fault,
            },
            id: self.id,
            title: self.title,
            handle: self.handle,
            shop: self.host,
            aliases: Vec::new(),
            sizes: Vec::new(),
            styles: Vec::new(),
        })
    }
}

impl VariantRow {
    fn into_variant(self) -> Result<Variant, StoreError> {
        let availability = match &self.availability {
            Some(word) => word.parse().map_err(|why| StoreError::corrupt("span.availability", why))?,
            None => Availability::Unknown,
        };
        let last_seen =
            self.last_seen.map(|seen| self.last_read_at.filter(|_| self.confirmed).unwrap_or(seen).max(seen));
        let last_in_stock = if availability.is_buyable() { last_seen } else { self.last_in_stock };
        Ok(Variant {
            options: serde_json::from_str(&self.options).map_err(|e| StoreError::corrupt("variant.options", e))?,
            size_keys: self.size.as_deref().map(names).unwrap_or_default(),
            url: address(self.url),
            price: price(self.price_minor, self.price_exponent, self.currency.as_deref()),
            since: self.started_at.map(at),
            last_seen: last_seen.map(at),
            last_in_stock: last_in_stock.map(at),
            availability,
            id: self.id,
            product_id: self.product_id,
            external_id: self.external_id,
            sku: self.sku,
            title: self.title,
            size: self.size,
            style: self.style,
            quantity: self.quantity,
        })
    }
}

/// A price's three columns.
pub(crate) fn price(minor: Option<i64>, exponent: Option<i32>, currency: Option<&str>) -> Option<Money> {
    Some(Money::minor(minor?, u8::try_from(exponent?).ok()?, currency))
}

/// Only addresses are written there; one that is none is as good as absent.
fn address(text: Option<String>) -> Option<Url> {
    Url::parse(&text?).ok()
}

fn add_names(products: &mut [Product], aliases: Vec<AliasRow>, options: Vec<OptionRow>) {
    let places: HashMap<i64, usize> = products.iter().enumerate().map(|(place, product)| (product.id, place)).collect();
    for alias in aliases {
        if let Some(place) = places.get(&alias.product_id) {
            products[*place].aliases.push(alias.text);
        }
    }
    let mut seen: HashSet<(usize, bool, String)> = HashSet::new();
    for row in options {
        let Some(place) = places.get(&row.product_id).copied() else { continue };
        if let Some(size) = row.size.filter(|_| seen.insert((place, true, row.size_key.clone()))) {
            products[place].sizes.push((SizeKey::from_stored(row.size_key), size));
        }
        if let Some(style) = row.style.filter(|style| seen.insert((place, false, style.clone()))) {
            products[place].styles.push(style);
        }
    }
}
