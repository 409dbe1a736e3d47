//! What was sent to whom, and what came of it; what failed can be sent again.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use coatcheck_domain::delivery::State as Standing;

use super::Admin;
use super::list::{Act, Asked, Cell, ListHtml, PER_PAGE, Tab, done};
use super::lists::{Query, asked};
use super::login::WHO;
use super::posted::Posted;
use super::session::LoggedIn;
use super::trouble::trouble;
use crate::commands::delivery::{note, shown_address, what};
use crate::store::outbox::deliveries::{Delivery, NotReplayed};
use crate::web::look::answer::NoPage;

const PATH: &str = "/admin/deliveries";
/// Filters: state, words.
const STATES: [(&str, &str); 6] = [
    ("", "All"),
    ("dead", "Dead"),
    ("pending", "Waiting"),
    ("sent", "Sent"),
    ("expired", "Expired"),
    ("suppressed", "Suppressed"),
];

pub(super) async fn page(who: LoggedIn, State(admin): State<Admin>, query: Query) -> Result<Response, NoPage> {
    let asked = asked(query);
    let state = asked.state.parse().ok();
    let most = u32::try_from(PER_PAGE).unwrap_or(u32::MAX);
    let deliveries = admin.site.db.deliveries_before(state, &asked.channel, asked.before(), most).await?;
    let lead = "Each message for each destination. What ended is kept for 30 days; a dead one can be sent again.";
    let mut list = ListHtml::new(&who, "deliveries", "Deliveries", lead);
    list.notice = asked.notice();
    list.tabs = tabs(&asked);
    list.heads = &["No.", "Made", "Kind", "State", "To", "What", "Note", "Do"];
    list.none = "No delivery is like that.";
    list.next = asked.next(PATH, deliveries.iter().map(|delivery| delivery.id));
    list.rows = deliveries.iter().map(|delivery| row(&admin, delivery)).collect();
    Ok(list.shown())
}

fn tabs(asked: &Asked) -> Vec<Tab> {
    let tab = |(state, words): (&str, &str)| Tab {
        words: words.to_owned(),
        to: if state.is_empty() { PATH.to_owned() } else { format!("{PATH}?state={state}") },
        here: asked.state == state,
    };
    STATES.into_iter().map(tab).collect()
}

fn row(admin: &Admin, delivery: &Delivery) -> Vec<Cell> {
    let state = match delivery.state {
        Standing::Sent => Cell::Good("sent".to_owned()),
        Standing::Dead => Cell::Bad("dead".to_owned()),
        other => Cell::text(other),
    };
    let may = matches!(delivery.state, Standing::Dead | Standing::Expired | Standing::Suppressed);
    let act = |words, force: bool| Act {
        to: format!("{PATH}/{}", delivery.id),
        fields: if force { vec![("force", "1".to_owned())] } else { Vec::new() },
        words,
        about: format!("delivery {}", delivery.id),
    };
    let acts = if may { vec![act("Send again", false), act("Force", true)] } else { Vec::new() };
    vec![
        Cell::text(delivery.id),
        Cell::time(admin, Some(delivery.created_at)),
        Cell::text(delivery.kind),
        state,
        Cell::Text(shown_address(delivery)),
        Cell::Text(what(delivery)),
        Cell::Text(note(delivery)),
        Cell::Acts(acts),
    ]
}

/// Sends a delivery again.
pub(super) async fn replay(
    State(admin): State<Admin>,
    Path(id): Path<i64>,
    posted: Posted,
) -> Result<Response, NoPage> {
    let force = posted.fields.has("force");
    match admin.site.db.replay(id, force, admin.desk.expire_after).await? {
        Ok(()) => {
            let what = if force { "replay by force" } else { "replay" };
            admin.site.db.audit(WHO, what, &format!("delivery {id}")).await?;
            Ok(done(PATH, "replayed"))
        }
        Err(NotReplayed::Missing(_)) => Err(NoPage::NotFound),
        Err(why) => {
            let words = why.to_string().replace("add --force to send", "use Force to send");
            Ok(trouble(&posted.logged_in(), "deliveries", StatusCode::CONFLICT, words, PATH))
        }
    }
}
