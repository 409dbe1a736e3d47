//! Lines of an import file: an address, and what is wanted of it. Pure.

use std::time::Duration;

use coatcheck_domain::Destination;
use serde::Deserialize;
use url::Url;

/// Characters of a line, at most.
const LONGEST: usize = 4096;
/// Slips that are listed; more of them say nothing new.
const LISTED: usize = 20;
/// The keys of a line.
const KEYS: &str = "name, interval, size, style, every, to";

/// One line.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    /// Its number in the file.
    pub line: usize,
    /// As it was written.
    pub text: String,
    pub url: Url,
    pub names: Vec<String>,
    pub interval: Option<Duration>,
    pub sizes: Vec<String>,
    pub style: Option<String>,
    pub every: bool,
    pub to: Option<Destination>,
}

/// Reads all lines.
///
/// # Errors
/// All slips, a line each, with the number of the line.
pub(super) fn parse(text: &str) -> Result<Vec<Entry>, String> {
    let (mut entries, mut slips) = (Vec::new(), Vec::new());
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match entry(index + 1, line) {
            Ok(entry) => entries.push(entry),
            Err(why) => slips.push(format!("line {}: {why}", index + 1)),
        }
    }
    let more = slips.len().saturating_sub(LISTED);
    slips.truncate(LISTED);
    if more > 0 {
        slips.push(format!("and {more} more lines"));
    }
    if slips.is_empty() { Ok(entries) } else { Err(slips.join("\n")) }
}

fn entry(line: usize, text: &str) -> Result<Entry, String> {
    if text.chars().count() > LONGEST {
        return Err(format!("it is longer than {LONGEST} characters"));
    }
    let said = if text.starts_with('{') { from_json(text)? } else { from_words(text)? };
    let wants_watch = !said.size.is_empty() || said.style.is_some() || said.every;
    if wants_watch && said.to.is_none() {
        return Err("size, style and every need to=DESTINATION".to_owned());
    }
    Ok(Entry {
        line,
        text: text.to_owned(),
        url: Url::parse(&said.url).map_err(|why| format!("{:?} is not an address: {why}", said.url))?,
        names: said.name,
        interval: said.interval.as_deref().map(time).transpose()?,
        sizes: said.size,
        style: said.style,
        every: said.every,
        to: said.to.map(|to| to.parse().map_err(|why| format!("to={to}: {why}"))).transpose()?,
    })
}

fn time(text: &str) -> Result<Duration, String> {
    let time = crate::config::duration(text);
    time.ok_or_else(|| format!("interval={text}: expected a time like 60s, 15m or 2h"))
}

/// A line's words, from either form.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Said {
    url: String,
    #[serde(deserialize_with = "one_or_many")]
    name: Vec<String>,
    interval: Option<String>,
    #[serde(deserialize_with = "one_or_many")]
    size: Vec<String>,
    style: Option<String>,
    every: bool,
    to: Option<String>,
}

fn one_or_many<'de, D: serde::Deserializer<'de>>(source: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        One(String),
        Many(Vec<String>),
    }
    Ok(match OneOrMany::deserialize(source)? {
        OneOrMany::One(text) => list(&text),
        OneOrMany::Many(texts) => texts,
    })
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

fn from_json(text: &str) -> Result<Said, String> {
    serde_json::from_str(text).map_err(|why| format!("it is not a JSON object with url, {KEYS}: {why}"))
}

fn from_words(text: &str) -> Result<Said, String> {
    let mut words = split(text)?.into_iter();
    let mut said = Said { url: words.next().unwrap_or_default(), ..Said::default() };
    for word in words {
        match word.split_once('=') {
            Some(("name", value)) => said.name.push(value.to_owned()),
            Some(("interval", value)) => said.interval = Some(value.to_owned()),
            Some(("size", value)) => said.size.extend(list(value)),
            Some(("style", value)) => said.style = Some(value.to_owned()),
            Some(("to", value)) => said.to = Some(value.to_owned()),
            None if word == "every" => said.every = true,
            Some((key, _)) => return Err(format!("there is no key {key:?}; there are {KEYS}")),
            None => {
                return Err(format!("{word:?} has no key; write size={word}, or put a value with spaces in quotes"));
            }
        }
    }
    Ok(said)
}

/// Words at spaces, but not within quotes, which belong to no word.
fn split(text: &str) -> Result<Vec<String>, String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in text.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => word.get_or_insert_default().push(c),
            None if c == '"' || c == '\'' => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            None if c.is_whitespace() => words.extend(word.take()),
            None => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    if quote.is_some() { Err("a quote is not closed".to_owned()) } else { Ok(words) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_json_say_the_same() {
        let text = "\u{feff}# my list\n\
                    https://shop.example/products/jacket\n\n\
                    https://shop.example/p?a=b name=\"corps jacket\" name=cj interval=2m size=M,L style='dark blue' every to=telegram:12345\n\
                    {\"url\": \"https://shop.example/p?a=b\", \"name\": [\"corps jacket\", \"cj\"], \"interval\": \"2m\", \"size\": \"M,L\", \"style\": \"dark blue\", \"every\": true, \"to\": \"telegram:12345\"}\n";
        let entries = parse(text).expect("all of it is fine");
        assert_eq!(entries.iter().map(|entry| entry.line).collect::<Vec<_>>(), [2, 4, 5]);
        assert_eq!(entries[0].url.as_str(), "https://shop.example/products/jacket");
        let (words, json) = (&entries[1], Entry { line: 4, text: entries[1].text.clone(), ..entries[2].clone() });
        assert_eq!(*words, json);
        assert_eq!(words.sizes, ["M", "L"]);
        assert_eq!((words.style.as_deref(), words.every), (Some("dark blue"), true));
        assert_eq!(words.interval, Some(Duration::from_secs(120)));
    }

    #[test]
    fn all_slips_are_named_with_their_lines() {
        let text = "jacket\n\
                    https://shop.example/p M\n\
                    https://shop.example/p sise=M\n\
                    https://shop.example/p size=M\n\
                    https://shop.example/p interval=often\n\
                    https://shop.example/p to=pigeon:coo\n\
                    https://shop.example/p name=\"corps\n\
                    {\"url\": \"https://shop.example/p\", \"colour\": \"red\"}\n";
        let slips = parse(text).expect_err("eight slips");
        insta::assert_snapshot!(slips, @r#"
        line 1: "jacket" is not an address: relative URL without a base
        line 2: "M" has no key; write size=M, or put a value with spaces in quotes
        line 3: there is no key "sise"; there are name, interval, size, style, every, to
        line 4: size, style and every need to=DESTINATION
        line 5: interval=often: expected a time like 60s, 15m or 2h
        line 6: to=pigeon:coo: a destination starts with its channel: console:, webhook:https://…, discord:<user id>, discord:#<channel id>, telegram:<chat id>, slack:<user or channel id> or sms:+14155550123 — not "pigeon:coo"
        line 7: a quote is not closed
        line 8: it is not a JSON object with url, name, interval, size, style, every, to: unknown field `colour`, expected one of `url`, `name`, `interval`, `size`, `style`, `every`, `to` at line 1 column 42
        "#);
        let many = parse(&"jacket\n".repeat(50)).expect_err("fifty slips");
        assert_eq!(many.lines().last(), Some("and 30 more lines"));
    }
}
