//! What a shop's answer is, before anybody reads it: a wall, a wait, a page where data is due. Pure.

use chrono::{DateTime, Utc};
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde_json::Value;

use super::fetch_error::FetchErrorKind;
use super::retry_after::retry_after;
use super::wall;

/// What kind of document is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// JSON. A web page in its place is an error: a password page, a login, a wall.
    Json,
    /// Whatever is there.
    Anything,
}

/// Bytes of a refusal that are read.
const LONGEST_REFUSAL: usize = 16 * 1024;

/// Is this answer the document that is due?
///
/// # Errors
/// With what it is instead.
pub fn judge(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    expect: Expect,
    now: DateTime<Utc>,
) -> Result<(), FetchErrorKind> {
    let retry_after = headers.get(RETRY_AFTER).and_then(|value| retry_after(value.to_str().ok()?, now));
    if let Some(evidence) = wall::evidence(status, headers, body, looks_like_html(body)) {
        return Err(FetchErrorKind::BotWall { evidence, retry_after });
    }
    if !matches!(status.as_u16(), 200 | 203) {
        return Err(FetchErrorKind::Status { code: status.as_u16(), retry_after, said: said(body) });
    }
    if body.iter().all(u8::is_ascii_whitespace) {
        let expected = if expect == Expect::Json { "JSON" } else { "a document" };
        return Err(FetchErrorKind::WrongContent { expected, got: "an empty answer".to_owned() });
    }
    match expect {
        Expect::Anything => Ok(()),
        Expect::Json => json_is_there(body),
    }
}

/// What an API says about its refusal, if it says it in JSON as most do.
fn said(body: &[u8]) -> Option<String> {
    if body.len() > LONGEST_REFUSAL {
        return None;
    }
    let answer: Value = serde_json::from_slice(body).ok()?;
    let words =
        ["/message", "/errors/0/message", "/error/message", "/error_description", "/error", "/detail", "/title"];
    let said = words.iter().find_map(|at| answer.pointer(at)?.as_str())?;
    let said: String = said.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(200).collect();
    (!said.is_empty()).then_some(said)
}

/// A page where data is due. Whatever else it is, and whatever it is declared as, is unwrapped before it is judged:
/// many shops send JSON as `text/html`.
fn json_is_there(body: &[u8]) -> Result<(), FetchErrorKind> {
    if !looks_like_html(body) {
        return Ok(());
    }
    let wrong = |got: String| Err(FetchErrorKind::WrongContent { expected: "JSON", got });
    let page = String::from_utf8_lossy(&body[..body.len().min(64 * 1024)]);
    if page.contains("action=\"/password\"") || page.contains("template-password") {
        return wrong("the shop's password page: the shop is closed".to_owned());
    }
    wrong(title(&page).map_or_else(|| "a web page".to_owned(), |title| format!("a web page titled {title:?}")))
}

/// Does this begin like markup?
#[must_use]
pub fn looks_like_html(body: &[u8]) -> bool {
    first_byte(body) == Some(b'<')
}

fn first_byte(body: &[u8]) -> Option<u8> {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    body.iter().copied().find(|b| !b.is_ascii_whitespace())
}

fn title(page: &str) -> Option<String> {
    let lower = page.to_ascii_lowercase();
    let start = lower.find("<title")?;
    let start = start + lower[start..].find('>')? + 1;
    let end = start + lower[start..].find("</title")?;
    let words = page[start..end].split_whitespace().collect::<Vec<_>>().join(" ");
    (!words.is_empty()).then(|| words.chars().take(80).collect())
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use reqwest::header::HeaderValue;

    use super::*;

    fn now() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 10, 21, 7, 28, 0).single().expect("a time")
    }

    fn said(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> String {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (name.parse().expect("name"), HeaderValue::from_static(value)))
            .collect();
        let status = StatusCode::from_u16(status).expect("status");
        match judge(status, &headers, body.as_bytes(), Expect::Json, now()) {
            Ok(()) => "ok".to_owned(),
            Err(kind) => kind.to_string(),
        }
    }

    #[test]
    fn walls_are_told_from_trouble() {
        assert!(said(403, &[("cf-mitigated", "challenge")], "<html>").contains("bot wall"));
        assert!(said(503, &[("server", "cloudflare")], "<title>Just a moment...</title>").contains("Cloudflare"));
        assert!(said(200, &[], "<html><script>window._cf_chl_opt={}</script>").contains("bot wall"));
        assert!(said(202, &[("x-amzn-waf-action", "challenge")], "").contains("bot wall"));
        assert!(said(403, &[], "<p>Please verify you are human</p>").contains("bot wall"));
        assert!(said(503, &[], "<h1>Down for maintenance</h1>").contains("in trouble (503)"));
        assert!(said(430, &[("retry-after", "7")], "").contains("left alone for 7 s"));
        assert!(said(200, &[], r#"{"title":"captcha-delivery.com tee"}"#) == "ok");
    }

    #[test]
    fn a_refusal_says_why_in_the_shops_words() {
        // As Medusa and Vendure answer.
        let medusa = r#"{"type":"not_allowed","message":"Publishable API key required in the request header: x-publishable-api-key. You can manage your keys in settings in the dashboard."}"#;
        assert!(said(400, &[], medusa).contains("request header: x-publishable-api-key"), "{}", said(400, &[], medusa));
        let vendure = r#"{"errors":[{"message":"GraphQL operations must contain a non-empty `query` or a `persistedQuery` extension."}]}"#;
        assert!(said(400, &[], vendure).contains("non-empty `query`"));
        for silent in ["", "<p>No</p>", "{}", r#"{"message":7}"#, r#"{"message":" "}"#, "[1", r#"[{"message":"x"}]"#] {
            assert_eq!(said(422, &[], silent), "the shop answered with status 422", "{silent}");
        }
        let hostile = format!(r#"{{"message":"\u001b[31m{}"}}"#, "x".repeat(5000));
        let said = said(400, &[], &hostile);
        assert!(said.len() < 300 && !said.contains('\u{1b}'), "{said}");
    }

    #[test]
    fn a_page_is_no_data() {
        assert_eq!(said(200, &[("content-type", "text/html")], r#"{"a":1}"#), "ok");
        assert_eq!(
            said(200, &[], "<!doctype html><title>Opening\n soon</title>"),
            "expected JSON but got a web page titled \"Opening soon\""
        );
        assert_eq!(
            said(200, &[], r#"<form action="/password">"#),
            "expected JSON but got the shop's password page: the shop is closed"
        );
        assert_eq!(said(200, &[], " \n"), "expected JSON but got an empty answer");
    }
}
