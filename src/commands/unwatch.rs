//! `/unwatch`: by buttons, or by name.

use coatcheck_bots::commands::Arguments;
use coatcheck_bots::{Reply, Who, words};
use coatcheck_domain::size::names;

use super::doing::{Act, Doing};
use super::next::{Choice, Next};
use super::today::wanted;
use super::{Commands, find, news, watches};
use crate::store::StoreError;
use crate::store::people::watch::{Watch, Which};
use crate::store::stock::catalogue::Product;

/// What was said after `/unwatch`.
pub(crate) async fn said(commands: &Commands, who: &Who, said: &Arguments) -> Result<Next, StoreError> {
    if let Some(shop) = news::shop(commands, said).await? {
        let subscriber_id = commands.address(who).await?.subscriber_id;
        return Ok(Reply::text(news::stop(commands, subscriber_id, &shop).await?).into());
    }
    let mine = watches::mine(commands, who, Which::All).await?;
    if mine.is_empty() {
        return Ok(watches::nothing(who).into());
    }
    if let Some(number) = said.number {
        return Ok(number
            .checked_sub(1)
            .and_then(|at| mine.get(at))
            .map_or_else(|| not_so_many(&mine).into(), |watch| Next::Choose(Choice::Stop { watch: watch.id })));
    }
    if said.all {
        return all(commands, &mine).await.map(Next::Say);
    }
    if said.bare.is_empty() && said.url.is_none() {
        return watches::listed(commands, who, "Which watch should I stop", &mine, 1).await.map(Next::Say);
    }
    let products = find::watched(commands, &mine).await?;
    find::among(commands, who, Act::Unwatch, &products, said).await
}

fn not_so_many(mine: &[Watch]) -> Reply {
    Reply::text(format!("You have {} watches. Please give a number from 1 to {}.", mine.len(), mine.len()))
}

async fn all(commands: &Commands, mine: &[Watch]) -> Result<Reply, StoreError> {
    let ids: Vec<i64> = mine.iter().map(|watch| watch.id).collect();
    let Some(first) = mine.first() else { return Ok(Reply::default()) };
    let removed = commands.db.close_watches(first.subscriber_id, &ids).await?;
    Ok(Reply::text(if removed == 1 { "Stopped 1 watch.".to_owned() } else { format!("Stopped {removed} watches.") }))
}

/// Stops the watches on this product that were meant.
pub(crate) async fn remove(
    commands: &Commands,
    who: &Who,
    doing: &Doing,
    product: &Product,
) -> Result<Reply, StoreError> {
    let mine = watches::mine(commands, who, Which::Product(product.id)).await?;
    let title = words::title(&product.title);
    let (meant, others): (Vec<&Watch>, Vec<&Watch>) = mine.iter().partition(|watch| is_meant(watch, doing));
    let Some(first) = meant.first() else {
        let others: Vec<String> = others.iter().map(|watch| what(watch)).collect();
        let asked = wanted(doing.size_text().as_deref(), doing.style_text().as_deref());
        let waits = if others.is_empty() { "nothing".to_owned() } else { others.join("; ") };
        return Ok(Reply::text(format!("You aren't watching {title} — {asked}. You watch: {waits}.")));
    };
    let ids: Vec<i64> = meant.iter().map(|watch| watch.id).collect();
    commands.db.close_watches(first.subscriber_id, &ids).await?;
    let stopped: Vec<String> = meant.iter().map(|watch| what(watch)).collect();
    Ok(Reply::text(format!("✓ Stopped: {title} — {}.", stopped.join("; "))))
}

/// The sizes that were said, by whichever of their names, or all of them; the style that was said, or any.
fn is_meant(watch: &Watch, doing: &Doing) -> bool {
    doing.wants.iter().any(|want| {
        let wish = want.wish();
        let same_size = want
            .size
            .as_ref()
            .is_none_or(|size| size.key == watch.wish.size || names(&size.text).contains(&watch.wish.size));
        same_size && (wish.style.is_any() || wish.style == watch.wish.style)
    })
}

fn what(watch: &Watch) -> String {
    wanted(watch.size.as_deref(), watch.style.as_deref())
}
