//! `/stock`: size × style, prices, how fresh.

use chrono::{DateTime, Utc};
use coatcheck_bots::{Reply, words};
use coatcheck_domain::Availability;
use coatcheck_domain::Money;

use super::Commands;
use super::doing::Doing;
use super::today::{fulfils, remark, trouble};
use crate::store::StoreError;
use crate::store::stock::catalogue::{Product, Variant};
use coatcheck_domain::watch::Wish;

/// Styles that are shown, a line each.
const MOST_STYLES: usize = 20;

/// What is in stock now.
pub(crate) async fn show(commands: &Commands, doing: &Doing, product: &Product) -> Result<Reply, StoreError> {
    let stock = commands.db.stock(&[product.id]).await?;
    // All sizes are shown, whichever was said.
    let wishes: Vec<Wish> =
        doing.wants.iter().map(|want| Wish { style: want.wish().style, ..Wish::default() }).collect();
    let is_shown = |variant: &&Variant| wishes.iter().any(|wish| fulfils(product, variant, wish));
    let shown: Vec<&Variant> = stock.iter().filter(is_shown).collect();
    Ok(Reply::text(grid(product, &shown, commands.clock.now())))
}

/// The grid in lines: a line a style, in it the sizes by what they are.
fn grid(product: &Product, shown: &[&Variant], now: DateTime<Utc>) -> String {
    let price = same_price(shown);
    let head = price.map(|price| format!(", {price}")).unwrap_or_default();
    let mut lines = vec![format!("{}{head}", words::title(&product.title))];
    let styles = styles(shown);
    for style in styles.iter().take(MOST_STYLES) {
        let of_style: Vec<&Variant> = shown.iter().copied().filter(|variant| variant.style == **style).collect();
        lines.push(style_line(style.as_deref(), &of_style, price.is_none()));
    }
    if shown.is_empty() {
        lines.push("Nothing like that is listed.".to_owned());
    }
    if styles.len() > MOST_STYLES {
        lines.push(format!("and {} more styles; name one to see it", styles.len() - MOST_STYLES));
    }
    lines.push(freshness(product, now));
    lines.extend(trouble(product, now));
    lines.extend(product.url.as_ref().map(ToString::to_string));
    lines.join("\n")
}

fn freshness(product: &Product, now: DateTime<Utc>) -> String {
    product
        .source
        .last_read_at
        .map_or_else(|| "Not checked yet.".to_owned(), |at| format!("Checked {}.", words::ago(at, now)))
}

/// Each style once, in the shop's order.
fn styles<'a>(shown: &[&'a Variant]) -> Vec<&'a Option<String>> {
    let mut styles: Vec<&Option<String>> = Vec::new();
    for variant in shown {
        if !styles.contains(&&variant.style) {
            styles.push(&variant.style);
        }
    }
    styles
}

/// `Black — in stock: M (3 left), L; sold out: S`.
fn style_line(style: Option<&str>, variants: &[&Variant], with_price: bool) -> String {
    let parts: Vec<String> = groups(variants)
        .into_iter()
        .map(|(words, group)| {
            let sizes: Vec<String> = group.iter().filter_map(|variant| size(variant, with_price)).collect();
            let price =
                group.iter().find_map(|variant| variant.price.as_ref()).filter(|_| with_price && sizes.is_empty());
            let price = price.map(|price| format!(", {price}")).unwrap_or_default();
            if sizes.is_empty() { format!("{words}{price}") } else { format!("{words}: {}", sizes.join(", ")) }
        })
        .collect();
    let style = style.map(words::plain).filter(|style| !style.is_empty());
    style.map_or_else(|| parts.join("; "), |style| format!("{style} — {}", parts.join("; ")))
}

fn size(variant: &Variant, with_price: bool) -> Option<String> {
    let size = words::plain(variant.size.as_deref()?);
    let price = variant.price.as_ref().filter(|_| with_price && variant.availability.is_buyable());
    let price = price.map(|price| format!(" {price}")).unwrap_or_default();
    // "almost gone" is said by the group already.
    let left = remark(variant);
    Some(format!("{size}{price}{}", if left.ends_with("left)") { left } else { String::new() }))
}

/// What can be bought first; the shop's order within.
fn groups<'a>(variants: &[&'a Variant]) -> Vec<(&'static str, Vec<&'a Variant>)> {
    Availability::ALL
        .into_iter()
        .map(|availability| {
            let group: Vec<&Variant> =
                variants.iter().copied().filter(|variant| variant.availability == availability).collect();
            (availability.words(), group)
        })
        .filter(|(_, group)| !group.is_empty())
        .collect()
}

fn same_price<'a>(shown: &[&'a Variant]) -> Option<&'a Money> {
    let mut prices = shown.iter().filter(|variant| variant.availability != Availability::Absent);
    let first = prices.next()?.price.as_ref()?;
    prices.all(|variant| variant.price.as_ref() == Some(first)).then_some(first)
}
