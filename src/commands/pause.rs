//! `/pause` and `/resume`: quiet for a while, then what is in stock now.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use coatcheck_bots::commands::Arguments;
use coatcheck_bots::{Command, Reply, Who};

use super::today::{Today, today};
use super::until::until;
use super::{Commands, platform, watches};
use crate::store::StoreError;
use crate::store::people::watch::Which;

/// "Until I resume": longer than anybody waits for a jacket.
const FOR_GOOD: Duration = Duration::from_secs(100 * 366 * 24 * 3600);

/// No alerts for as long as was said, or until resumed.
pub(crate) async fn pause(commands: &Commands, who: &Who, said: &Arguments) -> Result<Reply, StoreError> {
    let resume = Command::Resume.typed(platform(who));
    let now = commands.db.now();
    let words: Vec<&str> = said.bare.iter().map(|word| word.text.as_str()).collect();
    let ends = match said.duration {
        Some(time) => Some(now + time),
        None => until(&words, now, commands.zone),
    };
    if ends.is_none() && !words.is_empty() {
        return Ok(Reply::text("I didn't understand that time. Try 30m, 8h, 2d or until tomorrow. Nothing is paused."));
    }
    let subscriber_id = commands.address(who).await?.subscriber_id;
    commands.db.pause_subscriber(subscriber_id, Some(ends.unwrap_or(now + FOR_GOOD))).await?;
    Ok(Reply::text(match ends {
        Some(ends) => {
            format!("Alerts are paused until {}. {resume} ends the pause sooner.", clock(ends, commands.zone))
        }
        None => format!("Alerts are paused until you say {resume}."),
    }))
}

/// In the zone that was set: `2027-01-18 17:11 Europe/Berlin`.
fn clock(at: DateTime<Utc>, zone: Tz) -> String {
    format!("{} {}", at.with_timezone(&zone).format("%Y-%m-%d %H:%M"), zone.name())
}

/// Ends the pause and says what is in stock now.
pub(crate) async fn resume(commands: &Commands, who: &Who) -> Result<Reply, StoreError> {
    let subscriber_id = commands.address(who).await?.subscriber_id;
    let was_paused = commands.db.paused_until(subscriber_id).await?.is_some();
    commands.db.pause_subscriber(subscriber_id, None).await?;
    let opening = if was_paused { "Alerts are on again." } else { "Alerts were not paused." };
    let here = in_stock(commands, who).await?;
    if here.is_empty() {
        return Ok(Reply::text(format!("{opening} Nothing on your list is in stock now.")));
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
        let Today::Here(_) = &day else { return None };
        let link = day.link(product).map(|url| format!(" {url}")).unwrap_or_default();
        Some(format!("• {}: {}{link}", watches::name(watch), day.short(now)))
    });
    Ok(lines.take(10).collect())
}
