//! `/shop`: what is followed, for admins.

use coatcheck_bots::commands::Arguments;
use coatcheck_bots::{Command, Reply, Who, words};
use coatcheck_domain::poll::State;
use url::Url;

use super::page::{Page, Pages};
use super::spoken::spoken;
use super::{Commands, platform};
use crate::store::StoreError;
use crate::store::polls::shown::Source;
use crate::store::polls::source::NewSource;

const ADD_WHICH: &str = "Which page? Try: /shop add https://shop.example/products/jacket";
const NOTHING_YET: &str = "Nothing is tracked yet. Try: /shop add https://shop.example/products/jacket";

/// What was said after `/shop`.
pub(crate) async fn said(commands: &Commands, who: &Who, said: &Arguments) -> Result<Reply, StoreError> {
    let number = said.bare.first().and_then(|word| word.text.parse().ok());
    match (said.action, &said.url) {
        (Some("add"), Some(url)) => add(commands, who, url).await,
        (Some("add"), None) => Ok(Reply::text(spoken(who, ADD_WHICH))),
        (Some("list") | None, _) => list(commands, who, number.unwrap_or(1)).await,
        (Some(action), _) => match named(commands, said).await? {
            Some(source) => change(commands, who, action, &source).await,
            None => {
                let shop = Command::Shop.typed(platform(who));
                Ok(Reply::text(format!("Which one? Say {shop} {action} and a number or address from {shop} list.")))
            }
        },
    }
}

async fn add(commands: &Commands, who: &Who, url: &Url) -> Result<Reply, StoreError> {
    let new = match commands.follow.source(url, true) {
        Ok(new) => NewSource { listed: true, ..new },
        Err(why) => return Ok(Reply::text(why)),
    };
    let (number, is_new) = commands.db.add_source(&new).await?;
    if !is_new {
        return Ok(Reply::text(format!("{} is tracked already as number {number}. Nothing was changed.", new.url)));
    }
    audit(commands, who, "shop add", &new.url).await?;
    let shop = Command::Shop.typed(platform(who));
    Ok(Reply::text(format!("Tracking {} as number {number}. {shop} list shows what was found.", new.url)))
}

/// One page of all sources.
pub(crate) async fn list(commands: &Commands, who: &Who, number: usize) -> Result<Reply, StoreError> {
    let sources = commands.db.sources().await?;
    if sources.is_empty() {
        return Ok(Reply::text(spoken(who, NOTHING_YET)));
    }
    let now = commands.clock.now();
    let page = Page::of(&sources, number, platform(who));
    let count = words::counted(i64::try_from(sources.len()).unwrap_or(i64::MAX), "source", "sources");
    let mut lines = vec![format!("{count}{}:", page.which())];
    lines.extend(page.shown.iter().map(|source| line(source, now)));
    lines.extend(page.next().map(|next| format!("{} list {next} shows more.", Command::Shop.typed(platform(who)))));
    Ok(page.with_buttons(Reply::text(lines.join("\n")), Pages::Sources))
}

fn line(source: &Source, now: chrono::DateTime<chrono::Utc>) -> String {
    let read =
        source.last_read_at.map_or_else(|| "never checked".to_owned(), |at| format!("checked {}", words::ago(at, now)));
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
            "This deletes {} with its history and the {} on it. It can't be undone.",
            source.url,
            words::counted(source.watches, "watch", "watches")
        );
        return Ok(Reply::text(text).with_button("Delete it", format!("unfollow:{}", source.id)));
    }
    let paused = action == "pause";
    commands.db.pause_source(source.id, paused).await?;
    audit(commands, who, &format!("shop {action}"), &source.url).await?;
    let url = &source.url;
    Ok(Reply::text(if paused {
        format!("{url} is paused. {} resume {} continues.", Command::Shop.typed(platform(who)), source.id)
    } else {
        format!("{url} is checked again now.")
    }))
}

/// The button below "this forgets …".
pub(crate) async fn removed(commands: &Commands, who: &Who, id: i64) -> Result<Reply, StoreError> {
    let Some(source) = commands.db.source(id).await? else { return Ok(Reply::text("It is no longer tracked.")) };
    commands.db.remove_source(id).await?;
    audit(commands, who, "shop remove", &source.url).await?;
    Ok(Reply::text(format!("{} is no longer tracked.", source.url)))
}

async fn audit(commands: &Commands, who: &Who, what: &str, subject: &str) -> Result<(), StoreError> {
    commands.db.audit(&who.destination.to_string(), what, subject).await
}
