//! `/watch`: the wish is stored first, then answered with today's stock.

use coatcheck_bots::commands::Arguments;
use coatcheck_bots::{Reply, Said, Who, words};
use coatcheck_domain::watch::{Mode, Wish};

use super::doing::{Act, Doing};
use super::next::Next;
use super::resolve::{Resolution, resolve};
use super::today::{Today, today, trouble, wanted};
use super::{Commands, find, follow};
use crate::store::StoreError;
use crate::store::people::watch::{NewWatch, Watch};
use crate::store::stock::catalogue::{Product, Variant};

/// Sizes in one command, at most.
const MOST_SIZES: usize = 20;
/// Characters of a size or style as said, at most.
pub const LONGEST: usize = 60;

/// What was said after `/watch`.
pub(crate) async fn said(commands: &Commands, who: &Who, said: &Said, words: &Arguments) -> Result<Next, StoreError> {
    let products = commands.catalogue.products().await?;
    match &words.url {
        Some(url) if resolve(&products, words) == Resolution::Nothing => {
            follow::follow(commands, who, url, said, words).await
        }
        _ => find::among(commands, who, Act::Watch, &products, words).await,
    }
}

/// Stores the wishes, then reads the stock that answers them: what comes back in between is notified twice, never not.
pub(crate) async fn add(commands: &Commands, who: &Who, doing: &Doing, product: &Product) -> Result<Reply, StoreError> {
    let wishes: Vec<(Option<&str>, Wish)> = doing
        .wishes()
        .into_iter()
        .map(|(size, wish)| (size.map(|said| in_shop_words(product, said, &wish)), wish))
        .collect();
    let too_long = |text: &str| text.chars().nth(LONGEST).is_some();
    if wishes.len() > MOST_SIZES || doing.sizes.iter().chain(&doing.style).any(|text| too_long(text)) {
        return Ok(Reply::text(format!("That is too much at once: {MOST_SIZES} sizes of {LONGEST} letters at most.")));
    }
    let subscriber_id = commands.address(who).await?.subscriber_id;
    let new: Vec<NewWatch> = wishes
        .iter()
        .map(|(size, wish)| NewWatch {
            subscriber_id,
            product_id: product.id,
            wish: wish.clone(),
            size: size.map(str::to_owned),
            style: doing.style.clone(),
            mode: doing.mode(),
        })
        .collect();
    let ids = commands.db.add_watches(&new).await?;
    let stock = commands.db.stock(&[product.id]).await?;
    let wished: Vec<Wished<'_>> = ids
        .into_iter()
        .zip(&wishes)
        .map(|(id, (size, wish))| Wished { id, size: *size, style: doing.style.as_deref(), wish })
        .collect();
    Ok(answer(commands, product, &stock, &wished, doing.mode()))
}

/// "large" is called "L" where the shop lists it so.
fn in_shop_words<'a>(product: &'a Product, said: &'a str, wish: &Wish) -> &'a str {
    product.sizes.iter().find(|(key, _)| *key == wish.size).map_or(said, |(_, size)| size.as_str())
}

/// A watch that waits again, answered the same way.
pub(crate) async fn answer_one(commands: &Commands, product: &Product, watch: &Watch) -> Result<Reply, StoreError> {
    let stock = commands.db.stock(&[product.id]).await?;
    let (size, style) = (watch.size.as_deref(), watch.style.as_deref());
    let wished = Wished { id: watch.id, size, style, wish: &watch.wish };
    Ok(answer(commands, product, &stock, &[wished], watch.mode))
}

struct Wished<'a> {
    id: i64,
    size: Option<&'a str>,
    style: Option<&'a str>,
    wish: &'a Wish,
}

fn answer(commands: &Commands, product: &Product, stock: &[Variant], wished: &[Wished<'_>], mode: Mode) -> Reply {
    let now = commands.clock.now();
    let style = wished.first().and_then(|wished| wished.style);
    let sizes: Vec<&str> = wished.iter().filter_map(|wished| wished.size).collect();
    let all_sizes = (!sizes.is_empty()).then(|| sizes.join(", "));
    let every = if mode == Mode::Every { ", every time" } else { "" };
    let what = wanted(all_sizes.as_deref(), style);
    let mut reply = Reply::text(format!("Watching {} — {what}{every}.", words::title(&product.title)));
    for one in wished {
        let day = today(product, stock, one.wish, now);
        let line = day.answer(product, &wanted(one.size, one.style), now);
        let name = one.size.filter(|_| wished.len() > 1).map(words::plain);
        let prefix = name.as_ref().map(|size| format!("{size}: ")).unwrap_or_default();
        reply.text.push_str(&format!("\n{prefix}{line}"));
        reply = with_buttons(reply, one.id, name.as_deref(), &day);
    }
    if let Some(trouble) = trouble(product, now) {
        reply.text.push_str(&format!("\n{trouble}"));
    }
    reply
}

/// What is there already can be had, and then nobody needs to wait.
fn with_buttons(reply: Reply, id: i64, size: Option<&str>, day: &Today<'_>) -> Reply {
    let named = |label: &str| size.map_or_else(|| label.to_owned(), |size| format!("{label} {size}"));
    match day {
        Today::Here(_) => reply.with_button(named("Got it"), format!("got:{id}")),
        _ => reply.with_button(named("Stop"), format!("stop:{id}")),
    }
}
