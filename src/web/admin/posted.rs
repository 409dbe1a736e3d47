//! A form that was sent: read within bounds, from our own page, by who is logged in.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::Admin;
use super::session::{Cookie, LoggedIn, Refused, is_form_token};
use crate::web::look::answer::refused;

/// The fields of a form.
#[derive(Debug, Clone, Default)]
pub(in crate::web) struct Fields(Vec<(String, String)>);

impl Fields {
    pub(in crate::web) fn read(body: &Bytes) -> Self {
        Self(url::form_urlencoded::parse(body).into_owned().collect())
    }

    /// What a field says, without blanks around it.
    pub(in crate::web) fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(its, _)| its == name).map_or("", |(_, value)| value.trim())
    }

    /// Is a box ticked, or a button pressed?
    pub(in crate::web) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(its, _)| its == name)
    }

    /// The number of a row.
    pub(in crate::web) fn id(&self, name: &str) -> Option<i64> {
        self.text(name).parse().ok()
    }
}

/// Why a form is not taken.
pub(super) enum NotTaken {
    /// It could not be read.
    Unreadable(StatusCode),
    /// It is not from our page.
    Strange,
    /// Nobody is logged in.
    Refused(Refused),
}

impl IntoResponse for NotTaken {
    fn into_response(self) -> Response {
        match self {
            Self::Unreadable(status) => refused(status, "That form could not be read", "It may be too large."),
            Self::Strange => refused(
                StatusCode::FORBIDDEN,
                "That form is out of date",
                "It was not sent from a page of this browser's log-in. Go back, load the page again and send it once more.",
            ),
            Self::Refused(why) => why.into_response(),
        }
    }
}

/// Reads a form whose token is that of the cookie: no other page can send one.
pub(super) async fn own_form(admin: &Admin, request: Request) -> Result<(Cookie, Fields), NotTaken> {
    let (parts, body) = request.into_parts();
    let is_other = parts.headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none");
    if is_other {
        return Err(NotTaken::Strange);
    }
    let body = admin.bodies.read(&parts.headers, body).await.map_err(NotTaken::Unreadable)?;
    let (cookie, fields) = (Cookie::of(&parts), Fields::read(&body));
    let is_own = cookie.token.as_deref().is_some_and(|token| is_form_token(token, fields.text("form")));
    if is_own { Ok((cookie, fields)) } else { Err(NotTaken::Strange) }
}

/// A form of who is logged in.
#[derive(Debug, Clone)]
pub(super) struct Posted {
    pub(super) fields: Fields,
    pub(super) cookie: Cookie,
    /// The cookie's.
    pub(super) token: String,
}

impl FromRequest<Admin> for Posted {
    type Rejection = NotTaken;

    async fn from_request(request: Request, admin: &Admin) -> Result<Self, NotTaken> {
        let (cookie, fields) = own_form(admin, request).await?;
        let who = LoggedIn::by(admin, cookie.clone()).await.map_err(NotTaken::Refused)?;
        Ok(Self { fields, cookie, token: who.token })
    }
}

impl Posted {
    /// Who sent it.
    pub(super) fn logged_in(&self) -> LoggedIn {
        LoggedIn { token: self.token.clone() }
    }
}
