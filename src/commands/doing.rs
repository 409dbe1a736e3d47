//! What a command does once its product is known: at once, or when a question is answered.

use coatcheck_bots::commands::{Arguments, How};
use coatcheck_bots::{Reply, Who};
use coatcheck_domain::watch::{Mode, Wish};
use coatcheck_domain::{SizeKey, StyleKey};
use serde::{Deserialize, Serialize};

use super::resolve::{Meant, Resolution, resolve};
use super::{Commands, again, history, question, stock, unwatch, watch};
use crate::store::StoreError;
use crate::store::stock::catalogue::Product;

/// What is done with a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Act {
    Watch,
    Unwatch,
    Again,
    Stock,
    History,
}

/// Everything needed to do it; stored as JSON with an open question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Doing {
    pub(crate) act: Act,
    pub(crate) product: i64,
    pub(crate) sizes: Vec<String>,
    pub(crate) style: Option<String>,
    pub(crate) every: bool,
}

impl Doing {
    pub(crate) fn new(act: Act, meant: Meant, said: &Arguments) -> Self {
        let Meant { product, sizes, style } = meant;
        Self { act, product, sizes, style, every: said.how == Some(How::Every) }
    }

    pub(crate) fn mode(&self) -> Mode {
        if self.every { Mode::Every } else { Mode::Once }
    }

    /// One wish a size; sizes that fold into the same are one.
    pub(crate) fn wishes(&self) -> Vec<(Option<&str>, Wish)> {
        let style = self.style.as_deref().map(StyleKey::fold).unwrap_or_default();
        let mut wishes: Vec<(Option<&str>, Wish)> = Vec::new();
        for said in &self.sizes {
            let size = SizeKey::fold(said);
            if !size.is_any() && wishes.iter().all(|(_, wish)| wish.size != size) {
                wishes.push((Some(said), Wish { size, style: style.clone() }));
            }
        }
        if wishes.is_empty() {
            wishes.push((None, Wish { size: SizeKey::default(), style }));
        }
        wishes
    }
}

/// Finds the product among all and does it; asks where it is not clear.
pub(crate) async fn named(commands: &Commands, who: &Who, act: Act, said: &Arguments) -> Result<Reply, StoreError> {
    let products = commands.catalogue.products().await?;
    among(commands, who, act, &products, said).await
}

/// Finds the product among these and does it; asks where it is not clear.
pub(crate) async fn among(
    commands: &Commands,
    who: &Who,
    act: Act,
    products: &[Product],
    said: &Arguments,
) -> Result<Reply, StoreError> {
    match resolve(products, said) {
        Resolution::One(meant) => perform(commands, who, &Doing::new(act, meant, said)).await,
        Resolution::Choose(doubt, meant) => {
            let choices = meant.into_iter().map(|meant| Doing::new(act, meant, said)).collect();
            question::ask(commands, who, &doubt, choices, products).await
        }
        Resolution::Nothing => Ok(question::nothing_found(who, products)),
    }
}

/// Does it.
pub(crate) async fn perform(commands: &Commands, who: &Who, doing: &Doing) -> Result<Reply, StoreError> {
    let products = commands.catalogue.products().await?;
    let product = products.iter().find(|product| product.id == doing.product);
    let product = product.ok_or(StoreError::ProductGone { product_id: doing.product })?;
    match doing.act {
        Act::Watch => watch::add(commands, who, doing, product).await,
        Act::Unwatch => unwatch::remove(commands, who, doing, product).await,
        Act::Again => again::product(commands, who, product).await,
        Act::Stock => stock::show(commands, doing, product).await,
        Act::History => history::show(commands, who, doing, product).await,
    }
}
