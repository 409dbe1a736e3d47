//! What a JSON document would cost as a tree, told before it becomes one: sixteen megabytes of `{"":0}` would take a gigabyte.

use super::error::ReadError;

/// Bytes that one document may take as a tree.
pub(super) const TREE: usize = 96 * 1024 * 1024;
/// Lists and objects within one another; what parses JSON recurses.
const DEPTH: usize = 120;

/// Bytes that `serde_json` takes, rounded up: an entry of a list with the room that a list keeps, a field with its name
/// and its place in the index, an object that is not empty.
const ENTRY: usize = 160;
const FIELD: usize = 220;
const OBJECT: usize = 480;

/// The bytes that this JSON text takes as a tree, at most. One walk over it, without memory of its own.
///
/// # Errors
/// When that is more than [`TREE`], or it is nested deeper than any reader goes.
pub(super) fn tree_cost(text: &str) -> Result<usize, ReadError> {
    let (mut cost, mut depth) = (text.len(), 0_usize);
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => skip_string(&mut bytes),
            b'{' | b'[' => {
                depth += 1;
                cost += if byte == b'{' { OBJECT } else { ENTRY };
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' => cost += ENTRY,
            b':' => cost += FIELD,
            _ => {}
        }
        if depth > DEPTH {
            return Err(ReadError::shape("the document", format!("nested deeper than {DEPTH} levels; it is not read")));
        }
        // At once: the walk itself must not be what such a document costs.
        if cost > TREE {
            let may = TREE / (1024 * 1024);
            let what = format!("too many values: it would take more than {may} MB in memory; follow a smaller page");
            return Err(ReadError::shape("the document", what));
        }
    }
    Ok(cost)
}

fn skip_string(bytes: &mut std::str::Bytes<'_>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return,
            b'\\' => {
                bytes.next();
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    #[test]
    fn a_document_that_would_fill_the_memory_is_refused_before_it_is_a_tree() {
        let many = format!("[{}{{}}]", r#"{"":0},"#.repeat(2_000_000));
        assert_snapshot!(tree_cost(&many).expect_err("too much"), @"the document: too many values: it would take more than 96 MB in memory; follow a smaller page");
        let deep = "[".repeat(1_000_000);
        assert_snapshot!(tree_cost(&deep).expect_err("too deep"), @"the document: nested deeper than 120 levels; it is not read");
    }

    #[test]
    fn what_stands_in_strings_costs_its_bytes_alone() {
        let text = r#"["{[:,\"{\\","x"]"#;
        assert_eq!(tree_cost(text).expect("cheap"), text.len() + 2 * ENTRY);
        assert_eq!(tree_cost(r#""never ended"#).expect("cheap"), 12);
    }

    #[test]
    fn a_whole_page_of_a_large_shop_is_read() {
        let fields = (0..25).map(|n| format!(r#""field_{n}":"a value {n}""#)).collect::<Vec<_>>().join(",");
        let product = format!(r#"{{"variants":[{}]}}"#, vec![format!("{{{fields}}}"); 30].join(","));
        let page = format!(r#"{{"products":[{}]}}"#, vec![product; 250].join(","));
        assert!(tree_cost(&page).is_ok(), "{} bytes", page.len());
    }
}
