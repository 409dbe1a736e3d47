//! `/pause` and `/resume`: quiet for a while, then what is in stock now.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, Utc};
use coatcheck_bots::commands::{Arguments, NotADuration};
use coatcheck_bots::{Command, Reply, Who, words};

use super::today::{Today, today};
use super::{Commands, platform, watches};
use crate::store::StoreError;
use crate::store::people::watch::Which;

/// "Until I resume": longer than anybody waits for a jacket.
const FOR_GOOD: Duration = Duration::from_secs(100 * 366 * 24 * 3600);

/// Quiet for as long as was said, or until resumed.
pub(crate) async fn pause(commands: &Commands, who: &Who, said: &Arguments) -> Result<Reply, StoreError> {
    let resume = Command::Resume.typed(platform(who));
    if said.duration.is_none() && !said.bare.is_empty() {
        return Ok(Reply::text(format!("I do not understand that: {NotADuration}. Nothing is paused.")));
    }
    let subscriber_id = commands.address(who).await?.subscriber_id;
    let until = commands.db.now() + said.duration.unwrap_or(FOR_GOOD);
    commands.db.pause_subscriber(subscriber_id, Some(until)).await?;
    Ok(Reply::text(match said.duration {
        Some(time) => format!("Quiet for {}, until {}. {resume} ends it sooner.", words::lasting(time), clock(until)),
        None => format!("Quiet until you say {resume}."),
    }))
}

fn clock(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// Ends the quiet and says what was there for the taking.
pub(crate) async fn resume(commands: &Commands, who: &Who) -> Result<Reply, StoreError> {
    let subscriber_id = commands.address(who).await?.subscriber_id;
    let was_paused = commands.db.paused_until(subscriber_id).await?.is_some();
    commands.db.pause_subscriber(subscriber_id, None).await?;
    let opening = if was_paused { "I speak again." } else { "You were not paused." };
    let here = in_stock(commands, who).await?;
    if here.is_empty() {
        return Ok(Reply::text(format!("{opening} Nothing you wait for is in stock now.")));
    }
    Ok(Reply::text(format!("{opening} In stock now:\n{}", here.join("\n"))))
}

async fn in_stock(commands: &Commands, who: &Who) -> Result<Vec<String>, StoreError> {
    let mine = watches::mine(commands, who, Which::All).await?;
    let ids: BTreeSet<i64> = mine.iter().map(|watch| watch.product_id).collect();
    let ids: Vec<i64> = ids.into_iter().collect();
    let stock = commands.db.stock(&ids).await?;
    let products = commands.db.products(&ids).await?;
    let now = commands.clock.now();
    let lines = mine.iter().filter_map(|watch| {
        let product = products.iter().find(|product| product.id == watch.product_id)?;
        let day = today(product, &stock, &watch.wish, now);
        let Today::Here(variants) = &day else { return None };
        let link = variants.first().and_then(|variant| variant.url.as_ref()).or(product.url.as_ref());
        let link = link.map(|url| format!(" {url}")).unwrap_or_default();
        Some(format!("• {}: {}{link}", watches::name(watch), day.short(now)))
    });
    Ok(lines.take(15).collect())
}
