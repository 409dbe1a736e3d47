//! `/history`: last in stock, how often, how long, when usually.

use chrono::{DateTime, Datelike, Utc, Weekday};
use coatcheck_bots::{Reply, words};
use coatcheck_domain::history::{Gap, Span, Summary, Usual, summarize};
use coatcheck_domain::watch::{Offer, Wish};

use super::Commands;
use super::doing::Doing;
use super::today::wanted;
use crate::store::StoreError;
use crate::store::catalogue::Product;
use crate::store::history::VariantHistory;

/// The history of what was named, as one.
pub(crate) async fn show(commands: &Commands, doing: &Doing, product: &Product) -> Result<Reply, StoreError> {
    let wishes: Vec<Wish> = doing.wishes().into_iter().map(|(_, wish)| wish).collect();
    let history = commands.db.history(product.id).await?;
    let shown: Vec<VariantHistory> =
        history.into_iter().filter(|variant| wishes.iter().any(|wish| fulfils(product, variant, wish))).collect();
    let sizes = (!doing.sizes.is_empty()).then(|| doing.sizes.join(", "));
    let head = format!("{} — {}", words::title(&product.title), wanted(sizes.as_deref(), doing.style.as_deref()));
    if shown.is_empty() {
        return Ok(Reply::text(format!("{head}\nI never saw that listed.")));
    }
    let restocks: Vec<DateTime<Utc>> = shown.iter().flat_map(|variant| variant.restocks.clone()).collect();
    let spans: Vec<Vec<Span>> = shown.into_iter().map(|variant| variant.spans).collect();
    let now = commands.clock.now();
    let summary = summarize(&spans, &restocks, now, product.source.interval.saturating_mul(3), &Utc);
    Ok(Reply::text(format!("{head}\n{}", tell(&summary, now))))
}

fn fulfils(product: &Product, variant: &VariantHistory, wish: &Wish) -> bool {
    wish.matches(&Offer { size: &variant.size_key, style: variant.style.as_deref(), title: &product.title })
}

/// A summary in lines.
fn tell(summary: &Summary, now: DateTime<Utc>) -> String {
    let mut lines = vec![match (summary.in_stock, summary.last_in_stock) {
        (true, Some(seen)) if (now - seen).num_minutes() < 1 => "In stock now.".to_owned(),
        (_, Some(seen)) => format!("Last in stock {}.", words::ago(seen, now)),
        (_, None) => "I have not seen it in stock yet.".to_owned(),
    }];
    lines.push(how_often(summary));
    lines.extend(how_long(summary));
    lines.extend(when(summary.usual));
    lines.extend(unknown(&summary.gaps));
    lines.extend(summary.known_since.map(|since| format!("I have watched it since {}.", since.format("%Y-%m-%d"))));
    lines.join("\n")
}

fn how_often(summary: &Summary) -> String {
    match (summary.restocks_30, summary.restocks_90) {
        (_, 0) => "It did not come back in the last 90 days, as far as I saw.".to_owned(),
        (month, quarter) => format!("It came back {} in 30 days, {} in 90 days.", times(month), times(quarter)),
    }
}

fn times(count: usize) -> String {
    match count {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        count => format!("{count} times"),
    }
}

fn how_long(summary: &Summary) -> Option<String> {
    let (median, longest) = (summary.median?, summary.longest?);
    Some(if median == longest {
        format!("It stayed {}.", words::lasting(median))
    } else {
        format!("It typically stays {}; the longest was {}.", words::lasting(median), words::lasting(longest))
    })
}

fn when(usual: Usual) -> Option<String> {
    let day = usual.weekday.map(|day| format!(" on {}s", weekday(day)));
    let hour = usual.hour.map(|hour| format!(" between {hour:02}:00 and {:02}:00 UTC", (hour + 2) % 24));
    (day.is_some() || hour.is_some())
        .then(|| format!("It usually comes{}{}.", day.unwrap_or_default(), hour.unwrap_or_default()))
}

fn weekday(day: Weekday) -> &'static str {
    match day {
        Weekday::Mon => "Monday",
        Weekday::Tue => "Tuesday",
        Weekday::Wed => "Wednesday",
        Weekday::Thu => "Thursday",
        Weekday::Fri => "Friday",
        Weekday::Sat => "Saturday",
        Weekday::Sun => "Sunday",
    }
}

/// What is not known is said to be so: it may have been there meanwhile.
fn unknown(gaps: &[Gap]) -> Option<String> {
    let last = gaps.last()?;
    let time = |at: DateTime<Utc>| at.format("%Y-%m-%d %H:%M").to_string();
    let until = if last.from.ordinal() == last.until.ordinal() && last.from.year() == last.until.year() {
        last.until.format("%H:%M").to_string()
    } else {
        time(last.until)
    };
    let which = if gaps.len() == 1 { String::new() } else { format!(" ({} such times; the last)", gaps.len()) };
    Some(format!("I know nothing of {} to {until} UTC{which}.", time(last.from)))
}
