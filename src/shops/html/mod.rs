//! A web page as a flat list of elements and words, each after its parent. Built in one walk, with bounds on how many and
//! how deep: no page takes more than its length allows, as the full tree construction of browsers may.

mod entities;
mod tokens;

use std::borrow::Cow;

pub(crate) use entities::decoded;
use tokens::{RAW, Token, Tokens};

/// Elements and texts of a page; a long product page has some 10,000.
const NODES: usize = 150_000;
/// Elements within one another; what is deeper stands beside its ancestors.
const DEPTH: usize = 200;
/// Tags and texts, which may be many more than elements: end tags that end nothing take time, too.
const TOKENS: usize = 4 * NODES;

/// A page that is too large to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the web page has more than {NODES} elements; it is not read")]
pub(crate) struct TooLarge;

/// A page.
#[derive(Debug)]
pub(crate) struct Page<'a> {
    nodes: Vec<Node<'a>>,
}

/// An element, or words.
#[derive(Debug)]
struct Node<'a> {
    /// `None` at the top.
    parent: Option<usize>,
    /// Behind the last node within it.
    end: usize,
    what: What<'a>,
}

#[derive(Debug)]
enum What<'a> {
    Element(Element<'a>),
    Text(Cow<'a, str>),
}

/// A tag and what stands in it.
#[derive(Debug)]
pub(crate) struct Element<'a> {
    /// In lower case.
    pub(crate) name: Cow<'a, str>,
    attributes: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

impl Element<'_> {
    /// An attribute's value; empty where it only stands there.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_ref())
    }

    /// Does it have this attribute?
    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Every attribute, by name and value.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.attributes.iter().map(|(name, value)| (name.as_ref(), value.as_ref()))
    }
}

impl<'a> Page<'a> {
    /// Reads a page.
    ///
    /// # Errors
    /// When it is too large.
    pub(crate) fn parse(html: &'a str) -> Result<Self, TooLarge> {
        let mut building = Building { nodes: Vec::new(), open: Vec::new() };
        for (count, token) in Tokens::new(html).enumerate() {
            building.take(token);
            if building.nodes.len() > NODES || count > TOKENS {
                return Err(TooLarge);
            }
        }
        building.close_to(0);
        Ok(Self { nodes: building.nodes })
    }

    /// Every element with its place, in the order of the page.
    pub(crate) fn elements(&self) -> impl Iterator<Item = (usize, &Element<'a>)> {
        self.within(0..self.nodes.len())
    }

    /// The elements inside one.
    pub(crate) fn inside(&self, at: usize) -> impl Iterator<Item = (usize, &Element<'a>)> {
        self.within(at + 1..self.end(at))
    }

    fn within(&self, range: std::ops::Range<usize>) -> impl Iterator<Item = (usize, &Element<'a>)> {
        self.nodes[range.clone()].iter().zip(range).filter_map(|(node, at)| match &node.what {
            What::Element(element) => Some((at, element)),
            What::Text(_) => None,
        })
    }

    /// The element at a place.
    pub(crate) fn element(&self, at: usize) -> Option<&Element<'a>> {
        match &self.nodes.get(at)?.what {
            What::Element(element) => Some(element),
            What::Text(_) => None,
        }
    }

    /// Behind the last node of an element.
    pub(crate) fn end(&self, at: usize) -> usize {
        self.nodes.get(at).map_or(at, |node| node.end)
    }

    /// The elements around one, the nearest first.
    pub(crate) fn around(&self, at: usize) -> impl Iterator<Item = &Element<'a>> {
        let parent = move |at: &usize| self.nodes.get(*at).and_then(|node| node.parent);
        std::iter::successors(parent(&at), parent).filter_map(|at| self.element(at))
    }

    /// Every text with its place.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (usize, &str)> {
        self.nodes.iter().enumerate().filter_map(|(at, node)| match &node.what {
            What::Text(text) => Some((at, text.as_ref())),
            What::Element(_) => None,
        })
    }

    /// The words inside an element, as they stand.
    pub(crate) fn raw_text(&self, at: usize) -> Cow<'_, str> {
        let mut texts = self.nodes[at + 1..self.end(at).max(at + 1)].iter().filter_map(|node| match &node.what {
            What::Text(text) => Some(text.as_ref()),
            What::Element(_) => None,
        });
        let Some(first) = texts.next() else { return Cow::Borrowed("") };
        texts.fold(Cow::Borrowed(first), |all, next| all + next)
    }

    /// The words inside an element as people see them, at most so many bytes of them.
    pub(crate) fn words(&self, at: usize, most: usize) -> String {
        let mut words = String::new();
        let mut node = at + 1;
        while node < self.end(at) && words.len() < most {
            match &self.nodes[node].what {
                What::Text(text) => {
                    words.push_str(text);
                    words.push(' ');
                }
                What::Element(element) if is_unseen(&element.name) => node = self.end(node).max(node + 1) - 1,
                What::Element(_) => {}
            }
            node += 1;
        }
        squeeze(&words)
    }
}

