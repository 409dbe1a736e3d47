//! `shop add | list | remove | pause | resume`.

use chrono::{DateTime, Utc};
use coatcheck_bots::words;
use coatcheck_domain::fold::fold;
use coatcheck_domain::pace::Pace;
use serde_json::{Value, json};
use url::Url;

use super::args::{self, Which};
use super::check::{Bar, count, headers};
use super::failure::{Failure, Outcome};
use super::meant::meant;
use super::track::{stored, track};
use super::{hook, out};
use crate::app::{App, SourceOptions};
use crate::commands::names::refusal;
use crate::shops::canonical;
use crate::shops::expiry::first_to_end;
use crate::store::polls::shown::Source;

/// Runs one of them.
///
/// # Errors
/// Status 3 when a new source cannot be read, 4 when it may not be followed.
pub(super) async fn run(app: &App, command: args::Shop) -> Outcome {
    match command {
        args::Shop::Add(args) => add(app, args).await,
        args::Shop::List(args) => list(app, args.json).await,
        args::Shop::Remove(which) => each(app, &which, "no longer tracked", Action::Remove).await,
        args::Shop::Pause(which) => each(app, &which, "paused", Action::Pause).await,
        args::Shop::Hook(args) => hook::run(app, args).await,
        args::Shop::Resume(which) => each(app, &which, "polled again", Action::Resume).await,
    }
}

async fn add(app: &App, args: args::ShopAdd) -> Outcome {
    let how = SourceOptions {
        reader: args.reading.reader,
        headers: headers(&args.reading)?,
        jq: args.reading.jq,
        more_urls: args.reading.more_urls,
        interval: args.interval,
        listed: true,
    };
    check_names(app, &args.url, &args.names).await?;
    let bar = Bar::new();
    let tracked = track(app, args.url, how, args.keep, Some(&bar)).await;
    bar.0.finish_and_clear();
    let tracked = tracked?;
    if tracked.unread.is_none() {
        name(app, tracked.id, &args.names).await?;
    }
    let removed = || Failure::failed("the source was removed in the meantime");
    let source = app.db.source(tracked.id).await?.ok_or_else(removed)?;
    if args.json {
        return out::json(&source_json(&source));
    }
    match tracked.unread {
        Some(why) => out::line(&format!("It could not be read yet, and is kept: {why}"))?,
        None => out::line(&stored(app, &source).await?)?,
    }
    let interval = words::lasting(source.interval);
    let verb = if tracked.is_new { "Tracking" } else { "Already tracking" };
    out::line(&format!("{verb} {} (number {}), polled every {interval}.", source.url, source.id))
}

/// Refuses names before anything is tracked or changed.
///
/// # Errors
/// Status 2 when a name belongs to another product, or may be none.
pub(super) async fn check_names(app: &App, url: &Url, names: &[String]) -> Outcome {
    if names.is_empty() {
        return Ok(());
    }
    let known = match app.db.tracked(canonical(url.clone()).as_str()).await? {
        Some(source) => app.db.products_of(source.source_id).await?,
        None => Vec::new(),
    };
    let (product, all) = (known.first().copied().unwrap_or_default(), app.db.catalogue().await?);
    match names.iter().find_map(|name| refusal(name, product, &all)) {
        Some(why) => Err(Failure::usage(format!("{why}. Nothing was changed"))),
        None => Ok(()),
    }
}

/// Gives the one product of a source its names.
///
/// # Errors
/// Status 2 when it has several products, or when a name belongs to another product.
pub(super) async fn name(app: &App, source_id: i64, names: &[String]) -> Outcome {
    if names.is_empty() {
        return Ok(());
    }
    let products = app.db.products_of(source_id).await?;
    let [product] = products.as_slice() else {
        return Err(Failure::usage(format!(
            "--name is for one product, and this source has {}; add the product's own page to name it",
            products.len()
        )));
    };
    let all = app.db.catalogue().await?;
    if let Some(why) = names.iter().find_map(|name| refusal(name, *product, &all)) {
        return Err(Failure::usage(format!("{why}. The product is tracked; add it again with another --name")));
    }
    for name in names {
        app.db.add_alias(*product, &fold(name), name).await?;
    }
    Ok(())
}

