//! Generic JSON: the shape that needs no program, `{"<style>": [{"size": "S", "purchasable": true}, …], …}`.

use std::collections::HashMap;

use coatcheck_domain::Reading;
use serde_json::{Map, Value};
use url::Url;

use super::doubts::Doubts;
use super::node::{holds, kind};
use super::reader::{Attempt, Reader};
use crate::shops::error::ReadError;

pub mod row;

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

/// Reads JSON of that shape, and says of everything else that no reader knows it.
#[derive(Debug, Clone, Copy)]
pub struct GenericJson;

impl Reader for GenericJson {
    fn name(&self) -> &'static str {
        "json"
    }

    fn attempts(&self, _url: &Url) -> Vec<Attempt> {
        Vec::new()
    }

    fn recognises(&self, document: &Value) -> bool {
        recognises(document)
    }

    fn read(&self, document: &Value, url: &Url) -> Result<Reading, ReadError> {
        read(document, url)
    }

    fn identity(&self, _asked: &Url, _answered: &Url) -> Option<bool> {
        None
    }
}

/// A program to begin with, for documents that no reader knows.
pub const EXAMPLE: &str = "to_entries[] | .key as $style | .value[] | {style: $style, size, in_stock: .available}";

/// Reads a document of that shape.
///
/// # Errors
/// When it is not JSON, or of another shape; the error names the place.
pub fn parse(body: &[u8], url: &Url) -> Result<Reading, ReadError> {
    let document: Value = serde_json::from_slice(body).map_err(|error| ReadError::not_json(&error))?;
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
    let (mut rows, mut places, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    for (style, sizes) in document.as_object().into_iter().flatten() {
        for (index, size) in sizes.as_array().into_iter().flatten().enumerate() {
            let place = format!("$.{style}[{index}]");
            match size_row(style, size, &place) {
                Ok((row, flag)) => {
                    rows.push(row);
                    places.push((place, flag));
                }
                Err(error) => failed.push(error),
            }
        }
    }
    if rows.is_empty() && !failed.is_empty() {
        return Err(failed.swap_remove(0));
    }
    let reading = row::reading(&rows, &|index| places[index].0.clone(), url)?;
    Ok(by_shops_own_names(without(reading, failed), &places.into_iter().collect()))
}

/// What could not be read is left out, and then nothing that is missing counts as gone.
fn without(mut reading: Reading, failed: Vec<ReadError>) -> Reading {
    if failed.is_empty() {
        return reading;
    }
    let mut doubts = Doubts::default();
    failed.into_iter().for_each(|error| doubts.leave_out(error));
    reading.doubts.extend(doubts.into_list());
    reading.complete = false;
    reading.products.iter_mut().for_each(|product| product.complete = false);
    reading
}

/// Rows have our names; people look for the shop's own.
fn by_shops_own_names(mut reading: Reading, flags: &HashMap<String, &'static str>) -> Reading {
    let variants = reading.products.iter_mut().flat_map(|product| &mut product.variants);
    for evidence in variants.filter_map(|variant| variant.evidence.as_mut()) {
        let place = evidence.at.rsplit_once('.').map_or_else(String::new, |(place, _)| place.to_owned());
        if let Some(flag) = flags.get(&place) {
            evidence.at = format!("{place}.{flag}");
        }
    }
    reading
}

/// Is this an object of lists, of which some hold sizes?
fn recognises(document: &Value) -> bool {
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
#[path = "tests.rs"]
mod tests;
