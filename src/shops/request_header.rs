//! Headers that a shop wants, as people write them. Framing and routing stay ours. Pure.

use reqwest::header::{HeaderName, HeaderValue};

use super::fetch_error::FetchErrorKind;

/// `Name: value` as people write it.
///
/// # Errors
/// With what is before the colon when it is not a header that may be sent.
pub fn parse_header(text: &str) -> Result<(String, String), FetchErrorKind> {
    let (name, value) = text.split_once(':').unwrap_or((text, ""));
    let (name, value) = (name.trim(), value.trim());
    let bad = || FetchErrorKind::BadHeader { name: name.to_owned() };
    if value.is_empty() {
        return Err(bad());
    }
    header(name, value).ok_or_else(bad)?;
    Ok((name.to_owned(), value.to_owned()))
}

/// A header that may be sent: framing and routing stay ours.
pub(super) fn header(name: &str, value: &str) -> Option<(HeaderName, HeaderValue)> {
    const OURS: [&str; 8] =
        ["host", "connection", "content-length", "transfer-encoding", "upgrade", "te", "trailer", "accept-encoding"];
    let name: HeaderName = name.parse().ok()?;
    let mut value: HeaderValue = value.parse().ok()?;
    value.set_sensitive(true);
    (!OURS.contains(&name.as_str())).then_some((name, value))
}
