//! Closing a watch and watching again, as the buttons below our messages ask. Each says what becomes of its message.

use coatcheck_bots::{Button, Reply, Who};

use super::button::Below;
use super::today::today;
use super::watches::{listed, name, short_name, what};
use super::{Commands, watch};
use crate::store::StoreError;
use crate::store::people::subscriber::Address;
use crate::store::people::watch::{Watch, Which};

/// The same words for what is closed and for what is somebody else's.
fn not_yours() -> Reply {
    Reply::text("That watch is already closed.")
}

async fn known(commands: &Commands, who: &Who) -> Result<Option<Address>, StoreError> {
    commands.db.known_destination(&who.destination).await
}

/// Stops one watch. In a list what is left is shown; else the message says that it stopped.
pub(crate) async fn stop(commands: &Commands, who: &Who, id: i64, below: Below) -> Result<Reply, StoreError> {
    let Some(address) = known(commands, who).await? else { return Ok(not_yours()) };
    let watches = commands.db.watches(address.subscriber_id, Which::Watch(id)).await?;
    let [watch] = watches.as_slice() else { return Ok(not_yours()) };
    commands.db.close_watches(address.subscriber_id, &[id]).await?;
    let stopped = format!("✓ Stopped: {}.", name(watch));
    if let Below::Page(page) = below {
        let left = commands.db.watches(address.subscriber_id, Which::All).await?;
        if !left.is_empty() {
            let opening = format!("{stopped}\nYou have {} left", left.len());
            return Ok(listed(commands, who, &opening, &left, page).await?.replacing());
        }
    }
    let reply = Reply::text(stopped).with_button("Watch again", format!("again:{id}{}", below.suffix()));
    Ok(if below == Below::Alert { reply.with_note("✓ Stopped") } else { reply.replacing() })
}

/// Got it: nothing more is wanted. The message keeps what it says of the stock.
pub(crate) async fn got(commands: &Commands, who: &Who, which: Which) -> Result<Reply, StoreError> {
    let Some(address) = known(commands, who).await? else { return Ok(not_yours()) };
    let watches = commands.db.watches(address.subscriber_id, which).await?;
    if watches.is_empty() {
        return Ok(not_yours());
    }
    let ids: Vec<i64> = watches.iter().map(|watch| watch.id).collect();
    commands.db.close_watches(address.subscriber_id, &ids).await?;
    let names: Vec<String> = watches.iter().map(name).collect();
    let reply = Reply::text(format!("✓ Got it. No longer watching {}.", names.join(", ")));
    Ok(reply.with_button("Watch again", again_data(which)).with_note("✓ Got it. Enjoy!"))
}

/// Watch again: what was notified waits again, and what was closed is opened again.
pub(crate) async fn again(commands: &Commands, who: &Who, which: Which, below: Below) -> Result<Reply, StoreError> {
    let Some(address) = known(commands, who).await? else { return Ok(not_yours()) };
    let subscriber = address.subscriber_id;
    commands.db.rearm(subscriber, which).await?;
    let mut watches = commands.db.watches(subscriber, which).await?;
    for id in commands.db.reopen(subscriber, which).await? {
        watches.extend(commands.db.watches(subscriber, Which::Watch(id)).await?);
    }
    let reply = match watches.as_slice() {
        [] => return Ok(not_yours()),
        [watch] => match commands.db.products(&[watch.product_id]).await?.as_slice() {
            [product, ..] => watch::answer_one(commands, product, watch).await?,
            [] => return Err(StoreError::ProductGone { product_id: watch.product_id }),
        },
        several => listed(commands, who, "Watching again", several, 1).await?,
    };
    if below != Below::Alert {
        return Ok(reply.replacing());
    }
    let note = note(commands, &watches).await?;
    let buttons = watches.iter().map(|watch| Button {
        label: format!("Stop {}", short_name(watch, &watches)),
        data: format!("stop:{}{}", watch.id, below.suffix()),
    });
    Ok(Reply { buttons: buttons.collect(), ..reply }.with_note(note))
}

/// The line below an alert. What is in stock already is said: no alert will come for it.
async fn note(commands: &Commands, watches: &[Watch]) -> Result<String, StoreError> {
    let now = commands.clock.now();
    let mut lines = Vec::new();
    for watch in watches {
        let product = commands.db.products(&[watch.product_id]).await?.pop();
        let stock = commands.db.stock(&[watch.product_id]).await?;
        let day = product.as_ref().map(|product| today(product, &stock, &watch.wish, now));
        let state = day.map(|day| format!(" ({})", day.short(now))).unwrap_or_default();
        lines.push(format!("{}{state}", what(watch)));
    }
    Ok(format!("✓ Watching again: {}", lines.join(", ")))
}

fn again_data(which: Which) -> String {
    match which {
        Which::NotifiedOf(restock) => format!("again-of:{restock}"),
        Which::Watch(id) => format!("again:{id}{}", Below::Alert.suffix()),
        Which::All | Which::Product(_) => String::new(),
    }
}
