//! Rows, as jq programs give them, and the reading that they make. `docs/shops.md` has the table of fields.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use coatcheck_domain::fold::fold;
use coatcheck_domain::money::exponent_of;
use coatcheck_domain::reading::Evidence;
use coatcheck_domain::reading::made_up_title;
use coatcheck_domain::{Availability, Money, ProductReading, Rank, Reading, VariantReading};
use serde_json::{Map, Value};
use url::Url;

use crate::shops::error::ReadError;
use crate::shops::readers::doubts::Doubts;
use crate::shops::readers::node::{kind, plain, raw};

/// Every field that a row may have.
pub const FIELDS: [&str; 19] = [
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
    "updated_at",
];

/// What a row may say of its product alone: with nothing else in it, the row is no variant.
const OF_PRODUCT: [&str; 6] = ["product", "product_id", "product_url", "image", "complete", "updated_at"];

/// Makes a reading of rows. `at` names where they come from, like `jq`; `url` is the source's address.
///
/// A row that cannot be read is left out, and the reading is not complete. A row that says `complete: false` and nothing
/// of a variant stands for variants that are hidden.
///
/// # Errors
/// When there is no row, or none that can be read.
pub fn reading(rows: &[Value], at: &dyn Fn(usize) -> String, url: &Url) -> Result<Reading, ReadError> {
    if rows.is_empty() {
        return Err(ReadError::shape("rows", "there is none; nothing is concluded from that"));
    }
    let mut products =
        Products { url, order: Vec::new(), seen: HashMap::new(), doubts: Doubts::default(), left_out: 0, twins: 0 };
    for (index, row) in rows.iter().enumerate() {
        let fields =
            row.as_object().ok_or_else(|| ReadError::shape(at(index), format!("expected a row, got {}", kind(row))));
        let added = fields.and_then(|fields| products.add(&Row { fields, at: at(index), url }));
        if let Err(error) = added {
            products.doubts.leave_out(error);
            products.left_out += 1;
        }
    }
    products.finish()
}

struct Row<'a> {
    fields: &'a Map<String, Value>,
    at: String,
    url: &'a Url,
}

/// Variant key → its place in its product, and where its row stands.
type Variants = HashMap<String, (usize, String)>;

struct Products<'a> {
    url: &'a Url,
    order: Vec<ProductReading>,
    /// Product key → its place, and the place and row of each variant.
    seen: HashMap<String, (usize, Variants)>,
    doubts: Doubts,
    left_out: usize,
    /// Rows that nothing tells from an earlier one.
    twins: usize,
}

