//! `/watch jacket` without a size watches any size, and offers the product's sizes: one of them is watched alone then.

use coatcheck_bots::{Platform, Reply, Who, words};
use coatcheck_domain::SizeKey;
use coatcheck_domain::watch::Mode;

use super::doing::{Act, Doing};
use super::next::Choice;
use super::question::{self, Open};
use super::wants::{MeantSize, Want};
use super::{Commands, platform, watches};
use crate::store::StoreError;
use crate::store::people::watch::{Watch, Which};
use crate::store::stock::catalogue::Product;

/// Sizes that are offered, at most: Discord shows 25 buttons.
const MOST: usize = 20;

/// The answer to a new watch, with the sizes it could be narrowed to, where it is for any.
pub(crate) async fn offer(
    commands: &Commands,
    who: &Who,
    doing: &Doing,
    product: &Product,
    mut reply: Reply,
) -> Result<Reply, StoreError> {
    if product.sizes.len() < 2 || doing.wants.iter().any(|want| want.size.is_some()) {
        return Ok(reply);
    }
    let mine = watches::mine(commands, who, Which::Product(product.id)).await?;
    let Some(any) = mine.into_iter().find(|watch| watch.wish.size.is_any()) else { return Ok(reply) };
    let labels: Vec<String> = product.sizes.iter().take(MOST).map(|(_, size)| words::plain(size)).collect();
    let choices = labels.iter().map(|size| Choice::Only { instead_of: any.id, doing: only(product, &any, size) });
    let open = Open { first: 1, choices: choices.collect(), labels: labels.clone() };
    let question = "Only one size?";
    let id = question::open(commands, who, question, &open).await?;
    reply.text.push_str(&match platform(who) {
        Platform::Sms => format!("\n{question} Reply with it: {}", labels.join(", ")),
        _ => format!("\n{question} Pick it:"),
    });
    for (number, size) in (1..).zip(labels) {
        reply = reply.with_button(format!("Only {size}"), format!("c:{id}:{number}"));
    }
    Ok(reply)
}

/// The same watch for this size alone.
fn only(product: &Product, any: &Watch, size: &str) -> Doing {
    let size = MeantSize { key: SizeKey::fold(size), text: size.to_owned() };
    Doing {
        act: Act::Watch,
        product: product.id,
        wants: vec![Want { size: Some(size), style: any.style.clone() }],
        every: any.mode == Mode::Every,
        strange: Vec::new(),
    }
}
