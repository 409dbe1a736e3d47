//! Headers that shops are sent (`shop add --header`): a token in them may say when it ends.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};

use super::{Failure, Finding};
use crate::app::App;

/// Ends sooner than this are said.
const SOON: TimeDelta = TimeDelta::days(7);

/// A line for each page with a header that has ended or soon ends.
pub(super) async fn checks(app: &App) -> Result<Vec<Finding>, Failure> {
    let now = app.db.now();
    let mut findings = Vec::new();
    for page in app.db.headers_sent().await? {
        for (name, value) in &page.headers {
            let Some(ends) = end_of(value).filter(|ends| *ends - now < SOON) else { continue };
            let verb = if ends <= now { "expired" } else { "expires" };
            let when = ends.format("%Y-%m-%d %H:%M UTC");
            findings.push(Finding::bad(
                "header",
                format!("{}: the token in its header {name} {verb} at {when}", page.url),
                format!("get a new one: coatcheck shop add {} --header '{name}: …'", page.url),
            ));
        }
    }
    Ok(findings)
}

/// When a JSON Web Token in a header's value ends (RFC 7519, `exp`). Other tokens do not say.
fn end_of(value: &str) -> Option<DateTime<Utc>> {
    let words = value.split(|c: char| c.is_whitespace() || matches!(c, '=' | ';' | ','));
    words.filter_map(claims).filter_map(|claims| DateTime::from_timestamp(claims["exp"].as_i64()?, 0)).min()
}

fn claims(word: &str) -> Option<serde_json::Value> {
    let mut parts = word.split('.');
    let (_, claims, _) = (parts.next()?, parts.next()?, parts.next()?);
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_when_it_ends_in_whatever_header_it_stands() {
        let token =
            format!("eyJhbGciOiJIUzI1NiJ9.{}.c2ln", BASE64_URL_SAFE_NO_PAD.encode(r#"{"sub":"1","exp":1800000000}"#));
        for value in [format!("Bearer {token}"), format!("session={token}; theme=dark"), token] {
            assert_eq!(end_of(&value).map(|at| at.timestamp()), Some(1_800_000_000), "{value}");
        }
        for value in ["Bearer abc", "a.b.c", "", "text/html; q=0.9, 1.2.3"] {
            assert_eq!(end_of(value), None, "{value}");
        }
    }
}
