//! Rows, as jq programs give them, and the reading that they make. `docs/shops.md` has the table of fields.

use std::collections::HashMap;

use coatcheck_domain::fold::fold;
use coatcheck_domain::money::exponent_of;
use coatcheck_domain::reading::Evidence;
use coatcheck_domain::reading::made_up_title;
use coatcheck_domain::{Availability, Money, ProductReading, Reading, VariantReading};
use serde_json::{Map, Value};
use url::Url;

use super::node::{kind, plain, raw};
use crate::shops::error::ReadError;

/// Every field that a row may have.
pub const FIELDS: [&str; 18] = [
    "product",
    "product_id",
    "product_url",
    "style",
    "size",
    "options",
    "sku",
    "id",
    "title",
    "availability",
    "in_stock",
    "quantity",
    "price",
    "price_minor",
    "currency",
    "url",
    "image",
    "complete",
];

/// Makes a reading of rows. `at` names where they come from, like `jq`; `url` is the source's address.
///
/// # Errors
/// When there is no row, a row has a field of the wrong kind, or two rows are the same variant.
pub fn reading(rows: &[Value], at: &dyn Fn(usize) -> String, url: &Url) -> Result<Reading, ReadError> {
    if rows.is_empty() {
        return Err(ReadError::shape("rows", "there is none; nothing is concluded from that"));
    }
    let mut products = Products { url, order: Vec::new(), seen: HashMap::new() };
    for (index, row) in rows.iter().enumerate() {
        let fields =
            row.as_object().ok_or_else(|| ReadError::shape(at(index), format!("expected a row, got {}", kind(row))))?;
        products.add(&Row { fields, at: at(index), url })?;
    }
    let complete = products.order.iter().all(|product| product.complete);
    Ok(Reading { products: products.order, complete })
}

struct Row<'a> {
    fields: &'a Map<String, Value>,
    at: String,
    url: &'a Url,
}

struct Products<'a> {
    url: &'a Url,
    order: Vec<ProductReading>,
    /// Product key → its place, and the row of each variant.
    seen: HashMap<String, (usize, HashMap<String, String>)>,
}

impl Products<'_> {
    /// Rows of one product belong together by its id, else by its name, else they are all of the page's one product.
    fn add(&mut self, row: &Row<'_>) -> Result<(), ReadError> {
        let (id, name) = (row.text("product_id")?, row.text("product")?);
        let key = id
            .as_ref()
            .map(|id| format!("id:{id}"))
            .or_else(|| name.as_ref().map(|name| format!("name:{}", fold(name))));
        let key = key.unwrap_or_default();
        let variant = row.variant()?;
        if !self.seen.contains_key(&key) {
            self.seen.insert(key.clone(), (self.order.len(), HashMap::new()));
            self.order.push(self.product(row, id, name)?);
        }
        let Some((place, variants)) = self.seen.get_mut(&key) else { return Ok(()) };
        if let Some(earlier) = variants.insert(variant.key(), row.at.clone()) {
            let what = format!("is the same variant as {earlier} ({}); give each its own id or options", variant.key());
            return Err(ReadError::shape(&row.at, what));
        }
        let product = &mut self.order[*place];
        product.complete &= row.get("complete") != Some(&Value::Bool(false));
        product.variants.push(variant);
        Ok(())
    }

    fn product(&self, row: &Row<'_>, id: Option<String>, name: Option<String>) -> Result<ProductReading, ReadError> {
        let nameless = id.is_none() && name.is_none();
        let url = row.link("product_url")?.or_else(|| nameless.then(|| self.url.clone()));
        let title = name.or_else(|| id.clone()).unwrap_or_else(|| made_up_title(self.url));
        let image = row.link("image")?;
        Ok(ProductReading { external_id: id, handle: None, title, url, image, complete: true, variants: Vec::new() })
    }
}

