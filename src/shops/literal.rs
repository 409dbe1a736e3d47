//! Values as JavaScript writes them: names without quotes, single quotes, `!0`, `void 0`, and names that stand for values
//! that are given. It never runs anything; what is more than a value is no value. Pure.

use std::collections::HashMap;

use serde_json::{Map, Number, Value};

/// Lists and objects within one another.
const DEPTH: usize = 100;
/// Values of one literal, those that names stand for included.
const VALUES: usize = 200_000;

/// Names and the values they stand for. `None`: names may stand for anything, and become null.
pub(super) type Names<'a> = Option<&'a HashMap<String, Value>>;

/// The value at the beginning of `code`, and how many bytes it takes.
pub(super) fn value(code: &str, names: Names<'_>) -> Option<(Value, usize)> {
    let mut reading = Reading { code, at: 0, names, left: VALUES };
    let value = reading.value(DEPTH)?;
    Some((value, reading.at))
}

/// `(function(a,b){return {…}}("x",1))`: what a script of Nuxt 2 assigns.
pub(super) fn called(code: &str) -> Option<Value> {
    let inner = code.strip_prefix("(function(").or_else(|| code.strip_prefix("(function ("))?;
    let (parameters, body) = inner.split_once(')')?;
    let (_, body) = body.split_once("return")?;
    // Which values the names stand for comes behind the body, so it is read twice.
    let (_, length) = value(body, None)?;
    let behind = body[length..].trim_start_matches(|c: char| c.is_whitespace() || c == ';');
    let mut arguments = Reading { code: behind.strip_prefix('}')?.trim_start(), at: 0, names: None, left: VALUES };
    arguments.code = arguments.code.strip_prefix(')').unwrap_or(arguments.code).trim_start();
    let given = arguments.items('(', ')', DEPTH)?;
    let names: HashMap<String, Value> = parameters.split(',').map(|name| name.trim().to_owned()).zip(given).collect();
    value(body, Some(&names)).map(|(value, _)| value)
}

struct Reading<'a> {
    code: &'a str,
    at: usize,
    names: Names<'a>,
    left: usize,
}

impl<'a> Reading<'a> {
    fn rest(&self) -> &'a str {
        &self.code[self.at..]
    }

    /// The next letter that counts.
    fn next(&mut self) -> Option<char> {
        loop {
            let rest = self.rest();
            let skipped = rest.len() - rest.trim_start().len();
            self.at += skipped;
            let comment = match self.rest() {
                rest if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
                rest if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
                rest => return rest.chars().next(),
            };
            self.at += comment;
        }
    }

    fn takes(&mut self, letter: char) -> bool {
        let is_it = self.next() == Some(letter);
        self.at += if is_it { letter.len_utf8() } else { 0 };
        is_it
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        self.left = self.left.checked_sub(1)?;
        match self.next()? {
            _ if depth == 0 => None,
            '{' => self.object(depth - 1),
            '[' => self.items('[', ']', depth - 1).map(Value::Array),
            '"' | '\'' | '`' => self.text().map(Value::String),
            '!' => {
                self.at += 1;
                let number = self.number()?;
                Some(Value::Bool(number.as_f64() == Some(0.0)))
            }
            c if c.is_ascii_digit() || matches!(c, '-' | '+' | '.') => self.number(),
            _ => self.named(),
        }
    }

    fn object(&mut self, depth: usize) -> Option<Value> {
        self.takes('{');
        let mut fields = Map::new();
        while !self.takes('}') {
            let name = match self.next()? {
                '"' | '\'' => self.text()?,
                c if c.is_ascii_digit() => self.number()?.to_string(),
                _ => self.name()?.to_owned(),
            };
            if !self.takes(':') {
                return None;
            }
            let value = self.value(depth)?;
            fields.insert(name, value);
            if !self.takes(',') && self.next()? != '}' {
                return None;
            }
        }
        Some(Value::Object(fields))
    }

    fn items(&mut self, open: char, close: char, depth: usize) -> Option<Vec<Value>> {
        if !self.takes(open) {
            return None;
        }
        let mut items = Vec::new();
        while !self.takes(close) {
            items.push(self.value(depth)?);
            if !self.takes(',') && self.next()? != close {
                return None;
            }
        }
        Some(items)
    }

    fn text(&mut self) -> Option<String> {
        let mut letters = self.rest().char_indices();
        let (_, quote) = letters.next()?;
        let mut text = String::new();
        loop {
            match letters.next()? {
                (at, c) if c == quote => {
                    self.at += at + c.len_utf8();
                    return Some(text);
                }
                (_, '\\') => match letters.next()?.1 {
                    'n' => text.push('\n'),
                    't' => text.push('\t'),
                    'r' | '\n' => {}
                    'u' => text.push(code_point(&mut letters, 4)?),
                    'x' => text.push(code_point(&mut letters, 2)?),
                    c => text.push(c),
                },
                // What is put together while it runs is not known.
                (_, '$') if quote == '`' => return None,
                (_, c) => text.push(c),
            }
        }
    }

    fn number(&mut self) -> Option<Value> {
        self.next()?;
        let rest = self.rest();
        let end =
            rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+'))).unwrap_or(rest.len());
        let text = &rest[..end];
        self.at += end;
        if let Ok(number) = serde_json::from_str::<Number>(text) {
            return Some(Value::Number(number));
        }
        text.parse().ok().and_then(Number::from_f64).map(Value::Number)
    }

    fn name(&mut self) -> Option<&'a str> {
        self.next()?;
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$'))).unwrap_or(rest.len());
        self.at += end;
        Some(&rest[..end]).filter(|name| !name.is_empty())
    }

    /// What a name stands for.
    fn named(&mut self) -> Option<Value> {
        match self.name()? {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            "null" | "undefined" | "NaN" | "Infinity" => Some(Value::Null),
            "void" => self.number().map(|_| Value::Null),
            name => self.stands_for(name),
        }
    }

    fn stands_for(&mut self, name: &str) -> Option<Value> {
        // A call, a field of something or a calculation is no value.
        if self.next().is_some_and(|c| !matches!(c, ',' | '}' | ']' | ')')) {
            return None;
        }
        let Some(names) = self.names else { return Some(Value::Null) };
        let value = names.get(name)?;
        self.left = self.left.checked_sub(size(value))?;
        Some(value.clone())
    }
}

