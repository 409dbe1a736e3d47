//! What all lists look like: a heading, perhaps a search and a filter, a table whose rows may be acted on, and the way on.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::Admin;
use super::session::{LoggedIn, form_token};
use crate::web::look::Frame;
use crate::web::look::answer::page;
use crate::web::look::when::Moment;

/// Rows on one page.
pub(super) const PER_PAGE: i64 = 50;

/// The parts of the admin pages: address, name.
const PARTS: [(&str, &str); 8] = [
    ("shops", "Shops"),
    ("deliveries", "Deliveries"),
    ("people", "People"),
    ("rooms", "Rooms"),
    ("lanes", "Lanes"),
    ("instances", "Instances"),
    ("incidents", "Incidents"),
    ("audit", "Audit"),
];

/// The frame around every page of who is logged in.
pub(super) struct Shell {
    /// Which part it is.
    pub(super) part: &'static str,
    /// What forms carry.
    pub(super) form: String,
}

impl Shell {
    pub(super) fn new(part: &'static str, who: &LoggedIn) -> Self {
        Self { part, form: form_token(&who.token) }
    }

    pub(super) fn parts(&self) -> [(&'static str, &'static str); 8] {
        PARTS
    }
}

/// What stands in a cell.
pub(super) enum Cell {
    Text(String),
    Link { to: String, text: String },
    Time(Moment),
    Good(String),
    Bad(String),
    Acts(Vec<Act>),
}

/// A button.
pub(super) struct Act {
    pub(super) to: String,
    /// Fields that are sent along.
    pub(super) fields: Vec<(&'static str, String)>,
    pub(super) words: &'static str,
    /// What a screen reader adds: which row it is about.
    pub(super) about: String,
}

impl Cell {
    pub(super) fn text(text: impl ToString) -> Self {
        Self::Text(text.to_string())
    }

    /// A time; nothing where there is none.
    pub(super) fn time(admin: &Admin, at: Option<DateTime<Utc>>) -> Self {
        let moment = |at| Self::Time(Moment::new(at, admin.site.db.now(), admin.site.zone));
        at.map_or_else(|| Self::text("–"), moment)
    }
}

/// A filter that is a link.
pub(super) struct Tab {
    pub(super) words: String,
    pub(super) to: String,
    pub(super) here: bool,
}

/// A search.
pub(super) struct Find {
    pub(super) label: &'static str,
    pub(super) words: String,
}

/// A list.
#[derive(Template)]
#[template(path = "admin/list.html")]
pub(super) struct ListHtml {
    pub(super) frame: Frame,
    pub(super) shell: Shell,
    pub(super) heading: &'static str,
    pub(super) lead: &'static str,
    pub(super) notice: Option<&'static str>,
    /// A button beside the heading: address, words.
    pub(super) new: Option<(&'static str, &'static str)>,
    pub(super) find: Option<Find>,
    pub(super) tabs: Vec<Tab>,
    pub(super) heads: &'static [&'static str],
    pub(super) rows: Vec<Vec<Cell>>,
    /// What is said where there are no rows.
    pub(super) none: &'static str,
    pub(super) next: Option<String>,
}

impl ListHtml {
    pub(super) fn new(who: &LoggedIn, part: &'static str, heading: &'static str, lead: &'static str) -> Self {
        Self {
            frame: Frame::new("admin", heading, lead),
            shell: Shell::new(part, who),
            heading,
            lead,
            notice: None,
            new: None,
            find: None,
            tabs: Vec::new(),
            heads: &[],
            rows: Vec::new(),
            none: "There is nothing here yet.",
            next: None,
        }
    }

    /// As an answer.
    pub(super) fn shown(self) -> Response {
        private(page(StatusCode::OK, &self))
    }
}

/// What a list is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    pub(super) q: String,
    pub(super) state: String,
    pub(super) channel: String,
    before: String,
    done: String,
}

impl Asked {
    /// Only rows before this one.
    pub(super) fn before(&self) -> i64 {
        self.before.parse().unwrap_or(i64::MAX)
    }

    /// What the words in an address that we led to mean; others mean nothing.
    pub(super) fn notice(&self) -> Option<&'static str> {
        DONE.iter().find(|(word, _)| *word == self.done).map(|(_, sentence)| *sentence)
    }

    /// The address of the next page after these rows.
    pub(super) fn next(&self, path: &str, ids: impl ExactSizeIterator<Item = i64>) -> Option<String> {
        let last = if i64::try_from(ids.len()).is_ok_and(|rows| rows >= PER_PAGE) { ids.last() } else { None }?;
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("q", &self.q), ("state", &self.state), ("channel", &self.channel)] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        Some(format!("{path}?{}", query.append_pair("before", &last.to_string()).finish()))
    }
}

/// What may be said at the top of a page after something was done.
const DONE: [(&str, &str); 14] = [
    ("added", "It is tracked. The service reads it now; reload this page in a moment."),
    ("changed", "Changed. The service reads it again now."),
    ("paused", "Paused. It is not checked until it is resumed."),
    ("resumed", "Resumed. It is checked again now."),
    ("listed", "It is on the public board."),
    ("unlisted", "It is no longer on the public board."),
    ("removed", "Removed, with its history and the watches on it."),
    ("named", "The name is set."),
    ("unnamed", "The name is removed."),
    ("banned", "Banned. The watches there have ended."),
    ("unbanned", "The ban is lifted. They can begin anew."),
    ("limited", "The limits are changed."),
    ("replayed", "It will be sent again by the running service."),
    ("none", "Nothing had to be changed."),
];

/// Leads on after something was done: reloading the page does nothing again.
pub(super) fn done(path: &str, word: &str) -> Response {
    Redirect::to(&format!("{path}?done={word}")).into_response()
}

/// Nobody keeps it.
pub(super) fn private(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
