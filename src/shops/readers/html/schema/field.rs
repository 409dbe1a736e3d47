//! Fields of schema.org, however they are spelt: capitalised, with a prefix, as an IRI, alone or in a list. Pure.

use coatcheck_domain::Money;
use serde_json::{Map, Value};

use crate::shops::html::{decoded, squeeze};

/// Text that people wrote, as microdata without `content` holds it: `{"@text": "1.299,00"}`.
pub(in crate::shops::readers::html) const TEXT: &str = "@text";

/// An object of schema.org.
pub(in crate::shops::readers::html) type Thing = Map<String, Value>;

/// The last part of a name: `schema:Offer`, `http://schema.org/Offer` and `Offer` are one.
pub(in crate::shops::readers::html) fn local(name: &str) -> &str {
    name.trim().trim_end_matches('/').rsplit(['/', '#', ':']).next().unwrap_or_default()
}

/// A field that is there and not null.
pub(in crate::shops::readers::html) fn field<'a>(thing: &'a Thing, name: &str) -> Option<&'a Value> {
    let exact = thing.get(name);
    let found = exact.or_else(|| {
        let is_it = |key: &str| !key.starts_with('@') && local(key).eq_ignore_ascii_case(name);
        thing.iter().find(|(key, _)| is_it(key)).map(|(_, value)| value)
    });
    found.filter(|value| !value.is_null())
}

/// `@id`, `@type` and their like, whatever the case.
fn keyword<'a>(thing: &'a Thing, name: &str) -> Option<&'a Value> {
    thing.get(name).or_else(|| thing.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

/// The values of a field: a list's, or the one.
pub(in crate::shops::readers::html) fn list<'a>(thing: &'a Thing, name: &str) -> Vec<&'a Value> {
    match field(thing, name) {
        Some(Value::Array(values)) => values.iter().collect(),
        Some(value) => vec![value],
        None => Vec::new(),
    }
}

/// Words: the first of a list, a named thing's name, a number.
pub(in crate::shops::readers::html) fn text(thing: &Thing, name: &str) -> Option<String> {
    list(thing, name).into_iter().find_map(words)
}

/// The words of a value.
pub(in crate::shops::readers::html) fn words(value: &Value) -> Option<String> {
    let said = match value {
        Value::String(text) => squeeze(&decoded(text)),
        Value::Number(number) => number.to_string(),
        Value::Array(values) => return values.iter().find_map(words),
        Value::Object(thing) => {
            let of = |key: &str| keyword(thing, key).and_then(Value::as_str).map(squeeze);
            return of("@value")
                .or_else(|| of(TEXT))
                .or_else(|| field(thing, "name").and_then(words))
                .or_else(|| of("@id"));
        }
        _ => return None,
    };
    Some(said).filter(|said| !said.is_empty())
}

/// The types of a thing, in lower case.
pub(in crate::shops::readers::html) fn types(thing: &Thing) -> Vec<String> {
    let all = match keyword(thing, "@type").or_else(|| thing.get("type")) {
        Some(Value::Array(types)) => types.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(one)) => vec![one.as_str()],
        _ => Vec::new(),
    };
    all.into_iter().map(|one| local(one).to_ascii_lowercase()).collect()
}

pub(in crate::shops::readers::html) fn id(thing: &Thing) -> Option<&str> {
    keyword(thing, "@id").and_then(Value::as_str).map(str::trim).filter(|id| !id.is_empty())
}

/// The addresses that a thing gives itself.
pub(in crate::shops::readers::html) fn addresses(thing: &Thing) -> Vec<String> {
    let of = |name: &str| field(thing, name).and_then(words);
    let is_address = |text: &String| text.contains('/') && !text.contains(char::is_whitespace);
    let own = [id(thing).map(str::to_owned), of("url"), of("mainEntityOfPage")];
    own.into_iter().flatten().filter(is_address).collect()
}

/// A price of a machine, or one that people wrote; 0 stands for "on request".
pub(in crate::shops::readers::html) fn price(value: &Value, currency: Option<&str>) -> Option<Money> {
    let by_people = value.as_object().is_some_and(|thing| thing.contains_key(TEXT));
    let text = words(value)?;
    let read = if by_people { Money::parse(&text, currency) } else { Money::decimal(&text, currency) };
    let read = read.or_else(|_| Money::parse(&text, currency)).ok()?;
    (read.minor > 0).then_some(read)
}
