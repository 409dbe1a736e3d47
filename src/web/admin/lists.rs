//! The lists that are only looked at: rooms, lanes, instances, incidents, audit.

use axum::extract::State;
use axum::response::Response;
use coatcheck_bots::words::{lines, plain};

use super::Admin;
use super::list::{Asked, Cell, ListHtml, PER_PAGE};
use super::session::LoggedIn;
use crate::store::StoreError;
use crate::store::admin::lists::AuditLine;
use crate::store::people::phone;
use crate::web::look::answer::NoPage;

/// Lanes on the page: there is one for each webhook host.
const MOST_LANES: i64 = 200;

pub(super) type Query = Result<axum::extract::Query<Asked>, axum::extract::rejection::QueryRejection>;

/// What is asked; nothing where the address cannot be read.
pub(super) fn asked(query: Query) -> Asked {
    query.map(|query| query.0).unwrap_or_default()
}

pub(super) async fn rooms(who: LoggedIn, State(admin): State<Admin>, query: Query) -> Result<Response, NoPage> {
    let asked = asked(query);
    let rooms = admin.site.db.rooms(asked.before(), PER_PAGE).await.map_err(StoreError::from)?;
    let mut list = ListHtml::new(&who, "rooms", "Rooms", "Team channels and groups, and what they want announced.");
    list.heads = &["Room", "State", "Announcements", "Watches", "Since"];
    list.none = "No room has said anything yet.";
    list.next = asked.next("/admin/rooms", rooms.iter().map(|room| room.id));
    let row = |room: &crate::store::admin::lists::RoomLine| {
        let state = match (room.state.as_deref(), &room.gone_why) {
            (Some("active"), _) => Cell::Good("reachable".to_owned()),
            (_, Some(why)) => Cell::Bad(plain(why)),
            _ => Cell::Bad("cannot be reached".to_owned()),
        };
        let address = room.address.as_deref().map_or_else(|| "–".to_owned(), phone::shown);
        let name = Cell::Link { to: format!("/admin/people/{}", room.id), text: address };
        vec![
            name,
            state,
            Cell::text(room.announcements),
            Cell::text(room.watches),
            Cell::time(&admin, Some(room.created_at())),
        ]
    };
    list.rows = rooms.iter().map(row).collect();
    Ok(list.shown())
}

pub(super) async fn lanes(who: LoggedIn, State(admin): State<Admin>) -> Result<Response, NoPage> {
    let lanes = admin.site.db.lanes(MOST_LANES).await.map_err(StoreError::from)?;
    let lead =
        "A lane is one sending identity: a bot, a phone number, a webhook's host. One instance at a time sends on it.";
    let mut list = ListHtml::new(&who, "lanes", "Lanes", lead);
    list.heads = &["Lane", "State", "Waiting", "Oldest", "Held by", "Until"];
    list.none = "Nothing waits, and nobody sends.";
    let row = |lane: crate::store::admin::lists::LaneLine| {
        let state = lane.trouble.as_deref().map_or_else(|| Cell::Good("works".to_owned()), |why| Cell::Bad(plain(why)));
        let (oldest, until) =
            (lane.oldest(), lane.until().filter(|_| lane.holder.as_deref().is_some_and(|it| !it.is_empty())));
        let holder = lane.holder.filter(|holder| !holder.is_empty()).unwrap_or_else(|| "–".to_owned());
        let times = [oldest, until].map(|at| Cell::time(&admin, at));
        let [oldest, until] = times;
        vec![Cell::text(lane.lane), state, Cell::text(lane.waiting), oldest, Cell::text(holder), until]
    };
    list.rows = lanes.into_iter().map(row).collect();
    Ok(list.shown())
}

pub(super) async fn instances(who: LoggedIn, State(admin): State<Admin>) -> Result<Response, NoPage> {
    let instances = admin.site.db.instance_lines().await.map_err(StoreError::from)?;
    let lead = "Running services on this database. One that stopped without saying so is free after ten seconds.";
    let mut list = ListHtml::new(&who, "instances", "Instances", lead);
    list.heads = &["Instance", "State", "Polls", "Shops", "Started"];
    list.none = "No instance polls.";
    let now = admin.site.db.now();
    let row = |it: &crate::store::admin::lists::InstanceLine| {
        let state = if it.until() > now { Cell::Good("lives".to_owned()) } else { Cell::Bad("gone".to_owned()) };
        let polls = Cell::text(if it.polls { "yes" } else { "no" });
        vec![Cell::text(&it.name), state, polls, Cell::text(it.shops), Cell::time(&admin, Some(it.started_at()))]
    };
    list.rows = instances.iter().map(row).collect();
    Ok(list.shown())
}

pub(super) async fn incidents(who: LoggedIn, State(admin): State<Admin>, query: Query) -> Result<Response, NoPage> {
    let asked = asked(query);
    let incidents = admin.site.db.incidents(asked.before(), PER_PAGE).await.map_err(StoreError::from)?;
    let lead = "Trouble that operators were told of. It is kept for 30 days.";
    let mut list = ListHtml::new(&who, "incidents", "Incidents", lead);
    list.heads = &["What", "Where", "Began", "Ended", "Came back"];
    list.none = "There was no trouble yet.";
    list.next = asked.next("/admin/incidents", incidents.iter().map(|incident| incident.id));
    let row = |it: &crate::store::admin::lists::IncidentLine| {
        let words = format!("{}: {}", it.kind, plain(&it.text));
        let what = if it.closed_at().is_none() { Cell::Bad(words) } else { Cell::Text(words) };
        let [began, ended] = [Some(it.opened_at()), it.closed_at()].map(|at| Cell::time(&admin, at));
        vec![what, Cell::Text(plain(&it.subject)), began, ended, Cell::text(it.flaps)]
    };
    list.rows = incidents.iter().map(row).collect();
    Ok(list.shown())
}

pub(super) async fn audit(who: LoggedIn, State(admin): State<Admin>, query: Query) -> Result<Response, NoPage> {
    let asked = asked(query);
    let audit = admin.site.db.audit_lines(asked.before(), PER_PAGE).await.map_err(StoreError::from)?;
    let mut list = ListHtml::new(&who, "audit", "Audit", "Who changed what: on these pages, in chats, by the API.");
    list.heads = &["When", "Who", "Did", "To"];
    list.next = asked.next("/admin/audit", audit.iter().map(|line| line.id));
    let row = |line: &AuditLine| {
        let shown = if line.who.starts_with("sms:") { phone::shown(&line.who) } else { plain(&line.who) };
        vec![
            Cell::time(&admin, Some(line.at.at())),
            Cell::Text(shown),
            Cell::text(&line.what),
            Cell::Text(lines(&line.subject)),
        ]
    };
    list.rows = audit.iter().map(row).collect();
    Ok(list.shown())
}