/// Words with single blanks.
pub(crate) fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Is what stands in it no text of the page?
pub(crate) fn is_unseen(name: &str) -> bool {
    matches!(name, "script" | "style" | "noscript" | "template")
}

struct Building<'a> {
    nodes: Vec<Node<'a>>,
    open: Vec<usize>,
}

impl<'a> Building<'a> {
    fn take(&mut self, token: Token<'a>) {
        match token {
            Token::Text(text) => self.text(text),
            Token::Start { name, attributes } => self.start(name, attributes),
            Token::End(name) => self.end(&name),
        }
    }

    fn name(&self, open: usize) -> &str {
        match &self.nodes[self.open[open]].what {
            What::Element(element) => &element.name,
            What::Text(_) => "",
        }
    }

    fn push(&mut self, what: What<'a>) {
        let at = self.nodes.len();
        self.nodes.push(Node { parent: self.open.last().copied(), end: at + 1, what });
    }

    fn text(&mut self, text: &'a str) {
        let is_raw = !self.open.is_empty() && matches!(self.name(self.open.len() - 1), "script" | "style");
        if is_raw {
            self.push(What::Text(Cow::Borrowed(text)));
        } else if !text.trim().is_empty() {
            self.push(What::Text(decoded(text)));
        }
    }

    fn start(&mut self, name: Cow<'a, str>, attributes: Vec<(Cow<'a, str>, &'a str)>) {
        self.close_implied(&name);
        let is_void = is_void(&name);
        let is_raw = RAW.contains(&name.as_ref());
        let attributes = attributes.into_iter().map(|(name, value)| (name, decoded(value))).collect();
        self.push(What::Element(Element { name, attributes }));
        if !is_void && (self.open.len() < DEPTH || is_raw) {
            self.open.push(self.nodes.len() - 1);
        }
    }

    /// Closes the nearest element of that name, and what stands open inside it; never across a cell or a template.
    fn end(&mut self, name: &str) {
        for open in (0..self.open.len()).rev() {
            let known = self.name(open);
            if known == name {
                return self.close_to(open);
            }
            if matches!(known, "td" | "th" | "template")
                && !matches!(name, "tr" | "tbody" | "thead" | "tfoot" | "table")
            {
                return;
            }
        }
    }

    fn close_to(&mut self, open: usize) {
        let end = self.nodes.len();
        for at in self.open.drain(open..) {
            self.nodes[at].end = end;
        }
    }

    /// Elements that end where another of their kind begins, without an end tag.
    fn close_implied(&mut self, name: &str) {
        let (ended, within): (&[&str], &[&str]) = match name {
            "li" => (&["li"], &["ul", "ol", "menu"]),
            "option" | "optgroup" => (&["option"], &["select", "datalist"]),
            "dt" | "dd" => (&["dt", "dd"], &["dl"]),
            "td" | "th" => (&["td", "th"], &["tr", "table"]),
            "tr" => (&["tr"], &["table", "tbody", "thead", "tfoot"]),
            "body" => (&["head"], &[]),
            _ if is_block(name) => (&["p"], &["button", "td", "th", "div", "li", "section", "article", "form"]),
            _ => return,
        };
        for open in (0..self.open.len()).rev() {
            let known = self.name(open);
            if ended.contains(&known) {
                return self.close_to(open);
            }
            if within.contains(&known) {
                return;
            }
        }
    }
}

fn is_void(name: &str) -> bool {
    matches!(
        name,
        "area"
            | "base"
            | "br"
            | "col"
            | "embed"
            | "hr"
            | "img"
            | "input"
            | "link"
            | "meta"
            | "param"
            | "source"
            | "track"
            | "wbr"
    )
}

/// Does its beginning end a paragraph?
fn is_block(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "div"
            | "dl"
            | "fieldset"
            | "footer"
            | "form"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "header"
            | "hr"
            | "main"
            | "nav"
            | "ol"
            | "p"
            | "pre"
            | "section"
            | "table"
            | "ul"
    )
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
