//! `/again`: waits again for what was told already.

use coatcheck_bots::commands::Arguments;
use coatcheck_bots::{Reply, Who, words};

use super::doing::Act;
use super::next::Next;
use super::{Commands, find, watches};
use crate::store::StoreError;
use crate::store::people::watch::Which;
use crate::store::stock::catalogue::Product;

/// What was said after `/again`.
pub(crate) async fn said(commands: &Commands, who: &Who, said: &Arguments) -> Result<Next, StoreError> {
    let mine = watches::mine(commands, who, Which::All).await?;
    if mine.is_empty() {
        return Ok(watches::nothing(who).into());
    }
    if said.bare.is_empty() && said.url.is_none() {
        return everything(commands, who).await.map(Next::Promise);
    }
    let products = find::watched(commands, &mine).await?;
    find::among(commands, who, Act::Again, &products, said).await
}

/// Arms whatever was notified.
pub(crate) async fn everything(commands: &Commands, who: &Who) -> Result<Reply, StoreError> {
    rearm(commands, who, Which::All, "everything").await
}

/// Arms what was notified of one product.
pub(crate) async fn product(commands: &Commands, who: &Who, product: &Product) -> Result<Reply, StoreError> {
    rearm(commands, who, Which::Product(product.id), &words::title(&product.title)).await
}

async fn rearm(commands: &Commands, who: &Who, which: Which, what: &str) -> Result<Reply, StoreError> {
    let subscriber_id = commands.address(who).await?.subscriber_id;
    let armed = commands.db.rearm(subscriber_id, which).await?;
    let watches = watches::mine(commands, who, which).await?;
    if watches.is_empty() {
        return Ok(watches::nothing(who));
    }
    let opening = match armed.len() {
        0 => format!("You were already watching {what}"),
        1 => "Watching 1 again. Your watches".to_owned(),
        several => format!("Watching {several} again. Your watches"),
    };
    watches::listed(commands, who, &opening, &watches, 1).await
}
