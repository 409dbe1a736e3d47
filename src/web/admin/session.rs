//! The cookie of a browser, the token of its forms, and whether somebody is logged in.
//!
//! Over https the cookie is `__Host-coatcheck`: browsers send it to this host only, and never in the clear. On plain http it
//! would be refused, so a browser on this very machine gets a cookie without the prefix: what never leaves the machine
//! needs no encryption. Any other browser on plain http cannot log in.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use coatcheck_domain::hex;
use sha2::{Digest, Sha256};

use super::Admin;
use crate::store::StoreError;
use crate::web::look::answer::NoPage;
use crate::web::peer::Peer;

const COOKIE: &str = "__Host-coatcheck";
const LOCAL_COOKIE: &str = "coatcheck-local";
/// What a proxy adds.
const PROXIED: [&str; 4] = ["forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"];

/// What a browser has been given, logged in or not.
#[derive(Debug, Clone)]
pub(super) struct Cookie {
    /// The token, if it has one.
    pub(super) token: Option<String>,
    is_local: bool,
}

impl Cookie {
    pub(super) fn of(parts: &Parts) -> Self {
        let is_local = is_local(parts);
        let name = if is_local { LOCAL_COOKIE } else { COOKIE };
        Self { token: cookie(&parts.headers, name), is_local }
    }

    /// The header that gives it this token, for so many seconds; 0 takes it away, `None` keeps it until the browser closes.
    pub(super) fn set(&self, token: &str, seconds: Option<u64>) -> HeaderValue {
        let (name, secure) = if self.is_local { (LOCAL_COOKIE, "") } else { (COOKIE, "; Secure") };
        let age = seconds.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
        // Lax: a link from a chat leads to the page, and every form has its own token.
        let cookie = format!("{name}={token}; Path=/; HttpOnly; SameSite=Lax{secure}{age}");
        HeaderValue::from_str(&cookie).unwrap_or_else(|_| HeaderValue::from_static(""))
    }
}

/// The token that forms carry, made from the cookie: a page elsewhere can know neither.
pub(super) fn form_token(cookie: &str) -> String {
    hex::encode(&Sha256::new().chain_update("form:").chain_update(cookie).finalize())
}

/// Is the form's token that of the cookie? In the same time for every token.
pub(super) fn is_form_token(cookie: &str, given: &str) -> bool {
    let own = form_token(cookie);
    let differs = own.bytes().zip(given.bytes()).fold(0, |sum, (one, other)| sum | (one ^ other));
    own.len() == given.len() && differs == 0
}

/// A browser on this machine that speaks to us directly. The name it asked for counts, too: a page of a stranger whose name
/// leads here is not us.
fn is_local(parts: &Parts) -> bool {
    let is_here = parts.extensions.get::<Peer>().is_some_and(|peer| peer.0.is_loopback());
    let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let host =
        host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit())).map_or(host, |it| it.0);
    let named = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    is_here && named && PROXIED.iter().all(|header| !parts.headers.contains_key(*header))
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let pairs =
        headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|all| all.split(';'));
    let mut own = pairs.filter_map(|pair| pair.trim().split_once('=')).filter(|(its, _)| *its == name);
    own.next().map(|(_, token)| token.to_owned()).filter(|token| token.len() == 64)
}

/// Somebody who is logged in.
#[derive(Debug, Clone)]
pub(super) struct LoggedIn {
    /// Their cookie.
    pub(super) token: String,
}

/// Why a page is not shown.
pub(super) enum Refused {
    /// Nobody is logged in.
    LogIn,
    /// The database failed.
    Store(StoreError),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Self::LogIn => Redirect::to("/admin/login").into_response(),
            Self::Store(error) => NoPage::from(error).into_response(),
        }
    }
}

impl LoggedIn {
    pub(super) async fn by(admin: &Admin, cookie: Cookie) -> Result<Self, Refused> {
        let token = cookie.token.ok_or(Refused::LogIn)?;
        if !admin.site.db.is_session(&admin.door.hash_of(&token)).await? {
            return Err(Refused::LogIn);
        }
        Ok(Self { token })
    }
}

impl FromRequestParts<Admin> for LoggedIn {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, admin: &Admin) -> Result<Self, Refused> {
        Self::by(admin, Cookie::of(parts)).await
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn parts(peer: &str, headers: &[(&'static str, &str)]) -> Parts {
        let mut request = headers.iter().fold(Request::get("/admin"), |it, (name, value)| it.header(*name, *value));
        request = request.extension(Peer(peer.parse().expect("an address")));
        request.body(()).expect("a request").into_parts().0
    }

    fn cookie_for(peer: &str, headers: &[(&'static str, &str)]) -> String {
        let cookie = Cookie::of(&parts(peer, headers)).set("x", Some(60));
        cookie.to_str().expect("text").to_owned()
    }

    #[test]
    fn only_a_browser_on_this_machine_gets_a_cookie_that_is_not_secure() {
        let secure = "__Host-coatcheck=x; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=60";
        assert_eq!(
            cookie_for("127.0.0.1", &[("host", "127.0.0.1:8080")]),
            "coatcheck-local=x; Path=/; HttpOnly; SameSite=Lax; Max-Age=60"
        );
        assert_eq!(cookie_for("127.0.0.1", &[("host", "evil.example:8080")]), secure, "a name that leads here");
        assert_eq!(cookie_for("127.0.0.1", &[("host", "localhost"), ("x-forwarded-for", "192.0.2.7")]), secure);
        assert_eq!(cookie_for("192.0.2.7", &[("host", "localhost:8080")]), secure);
    }

    #[test]
    fn a_forms_token_belongs_to_one_cookie() {
        let (one, other) = ("a".repeat(64), "b".repeat(64));
        assert!(is_form_token(&one, &form_token(&one)));
        assert!(!is_form_token(&one, &form_token(&other)) && !is_form_token(&one, "") && !is_form_token(&one, &one));
    }

    #[test]
    fn of_many_cookies_only_ours_counts() {
        let token = "c".repeat(64);
        let sent = format!("a=b; __Host-coatcheck={token}; coatcheck-local=short");
        assert_eq!(Cookie::of(&parts("192.0.2.7", &[("cookie", &sent)])).token, Some(token));
        assert_eq!(Cookie::of(&parts("127.0.0.1", &[("cookie", &sent), ("host", "localhost")])).token, None);
    }
}
