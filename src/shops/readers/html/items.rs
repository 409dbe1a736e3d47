//! Microdata and RDFa Lite: things that are written into the elements of a page, made the same objects as JSON-LD. Pure.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

use super::about::of_others;
use super::schema::Block;
use super::schema::field::{TEXT, local};
use crate::shops::html::{Element, Page};

/// Properties of one page that are read; `itemref` could otherwise name the same ones over and over.
const PROPERTIES: usize = 20_000;
/// Characters of one value.
const LONGEST: usize = 2_000;
/// Things of one page that are looked at.
const THINGS: usize = 2_000;
/// Things within one another.
const DEPTH: usize = 20;

/// Which attributes say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Syntax {
    Microdata,
    Rdfa,
}

impl Syntax {
    fn is_thing(self, element: &Element<'_>) -> bool {
        match self {
            Self::Microdata => element.has("itemscope"),
            Self::Rdfa => element.has("typeof"),
        }
    }

    fn kind<'e>(self, element: &'e Element<'_>) -> &'e str {
        element.get(if self == Self::Microdata { "itemtype" } else { "typeof" }).unwrap_or_default()
    }

    fn property<'e>(self, element: &'e Element<'_>) -> Option<&'e str> {
        let name = element.get(if self == Self::Microdata { "itemprop" } else { "property" })?;
        // Tags of OpenGraph are no properties of things.
        let is_tag = self == Self::Rdfa && name.contains("og:");
        Some(name).filter(|name| !is_tag && !name.trim().is_empty())
    }

    fn id<'e>(self, element: &'e Element<'_>) -> Option<&'e str> {
        element.get(if self == Self::Microdata { "itemid" } else { "resource" })
    }
}

/// The things of a page that are no part of others, and that do not stand among other products.
pub(super) fn blocks(page: &Page<'_>, syntax: Syntax) -> Vec<Block> {
    let mut reading = Reading { page, syntax, left: PROPERTIES, by_id: HashMap::new() };
    if syntax == Syntax::Microdata {
        for (at, element) in page.elements() {
            if let Some(id) = element.get("id") {
                reading.by_id.entry(id).or_insert(at);
            }
        }
    }
    let mut blocks = Vec::new();
    for (at, element) in page.elements().filter(|(_, element)| syntax.is_thing(element)).take(THINGS) {
        let is_part = syntax.property(element).is_some() && page.around(at).any(|around| syntax.is_thing(around));
        if is_part || of_others(page, at) {
            continue;
        }
        let value = reading.thing(at, element, DEPTH, &mut HashSet::new());
        let name = if syntax == Syntax::Microdata { "itemscope" } else { "typeof" };
        blocks.push(Block { at: format!("{name}[{}]", blocks.len()), value });
    }
    blocks
}

struct Reading<'p> {
    page: &'p Page<'p>,
    syntax: Syntax,
    left: usize,
    by_id: HashMap<&'p str, usize>,
}

impl<'p> Reading<'p> {
    fn thing(&mut self, at: usize, element: &'p Element<'p>, depth: usize, within: &mut HashSet<usize>) -> Value {
        let kinds: Vec<&str> = self.syntax.kind(element).split_whitespace().map(local).collect();
        let mut thing = Map::new();
        thing.insert("@type".to_owned(), json!(kinds));
        if let Some(id) = self.syntax.id(element) {
            thing.insert("@id".to_owned(), json!(id.trim()));
        }
        if depth == 0 || !within.insert(at) {
            return Value::Object(thing);
        }
        self.properties(at, depth, within, &mut thing);
        if self.syntax == Syntax::Microdata {
            for id in element.get("itemref").unwrap_or_default().split_whitespace().take(DEPTH) {
                let Some(other) = self.by_id.get(id).copied().filter(|other| !within.contains(other)) else { continue };
                let Some(element) = self.page.element(other) else { continue };
                let inner = self.property(other, element, depth, within, &mut thing);
                if !inner {
                    self.properties(other, depth, within, &mut thing);
                }
            }
        }
        within.remove(&at);
        Value::Object(thing)
    }

    /// The properties of a thing that stand inside an element.
    fn properties(&mut self, at: usize, depth: usize, within: &mut HashSet<usize>, thing: &mut Map<String, Value>) {
        let page = self.page;
        let mut behind = at;
        for (inner, element) in page.inside(at) {
            if inner < behind {
                continue;
            }
            // Whatever stands in another thing is its own.
            if self.property(inner, element, depth, within, thing) || self.syntax.is_thing(element) {
                behind = page.end(inner);
            }
        }
    }

    /// Takes an element that is a property. Says whether it is a thing itself.
    fn property(
        &mut self,
        at: usize,
        element: &'p Element<'p>,
        depth: usize,
        within: &mut HashSet<usize>,
        thing: &mut Map<String, Value>,
    ) -> bool {
        let Some(names) = self.syntax.property(element).filter(|_| self.left > 0) else { return false };
        self.left -= 1;
        let is_thing = self.syntax.is_thing(element);
        let value =
            if is_thing { self.thing(at, element, depth - 1, within) } else { self.value(at, element, local(names)) };
        for name in names.split_whitespace().map(local) {
            match thing.get_mut(name) {
                None => drop(thing.insert(name.to_owned(), value.clone())),
                Some(Value::Array(values)) => values.push(value.clone()),
                Some(first) => *first = json!([first.take(), value.clone()]),
            }
        }
        is_thing
    }

    /// What an element says: what stands in its attributes, before the words that people see.
    fn value(&self, at: usize, element: &Element<'_>, name: &str) -> Value {
        if let Some(content) = element.get("content") {
            return json!(content.trim());
        }
        let attribute = match element.name.as_ref() {
            // A linked name is a name.
            "a" if name == "name" => None,
            "img" | "source" | "video" | "iframe" => element.get("src"),
            "data" | "meter" | "input" => element.get("value"),
            "time" => element.get("datetime"),
            _ => element.get("href").or_else(|| element.get("resource")),
        };
        match attribute {
            Some(value) => json!(value.trim()),
            None => json!({ TEXT: self.page.words(at, LONGEST) }),
        }
    }
}
