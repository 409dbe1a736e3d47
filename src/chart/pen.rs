//! Writes SVG: a few shapes, and texts with everything escaped.

use std::fmt::Write as _;

use super::letters::{FAMILY, Weight};

/// Where a text is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
}

/// How a text looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Type {
    pub(super) size: f32,
    pub(super) weight: Weight,
    pub(super) fill: &'static str,
    pub(super) anchor: Anchor,
}

/// Elements, one after the other.
#[derive(Debug, Default)]
pub(super) struct Pen(String);

impl Pen {
    pub(super) fn text(&mut self, x: f32, y: f32, how: Type, text: &str) {
        let anchor = if how.anchor == Anchor::Middle { " text-anchor=\"middle\"" } else { "" };
        let weight = if how.weight == Weight::Bold { " font-weight=\"600\"" } else { "" };
        let (x, y) = (Short(x), Short(y));
        self.line(&format!(
            "<text x=\"{x}\" y=\"{y}\" font-size=\"{}\"{weight}{anchor} fill=\"{}\">{}</text>",
            Short(how.size),
            how.fill,
            escaped(text)
        ));
    }

    pub(super) fn rect(&mut self, [x, y, width, height]: [f32; 4], paint: &str) {
        let (x, y, width, height) = (Short(x), Short(y), Short(width), Short(height));
        self.line(&format!("<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" {paint}/>"));
    }

    /// Nothing, if there is nothing to draw.
    pub(super) fn path(&mut self, data: &str, paint: &str) {
        if !data.is_empty() {
            self.line(&format!("<path d=\"{data}\" {paint}/>"));
        }
    }

    /// What another has drawn, above what is here.
    pub(super) fn append(&mut self, above: Self) {
        self.0.push_str(&above.0);
    }

    fn line(&mut self, element: &str) {
        self.0.push_str(element);
        self.0.push('\n');
    }

    /// The whole document, with a title and a description for those who hear it.
    pub(super) fn finish(self, (width, height): (f32, f32), defs: &str, title: &str, description: &str) -> String {
        let (width, height) = (Short(width), Short(height));
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
             role=\"img\" font-family=\"{FAMILY}, system-ui, sans-serif\">\n<title>{}</title>\n<desc>{}</desc>\n{defs}\n{}</svg>\n",
            escaped(title),
            escaped(description),
            self.0
        )
    }
}

/// A rectangle as a piece of a path.
pub(super) fn block([x, y, width, height]: [f32; 4]) -> String {
    let (x, y, width, height) = (Short(x), Short(y), Short(width), Short(height));
    format!("M{x} {y}h{width}v{height}h-{width}z")
}

/// A number with two digits after the point at most, and none where it is whole.
pub(super) struct Short(pub(super) f32);

impl std::fmt::Display for Short {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = format!("{:.2}", self.0);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// Text as XML: what marks up is named, what XML cannot hold is gone.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' | '\'' => {
                // Writing into a string cannot fail.
                let _ = write!(escaped, "&#{};", u32::from(c));
            }
            c if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}
