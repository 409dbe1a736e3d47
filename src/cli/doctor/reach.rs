//! `PUBLIC_URL`: does the world reach this service by it, and are signatures asked for there?

use super::Finding;
use crate::app::App;

pub(super) async fn checks(app: &App) -> Vec<Finding> {
    let reached = app.reach_itself().await;
    reached
        .into_iter()
        .map(|(address, said)| match said {
            Ok(words) => Finding::good("public", format!("{address} {words}")),
            Err(words) => Finding::bad(
                "public",
                format!("{address} {words}"),
                "is `coatcheck serve` running, and does the proxy pass this path to LISTEN_ADDR? Is PUBLIC_URL its address?",
            ),
        })
        .collect()
}
