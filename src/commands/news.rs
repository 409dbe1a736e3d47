//! `shop.example new`, after `/announce add` in a channel or `/watch` anywhere: new products of a shop.

use coatcheck_bots::commands::Arguments;
use coatcheck_bots::words;

use super::{Commands, caps};
use crate::shops::{bare, site};
use crate::store::StoreError;

/// A shop whose new products are meant.
pub(crate) struct Shop {
    id: i64,
    host: String,
}

/// The shop that is named together with `new`, by its host or any of its addresses. `None`: something else is meant.
pub(crate) async fn shop(commands: &Commands, said: &Arguments) -> Result<Option<Shop>, StoreError> {
    let Some(host) = host(said) else { return Ok(None) };
    Ok(commands.db.shop_at(&host).await?.map(|id| Shop { id, host }))
}

fn host(said: &Arguments) -> Option<String> {
    let (news, others): (Vec<_>, Vec<_>) =
        said.bare.iter().partition(|word| !word.quoted && word.text.eq_ignore_ascii_case("new"));
    if news.len() != 1 {
        return None;
    }
    match (&said.url, others.as_slice()) {
        (Some(url), []) => Some(site(url)),
        (None, [only]) => only.text.contains('.').then(|| bare(&only.text.to_lowercase()).to_owned()),
        _ => None,
    }
}

/// Stored, then answered: where new products are looked for, and how many are known there.
pub(crate) async fn add(commands: &Commands, subscriber_id: i64, shop: &Shop) -> Result<String, StoreError> {
    let host = words::plain(&shop.host);
    let there = commands.db.announcements(subscriber_id).await?.len();
    if there >= caps::most_watches(commands, subscriber_id).await? {
        return Ok(format!("{there} announcements are set up here, which is the most. Stop one first."));
    }
    let Some(known) = commands.db.listed_products(shop.id).await? else {
        return Ok(format!(
            "I track only single products of {host}, so I would miss new ones. Track one of its lists first: the shop's own \
             address or a collection's."
        ));
    };
    let is_new = commands.db.announce_news(subscriber_id, shop.id).await?;
    let opening = if is_new { "I'll tell you here what is new at" } else { "I already tell you here what is new at" };
    Ok(format!(
        "{opening} {host}, once a minute at most. Its lists that I track have {known} products now; I read up to 100 pages of each."
    ))
}

/// Says what was ended.
pub(crate) async fn stop(commands: &Commands, subscriber_id: i64, shop: &Shop) -> Result<String, StoreError> {
    let host = words::plain(&shop.host);
    Ok(if commands.db.stop_news(subscriber_id, shop.id).await? {
        format!("✓ Stopped: new products of {host}.")
    } else {
        format!("New products of {host} are not announced here. Nothing was changed.")
    })
}

/// The shops whose new products somebody hears of, a line each.
pub(crate) async fn lines(commands: &Commands, subscriber_id: i64) -> Result<Vec<String>, StoreError> {
    let all = commands.db.announcements(subscriber_id).await?;
    Ok(all.iter().filter(|one| one.news).map(|one| format!("New products of {}", words::plain(&one.name))).collect())
}
