//! The form that describes a source, as it is filled in.

use std::time::Duration;

use url::Url;

use super::posted::Fields;
use crate::commands::SourceOptions;
use crate::shops::{SourceSpec, canonical, parse_header};
use crate::store::polls::shown::Source;

/// Longest program that is taken.
const LONGEST_PROGRAM: usize = 64 * 1024;

/// What stands in the fields.
#[derive(Debug, Clone, Default)]
pub(super) struct SourceForm {
    pub(super) url: String,
    pub(super) interval: String,
    pub(super) reader: String,
    pub(super) jq: String,
    pub(super) more: String,
    pub(super) headers: String,
}

impl SourceForm {
    pub(super) fn filled(fields: &Fields) -> Self {
        let text = |name: &str| fields.text(name).to_owned();
        Self {
            url: text("url"),
            interval: text("interval"),
            reader: text("reader"),
            jq: text("jq"),
            more: text("more"),
            headers: text("headers"),
        }
    }

    /// That of a source that is tracked. What its headers say is secret, so they are not shown.
    pub(super) fn of(source: &Source) -> Self {
        Self {
            url: source.url.clone(),
            interval: format!("{}s", source.asked_interval.as_secs_f64()),
            reader: source.reader.clone().unwrap_or_default(),
            jq: source.jq.clone().unwrap_or_default(),
            more: source.more_urls.join("\n"),
            headers: String::new(),
        }
    }

    /// Its address.
    ///
    /// # Errors
    /// In words for who typed it.
    pub(super) fn address(&self) -> Result<Url, String> {
        address(&self.url)
    }

    /// How it is to be read.
    ///
    /// # Errors
    /// With the field that cannot be used, and what it takes.
    pub(super) fn options(&self) -> Result<SourceOptions, String> {
        if self.jq.len() > LONGEST_PROGRAM {
            return Err("The jq program is too long.".to_owned());
        }
        let reader = Some(&self.reader).filter(|text| !text.is_empty());
        let header = |line: &str| parse_header(line).map_err(|why| format!("A header cannot be used: {why}"));
        Ok(SourceOptions {
            reader: reader.map(|text| text.parse()).transpose().map_err(|why| format!("Reader: {why}"))?,
            jq: Some(self.jq.clone()).filter(|text| !text.is_empty()),
            more_urls: lines(&self.more).map(address).collect::<Result<_, _>>()?,
            headers: lines(&self.headers).map(header).collect::<Result<_, _>>()?,
            interval: interval(&self.interval)?,
            listed: true,
        })
    }

    /// The same to be read now.
    pub(super) fn spec(url: Url, how: &SourceOptions) -> SourceSpec {
        let mut spec = SourceSpec::new(canonical(url));
        spec.reader = how.reader;
        spec.jq.clone_from(&how.jq);
        spec.more_urls.clone_from(&how.more_urls);
        spec.headers.clone_from(&how.headers);
        spec
    }
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

fn address(text: &str) -> Result<Url, String> {
    let expected = || format!("{text:?} is no address; it looks like https://shop.example/products/jacket.");
    Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host()).ok_or_else(expected)
}

/// `60s`, `5m`; nothing for the usual one.
fn interval(text: &str) -> Result<Option<Duration>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = || "The interval must be a time like 60s or 5m.".to_owned();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let number: f64 = number.parse().map_err(|_| wrong())?;
    let seconds = match unit.trim() {
        "ms" => number / 1000.0,
        "s" => number,
        "m" | "min" => number * 60.0,
        "h" => number * 3600.0,
        _ => return Err(wrong()),
    };
    let fits = (0.001..=86_400.0).contains(&seconds);
    if fits {
        Ok(Some(Duration::from_secs_f64(seconds)))
    } else {
        Err("The interval must be a day at most.".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_or_says_which_field_is_wrong() {
        let form = |interval: &str, headers: &str, more: &str| SourceForm {
            url: "https://shop.example/x".to_owned(),
            interval: interval.to_owned(),
            headers: headers.to_owned(),
            more: more.to_owned(),
            ..SourceForm::default()
        };
        let how = form("5m", "X-Key: abc\r\n\r\nX-Other: 1", "").options().expect("it can be read");
        assert_eq!((how.interval, how.headers.len()), (Some(Duration::from_secs(300)), 2));
        for wrong in [
            form("soon", "", ""),
            form("1e999s", "", ""),
            form("", "Host: evil.example", ""),
            form("", "", "javascript:x"),
        ] {
            assert!(wrong.options().is_err(), "{wrong:?}");
        }
        assert!(SourceForm { url: "file:///etc/passwd".to_owned(), ..SourceForm::default() }.address().is_err());
    }
}
