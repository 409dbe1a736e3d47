//! The JSON that a web page carries: in scripts, in assignments, in data attributes. See `documents` for the shape.

use scraper::{Html, Node};
use serde_json::{Map, Value, json};

use super::assignments;

/// Characters of visible text that are kept.
const TEXT: usize = 100_000;

/// Everything a jq program can work with.
pub(super) fn read(html: &str) -> Value {
    let page = Html::parse_document(html);
    let mut found = Found::default();
    walk(page.tree.root(), &mut found);
    json!({
        "title": squeeze(&found.title),
        "scripts": found.scripts,
        "assigned": found.assigned,
        "data": found.data,
        "text": squeeze(&found.text),
    })
}

#[derive(Default)]
struct Found {
    title: String,
    scripts: Vec<Value>,
    assigned: Map<String, Value>,
    data: Vec<Value>,
    text: String,
}

/// Walks without recursion: a page may be nested deeper than a stack.
fn walk(root: ego_tree::NodeRef<'_, Node>, found: &mut Found) {
    for node in root.descendants() {
        match node.value() {
            Node::Element(element) => {
                if element.name() == "script" {
                    script(node, element, found);
                }
                data(element, found);
            }
            Node::Text(words) => match parent_name(node) {
                Some("script" | "style" | "noscript" | "template") => {}
                Some("title") => found.title.push_str(words),
                _ if found.text.len() < TEXT => {
                    found.text.push(' ');
                    found.text.push_str(words);
                }
                _ => {}
            },
            _ => {}
        }
    }
}

fn parent_name(node: ego_tree::NodeRef<'_, Node>) -> Option<&str> {
    node.parent()?.value().as_element().map(scraper::node::Element::name)
}

fn script(node: ego_tree::NodeRef<'_, Node>, element: &scraper::node::Element, found: &mut Found) {
    let code: String =
        node.children().filter_map(|child| child.value().as_text().map(|text| text.to_string())).collect();
    match serde_json::from_str::<Value>(code.trim()) {
        Ok(json) => found.scripts.push(json!({"id": element.attr("id"), "type": element.attr("type"), "json": json})),
        Err(_) => assignments::collect(&code, &mut found.assigned),
    }
}

fn data(element: &scraper::node::Element, found: &mut Found) {
    for (name, value) in element.attrs().filter(|(name, _)| name.starts_with("data-")) {
        let holds_json = value.trim_start().starts_with(['{', '[']);
        if let Some(json) = holds_json.then(|| serde_json::from_str::<Value>(value).ok()).flatten() {
            found.data.push(json!({"name": name, "id": element.attr("id"), "json": json}));
        }
    }
}

fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
