//! `/watches`: what I wait for, and where it stands.

use std::collections::BTreeSet;

use coatcheck_bots::{Command, Reply, Who, words};
use coatcheck_domain::watch::Mode;

use super::today::{today, wanted};
use super::{Commands, platform};
use crate::store::StoreError;
use crate::store::people::watch::{Watch, Which};
use crate::store::stock::catalogue::{Product, Variant};

/// Watches that are listed one by one: a message has its limit.
const MOST_LISTED: usize = 15;
/// Buttons below a message, at most.
const MOST_BUTTONS: usize = 10;

/// Lists all watches.
pub(crate) async fn list(commands: &Commands, who: &Who) -> Result<Reply, StoreError> {
    let watches = mine(commands, who, Which::All).await?;
    let opening = match watches.len() {
        0 => return Ok(nothing(who)),
        1 => "You wait for one thing:".to_owned(),
        several => format!("You wait for {several} things:"),
    };
    listed(commands, who, &opening, &watches).await
}

/// The watches of who speaks; none for somebody we never heard of.
pub(crate) async fn mine(commands: &Commands, who: &Who, which: Which) -> Result<Vec<Watch>, StoreError> {
    match commands.db.known_destination(&who.destination).await? {
        Some(address) => commands.db.watches(address.subscriber_id, which).await,
        None => Ok(Vec::new()),
    }
}

pub(crate) fn nothing(who: &Who) -> Reply {
    let watch = Command::Watch.typed(platform(who));
    Reply::text(format!("You wait for nothing. {watch} with a product and a size makes me tell you when it is back."))
}

/// A line a watch with today's stock, and a button to stop each.
pub(crate) async fn listed(
    commands: &Commands,
    who: &Who,
    opening: &str,
    watches: &[Watch],
) -> Result<Reply, StoreError> {
    let shown = &watches[..watches.len().min(MOST_LISTED)];
    let ids: BTreeSet<i64> = shown.iter().map(|watch| watch.product_id).collect();
    let ids: Vec<i64> = ids.into_iter().collect();
    let stock = commands.db.stock(&ids).await?;
    let products = commands.db.products(&ids).await?;
    let mut reply = Reply::text(opening);
    for (number, watch) in (1..).zip(shown) {
        let line = line(commands, watch, &products, &stock);
        reply.text.push_str(&format!("\n{number}. {line}"));
        if number <= MOST_BUTTONS {
            reply = reply.with_button(format!("Stop {number}"), format!("stop:{}", watch.id));
        }
    }
    if watches.len() > shown.len() {
        reply.text.push_str(&format!("\nand {} more", watches.len() - shown.len()));
    }
    if shown.iter().any(|watch| !watch.armed) {
        let again = Command::Again.typed(platform(who));
        reply.text.push_str(&format!("\n{again} waits again for what I told you about."));
    }
    Ok(reply)
}

fn line(commands: &Commands, watch: &Watch, products: &[Product], stock: &[Variant]) -> String {
    let now = commands.clock.now();
    let product = products.iter().find(|product| product.id == watch.product_id);
    let day = product.map(|product| today(product, stock, &watch.wish, now).short(now));
    let state = day.unwrap_or_else(|| "not read yet".to_owned());
    let mode = if watch.mode == Mode::Every { ", every time" } else { "" };
    let told = match watch.notified_at {
        Some(told) if !watch.armed => format!("; told {}", words::ago(told, now)),
        _ => String::new(),
    };
    format!("{}{mode}: {state}{told}", name(watch))
}

/// `Corps Jacket — M / black`.
pub(crate) fn name(watch: &Watch) -> String {
    format!("{} — {}", words::title(&watch.product), wanted(watch.size.as_deref(), watch.style.as_deref()))
}
