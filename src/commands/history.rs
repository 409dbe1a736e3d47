//! `/history`: last in stock, how often, how long, when usually; and a picture of it.

use std::time::Duration;

use chrono::{DateTime, Utc, Weekday};
use chrono_tz::Tz;
use coatcheck_bots::{Command, Reply, Who, words};
use coatcheck_domain::Destination;
use coatcheck_domain::history::{Gap, Span, Summary, Usual, summarize};
use coatcheck_domain::watch::{Offer, Wish};

use super::doing::Doing;
use super::today::wanted;
use super::wants::Want;
use super::{Commands, platform};
use crate::chart::{self, Chart, Line};
use crate::store::StoreError;
use crate::store::stock::catalogue::Product;
use crate::store::stock::history::VariantHistory;

/// Lines of a summary, at most.
const LINES: usize = 5;

/// The history of what was named, as one.
///
/// Without the picture, where it cannot be drawn: the words say the same.
pub(crate) async fn show(
    commands: &Commands,
    who: &Who,
    doing: &Doing,
    product: &Product,
) -> Result<Reply, StoreError> {
    let wishes: Vec<Wish> = doing.wants.iter().map(Want::wish).collect();
    let history = commands.db.history(product.id).await?;
    let shown: Vec<VariantHistory> =
        history.into_iter().filter(|variant| wishes.iter().any(|wish| fulfils(product, variant, wish))).collect();
    let head = format!(
        "{} — {}",
        words::title(&product.title),
        wanted(doing.size_text().as_deref(), doing.style_text().as_deref())
    );
    if shown.is_empty() {
        let stock = Command::Stock.typed(platform(who));
        return Ok(Reply::text(format!("{head}\nThat was never listed. {stock} shows what is.")));
    }
    let restocks: Vec<DateTime<Utc>> = shown.iter().flat_map(|variant| variant.restocks.clone()).collect();
    let spans: Vec<Vec<Span>> = shown.iter().map(|variant| variant.spans.clone()).collect();
    let now = commands.clock.now();
    let summary = summarize(&spans, &restocks, now, gap_after(product), &commands.zone);
    let reply = Reply::text(format!("{head}\n{}", tell(&summary, now, commands.zone)));
    if !shows_pictures(&who.destination) {
        return Ok(reply);
    }
    Ok(match picture(commands, chart(product, shown, now, commands.zone)).await {
        Some(png) => {
            let alt = reply.text.clone();
            reply.with_picture(png, alt)
        }
        None => reply,
    })
}

/// The silence after which what was so is no longer said to be so.
pub(crate) fn gap_after(product: &Product) -> Duration {
    product.source.interval.saturating_mul(3)
}

/// A text message has no room for one, and a webhook asks nothing.
fn shows_pictures(destination: &Destination) -> bool {
    !matches!(destination, Destination::Sms(_) | Destination::Webhook(_))
}

/// The picture of these variants.
pub(crate) fn chart(product: &Product, shown: Vec<VariantHistory>, now: DateTime<Utc>, zone: Tz) -> Chart {
    let lines = shown.into_iter().map(|variant| Line {
        size: variant.size,
        style: variant.style,
        spans: variant.spans,
        restocks: variant.restocks,
    });
    Chart {
        title: product.title.clone(),
        shop: product.shop.clone(),
        lines: lines.collect(),
        now,
        read_at: product.source.last_read_at,
        gap_after: gap_after(product),
        zone,
    }
}

async fn picture(commands: &Commands, chart: Chart) -> Option<Vec<u8>> {
    // It is never closed.
    let _permit = commands.drawing.acquire().await.ok()?;
    match chart::render(chart).await {
        Ok(png) => Some(png),
        Err(error) => {
            tracing::warn!(%error, "history chart failed");
            None
        }
    }
}

fn fulfils(product: &Product, variant: &VariantHistory, wish: &Wish) -> bool {
    wish.matches(&Offer { sizes: &variant.size_keys, style: variant.style.as_deref(), title: &product.title })
}

/// A summary in lines.
pub(crate) fn tell(summary: &Summary, now: DateTime<Utc>, zone: Tz) -> String {
    let mut lines = vec![match (summary.in_stock, summary.last_in_stock) {
        (true, Some(seen)) if (now - seen).num_minutes() < 1 => "In stock now.".to_owned(),
        (_, Some(seen)) => format!("Last in stock {}.", words::ago(seen, now)),
        (_, None) => "Not seen in stock yet.".to_owned(),
    }];
    lines.push(how_often(summary, now));
    lines.extend(how_long(summary));
    lines.extend(when(summary.usual, zone));
    lines.extend(unknown(&summary.gaps, zone));
    // With the head an answer has six lines at most.
    if lines.len() < LINES {
        let since = summary.known_since.map(|since| since.with_timezone(&zone).format("%Y-%m-%d"));
        lines.extend(since.map(|since| format!("Tracked since {since}.")));
    }
    lines.join("\n")
}

/// Only as far back as it was tracked.
fn how_often(summary: &Summary, now: DateTime<Utc>) -> String {
    let known = summary.known_since.map(|since| (now - since).num_days()).unwrap_or_default();
    match (summary.restocks_30, summary.restocks_90) {
        (_, 0) if known < 90 => "It has not come back since tracking began.".to_owned(),
        (_, 0) => "It did not come back in the last 90 days.".to_owned(),
        (_, quarter) if known < 30 => format!("Back in stock {} since tracking began.", times(quarter)),
        (month, _) if known < 90 => format!("Back in stock {} in the last 30 days.", times(month)),
        (month, quarter) => {
            format!("Back in stock {} in the last 30 days, {} in 90 days.", times(month), times(quarter))
        }
    }
}

fn times(count: usize) -> String {
    match count {
        0 => "never".to_owned(),
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        count => format!("{count} times"),
    }
}

fn how_long(summary: &Summary) -> Option<String> {
    let (median, longest) = (summary.median?, summary.longest?);
    Some(if median == longest {
        format!("It stayed for {}.", words::lasting(median))
    } else {
        format!("It usually stays for {}, at most {}.", words::lasting(median), words::lasting(longest))
    })
}

fn when(usual: Usual, zone: Tz) -> Option<String> {
    let day = usual.weekday.map(|day| format!(" on {}s", weekday(day)));
    let hour = usual.hour.map(|hour| {
        let until = (hour + 2) % 24;
        format!(" between {hour:02}:00 and {until:02}:00 {}", clock_of(zone))
    });
    (day.is_some() || hour.is_some())
        .then(|| format!("It usually comes back{}{}.", day.unwrap_or_default(), hour.unwrap_or_default()))
}

/// `UTC`, `Europe/Berlin time`.
fn clock_of(zone: Tz) -> String {
    if zone == Tz::UTC { "UTC".to_owned() } else { format!("{zone} time") }
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
fn unknown(gaps: &[Gap], zone: Tz) -> Option<String> {
    // What is shorter than the words can say is none.
    let gaps: Vec<&Gap> = gaps.iter().filter(|gap| (gap.until - gap.from).num_minutes() > 0).collect();
    let last = gaps.last()?;
    let (from, until) = (last.from.with_timezone(&zone), last.until.with_timezone(&zone));
    let is_same_day = from.date_naive() == until.date_naive();
    let until = until.format(if is_same_day { "%H:%M" } else { "%Y-%m-%d %H:%M" });
    let which = if gaps.len() == 1 { String::new() } else { format!(" (the last of {} such gaps)", gaps.len()) };
    Some(format!("No data from {} to {until} {}{which}.", from.format("%Y-%m-%d %H:%M"), clock_of(zone)))
}
