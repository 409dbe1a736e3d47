//! Which product is meant: found among those there are, or asked.

use coatcheck_bots::Who;
use coatcheck_bots::commands::Arguments;

use super::doing::{Act, Doing};
use super::next::Next;
use super::resolve::{Resolution, resolve};
use super::{Commands, question};
use crate::store::StoreError;
use crate::store::people::watch::Watch;
use crate::store::stock::catalogue::Product;

/// Among all products.
pub(crate) async fn named(commands: &Commands, who: &Who, act: Act, said: &Arguments) -> Result<Next, StoreError> {
    let products = commands.catalogue.products().await?;
    among(commands, who, act, &products, said).await
}

/// Among these.
pub(crate) async fn among(
    commands: &Commands,
    who: &Who,
    act: Act,
    products: &[Product],
    said: &Arguments,
) -> Result<Next, StoreError> {
    match resolve(products, said) {
        Resolution::One(meant) => Ok(Doing::new(act, meant).into()),
        Resolution::Choose(doubt, meant) => {
            let choices = meant.into_iter().map(|meant| Doing::new(act, meant)).collect();
            question::ask(commands, who, &doubt, choices, products).await.map(Next::Say)
        }
        Resolution::Nothing => Ok(Next::Say(question::nothing_found(who, products))),
        Resolution::Chatter => Ok(Next::Say(question::chatter(who))),
    }
}

/// Among those that somebody watches.
pub(crate) async fn watched(commands: &Commands, mine: &[Watch]) -> Result<Vec<Product>, StoreError> {
    let products = commands.catalogue.products().await?;
    Ok(products.iter().filter(|product| mine.iter().any(|watch| watch.product_id == product.id)).cloned().collect())
}