impl Products<'_> {
    /// Rows of one product belong together by its id, else by its name, else they are all of the page's one product.
    fn add(&mut self, row: &Row<'_>) -> Result<(), ReadError> {
        let (id, name) = (row.text("product_id")?, row.text("product")?);
        let key = id.as_ref().map(|id| format!("id:{id}"));
        let key = key.or_else(|| name.as_ref().map(|name| format!("name:{}", fold(name)))).unwrap_or_default();
        let variant = if row.is_of_product_alone() { None } else { Some(row.variant(&mut self.doubts)?) };
        if !self.seen.contains_key(&key) {
            let product = self.product(row, id, name)?;
            self.seen.insert(key.clone(), (self.order.len(), HashMap::new()));
            self.order.push(product);
        }
        let Some((place, variants)) = self.seen.get_mut(&key) else { return Ok(()) };
        let product = &mut self.order[*place];
        product.complete &= row.get("complete") != Some(&Value::Bool(false));
        product.updated_at = product.updated_at.max(row.time("updated_at"));
        let Some(variant) = variant else { return Ok(()) };
        match variants.get(&variant.key()) {
            None => {
                variants.insert(variant.key(), (product.variants.len(), row.at.clone()));
                product.variants.push(variant);
                Ok(())
            }
            Some((twin, earlier)) => {
                let twin = &mut product.variants[*twin];
                // Nothing tells them apart: the program has forgotten something, and neither is known.
                let same_by_id = variant.external_id.is_some() || variant.sku.is_some();
                if !same_by_id || twin.availability != variant.availability {
                    twin.availability = Availability::Unknown;
                    product.complete = false;
                    self.twins += 1;
                    let what = format!(
                        "is the same variant as {earlier} ({}); give each its own id or options",
                        variant.key()
                    );
                    return Err(ReadError::shape(&row.at, what));
                }
                Ok(())
            }
        }
    }

    fn product(&self, row: &Row<'_>, id: Option<String>, name: Option<String>) -> Result<ProductReading, ReadError> {
        let nameless = id.is_none() && name.is_none();
        let url = row.link("product_url")?.or_else(|| nameless.then(|| self.url.clone()));
        let title = name.or_else(|| id.clone()).unwrap_or_else(|| made_up_title(self.url));
        let image = row.link("image")?;
        Ok(ProductReading {
            external_id: id,
            handle: None,
            title,
            url,
            image,
            complete: true,
            updated_at: None,
            variants: Vec::new(),
        })
    }

    /// A product that only says that its variants are hidden is kept as that; otherwise there is a reading of something.
    fn finish(mut self) -> Result<Reading, ReadError> {
        for product in self.order.iter_mut().filter(|product| product.variants.is_empty()) {
            product.complete = false;
            self.doubts.add(&product.title, "its variants are hidden; nothing is known of them");
        }
        // Where nothing tells any two apart, the program has forgotten what does.
        let all_same = self.twins > 0 && self.order.iter().all(|product| product.variants.len() <= 1);
        let is_empty = self.order.is_empty() || all_same;
        if is_empty && let Some(error) = self.doubts.first_error() {
            return Err(error);
        }
        // The row that is left out may be of any product.
        let whole = self.left_out == 0;
        for product in &mut self.order {
            product.complete &= whole;
        }
        let complete = whole && self.order.iter().all(|product| product.complete);
        Ok(Reading { products: self.order, complete, doubts: self.doubts.into_list() })
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

    fn is_of_product_alone(&self) -> bool {
        self.get("complete") == Some(&Value::Bool(false))
            && self.fields.iter().all(|(name, value)| value.is_null() || OF_PRODUCT.contains(&name.as_str()))
    }

    /// A moment: RFC 3339, or seconds since 1970.
    fn time(&self, name: &str) -> Option<DateTime<Utc>> {
        match self.get(name)? {
            Value::Number(seconds) => DateTime::from_timestamp(seconds.as_i64()?, 0),
            text => Some(DateTime::parse_from_rfc3339(text.as_str()?.trim()).ok()?.with_timezone(&Utc)),
        }
    }

    fn variant(&self, doubts: &mut Doubts) -> Result<VariantReading, ReadError> {
        let (availability, evidence) = self.availability(doubts)?;
        Ok(VariantReading {
            external_id: self.text("id")?,
            sku: self.text("sku")?,
            title: self.text("title")?,
            options: self.options()?,
            availability,
            rank: Rank::Variant,
            quantity: doubts.keep(self.quantity()).flatten(),
            price: doubts.keep(self.price()).flatten(),
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
    fn availability(&self, doubts: &mut Doubts) -> Result<(Availability, Evidence), ReadError> {
        for name in ["availability", "in_stock", "quantity"] {
            if let Some(value) = self.get(name) {
                let evidence = Evidence { at: format!("{}.{name}", self.at), raw: raw(value) };
                let said = said(value).ok_or_else(|| {
                    self.wrong(name, format!("expected true, false, a number or a word, got {}", kind(value)))
                })?;
                if said == Availability::Unknown {
                    doubts
                        .add(&evidence.at, format!("the word {} is not known, so nothing is concluded", evidence.raw));
                }
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
        // A number has a decimal point and nothing else; only texts are guessed at.
        let is_number = self.get("price").is_some_and(Value::is_number);
        let read = if is_number { Money::decimal(&text, currency) } else { Money::parse(&text, currency) };
        read.map(Some).map_err(|error| self.wrong("price", error.to_string()))
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
