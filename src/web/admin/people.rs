//! People and rooms: found by an address or the hash of a phone.

use axum::extract::State;
use axum::response::Response;
use coatcheck_domain::Destination;

use super::Admin;
use super::list::{Cell, Find, ListHtml, PER_PAGE, Tab};
use super::lists::{Query, asked};
use super::session::LoggedIn;
use crate::store::admin::people::PersonLine;
use crate::store::people::phone;
use crate::web::look::answer::NoPage;
use crate::web::look::when::exact;

pub(super) const PATH: &str = "/admin/people";
/// The filter in addresses.
const BANNED: &str = "banned";

pub(super) async fn list(who: LoggedIn, State(admin): State<Admin>, query: Query) -> Result<Response, NoPage> {
    let (asked, db) = (asked(query), &admin.site.db);
    // A whole address is looked up as it is known: of a phone by its hash.
    let people = match asked.q.parse::<Destination>() {
        Ok(destination) if !asked.q.is_empty() => match db.known_destination(&destination).await? {
            Some(known) => db.person(known.subscriber_id).await?.into_iter().collect(),
            None => Vec::new(),
        },
        _ => db.people(asked.q.trim(), asked.state == BANNED, asked.before(), PER_PAGE).await?,
    };
    let tab = |words: &str, state: &str| Tab {
        words: words.to_owned(),
        to: if state.is_empty() { PATH.to_owned() } else { format!("{PATH}?state={state}") },
        here: asked.state == state,
    };
    let lead = "Everybody who was ever notified or asked something. A phone is found by its whole number, sms:+14155550123, or its hash.";
    let mut list = ListHtml::new(&who, "people", "People", lead);
    list.find = Some(Find { label: "Find an address", words: asked.q.clone() });
    list.tabs = vec![tab("All", ""), tab("Banned", BANNED)];
    list.heads = &["Who", "Kind", "Watches", "Messages today", "Quiet until", "Since"];
    list.none = "Nobody is known there.";
    list.next = asked.next(PATH, people.iter().map(|person| person.id));
    list.rows = people.iter().map(|person| row(&admin, person)).collect();
    Ok(list.shown())
}

fn row(admin: &Admin, person: &PersonLine) -> Vec<Cell> {
    let address = person.address.as_deref().map_or_else(|| format!("number {}", person.id), phone::shown);
    let quiet = Some(person.paused_until()).filter(|until| *until > admin.site.db.now());
    vec![
        Cell::Link { to: format!("{PATH}/{}", person.id), text: address },
        if person.banned_at().is_some() { Cell::Bad("banned".to_owned()) } else { Cell::text(&person.kind) },
        Cell::text(person.watches),
        Cell::text(person.deliveries),
        Cell::Text(quiet.map_or_else(|| "–".to_owned(), |until| exact(until, admin.site.zone))),
        Cell::time(admin, Some(person.created_at())),
    ]
}