async fn list(app: &App, json: bool) -> Outcome {
    let sources = app.db.sources().await?;
    if json {
        return out::json(&sources.iter().map(source_json).collect::<Vec<_>>());
    }
    if sources.is_empty() {
        return out::line(
            "Nothing is tracked yet. Add something with:\n  coatcheck shop add https://shop.example/products/jacket",
        );
    }
    let now = app.db.now();
    let rows: Vec<Vec<String>> = sources
        .iter()
        .map(|source| {
            vec![
                source.id.to_string(),
                state(source),
                source.last_read_at.map_or_else(|| "never".to_owned(), |at| words::ago(at, now)),
                source.products.to_string(),
                source.variants.to_string(),
                source.watches.to_string(),
                source.url.clone(),
            ]
        })
        .collect();
    out::line(&out::table(&["NO", "STATE", "READ", "PRODUCTS", "VARIANTS", "WATCHES", "URL"], &rows))?;
    for source in sources.iter().filter(|source| source.last_error.is_some()) {
        let error = source.last_error.as_deref().unwrap_or_default();
        let next = (source.next_poll_at - now).to_std().unwrap_or_default();
        let what = match source.failures {
            0 => "is doubtful:".to_owned(),
            1 => "failed once:".to_owned(),
            times => format!("failed {times} times in a row:"),
        };
        out::line(&format!("\n{} {what} {error}\n  next try in {}", source.id, words::lasting(next)))?;
    }
    sources.iter().filter_map(|source| remarks(source, now)).try_for_each(|remarks| out::line(&remarks))
}

/// What its last reading left out, each with why, whether it is read more slowly than others, and how often it is polled if
/// not as asked, and which of its headers ends.
fn remarks(source: &Source, now: DateTime<Utc>) -> Option<String> {
    let slow = source
        .slow
        .then(|| format!("\n{} is read by the slow worker, because it took too much time or memory once", source.id));
    let doubts = (!source.doubts.is_empty()).then(|| {
        let each = source.doubts.iter().map(|doubt| format!("\n  {}", words::plain(&doubt.to_string())));
        format!("\n{} left something out of its last reading:{}", source.id, each.collect::<String>())
    });
    let pace = (source.pace != Pace::Asked).then(|| {
        let (now, asked) = (words::lasting(source.interval), words::lasting(source.asked_interval));
        format!("\n{} is polled every {now} instead of every {asked}: {}", source.id, source.pace.why())
    });
    let ending = first_to_end(&source.headers).map(|ending| format!("\n{}: {}", source.id, ending.words(now)));
    let remarks: Vec<String> = slow.into_iter().chain(doubts).chain(pace).chain(ending).collect();
    (!remarks.is_empty()).then(|| remarks.join("\n"))
}

fn state(source: &Source) -> String {
    match (source.last_error.is_some(), source.state.as_str()) {
        (true, "idle" | "candidate") if source.failures == 0 => "doubtful".to_owned(),
        (true, "idle" | "candidate") => "failing".to_owned(),
        (_, "idle") if source.slow => "slow worker".to_owned(),
        (_, "idle") => "ok".to_owned(),
        (_, state) => state.to_owned(),
    }
}

fn source_json(source: &Source) -> Value {
    json!({
        "number": source.id,
        "shop": source.host,
        "url": source.url,
        "reader": source.reader,
        "state": source.state.as_str(),
        "interval_seconds": source.interval.as_secs_f64(),
        "asked_interval_seconds": source.asked_interval.as_secs_f64(),
        "pace": source.pace.as_str(),
        "next_poll_at": source.next_poll_at,
        "last_read_at": source.last_read_at,
        "readings": source.readings,
        "failures": source.failures,
        "last_error": source.last_error,
        "last_error_at": source.last_error_at,
        "doubts": source.doubts,
        "slow_worker": source.slow,
        "header_ends_at": first_to_end(&source.headers).map(|ending| ending.at),
        "products": source.products,
        "variants": source.variants,
        "watches": source.watches,
    })
}

#[derive(Clone, Copy)]
enum Action {
    Remove,
    Pause,
    Resume,
}

async fn each(app: &App, which: &Which, done: &str, action: Action) -> Outcome {
    let meant = meant(app, &which.which).await?;
    for source in &meant {
        let changed = match action {
            Action::Remove => app.db.remove_source(source.id).await?,
            Action::Pause => app.db.pause_source(source.id, true).await?,
            Action::Resume => app.db.pause_source(source.id, false).await?,
        };
        let already = if changed { "" } else { " already" };
        out::line(&format!("{} is{already} {done}.", source.url))?;
    }
    if matches!(action, Action::Remove) && meant.len() > 1 {
        out::line(&count(meant.len(), "source"))?;
    }
    Ok(())
}
