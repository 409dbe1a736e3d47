//! Generic JSON: the shape that needs no program, `{"<style>": [{"size": "S", "purchasable": true}, …], …}`.

use coatcheck_domain::Reading;
use serde_json::{Map, Value};
use url::Url;

use super::node::kind;
use super::row;
use super::shopify::{holds, not_json};
use crate::shops::error::ReadError;

/// Names under which shops say whether a size can be bought.
const FLAGS: [&str; 14] = [
    "purchasable",
    "available",
    "in_stock",
    "inStock",
    "isAvailable",
    "is_available",
    "isInStock",
    "is_in_stock",
    "availableForSale",
    "buyable",
    "orderable",
    "availability",
    "stock",
    "quantity",
];

/// A program to begin with, for documents that no reader knows.
pub const EXAMPLE: &str = "to_entries[] | .key as $style | .value[] | {style: $style, size, in_stock: .available}";

/// Reads a document of that shape.
///
/// # Errors
/// When it is not JSON, or of another shape; the error names the place.
pub fn parse(body: &[u8], url: &Url) -> Result<Reading, ReadError> {
    let document: Value = serde_json::from_slice(body).map_err(|error| not_json(&error))?;
    read(&document, url)
}

/// Reads a document that is already JSON.
///
/// # Errors
/// As [`parse`].
pub fn read(document: &Value, url: &Url) -> Result<Reading, ReadError> {
    if !recognises(document) {
        return Err(ReadError::Unrecognised { holds: holds(document), example: EXAMPLE });
    }
    let mut rows = Vec::new();
    let mut places = Vec::new();
    for (style, sizes) in document.as_object().into_iter().flatten() {
        for (index, size) in sizes.as_array().into_iter().flatten().enumerate() {
            let place = format!("$.{style}[{index}]");
            let (row, flag) = size_row(style, size, &place)?;
            rows.push(row);
            places.push((place, flag));
        }
    }
    let mut reading = row::reading(&rows, &|index| places[index].0.clone(), url)?;
    // Rows have our names; people look for the shop's own.
    let variants = reading.products.iter_mut().flat_map(|product| &mut product.variants);
    for (evidence, (place, flag)) in variants.filter_map(|variant| variant.evidence.as_mut()).zip(&places) {
        evidence.at = format!("{place}.{flag}");
    }
    Ok(reading)
}

/// Is this an object of lists, of which some hold sizes?
#[must_use]
pub fn recognises(document: &Value) -> bool {
    let Some(styles) = document.as_object() else { return false };
    let lists: Option<Vec<&Vec<Value>>> = styles.values().map(Value::as_array).collect();
    lists
        .is_some_and(|lists| lists.into_iter().flatten().any(|item| size_of(item).is_some() && flag_of(item).is_some()))
}

fn size_of(item: &Value) -> Option<&Value> {
    item.get("size").or_else(|| item.get("Size"))
}

fn flag_of(item: &Value) -> Option<(&'static str, &Value)> {
    FLAGS.iter().find_map(|name| item.get(name).map(|value| (*name, value)))
}

/// One size as a row. Each must say whether it can be bought: what says nothing has changed its shape.
fn size_row(style: &str, item: &Value, place: &str) -> Result<(Value, &'static str), ReadError> {
    let size = size_of(item)
        .ok_or_else(|| ReadError::shape(place, "there is no size here; the shop's answer has changed its shape"))?;
    let (flag, said) = flag_of(item).ok_or_else(|| {
        ReadError::shape(
            place,
            format!("nothing here says whether it can be bought; one of {} is due", FLAGS.join(", ")),
        )
    })?;
    if said.is_object() || said.is_array() {
        return Err(ReadError::shape(format!("{place}.{flag}"), format!("expected true or false, got {}", kind(said))));
    }
    let mut row = Map::new();
    row.insert("size".to_owned(), size.clone());
    row.insert("style".to_owned(), Value::String(style.to_owned()));
    row.insert(if flag == "quantity" { "quantity" } else { "in_stock" }.to_owned(), said.clone());
    for name in ["id", "sku", "title", "quantity", "price", "currency", "url", "image"] {
        if let Some(value) = item.get(name) {
            row.insert(name.to_owned(), value.clone());
        }
    }
    Ok((Value::Object(row), flag))
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
