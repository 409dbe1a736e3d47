//! JSON as shops write it by hand into their pages: wrapped, commented, with commas too many and quotes too few. Pure.

use std::iter::Peekable;
use std::str::Chars;

use serde_json::Value;

use crate::shops::bounds;
use crate::shops::html::decoded;

/// The JSON of a block, mended where it is broken in a usual way. Several values one after another become a list.
pub(super) fn json(block: &str) -> Option<Value> {
    let block = block.trim_start_matches('\u{FEFF}').trim();
    bounds::tree_cost(block).ok()?;
    if let Ok(value) = serde_json::from_str(block) {
        return Some(value);
    }
    // Escaped as if it stood in an attribute.
    let is_escaped = block.contains("&quot;") && !block.contains('"');
    let text = if is_escaped { decoded(block) } else { block.into() };
    let text = text.replace("<![CDATA[", "").replace("]]>", "");
    let mut values: Vec<Value> =
        mended(&text).iter().map(|text| serde_json::from_str(text)).collect::<Result<_, _>>().ok()?;
    match values.len() {
        0 => None,
        1 => values.pop(),
        _ => Some(Value::Array(values)),
    }
}

/// The values of a text, each written as it is due.
fn mended(text: &str) -> Vec<String> {
    let mut mending = Mending { values: Vec::new(), value: String::new(), depth: 0 };
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        mending.take(letter, &mut letters);
    }
    mending.values
}

struct Mending {
    values: Vec<String>,
    value: String,
    depth: usize,
}

impl Mending {
    fn take(&mut self, letter: char, letters: &mut Peekable<Chars<'_>>) {
        match letter {
            '/' => skip_comment(letters),
            '{' | '[' => {
                self.depth += 1;
                self.value.push(letter);
            }
            // What stands around the values: CDATA, HTML comments, a semicolon, a name that is assigned to.
            _ if self.depth == 0 => {}
            '}' | ']' => {
                let kept = self.value.trim_end().trim_end_matches(',').len();
                self.value.truncate(kept);
                self.value.push(letter);
                self.depth -= 1;
                if self.depth == 0 {
                    self.values.push(std::mem::take(&mut self.value));
                }
            }
            '"' => self.string(letters),
            _ if letter.is_whitespace() || letter == '\u{FEFF}' => self.value.push(' '),
            _ => self.value.push(letter),
        }
    }

    /// A text up to the quote that ends it: one behind which a sign of the outer text stands.
    fn string(&mut self, letters: &mut Peekable<Chars<'_>>) {
        self.value.push('"');
        while let Some(letter) = letters.next() {
            match letter {
                '"' if ends_here(letters) => break,
                '"' => self.value.push_str("\\\""),
                '\\' => match letters.next() {
                    Some(c @ ('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' | 'u')) => self.value.extend(['\\', c]),
                    Some(c) if !c.is_control() => self.value.push(c),
                    _ => self.value.push(' '),
                },
                '\n' => self.value.push_str("\\n"),
                c if c.is_control() => self.value.push(' '),
                c => self.value.push(c),
            }
        }
        self.value.push('"');
    }
}

fn ends_here(letters: &Peekable<Chars<'_>>) -> bool {
    let next = letters.clone().find(|c| !c.is_whitespace());
    next.is_none_or(|c| matches!(c, ',' | ':' | '}' | ']' | '/'))
}

/// Behind a `/`: the rest of a comment.
fn skip_comment(letters: &mut Peekable<Chars<'_>>) {
    match letters.next() {
        Some('/') => {
            // The line may hold the end of a CDATA section, and nothing that counts.
            letters.by_ref().find(|c| *c == '\n');
        }
        Some('*') => {
            let mut before = ' ';
            for letter in letters.by_ref() {
                if before == '*' && letter == '/' {
                    return;
                }
                before = letter;
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(block: &str) -> String {
        json(block).map_or_else(|| "nothing".to_owned(), |value| value.to_string())
    }

    #[test]
    fn blocks_that_are_broken_in_usual_ways_are_read() {
        for (block, value) in [
            (r#"{"a":1};"#, r#"{"a":1}"#),
            ("<!-- {\"a\":[1,2,],} -->", r#"{"a":[1,2]}"#),
            ("//<![CDATA[\n{\"a\":1}\n//]]>", r#"{"a":1}"#),
            ("/*<![CDATA[*/ {\"a\":1} /*]]>*/", r#"{"a":1}"#),
            ("<![CDATA[{\"a\":1}]]>", r#"{"a":1}"#),
            ("{&quot;a&quot;:&quot;x &amp;amp; y&quot;}", r#"{"a":"x &amp; y"}"#),
            ("{\"a\":\"two\nlines\tand a tab\"}", r#"{"a":"two\nlines and a tab"}"#),
            ("{\"a\":1, // one\n /* and { */ \"b\":\"http://x/\",}", r#"{"a":1,"b":"http://x/"}"#),
            (r#"{"a":"a 12" screen","b":"it\'s"}"#, r#"{"a":"a 12\" screen","b":"it's"}"#),
            (r#"{"a":1}{"b":2}"#, r#"[{"a":1},{"b":2}]"#),
            ("{\u{a0}\"a\":1}", r#"{"a":1}"#),
            (r#"{"a":[1,2"#, "nothing"),
            ("just words", "nothing"),
            (r#"{"a":NaN}"#, "nothing"),
        ] {
            assert_eq!(read(block), value, "{block}");
        }
    }

    proptest! {
        #[test]
        fn no_block_panics(block in "[{}\\[\\],:\"'/*\\\\a1 \n&;<!\\-]{0,60}") {
            let _ = json(&block);
        }

        #[test]
        fn what_is_whole_is_left_alone(text in "[a-z\"\\\\/é\n]{0,20}") {
            let value = serde_json::json!({"a": [text]});
            prop_assert_eq!(json(&format!("{value};")), Some(value));
        }
    }
}
