//! `/shop`: what is followed, for admins.

use coatcheck_bots::commands::Arguments;
use coatcheck_bots::{Reply, Who, words};
use coatcheck_domain::poll::State;
use url::Url;

use super::Commands;
use crate::store::StoreError;
use crate::store::polls::source::Source;

/// Sources that are listed one by one.
const MOST_LISTED: usize = 20;

/// What was said after `/shop`.
pub(crate) async fn said(commands: &Commands, who: &Who, said: &Arguments) -> Result<Reply, StoreError> {
    match (said.action, &said.url) {
        (Some("add"), Some(url)) => add(commands, who, url).await,
        (Some("add"), None) => Ok(Reply::text("Which address? /shop add https://shop.example/products/jacket")),
        (Some("list") | None, _) => list(commands).await,
        (Some(action), _) => match named(commands, said).await? {
            Some(source) => change(commands, who, action, &source).await,
            None => Ok(Reply::text(format!(
                "Which one? /shop {action} with the number or the address that /shop list shows."
            ))),
        },
    }
}

async fn add(commands: &Commands, who: &Who, url: &Url) -> Result<Reply, StoreError> {
    match commands.follow.follow(url, who, true).await {
        Ok(followed) => {
            audit(commands, who, "shop add", url.as_str()).await?;
            let number = followed.source_id;
            Ok(Reply::text(format!("Following {url} as number {number}. /shop list shows what it reads.")))
        }
        Err(why) => Ok(Reply::text(why)),
    }
}

async fn list(commands: &Commands) -> Result<Reply, StoreError> {
    let sources = commands.db.sources().await?;
    if sources.is_empty() {
        return Ok(Reply::text("Nothing is followed yet. /shop add with an address follows one."));
    }
    let now = commands.clock.now();
    let mut lines: Vec<String> = sources.iter().take(MOST_LISTED).map(|source| line(source, now)).collect();
    if sources.len() > MOST_LISTED {
        lines.push(format!("and {} more", sources.len() - MOST_LISTED));
    }
    Ok(Reply::text(lines.join("\n")))
}

fn line(source: &Source, now: chrono::DateTime<chrono::Utc>) -> String {
    let read =
        source.last_read_at.map_or_else(|| "never read".to_owned(), |at| format!("read {}", words::ago(at, now)));
    let products = words::counted(source.products, "product", "products");
    let state = match source.state {
        State::Idle | State::Candidate if source.failures == 0 => String::new(),
        State::Idle | State::Candidate => {
            format!(", failing: {}", words::plain(source.last_error.as_deref().unwrap_or("unknown")))
        }
        other => format!(", {}", other.as_str()),
    };
    format!("{}. {} — {products}, {read}{state}", source.id, source.url)
}

/// The source by its number or its address.
async fn named(commands: &Commands, said: &Arguments) -> Result<Option<Source>, StoreError> {
    if let Some(number) = said.bare.first().and_then(|word| word.text.parse().ok()) {
        return commands.db.source(number).await;
    }
    let Some(url) = &said.url else { return Ok(None) };
    Ok(commands.db.sources().await?.into_iter().find(|source| source.url == url.as_str()))
}

async fn change(commands: &Commands, who: &Who, action: &str, source: &Source) -> Result<Reply, StoreError> {
    if action == "remove" {
        let text = format!(
            "This forgets {} with its history and the {} on it.",
            source.url,
            words::counted(source.watches, "watch", "watches")
        );
        return Ok(Reply::text(text).with_button("Remove it", format!("unfollow:{}", source.id)));
    }
    let paused = action == "pause";
    commands.db.pause_source(source.id, paused).await?;
    audit(commands, who, &format!("shop {action}"), &source.url).await?;
    let url = &source.url;
    Ok(Reply::text(if paused {
        format!("{url} is not read until /shop resume.")
    } else {
        format!("{url} is read now.")
    }))
}

/// The button below "this forgets …".
pub(crate) async fn removed(commands: &Commands, who: &Who, id: i64) -> Result<Reply, StoreError> {
    let Some(source) = commands.db.source(id).await? else { return Ok(Reply::text("It is not followed any more.")) };
    commands.db.remove_source(id).await?;
    audit(commands, who, "shop remove", &source.url).await?;
    Ok(Reply::text(format!("{} is not followed any more.", source.url)))
}

async fn audit(commands: &Commands, who: &Who, what: &str, subject: &str) -> Result<(), StoreError> {
    commands.db.audit(&who.destination.to_string(), what, subject).await
}