impl Row<'_> {
    fn get(&self, name: &str) -> Option<&Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    fn wrong(&self, name: &str, what: String) -> ReadError {
        ReadError::shape(format!("{}.{name}", self.at), what)
    }

    /// Words or a number; empty words are nothing.
    fn text(&self, name: &str) -> Result<Option<String>, ReadError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        match value {
            Value::String(_) | Value::Number(_) => Ok(plain(value)),
            other => Err(self.wrong(name, format!("expected text, got {}", kind(other)))),
        }
    }

    fn link(&self, name: &str) -> Result<Option<Url>, ReadError> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let url = self.url.join(&text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        url.map(Some).ok_or_else(|| self.wrong(name, format!("{text:?} is no web address")))
    }

    fn variant(&self) -> Result<VariantReading, ReadError> {
        let (availability, evidence) = self.availability()?;
        Ok(VariantReading {
            external_id: self.text("id")?,
            sku: self.text("sku")?,
            title: self.text("title")?,
            options: self.options()?,
            availability,
            quantity: self.quantity()?,
            price: self.price()?,
            url: self.link("url")?,
            cart_url: None,
            image: self.link("image")?,
            evidence: Some(evidence),
        })
    }

    /// The options in their order; `size` and `style` join them unless they are there.
    fn options(&self) -> Result<Vec<(String, String)>, ReadError> {
        let mut options = Vec::new();
        if let Some(value) = self.get("options") {
            let listed = value
                .as_object()
                .ok_or_else(|| self.wrong("options", format!("expected an object, got {}", kind(value))))?;
            for (name, value) in listed.iter().filter(|(_, value)| !value.is_null()) {
                let text = plain(value).ok_or_else(|| {
                    self.wrong(&format!("options.{name}"), format!("expected text, got {}", kind(value)))
                })?;
                options.push((name.clone(), text));
            }
        }
        for (field, name) in [("size", "Size"), ("style", "Style")] {
            if let Some(text) = self.text(field)?
                && !options.iter().any(|(known, _)| fold(known) == field)
            {
                options.push((name.to_owned(), text));
            }
        }
        Ok(options)
    }

    /// The first of `availability`, `in_stock`, `quantity` that is told; none is Unknown.
    fn availability(&self) -> Result<(Availability, Evidence), ReadError> {
        for name in ["availability", "in_stock", "quantity"] {
            if let Some(value) = self.get(name) {
                let evidence = Evidence { at: format!("{}.{name}", self.at), raw: raw(value) };
                let said = said(value).ok_or_else(|| {
                    self.wrong(name, format!("expected true, false, a number or a word, got {}", kind(value)))
                })?;
                return Ok((said, evidence));
            }
        }
        let told = ["availability", "in_stock", "quantity"].iter().any(|name| self.fields.contains_key(*name));
        // A slip in a field's name would otherwise be silence for ever.
        if let Some(slip) = self.fields.keys().find(|key| !told && !FIELDS.contains(&key.as_str())) {
            let what = format!(
                "rows have no such field, and this one has none of availability, in_stock, quantity; fields are {}",
                FIELDS.join(", ")
            );
            return Err(self.wrong(slip, what));
        }
        Ok((Availability::Unknown, Evidence { at: self.at.clone(), raw: "availability is not told".to_owned() }))
    }

    fn quantity(&self) -> Result<Option<i64>, ReadError> {
        let Some(value) = self.get("quantity") else { return Ok(None) };
        let number =
            value.as_i64().or_else(|| value.as_f64().map(|n| n as i64)).or_else(|| value.as_str()?.trim().parse().ok());
        number.map(Some).ok_or_else(|| self.wrong("quantity", format!("expected a whole number, got {}", raw(value))))
    }

    /// `price` in major units (`129.00`), or `price_minor` in the smallest.
    fn price(&self) -> Result<Option<Money>, ReadError> {
        let currency = self.text("currency")?;
        let currency = currency.as_deref();
        if let Some(value) = self.get("price_minor") {
            let minor = value.as_i64().or_else(|| value.as_str()?.trim().parse().ok());
            let minor = minor
                .ok_or_else(|| self.wrong("price_minor", format!("expected a whole number, got {}", raw(value))))?;
            let money = Money::minor(minor, 2, currency);
            let exponent = exponent_of(money.currency.as_deref());
            return Ok(Some(Money { exponent, ..money }));
        }
        let Some(text) = self.text("price")? else { return Ok(None) };
        Money::parse(&text, currency).map(Some).map_err(|error| self.wrong("price", error.to_string()))
    }
}

/// What a value says of availability: true or false, a number above 0, or a shop's word.
fn said(value: &Value) -> Option<Availability> {
    let of = |can_be_had| if can_be_had { Availability::InStock } else { Availability::OutOfStock };
    match value {
        Value::Bool(can_be_had) => Some(of(*can_be_had)),
        Value::Number(number) => number.as_f64().map(|number| of(number > 0.0)),
        Value::String(word) => Some(
            word.trim()
                .parse::<f64>()
                .ok()
                .filter(|n| n.is_finite())
                .map_or_else(|| Availability::from_shop_word(word), |n| of(n > 0.0)),
        ),
        _ => None,
    }
}
