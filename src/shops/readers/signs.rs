//! Signs by which a document is known: paths of which something is there. `.` goes into an object, `*` into every item of a
//! list, `**` through a few levels of either. Pure.

use serde_json::Value;

/// Items of a list that are looked at for a sign.
const LOOKED_AT: usize = 20;
/// Levels through which `**` goes.
const DEPTH: usize = 6;
/// Values of one document that are looked into for one sign.
const LOOKED_INTO: usize = 20_000;

/// Is there anything at this path?
pub(super) fn has(value: &Value, path: &str) -> bool {
    at_path(value, path, &mut LOOKED_INTO.clone())
}

fn at_path(value: &Value, path: &str, left: &mut usize) -> bool {
    let (step, rest) = path.split_once('.').map_or((path, None), |(step, rest)| (step, Some(rest)));
    if *left == 0 {
        return false;
    }
    *left -= 1;
    let mut goes_on = |value: &Value| rest.is_none_or(|rest| at_path(value, rest, left));
    match (step, value) {
        ("*", Value::Array(items)) => items.iter().take(LOOKED_AT).any(goes_on),
        ("**", _) => rest.is_some_and(|rest| anywhere(value, rest, DEPTH, left)),
        (_, Value::Object(fields)) => fields.get(step).is_some_and(&mut goes_on),
        _ => false,
    }
}

fn anywhere(value: &Value, path: &str, depth: usize, left: &mut usize) -> bool {
    if at_path(value, path, left) {
        return true;
    }
    let mut inside = |inner: &Value| depth > 0 && *left > 0 && anywhere(inner, path, depth - 1, left);
    match value {
        Value::Array(items) => items.iter().take(LOOKED_AT).any(inside),
        Value::Object(fields) => fields.values().any(&mut inside),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_lead_through_objects_and_lists() {
        let document = json!({"data": {"shop": {"list": [null, {"node": {"stock": false}}]}}});
        for path in ["data", "data.shop.list.*.node.stock", "data.**.list", "data.**.node.stock", "**.stock"] {
            assert!(has(&document, path), "{path}");
        }
        for path in ["stock", "data.list", "data.shop.*", "data.**.price", "data.**", "data.shop.list.node"] {
            assert!(!has(&document, path), "{path}");
        }
    }

    #[test]
    fn looking_comes_to_an_end() {
        let deep = (0..100).fold(json!({"stock": 1}), |inner, _| json!([inner]));
        assert!(!has(&deep, "**.stock"));
        let wide: Vec<Value> = (0..20).map(|_| json!(vec![vec![vec![vec![json!({}); 20]; 20]; 20]; 20])).collect();
        assert!(!has(&json!(wide), "**.**.**.stock"));
    }
}
