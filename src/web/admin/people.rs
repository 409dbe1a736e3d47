//! People and rooms: found by an address or the hash of a phone; what they watch, and what they were sent.

use axum::extract::{Path, State};
use axum::response::Response;
use coatcheck_bots::words::{self, plain};
use coatcheck_domain::Destination;

use super::Admin;
use super::list::{Cell, Find, ListHtml, PER_PAGE};
use super::lists::{Query, asked};
use super::session::LoggedIn;
use crate::store::admin::people::PersonLine;
use crate::store::people::phone;
use crate::store::people::watch::{Watch, Which};
use crate::web::look::answer::NoPage;

const PATH: &str = "/admin/people";

pub(super) async fn list(who: LoggedIn, State(admin): State<Admin>, query: Query) -> Result<Response, NoPage> {
    let (asked, db) = (asked(query), &admin.site.db);
    // A whole address is looked up as it is known: of a phone by its hash.
    let people = match asked.q.parse::<Destination>() {
        Ok(destination) if !asked.q.is_empty() => match db.known_destination(&destination).await? {
            Some(known) => db.person(known.subscriber_id).await?.into_iter().collect(),
            None => Vec::new(),
        },
        _ => db.people(asked.q.trim(), asked.before(), PER_PAGE).await?,
    };
    let lead = "Everybody who was ever notified or asked something. A phone is found by its whole number, sms:+14155550123, or its hash.";
    let mut list = ListHtml::new(&who, "people", "People", lead);
    list.find = Some(Find { label: "Find an address", words: asked.q.clone() });
    list.heads = &["Who", "Kind", "Watches", "Messages today", "Quiet until", "Since"];
    list.none = "Nobody is known there.";
    list.next = asked.next(PATH, people.iter().map(|person| person.id));
    list.rows = people.iter().map(|person| row(&admin, person)).collect();
    Ok(list.shown())
}

fn row(admin: &Admin, person: &PersonLine) -> Vec<Cell> {
    let address = person.address.as_deref().map_or_else(|| format!("number {}", person.id), phone::shown);
    let quiet = Some(person.paused_until()).filter(|until| *until > admin.site.db.now());
    let until = quiet.map_or_else(|| "–".to_owned(), |until| until.to_rfc3339());
    vec![
        Cell::Link { to: format!("{PATH}/{}", person.id), text: address },
        Cell::text(&person.kind),
        Cell::text(person.watches),
        Cell::text(person.deliveries),
        Cell::Text(until),
        Cell::time(admin, Some(person.created_at())),
    ]
}

/// The watches of one of them.
pub(super) async fn one(who: LoggedIn, State(admin): State<Admin>, Path(id): Path<i64>) -> Result<Response, NoPage> {
    let db = &admin.site.db;
    let person = db.person(id).await?.ok_or(NoPage::NotFound)?;
    let addresses: Vec<String> = db.addresses(id).await?.iter().map(|address| phone::shown(address)).collect();
    let watches = db.watches(id, Which::All).await?;
    let lead = "The addresses stand first; what is watched follows.";
    let mut list = ListHtml::new(&who, "people", "One person", lead);
    list.heads = &["What", "Size and style", "Mode", "Waits", "Notified", "Since"];
    list.rows = addresses.into_iter().map(address).collect();
    list.rows.extend(watches.iter().map(|watch| watched(&admin, watch)));
    list.none =
        if person.kind == "room" { "This room has no address and no watch." } else { "No address and no watch." };
    Ok(list.shown())
}

fn address(address: String) -> Vec<Cell> {
    let nothing = || Cell::text("–");
    vec![Cell::Text(address), nothing(), Cell::text("address"), nothing(), nothing(), nothing()]
}

fn watched(admin: &Admin, watch: &Watch) -> Vec<Cell> {
    let parts = [&watch.size, &watch.style].into_iter().flatten().map(|part| plain(part));
    let waits = if watch.armed { Cell::Good("yes".to_owned()) } else { Cell::text("no") };
    vec![
        Cell::Link { to: format!("/p/{}", watch.product_id), text: words::title(&watch.product) },
        Cell::Text(parts.collect::<Vec<_>>().join(", ")),
        Cell::text(watch.mode.as_str()),
        waits,
        Cell::time(admin, watch.notified_at),
        Cell::time(admin, Some(watch.created_at)),
    ]
}
