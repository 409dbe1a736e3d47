//! `parse_mode=HTML`, parsed as strictly as Telegram does; and texts that come with their entities.

use serde_json::{Value, json};

/// A text after parsing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Parsed {
    /// Without markup: what counts for the length.
    pub(super) text: String,
    /// As people see it: `*bold*`, `_italic_`, `~struck~`.
    pub(super) shown: String,
    /// Its markup, as the API words it.
    pub(super) entities: Vec<Value>,
}

/// What the API calls the markup that is shown.
const KINDS: &[(&str, &str)] = &[("bold", "*"), ("italic", "_"), ("strikethrough", "~"), ("code", "`")];

const TAGS: &[(&str, &str)] = &[
    ("b", "*"),
    ("strong", "*"),
    ("i", "_"),
    ("em", "_"),
    ("s", "~"),
    ("u", ""),
    ("code", "`"),
    ("pre", "`"),
    ("a", ""),
    ("blockquote", ""),
];

/// No markup in it.
pub(super) fn plain(text: &str) -> Parsed {
    marked(text, &[])
}

/// With these entities.
pub(super) fn marked(text: &str, entities: &[Value]) -> Parsed {
    let number = |value: &Value| value.as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or_default();
    let (mut shown, mut at) = (String::new(), 0);
    for c in text.chars().map(Some).chain([None]) {
        for entity in entities {
            let (start, length) = (number(&entity["offset"]), number(&entity["length"]));
            if at == start || at == start + length {
                let kind = KINDS.iter().find(|(kind, _)| entity["type"] == *kind);
                shown.push_str(kind.map_or("", |(_, mark)| mark));
            }
        }
        shown.extend(c);
        at += c.map_or(0, char::len_utf16);
    }
    Parsed { text: text.to_owned(), shown, entities: entities.to_vec() }
}

/// The text, or what is wrong with it in Telegram's words.
pub(super) fn parse(html: &str) -> Result<Parsed, String> {
    let mut parsed = Parsed::default();
    let mut open: Vec<(&str, usize)> = Vec::new();
    let mut rest = html;
    while let Some(c) = rest.chars().next() {
        let at = html.len() - rest.len();
        match c {
            '<' => {
                let end = rest.find('>').ok_or_else(|| broken("unclosed start tag", at))?;
                tag(&rest[1..end], at, &mut open, &mut parsed)?;
                rest = &rest[end + 1..];
            }
            '&' => {
                let (meant, length) = entity(rest);
                parsed.push(meant);
                rest = &rest[length..];
            }
            c => {
                parsed.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    match open.last() {
        Some((tag, _)) => Err(broken(&format!("can't find end tag corresponding to start tag \"{tag}\""), html.len())),
        None => Ok(parsed),
    }
}

impl Parsed {
    fn push(&mut self, c: char) {
        self.text.push(c);
        self.shown.push(c);
    }

    /// As Telegram counts.
    pub(super) fn length(&self) -> usize {
        self.text.encode_utf16().count()
    }
}

fn broken(what: &str, at: usize) -> String {
    format!("Bad Request: can't parse entities: {what} at byte offset {at}")
}

fn tag<'h>(inside: &'h str, at: usize, open: &mut Vec<(&'h str, usize)>, parsed: &mut Parsed) -> Result<(), String> {
    if let Some(name) = inside.strip_prefix('/') {
        let Some((_, start)) = open.pop().filter(|(opened, _)| *opened == name.trim()) else {
            return Err(broken(&format!("unexpected end tag \"{name}\""), at));
        };
        let mark = mark(name.trim()).unwrap_or_default();
        parsed.shown.push_str(mark);
        if let Some((kind, _)) = KINDS.iter().find(|(_, shown)| *shown == mark) {
            let length = parsed.length() - start;
            parsed.entities.push(json!({"type": kind, "offset": start, "length": length}));
        }
        return Ok(());
    }
    let name = inside.split_whitespace().next().unwrap_or_default();
    let mark = mark(name).ok_or_else(|| broken(&format!("unsupported start tag \"{name}\""), at))?;
    parsed.shown.push_str(mark);
    open.push((name, parsed.length()));
    Ok(())
}

fn mark(name: &str) -> Option<&'static str> {
    TAGS.iter().find(|(tag, _)| *tag == name).map(|(_, mark)| *mark)
}

/// The four named ones, as Telegram has them; any other & is only that.
fn entity(rest: &str) -> (char, usize) {
    [("&lt;", '<'), ("&gt;", '>'), ("&amp;", '&'), ("&quot;", '"')]
        .into_iter()
        .find(|(written, _)| rest.starts_with(written))
        .map_or(('&', 1), |(written, meant)| (meant, written.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_broken_is_refused_and_what_is_not_is_shown() {
        assert_eq!(
            parse("<b>M &lt;3</b> &amp; <s>L</s>").map(|p| (p.text, p.shown)),
            Ok(("M <3 & L".to_owned(), "*M <3* & ~L~".to_owned()))
        );
        for broken in ["<b>M", "<b>M</s>", "</b>", "<Jacket>", "a < b"] {
            let error = parse(broken).expect_err(broken);
            assert!(error.starts_with("Bad Request: can't parse entities"), "{error}");
        }
    }
}
