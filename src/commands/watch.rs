//! `/watch`: the wish is stored first, then answered with today's stock.

use coatcheck_bots::commands::Arguments;
use coatcheck_bots::{Reply, Said, Who, words};
use coatcheck_domain::watch::{Mode, Wish};

use super::doing::{Act, Doing};
use super::next::Next;
use super::resolve::{Resolution, resolve};
use super::today::{Today, answer_of_many, today, trouble, wanted};
use super::wants::{Want, listed_texts};
use super::{Commands, find, follow, news};
use crate::store::StoreError;
use crate::store::people::watch::{NewWatch, Watch};
use crate::store::stock::catalogue::{Product, Variant};

/// Sizes in one command, at most.
const MOST_SIZES: usize = 20;
/// Characters of a size or style as said, at most.
pub const LONGEST: usize = 60;

/// What was said after `/watch`.
pub(crate) async fn said(commands: &Commands, who: &Who, said: &Said, words: &Arguments) -> Result<Next, StoreError> {
    if let Some(shop) = news::shop(commands, words).await? {
        let subscriber_id = commands.address(who).await?.subscriber_id;
        return Ok(Reply::text(news::add(commands, subscriber_id, &shop).await?).into());
    }
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
    let wants = &doing.wants;
    let too_long = |text: &str| text.chars().nth(LONGEST).is_some();
    let texts = |want: &Want| want.size_text().is_some_and(too_long) || want.style.as_deref().is_some_and(too_long);
    if wants.len() > MOST_SIZES || wants.iter().any(texts) {
        return Ok(Reply::text(format!("That is too much at once: {MOST_SIZES} sizes of {LONGEST} letters at most.")));
    }
    let subscriber_id = commands.address(who).await?.subscriber_id;
    let wishes: Vec<Wish> = wants.iter().map(Want::wish).collect();
    let new = wants.iter().zip(&wishes).map(|(want, wish)| NewWatch {
        subscriber_id,
        product_id: product.id,
        wish: wish.clone(),
        size: want.size_text().map(str::to_owned),
        style: want.style.clone(),
        mode: doing.mode(),
    });
    let ids = commands.db.add_watches(&new.collect::<Vec<_>>()).await?;
    let stock = commands.db.stock(&[product.id]).await?;
    let wished: Vec<Wished<'_>> = ids
        .into_iter()
        .zip(wants.iter().zip(&wishes))
        .map(|(id, (want, wish))| Wished { id, size: want.size_text(), style: want.style.as_deref(), wish })
        .collect();
    Ok(answer(commands, product, &stock, &wished, doing.mode()))
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
    let sizes = listed_texts(wished.iter().filter_map(|wished| wished.size), ", ");
    let styles = listed_texts(wished.iter().filter_map(|wished| wished.style), " or ");
    let every = if mode == Mode::Every { ", every time" } else { "" };
    let what = wanted(sizes.as_deref(), styles.as_deref());
    let mut reply = Reply::text(format!("Watching {} — {what}{every}.", words::title(&product.title)));
    // A style that all share is named once.
    let differ = wished.iter().any(|other| other.style != wished[0].style);
    let days = wished.iter().map(|one| {
        let name = wanted(one.size, one.style.filter(|_| differ || wished.len() == 1));
        (name, today(product, stock, one.wish, now))
    });
    let days: Vec<(String, Today<'_>)> = days.collect();
    match days.as_slice() {
        [(name, day)] => reply.text.push_str(&format!("\n{}", day.answer(product, name, now))),
        several => reply.text.push_str(&answer_of_many(product, several, now)),
    }
    for (one, (name, day)) in wished.iter().zip(&days) {
        reply = with_buttons(reply, one.id, name, days.len() == 1, day);
    }
    if let Some(trouble) = trouble(product, now) {
        reply.text.push_str(&format!("\n{trouble}"));
    }
    reply
}

/// What is there already can be had, and then nobody needs to wait.
fn with_buttons(reply: Reply, id: i64, label: &str, is_one: bool, day: &Today<'_>) -> Reply {
    match day {
        Today::Here(_) if is_one => reply.with_button("Got it", format!("got:{id}")),
        Today::Here(_) => reply.with_button(format!("Got it {label}"), format!("got:{id}")),
        _ => reply.with_button(format!("Stop {label}"), format!("stop:{id}")),
    }
}
