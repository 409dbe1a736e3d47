//! Deliveries: listing, sending again.

use axum::Json;
use axum::extract::{Path, State};

use super::answers::{Deliveries, Delivery};
use super::{Asked, Before, Key, MOST, Tools, asked, number};
use crate::store::outbox::deliveries::NotReplayed;
use crate::web::api::answers::Problem;

/// What was sent to whom, the newest first.
#[utoipa::path(get, path = "/api/v1/deliveries", params(Before), security(("token" = [])), responses(
    (status = 200, description = "Up to 100 deliveries", body = Deliveries),
    (status = 400, description = "The query cannot be read", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "There is no such token", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Too many requests", body = Problem, content_type = "application/problem+json"),
))]
pub(in crate::web::api) async fn list_deliveries(
    _: Key,
    State(tools): State<Tools>,
    query: Asked,
) -> Result<Json<Deliveries>, Problem> {
    let asked = asked(query)?;
    let state = match asked.state.as_str() {
        "" => None,
        word => Some(word.parse().map_err(|_| Problem::bad("There is no such state."))?),
    };
    let (before, most) = (asked.before.unwrap_or(i64::MAX), u32::try_from(MOST).unwrap_or(u32::MAX));
    let rows = tools.site.db.deliveries_before(state, "", before, most).await?;
    Ok(Json(Deliveries { deliveries: rows.iter().map(Delivery::from).collect() }))
}

/// Sends a delivery that failed once more.
#[utoipa::path(post, path = "/api/v1/deliveries/{id}/replay", params(("id" = i64, Path, description = "The delivery")), security(("token" = [])), responses(
    (status = 200, description = "It waits to be sent", body = Delivery),
    (status = 401, description = "There is no such token", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "The token may only read", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no such delivery", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "It did not fail, is sold out again, or reached its reader elsewhere", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Too many requests", body = Problem, content_type = "application/problem+json"),
))]
pub(in crate::web::api) async fn replay_delivery(
    key: Key,
    State(tools): State<Tools>,
    Path(id): Path<String>,
) -> Result<Json<Delivery>, Problem> {
    key.may_write()?;
    let (id, db) = (number(&id)?, &tools.site.db);
    match db.replay(id, false, tools.desk.expire_after).await? {
        Ok(()) => key.note(&tools, "replay", &format!("delivery {id}")).await?,
        Err(NotReplayed::Missing(_)) => return Err(Problem::not_found("There is no such delivery.")),
        Err(why) => return Err(Problem::conflict(&why.to_string())),
    }
    let stored = db.delivery(id).await?;
    stored.as_ref().map(|row| Json(Delivery::from(row))).ok_or_else(|| Problem::not_found("There is no such delivery."))
}
