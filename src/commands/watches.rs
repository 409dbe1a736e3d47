//! `/watches`: what somebody watches and where it stands, page by page, with a button a line.

use std::collections::BTreeSet;

use coatcheck_bots::{Command, Platform, Reply, Who, words};
use coatcheck_domain::watch::Mode;

use super::button::Below;
use super::next::Choice;
use super::page::{Page, Pages};
use super::question::Open;
use super::today::{today, wanted};
use super::{Commands, news, own_page, platform, question};
use crate::store::StoreError;
use crate::store::people::watch::{Watch, Which};
use crate::store::stock::catalogue::{Product, Variant};

/// Characters of a product's title on a button.
const SHORT_TITLE: usize = 24;

/// Lists all watches.
pub(crate) async fn list(commands: &Commands, who: &Who, number: usize) -> Result<Reply, StoreError> {
    let watches = mine(commands, who, Which::All).await?;
    let news = match commands.db.known_destination(&who.destination).await? {
        Some(address) if !who.destination.is_room() => news::lines(commands, address.subscriber_id).await?,
        _ => Vec::new(),
    };
    let mut reply = match watches.len() {
        0 if !news.is_empty() => return Ok(Reply::text(news.join("\n"))),
        0 => nothing(who),
        1 => listed(commands, who, "You have 1 watch", &watches, number).await?,
        several => listed(commands, who, &format!("You have {several} watches"), &watches, number).await?,
    };
    news.iter().for_each(|line| reply.text.push_str(&format!("\n{line}")));
    if platform(who) == Platform::Sms
        && !watches.is_empty()
        && let Some(page) = own_page::page(commands, &who.destination).await?
    {
        reply.text.push_str(&format!("\nManage: {page}"));
    }
    Ok(reply)
}

/// The watches of who speaks; none for somebody we never heard of.
pub(crate) async fn mine(commands: &Commands, who: &Who, which: Which) -> Result<Vec<Watch>, StoreError> {
    match commands.db.known_destination(&who.destination).await? {
        Some(address) => commands.db.watches(address.subscriber_id, which).await,
        None => Ok(Vec::new()),
    }
}

pub(crate) fn nothing(who: &Who) -> Reply {
    let watch = Command::Watch.typed(platform(who));
    Reply::text(format!("You have no watches yet. Try: {watch} jacket M"))
}

/// One page of watches, a line each with today's stock, a button to stop each; a number stops one, too.
pub(crate) async fn listed(
    commands: &Commands,
    who: &Who,
    opening: &str,
    watches: &[Watch],
    number: usize,
) -> Result<Reply, StoreError> {
    let page = Page::of(watches, number, platform(who));
    let ids: BTreeSet<i64> = page.shown.iter().map(|watch| watch.product_id).collect();
    let ids: Vec<i64> = ids.into_iter().collect();
    let stock = commands.db.stock(&ids).await?;
    let products = commands.db.products(&ids).await?;
    let mut reply = Reply::text(format!("{opening}{}:", page.which()));
    for (number, watch) in (page.first..).zip(page.shown) {
        reply.text.push_str(&format!("\n{number}. {}", line(commands, watch, &products, &stock)));
        let data = format!("stop:{}{}", watch.id, Below::Page(page.number).suffix());
        reply = reply.with_button(format!("Stop {}", short_name(watch, page.shown)), data);
    }
    let choices: Vec<Choice> = page.shown.iter().map(|watch| Choice::Stop { watch: watch.id }).collect();
    question::open(commands, who, opening, &Open::numbered(page.first, choices)).await?;
    reply.text.push_str(&next_step(who, watches, &page));
    Ok(page.with_buttons(reply, Pages::Watches))
}

/// What can be done with the list: by text in words, else by its buttons.
fn next_step(who: &Who, watches: &[Watch], page: &Page<'_, Watch>) -> String {
    let platform = platform(who);
    let mut lines = Vec::new();
    if platform == Platform::Sms {
        let (first, last) = (page.first, page.first + page.shown.len() - 1);
        let numbers = if first == last { first.to_string() } else { format!("{first} to {last}") };
        let more = page.next().map(|next| format!(" More: LIST {next}")).unwrap_or_default();
        lines.push(format!("Reply {numbers} to stop one.{more}"));
    }
    if watches.iter().any(|watch| !watch.armed) {
        let again = Command::Again.typed(platform);
        lines.push(format!("{again} watches again what you were already notified of."));
    }
    lines.iter().map(|line| format!("\n{line}")).collect()
}

fn line(commands: &Commands, watch: &Watch, products: &[Product], stock: &[Variant]) -> String {
    let now = commands.clock.now();
    let product = products.iter().find(|product| product.id == watch.product_id);
    let day = product.map(|product| today(product, stock, &watch.wish, now));
    let link = day.as_ref().zip(product).and_then(|(day, product)| day.link(product));
    let state = day.as_ref().map_or_else(|| "not checked yet".to_owned(), |day| day.short(now));
    let link = link.map(|url| format!(" {url}")).unwrap_or_default();
    let mode = if watch.mode == Mode::Every { ", every time" } else { "" };
    let notified = match watch.notified_at {
        Some(at) if !watch.armed => format!("; you were notified {}", words::ago(at, now)),
        _ => String::new(),
    };
    format!("{}{mode}: {state}{notified}{link}", name(watch))
}

/// `Corps Jacket — M / black`.
pub(crate) fn name(watch: &Watch) -> String {
    format!("{} — {}", words::title(&watch.product), what(watch))
}

/// `M / black`.
pub(crate) fn what(watch: &Watch) -> String {
    wanted(watch.size.as_deref(), watch.style.as_deref())
}

/// As short as it can be on a button and still be told from the others: `M / black`, else with the product's title.
pub(crate) fn short_name(watch: &Watch, among: &[Watch]) -> String {
    let is_alone = among.iter().all(|other| other.product_id == watch.product_id);
    if is_alone {
        what(watch)
    } else {
        format!("{} {}", words::shortened(&words::plain(&watch.product), SHORT_TITLE), what(watch))
    }
}
