//! Tracking an address from the command line. Where a service runs, it reads the address; else this process does. Nothing is
//! kept of an address that cannot be read, and nothing is changed that was not given.

use std::time::Duration;

use chrono::{DateTime, Utc};
use coatcheck_bots::words;
use tokio::time::Instant;
use url::Url;

use super::check::count;
use super::failure::Failure;
use super::out;
use crate::app::{App, SourceOptions};
use crate::engine::poll::Polled;
use crate::shops::Progress;
use crate::store::polls::shown::Source;
use crate::store::stock::catalogue::Variant;

/// A reading is waited for this long: a request takes 10 s at most, but other polls of the shop may come first.
const READING: Duration = Duration::from_secs(60);
/// Between two looks at whether the service has read it.
const LOOK: Duration = Duration::from_millis(100);
/// A shop that must be left alone for longer than this is not waited for.
const SHORT: chrono::TimeDelta = chrono::TimeDelta::seconds(3);
/// Products that are printed, at most.
const PRINTED: usize = 20;

/// An address that is tracked now.
pub(super) struct Tracked {
    pub id: i64,
    pub is_new: bool,
    /// Why it was not read, although it is kept.
    pub unread: Option<Failure>,
}

/// Tracks `url`, and changes of a known one what `how` gives.
///
/// # Errors
/// Status 3 when it cannot be read, 4 when the address is not allowed. A new address is then not kept, unless `keep`.
pub(super) async fn track(
    app: &App,
    url: Url,
    how: SourceOptions,
    keep: bool,
    progress: Option<&dyn Progress>,
) -> Result<Tracked, Failure> {
    let (since, is_changed) = (app.db.now(), gives_anything(&how));
    let (id, is_new) = app.follow(url, how).await?;
    let was_read = !is_new && app.db.source(id).await?.is_some_and(|source| source.readings > 0);
    if was_read && !is_changed {
        return Ok(Tracked { id, is_new, unread: None });
    }
    match reading(app, id, since, progress).await {
        Ok(()) => Ok(Tracked { id, is_new, unread: None }),
        Err(why) if keep && !was_read => {
            app.db.keep_source(id).await?;
            Ok(Tracked { id, is_new, unread: Some(why) })
        }
        Err(why) => {
            if is_new {
                app.db.remove_source(id).await?;
            }
            Err(why)
        }
    }
}

fn gives_anything(how: &SourceOptions) -> bool {
    let reading = how.reader.is_some() || how.jq.is_some() || !how.more_urls.is_empty() || !how.headers.is_empty();
    reading || how.interval.is_some()
}

/// Waits for a reading after `since`, by the service or by this process.
async fn reading(app: &App, id: i64, since: DateTime<Utc>, progress: Option<&dyn Progress>) -> Result<(), Failure> {
    let removed = || Failure::failed("the source was removed in the meantime");
    let end = Instant::now() + READING;
    while Instant::now() < end {
        match app.poller().poll_source(id, progress).await? {
            Some(Polled::Stored { .. } | Polled::Unchanged) => return Ok(()),
            Some(Polled::Failed(error)) if error.is_refused() => return Err(Failure::refused(error)),
            Some(Polled::Failed(error)) => return Err(Failure::unreadable(error)),
            Some(Polled::Lost) | None => {}
        }
        let source = app.db.source(id).await?.ok_or_else(removed)?;
        if source.last_read_at.is_some_and(|at| at >= since) {
            return Ok(());
        }
        if let Some(error) = source.last_error.filter(|_| source.last_error_at.is_some_and(|at| at >= since)) {
            return Err(Failure::unreadable(error));
        }
        let wait = source.shop_not_before - app.db.now();
        if wait > SHORT {
            let wait = words::lasting(wait.to_std().unwrap_or_default());
            return Err(Failure::unreadable(format!(
                "{} asked to be left alone for another {wait}; try again then, or use --keep",
                source.host
            )));
        }
        tokio::time::sleep(LOOK).await;
    }
    Err(Failure::unreadable(format!(
        "the service has not read it within {} s, because other polls of this shop come first; --keep tracks it anyway",
        READING.as_secs()
    )))
}

/// What is known of a source's products, for people.
pub(super) async fn stored(app: &App, source: &Source) -> Result<String, Failure> {
    let all = app.db.catalogue().await?;
    let products: Vec<_> = all.iter().filter(|product| product.source.id == source.id).collect();
    let shown: Vec<i64> = products.iter().take(PRINTED).map(|product| product.id).collect();
    let stock = app.db.stock(&shown).await?;
    let mut text = String::new();
    for product in products.iter().take(PRINTED) {
        text.push_str(&words::title(&product.title));
        if let Some(url) = &product.url {
            text.push_str(&format!("  {url}"));
        }
        let variants = stock.iter().filter(|variant| variant.product_id == product.id);
        let rows: Vec<Vec<String>> = variants.map(row).collect();
        text.push_str(&format!("\n{}\n\n", out::table(&["  SIZE", "STYLE", "AVAILABILITY", "LEFT", "PRICE"], &rows)));
    }
    if products.len() > PRINTED {
        text.push_str(&format!("… and {} more products\n\n", products.len() - PRINTED));
    }
    let variants = usize::try_from(source.variants).unwrap_or_default();
    let reader = source.reader.as_deref().unwrap_or("nothing yet");
    text.push_str(&format!("{}, {}, read as {reader}", count(products.len(), "product"), count(variants, "variant")));
    Ok(text)
}

fn row(variant: &Variant) -> Vec<String> {
    let shown = |text: Option<&String>| text.map_or_else(|| "-".to_owned(), |text| words::plain(text));
    vec![
        format!("  {}", shown(variant.size.as_ref())),
        shown(variant.style.as_ref().or_else(|| variant.title.as_ref().filter(|_| variant.options.is_empty()))),
        variant.availability.words().to_owned(),
        variant.quantity.map_or_else(|| "-".to_owned(), |left| left.to_string()),
        variant.price.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string),
    ]
}
