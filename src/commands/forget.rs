//! `/forget` and `/export`: everything that is known of one, deleted or shown.

use chrono::{DateTime, Utc};
use coatcheck_bots::commands::Arguments;
use coatcheck_bots::{Platform, Reply, Who, words};
use serde_json::{Map, Value, json};

use super::{Commands, platform, watches};
use crate::store::StoreError;
use crate::store::db::time::at;
use crate::store::people::person::Told;
use crate::store::people::phone;
use crate::store::people::watch::{Watch, Which};

/// Messages in an export, at most.
const MOST_TOLD: u32 = 10_000;

/// `/forget`, and by text, where nothing can be pressed, `FORGET ME` after it.
pub(crate) async fn said(commands: &Commands, who: &Who, said: &Arguments) -> Result<Reply, StoreError> {
    let is_text = platform(who) == Platform::Sms;
    if is_text && said.bare.first().is_some_and(|word| word.text.eq_ignore_ascii_case("me")) {
        return match commands.db.known_destination(&who.destination).await? {
            Some(address) => confirmed(commands, who, address.subscriber_id).await,
            None => Ok(unknown()),
        };
    }
    let mut reply = ask(commands, who).await?;
    if is_text && !reply.buttons.is_empty() {
        reply.text.push_str("\nReply FORGET ME to confirm.");
    }
    Ok(reply)
}

/// Asks whether it is meant: what is gone cannot be brought back.
async fn ask(commands: &Commands, who: &Who) -> Result<Reply, StoreError> {
    let Some(address) = commands.db.known_destination(&who.destination).await? else { return Ok(unknown()) };
    let watches = commands.db.watches(address.subscriber_id, Which::All).await?.len();
    let places = commands.db.addresses(address.subscriber_id).await?.len();
    let and = if places > 1 { format!(" and the {places} places where I reach you") } else { String::new() };
    let what = match watches {
        0 => format!("everything stored about you{and}"),
        1 => format!("your watch{and}"),
        several => format!("your {several} watches{and}"),
    };
    let text =
        format!("This deletes {what}. It can't be undone. Past alerts stay in the statistics, without your name.");
    Ok(Reply::text(text).with_button("Delete everything", format!("forget:{}", address.subscriber_id)))
}

/// The button below that question.
pub(crate) async fn confirmed(commands: &Commands, who: &Who, subscriber_id: i64) -> Result<Reply, StoreError> {
    let known = commands.db.known_destination(&who.destination).await?;
    if known.is_none_or(|address| address.subscriber_id != subscriber_id) {
        return Ok(unknown());
    }
    let forgotten = commands.db.forget(subscriber_id).await?;
    let mut text = "Done. Everything stored about you is deleted.".to_owned();
    if forgotten.stop_kept {
        text.push_str(" Only a fingerprint of your number is kept, because it said STOP and must not be texted.");
    }
    if forgotten.ban_kept {
        text.push_str(" Only this address is kept, because it may not be used here.");
    }
    if forgotten.under_way > 0 {
        text.push_str(" One message was already on its way and may still arrive.");
    }
    Ok(Reply::text(text))
}

fn unknown() -> Reply {
    Reply::text("Nothing is stored about you.")
}

/// Everything that is known of who speaks, as a file.
pub(crate) async fn export(commands: &Commands, who: &Who) -> Result<Reply, StoreError> {
    let Some(address) = commands.db.known_destination(&who.destination).await? else { return Ok(unknown()) };
    let addresses = commands.db.addresses(address.subscriber_id).await?;
    let paused_until = commands.db.paused_until(address.subscriber_id).await?;
    let watches = watches::mine(commands, who, Which::All).await?;
    let told = commands.db.notified_to(address.subscriber_id, MOST_TOLD).await?;
    let all = json!({
        "destinations": addresses.iter().map(|address| shown(address)).collect::<Vec<_>>(),
        "paused_until": paused_until,
        "watches": watches.iter().map(watch).collect::<Vec<_>>(),
        "told": told.iter().map(told_row).collect::<Vec<_>>(),
        "rows": commands.db.rows_of_person(address.subscriber_id).await?.into_iter().collect::<Map<_, _>>(),
    });
    let text = format!(
        "Everything stored about you: {}, {}.",
        words::counted(i64::try_from(watches.len()).unwrap_or(i64::MAX), "watch", "watches"),
        words::counted(i64::try_from(told.len()).unwrap_or(i64::MAX), "message", "messages")
    );
    Ok(Reply::text(text).with_file("coatcheck.json", format!("{all:#}\n")))
}

/// Without the secrets that an address may hold.
fn shown(stored: &str) -> String {
    phone::shown(stored)
}

fn watch(watch: &Watch) -> Value {
    json!({
        "product": watch.product,
        "size": watch.size,
        "style": watch.style,
        "mode": watch.mode.as_str(),
        "armed": watch.armed,
        "notified_at": watch.notified_at,
        "created_at": watch.created_at,
    })
}

fn told_row(told: &Told) -> Value {
    let accepted_at: Option<DateTime<Utc>> = told.accepted_at.map(at);
    json!({
        "kind": told.kind,
        "product": told.product,
        "to": told.address.as_deref().map(shown),
        "state": told.state,
        "created_at": at(told.created_at),
        "accepted_at": accepted_at,
    })
}
