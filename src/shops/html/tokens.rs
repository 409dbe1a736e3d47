//! Cuts a web page into tags and text, in one walk: no page takes longer than its length.
//!
//! It follows the tokenizer of the HTML standard as far as shops need it: comments, raw text, quoted and bare attributes.

use std::borrow::Cow;

/// A piece of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// Words as they stand, with their character references.
    Text(&'a str),
    /// `<name …>`.
    Start { name: Cow<'a, str>, attributes: Vec<(Cow<'a, str>, &'a str)> },
    /// `</name>`.
    End(Cow<'a, str>),
}

/// Attributes of one tag that are kept: looking for doubles takes the square of them.
const ATTRIBUTES: usize = 64;

/// Elements whose content is text, whatever it looks like.
pub(super) const RAW: [&str; 8] = ["script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"];

/// Walks over a page.
pub(super) struct Tokens<'a> {
    page: &'a str,
    at: usize,
    /// The element whose raw text comes next.
    raw: Option<Cow<'a, str>>,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(page: &'a str) -> Self {
        Self { page, at: 0, raw: None }
    }

    fn rest(&self) -> &'a str {
        &self.page[self.at..]
    }

    /// Takes so many bytes of what is left.
    fn take(&mut self, length: usize) -> &'a str {
        let taken = &self.rest()[..length];
        self.at += length;
        taken
    }

    /// Goes behind the next `mark`, or to the end.
    fn skip_behind(&mut self, mark: &str) {
        let rest = self.rest();
        self.at += rest.find(mark).map_or(rest.len(), |found| found + mark.len());
    }

    /// Everything up to the end tag of a raw element.
    fn raw_text(&mut self, name: &str) -> &'a str {
        let rest = self.rest();
        let mut from = 0;
        while let Some(found) = rest[from..].find("</") {
            let at = from + found;
            let behind = rest.as_bytes().get(at + 2..at + 2 + name.len());
            let ends =
                rest.as_bytes().get(at + 2 + name.len()).is_none_or(|b| b.is_ascii_whitespace() || b"/>".contains(b));
            if ends && behind.is_some_and(|behind| behind.eq_ignore_ascii_case(name.as_bytes())) {
                return self.take(at);
            }
            from = at + 2;
        }
        self.take(rest.len())
    }

    /// A tag, a comment or what only looks like one.
    fn markup(&mut self) -> Option<Token<'a>> {
        let rest = self.rest();
        let bytes = rest.as_bytes();
        match (bytes.get(1), bytes.get(2)) {
            (Some(b'!'), _) if rest.starts_with("<!--") => {
                self.at += 4;
                if !self.rest().starts_with('>') && !self.rest().starts_with("->") {
                    self.skip_behind("-->");
                } else {
                    self.skip_behind(">");
                }
                None
            }
            (Some(b'/'), Some(b)) if b.is_ascii_alphabetic() => {
                self.at += 2;
                let name = lower(self.name());
                self.attributes().map(|_| Token::End(name))
            }
            (Some(b), _) if b.is_ascii_alphabetic() => {
                self.at += 1;
                let name = lower(self.name());
                let attributes = self.attributes()?;
                self.raw = RAW.contains(&name.as_ref()).then(|| name.clone());
                Some(Token::Start { name, attributes })
            }
            (Some(b'!' | b'?' | b'/'), _) => {
                self.skip_behind(">");
                None
            }
            _ => Some(Token::Text(self.take(1))),
        }
    }

    fn name(&mut self) -> &'a str {
        let rest = self.rest();
        self.take(rest.find(|c: char| c.is_ascii_whitespace() || c == '/' || c == '>').unwrap_or(rest.len()))
    }

    /// The attributes up to the end of the tag. A tag without an end is none, and takes all that is left.
    fn attributes(&mut self) -> Option<Vec<(Cow<'a, str>, &'a str)>> {
        let mut all: Vec<(Cow<'a, str>, &'a str)> = Vec::new();
        loop {
            let rest = self.rest();
            self.at += rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/').len();
            let rest = self.rest();
            if rest.starts_with('>') {
                self.at += 1;
                return Some(all);
            }
            match self.attribute().filter(|_| !rest.is_empty()) {
                None => {
                    self.at = self.page.len();
                    return None;
                }
                Some((name, value)) => {
                    if all.len() < ATTRIBUTES && !all.iter().any(|(known, _)| *known == name) {
                        all.push((name, value));
                    }
                }
            }
        }
    }

    fn attribute(&mut self) -> Option<(Cow<'a, str>, &'a str)> {
        let rest = self.rest();
        // A sign at the very beginning is part of the name.
        let ends = |(at, c): (usize, char)| {
            (c.is_ascii_whitespace() || c == '/' || c == '>' || (c == '=' && at > 0)).then_some(at)
        };
        let name = lower(self.take(rest.char_indices().find_map(ends).unwrap_or(rest.len())));
        let rest = self.rest();
        let Some(behind) = rest.trim_ascii_start().strip_prefix('=') else { return Some((name, "")) };
        let behind = behind.trim_ascii_start();
        self.at = self.page.len() - behind.len();
        let value = match behind.as_bytes().first()? {
            quote @ (b'"' | b'\'') => {
                self.at += 1;
                let length = self.rest().find(char::from(*quote))?;
                let value = self.take(length);
                self.at += 1;
                value
            }
            _ => self.take(behind.find(|c: char| c.is_ascii_whitespace() || c == '>').unwrap_or(behind.len())),
        };
        Some((name, value))
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        if let Some(name) = self.raw.take() {
            let text = self.raw_text(&name);
            if !text.is_empty() {
                return Some(Token::Text(text));
            }
        }
        while self.at < self.page.len() {
            let rest = self.rest();
            match rest.find('<') {
                Some(0) => {
                    if let Some(token) = self.markup() {
                        return Some(token);
                    }
                }
                found => return Some(Token::Text(self.take(found.unwrap_or(rest.len())))),
            }
        }
        None
    }
}

fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(page: &str) -> String {
        let shown = |token: Token<'_>| match token {
            Token::Text(text) => format!("{text:?}"),
            Token::Start { name, attributes } => {
                let attributes: String = attributes.iter().map(|(name, value)| format!(" {name}={value:?}")).collect();
                format!("<{name}{attributes}>")
            }
            Token::End(name) => format!("</{name}>"),
        };
        Tokens::new(page).map(shown).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn tags_attributes_and_text_are_told_apart() {
        for (page, tokens) in [
            ("<P Class=a id='b c' x>y</P>", r#"<p class="a" id="b c" x=""> "y" </p>"#),
            ("a < b <!-- <b> --> c<!>d<?x?>e</ >f", r#""a " "<" " b " " c" "d" "e" "f""#),
            ("<script>if (a</b/) '</scripty>'</SCRIPT >x", r#"<script> "if (a</b/) '</scripty>'" </script> "x""#),
            ("<a b=1 b=2 c = \"3\"/>", r#"<a b="1" c="3">"#),
            ("<br/><img src=a/b.png>", r#"<br> <img src="a/b.png">"#),
            ("x<a b=\"never closed", r#""x""#),
            ("<!---->y<!-->z", r#""y" "z""#),
        ] {
            assert_eq!(shown(page), tokens, "{page}");
        }
    }
}