fn code_point(letters: &mut std::str::CharIndices<'_>, digits: usize) -> Option<char> {
    let code: String = letters.take(digits).map(|(_, letter)| letter).collect();
    let code = u32::from_str_radix(&code, 16).ok()?;
    // Half of a pair stands for a letter that stock is not told by.
    Some(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
}

fn size(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Object(fields) => 1 + fields.values().map(size).sum::<usize>(),
        Value::String(text) => 1 + text.len() / 64,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(code: &str) -> Option<Value> {
        value(code, Some(&HashMap::new())).map(|(value, _)| value)
    }

    #[test]
    fn values_are_read_as_javascript_writes_them() {
        assert_eq!(
            read(
                "{id: 1, 'size': 'it\\'s \\u0041', \"in\": !0, out: !1, none: void 0, p: .5, /* c */ l: [1, 2,], // d\n}"
            ),
            Some(json!({"id": 1, "size": "it's A", "in": true, "out": false, "none": null, "p": 0.5, "l": [1, 2]}))
        );
        assert_eq!(read("`plain`"), Some(json!("plain")));
    }

    #[test]
    fn what_must_be_run_is_no_value() {
        for code in [
            "{a: f(1)}",
            "{a: b}",
            "{a: 1 + 2}",
            "{a: function() {}}",
            "{a() {}}",
            "`${x}`",
            "{...a}",
            "{a: b.c}",
            "[1",
            "{a",
        ] {
            assert_eq!(read(code), None, "{code}");
        }
    }

    #[test]
    fn a_call_gives_its_names_their_values() {
        assert_eq!(
            called("(function(a,b,c){a.x=b;return {data:[{product:{id:a,in:b,out:c}}],state:{}}}(\"p1\",true,false));"),
            Some(json!({"data": [{"product": {"id": "p1", "in": true, "out": false}}], "state": {}}))
        );
        assert_eq!(called("(function(a){return {id:a}})(7)"), Some(json!({"id": 7})));
        assert_eq!(called("(function(a){return {id:b}}(7))"), None, "a name that nothing is known of");
        assert_eq!(called("(function(a){return a(7)}(7))"), None);
    }

    #[test]
    fn depth_and_size_have_bounds() {
        assert_eq!(read(&"[".repeat(10_000)), None);
        let twice = format!("(function(a){{return [{}]}}([{}]))", "a,".repeat(2_000), "1,".repeat(2_000));
        assert_eq!(called(&twice), None);
    }

    proptest! {
        #[test]
        fn no_code_panics(code in "(\\(function\\(a,b\\)\\{return )?[\\[{\"'`\\\\a-cu0-9:,}\\]()!é(;/*\n. ]{0,40}") {
            let _ = read(&code);
            let _ = called(&code);
        }

        #[test]
        fn json_is_read_as_json(value in proptest::collection::hash_map("[a-z]{1,4}", any::<i32>(), 0..5)) {
            let json = json!(value);
            prop_assert_eq!(read(&json.to_string()), Some(json));
        }
    }
}
