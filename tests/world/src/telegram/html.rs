//! `parse_mode=HTML`, parsed as strictly as Telegram does.

/// A text after parsing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Parsed {
    /// Without markup: what counts for the length.
    pub(super) text: String,
    /// As people see it: `*bold*`, `_italic_`, `~struck~`.
    pub(super) shown: String,
}

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
    Parsed { text: text.to_owned(), shown: text.to_owned() }
}

/// The text, or what is wrong with it in Telegram's words.
pub(super) fn parse(html: &str) -> Result<Parsed, String> {
    let mut parsed = Parsed::default();
    let mut open: Vec<&str> = Vec::new();
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
        Some(tag) => Err(broken(&format!("can't find end tag corresponding to start tag \"{tag}\""), html.len())),
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

fn tag<'h>(inside: &'h str, at: usize, open: &mut Vec<&'h str>, parsed: &mut Parsed) -> Result<(), String> {
    if let Some(name) = inside.strip_prefix('/') {
        if open.pop() != Some(name.trim()) {
            return Err(broken(&format!("unexpected end tag \"{name}\""), at));
        }
        parsed.shown.push_str(mark(name.trim()).unwrap_or_default());
        return Ok(());
    }
    let name = inside.split_whitespace().next().unwrap_or_default();
    let mark = mark(name).ok_or_else(|| broken(&format!("unsupported start tag \"{name}\""), at))?;
    parsed.shown.push_str(mark);
    open.push(name);
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
