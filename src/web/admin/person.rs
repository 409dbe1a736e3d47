//! One person or room: their addresses, what they watch, a ban, and limits of their own.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use coatcheck_bots::words::{self, plain};

use super::Admin;
use super::list::{Shell, done, private};
use super::lists::{Query, asked};
use super::login::WHO;
use super::people::PATH;
use super::posted::{Fields, Posted};
use super::session::LoggedIn;
use super::trouble::trouble;
use crate::store::StoreError;
use crate::store::admin::people::PersonLine;
use crate::store::people::bans::Caps;
use crate::store::people::phone;
use crate::store::people::watch::{Watch, Which};
use crate::web::look::Frame;
use crate::web::look::answer::{NoPage, page};
use crate::web::look::when::{Moment, exact};

/// Watches that are shown.
const SHOWN: usize = 200;
/// The largest limit that can be given.
const MOST: i64 = 1_000_000;

#[derive(Template)]
#[template(path = "admin/person.html")]
struct PersonHtml {
    frame: Frame,
    shell: Shell,
    notice: Option<&'static str>,
    id: i64,
    name: String,
    is_room: bool,
    known_since: Moment,
    banned_since: Option<String>,
    quiet_until: Option<String>,
    messages: i64,
    addresses: Vec<String>,
    most_watches: String,
    most_addresses: String,
    watches: Vec<Watched>,
    more: usize,
}

/// A watch of theirs.
struct Watched {
    product_id: i64,
    product: String,
    what: String,
    mode: &'static str,
    waits: bool,
    notified: Option<Moment>,
}

pub(super) async fn show(
    who: LoggedIn,
    State(admin): State<Admin>,
    Path(id): Path<i64>,
    query: Query,
) -> Result<Response, NoPage> {
    let db = &admin.site.db;
    let person = db.person(id).await?.ok_or(NoPage::NotFound)?;
    let addresses: Vec<String> = db.addresses(id).await?.iter().map(|address| phone::shown(address)).collect();
    let (caps, watches) = (db.caps(id).await?, db.watches(id, Which::All).await?);
    let (now, zone) = (db.now(), admin.site.zone);
    let name = addresses.first().cloned().unwrap_or_else(|| format!("number {id}"));
    let limit = |most: Option<i64>| most.map(|most| most.to_string()).unwrap_or_default();
    let html = PersonHtml {
        frame: Frame::new("admin", name.clone(), ""),
        shell: Shell::new("people", &who),
        notice: asked(query).notice(),
        id,
        name,
        is_room: person.kind == "room",
        known_since: Moment::new(person.created_at(), now, zone),
        banned_since: person.banned_at().map(|at| exact(at, zone)),
        quiet_until: Some(person.paused_until()).filter(|until| *until > now).map(|until| exact(until, zone)),
        messages: person.deliveries,
        addresses,
        most_watches: limit(caps.most_watches),
        most_addresses: limit(caps.most_addresses),
        more: watches.len().saturating_sub(SHOWN),
        watches: watches.iter().take(SHOWN).map(|watch| watched(&admin, watch)).collect(),
    };
    Ok(private(page(StatusCode::OK, &html)))
}

fn watched(admin: &Admin, watch: &Watch) -> Watched {
    let parts = [&watch.size, &watch.style].into_iter().flatten().map(|part| plain(part));
    Watched {
        product_id: watch.product_id,
        product: words::title(&watch.product),
        what: parts.collect::<Vec<_>>().join(", "),
        mode: watch.mode.as_str(),
        waits: watch.armed,
        notified: watch.notified_at.map(|at| Moment::new(at, admin.site.db.now(), admin.site.zone)),
    }
}

/// Does what the pressed button says.
pub(super) async fn act(State(admin): State<Admin>, Path(id): Path<i64>, posted: Posted) -> Result<Response, NoPage> {
    let (db, here) = (&admin.site.db, format!("{PATH}/{id}"));
    let person = db.person(id).await?.ok_or(NoPage::NotFound)?;
    let refused = |words: &str| Ok(trouble(&posted.logged_in(), "people", StatusCode::CONFLICT, words, &here));
    let (changed, word) = match posted.fields.text("do") {
        "ban" if !posted.fields.has("sure") => {
            return refused("Tick the box to ban: the watches end and do not come back when the ban is lifted.");
        }
        "ban" => (db.ban(id).await?, "banned"),
        "unban" => (db.unban(id).await?, "unbanned"),
        "limit" => match caps(&posted.fields) {
            Some(caps) => (db.cap(id, caps).await?, "limited"),
            None => return refused("A limit is a whole number from 0 to 1000000, or empty for the usual one."),
        },
        _ => return Err(NoPage::NotFound),
    };
    if !changed {
        return Ok(done(&here, "none"));
    }
    note(&admin, posted.fields.text("do"), &person).await?;
    Ok(done(&here, word))
}

/// The limits that were typed; nothing where that is no limit.
fn caps(fields: &Fields) -> Option<Caps> {
    let limit = |name: &str| match fields.text(name) {
        "" => Some(None),
        typed => typed.parse().ok().filter(|most| (0..=MOST).contains(most)).map(Some),
    };
    Some(Caps { most_watches: limit("watches")?, most_addresses: limit("addresses")? })
}

/// Without an address: `/forget` must find nothing of them there.
async fn note(admin: &Admin, what: &str, person: &PersonLine) -> Result<(), StoreError> {
    admin.site.db.audit(WHO, &format!("{} {what}", person.kind), &format!("number {}", person.id)).await
}
