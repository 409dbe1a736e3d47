//! `deliveries`, `deliveries replay` and `send-test`.

use std::time::Duration;

use coatcheck_bots::message::{Alert, Message};
use coatcheck_bots::words;
use coatcheck_domain::delivery::{Kind, State};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::args;
use super::failure::{Failure, Outcome};
use super::out;
use crate::app::App;
use crate::commands::delivery::{alert, note, shown_address, what};
use crate::store::outbox::deliveries::{Delivery, NotReplayed};

/// Lists them, or replays one.
///
/// # Errors
/// Status 2 when there is nothing to replay, 4 when a replay would be wrong.
pub(super) async fn run(app: &App, args: args::Deliveries) -> Outcome {
    if let Some(args::Replay::Replay { number, force }) = args.command {
        let replayed = app.db.replay(number, force, app.settings.expire_after).await?;
        replayed.map_err(|why| match why {
            NotReplayed::Missing(_) => Failure::usage(why),
            why => Failure::refused(why),
        })?;
        return out::line(&format!("Delivery {number} will be sent again by the running service."));
    }
    let deliveries = app.db.deliveries(args.state, args.limit).await?;
    if args.json {
        return out::json(&deliveries.iter().map(delivery_json).collect::<Vec<_>>());
    }
    if deliveries.is_empty() {
        return out::line(
            &args
                .state
                .map_or_else(|| "There are no deliveries yet.".to_owned(), |state| format!("No delivery is {state}.")),
        );
    }
    let now = app.db.now();
    let rows: Vec<Vec<String>> = deliveries
        .iter()
        .map(|delivery| {
            vec![
                delivery.id.to_string(),
                words::ago(delivery.created_at, now),
                delivery.kind.to_string(),
                delivery.state.to_string(),
                shown_address(delivery),
                what(delivery),
                note(delivery),
            ]
        })
        .collect();
    out::line(&out::table(&["NO", "MADE", "KIND", "STATE", "TO", "WHAT", "NOTE"], &rows))
}

/// Sends the example alert and waits for its outcome.
///
/// # Errors
/// Status 1 when it did not arrive, or nothing sent it in time.
pub(super) async fn send_test(app: &App, args: args::SendTest) -> Outcome {
    super::watch::connected(&app.settings, &args.to)?;
    let address = super::watch::destination(app, &args.to).await?;
    if let Some(secret) = &address.secret {
        out::line(&format!(
            "Its requests are signed (Standard Webhooks). This is the secret, shown only once:\n  {secret}"
        ))?;
    }
    if let Some(why) = super::watch::unasked(app, &args.to).await? {
        return Err(Failure::refused(why));
    }
    let message = Message::Alert(Box::new(Alert::example(app.db.now())));
    let key = format!("t:{}", app.rng.token());
    let id = app.db.enqueue(Kind::Alert, &key, address.destination_id, &message, app.settings.expire_after).await?;
    let id = id.ok_or_else(|| Failure::failed("the example could not be stored"))?;
    let deadline = Instant::now() + args.wait;
    while Instant::now() < deadline {
        let delivery = app.db.delivery(id).await?.ok_or_else(|| Failure::failed("the example was removed"))?;
        match delivery.state {
            State::Sent => return out::line(&format!("Sent to {}.", args.to)),
            state if state.is_final() => {
                return Err(Failure::failed(format!(
                    "not sent ({state}): {}",
                    delivery.last_error.unwrap_or_default()
                )));
            }
            _ if delivery.attempts > 0 && delivery.last_error.is_some() => {
                let error = delivery.last_error.unwrap_or_default();
                return Err(Failure::failed(format!("not sent yet, it will be retried: {error}")));
            }
            _ => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
    Err(Failure::failed(format!(
        "it was not sent within {}; is `coatcheck serve` running on this database? It stays in the outbox as delivery {id}",
        words::lasting(args.wait)
    )))
}

fn delivery_json(delivery: &Delivery) -> Value {
    let alert = alert(delivery);
    json!({
        "number": delivery.id,
        "kind": delivery.kind.as_str(),
        "key": delivery.dedupe_key,
        "state": delivery.state.as_str(),
        "reason": delivery.reason,
        "to": shown_address(delivery),
        "hop": delivery.hop,
        "product": delivery.product.clone().or_else(|| alert.as_ref().map(|alert| alert.product.clone())),
        "variants": alert.map(|alert| alert.variants.iter().map(|variant| json!({
            "size": variant.size,
            "style": variant.style,
            "sku": variant.sku,
            "availability": variant.availability,
            "price": variant.price,
        })).collect::<Vec<_>>()),
        "attempts": delivery.attempts,
        "last_error": delivery.last_error,
        "read_at": delivery.read_at,
        "created_at": delivery.created_at,
        "sent_at": delivery.accepted_at,
        "next_attempt_at": (!delivery.state.is_final()).then_some(delivery.next_attempt_at),
        "expires_at": delivery.expires_at,
    })
}
