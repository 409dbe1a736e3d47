//! State that pages carry as one flat list, in which numbers stand for places of the list: Nuxt 3 (`devalue`) and React
//! Router (`turbo-stream`, where names are places, too: `_1`). Pure.

use serde_json::{Map, Value};

/// Lists and objects within one another.
const DEPTH: usize = 40;
/// Values that are put together; a list may name the same place over and over.
const VALUES: usize = 100_000;

/// Words before a value that say how it is watched, not what it is.
const WATCHED: [&str; 8] =
    ["Reactive", "ShallowReactive", "Ref", "ShallowRef", "EmptyRef", "EmptyShallowRef", "Ref[]", "P"];

/// The state as usual JSON, if this is such a list.
pub(super) fn unfolded(value: &Value) -> Option<Value> {
    let list = value.as_array().filter(|list| list.len() > 2)?;
    let is_head = match &list[0] {
        Value::Object(fields) => !fields.is_empty() && fields.values().all(is_place),
        Value::Array(items) => items.first().is_some_and(Value::is_string) && items.get(1).is_some_and(is_place),
        _ => false,
    };
    is_head.then(|| Folded { list, left: VALUES }.at(0, DEPTH))
}

fn is_place(value: &Value) -> bool {
    value.is_i64()
}

struct Folded<'a> {
    list: &'a [Value],
    left: usize,
}

impl Folded<'_> {
    fn at(&mut self, place: usize, depth: usize) -> Value {
        if depth == 0 || self.left == 0 {
            return Value::Null;
        }
        self.left -= 1;
        match self.list.get(place) {
            Some(Value::Array(items)) => match items.first() {
                Some(Value::String(word)) if WATCHED.contains(&word.as_str()) => self.behind(items.get(1), depth),
                // Dates, sets, errors and the like.
                Some(Value::String(_)) => items.get(1).filter(|value| value.is_string()).cloned().unwrap_or_default(),
                _ => Value::Array(items.iter().map(|item| self.behind(Some(item), depth)).collect()),
            },
            Some(Value::Object(fields)) => {
                let mut thing = Map::new();
                for (name, value) in fields {
                    let name = self.name(name);
                    let value = self.behind(Some(value), depth);
                    thing.insert(name, value);
                }
                Value::Object(thing)
            }
            Some(scalar) => scalar.clone(),
            None => Value::Null,
        }
    }

    /// The value at the place that a number names. Numbers below zero stand for nothing, not a number and the like.
    fn behind(&mut self, place: Option<&Value>, depth: usize) -> Value {
        let place = place.and_then(Value::as_u64).and_then(|place| usize::try_from(place).ok());
        place.map_or(Value::Null, |place| self.at(place, depth - 1))
    }

    fn name(&self, name: &str) -> String {
        let place = name.strip_prefix('_').and_then(|place| place.parse::<usize>().ok());
        let named = place.and_then(|place| self.list.get(place)).and_then(Value::as_str);
        named.unwrap_or(name).to_owned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn nuxt_and_react_router_are_unfolded() {
        let nuxt = json!([["ShallowReactive", 1], {"data": 2, "none": -1}, ["Reactive", 3], {"product": 4}, {"title": 5, "sizes": 6, "sold": 8}, "Coat", [7, 7], "M", false]);
        assert_eq!(
            unfolded(&nuxt),
            Some(json!({"data": {"product": {"title": "Coat", "sizes": ["M", "M"], "sold": false}}, "none": null}))
        );
        let router = json!([{"_1": 2}, "loaderData", {"_3": 4}, "product", {"_5": 6}, "title", "Coat"]);
        assert_eq!(unfolded(&router), Some(json!({"loaderData": {"product": {"title": "Coat"}}})));
    }

    #[test]
    fn other_lists_are_left_alone_and_circles_end() {
        assert_eq!(unfolded(&json!([{"id": 1, "title": "x"}, 2, 3])), None);
        assert_eq!(unfolded(&json!([1, 2, 3])), None);
        assert!(unfolded(&json!([{"a": 0}, 1, 2])).is_some());
        let mut wide = vec![json!(["Reactive", 1])];
        wide.extend((0..50).map(|_| json!(vec![1; 50])));
        assert!(unfolded(&Value::Array(wide)).is_some());
    }

    proptest! {
        #[test]
        fn no_list_panics_or_grows_without_end(places in proptest::collection::vec(proptest::collection::vec(-2i64..30, 0..6), 3..30)) {
            let mut list: Vec<Value> = vec![json!(["Reactive", 1])];
            list.extend(places.into_iter().map(|items| json!(items)));
            let _ = unfolded(&Value::Array(list));
        }
    }
}
