//! `shop add | list | remove | pause | resume`.

use std::time::Duration;

use coatcheck_bots::words;
use coatcheck_domain::fold::fold;
use serde_json::{Value, json};

use super::args::{self, Which};
use super::check::{Bar, count, headers, human};
use super::failure::{Failure, Outcome};
use super::out;
use crate::app::{App, How};
use crate::commands::names::refusal;
use crate::engine::poll::Polled;
use crate::store::polls::source::Source;

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
        args::Shop::Resume(which) => each(app, &which, "polled again", Action::Resume).await,
    }
}

async fn add(app: &App, args: args::ShopAdd) -> Outcome {
    let how = How {
        reader: args.reading.reader,
        headers: headers(&args.reading)?,
        jq: args.reading.jq,
        more_urls: args.reading.more_urls,
        interval: args.interval,
        listed: true,
    };
    let (id, is_new) = app.follow(args.url, how).await?;
    let read = first_poll(app, id).await;
    if let Err(failure) = read {
        // An address that was never read is not kept: a typo would be polled for ever.
        if is_new {
            app.db.remove_source(id).await?;
        }
        return Err(failure);
    }
    name(app, id, &args.names).await?;
    let source = app.db.source(id).await?.ok_or_else(|| Failure::failed("the source was removed in the meantime"))?;
    if args.json {
        return out::json(&source_json(&source));
    }
    if let Ok(Some(text)) = read {
        out::line(&text)?;
    }
    let interval = words::lasting(source.interval);
    let verb = if is_new { "Tracking" } else { "Already tracking" };
    out::line(&format!("{verb} {} (number {id}), polled every {interval}.", source.url))
}

/// The new source's first poll, by this process or by the running service, whichever is first.
async fn first_poll(app: &App, id: i64) -> Result<Option<String>, Failure> {
    let (poller, bar) = (app.poller(), Bar::new());
    let before = app.db.source(id).await?.map_or(0, |source| source.readings);
    // What is followed already, and was not changed, is read when it is due.
    if app.db.source(id).await?.is_some_and(|source| source.readings > 0 && source.next_poll_at > app.db.now()) {
        return Ok(None);
    }
    // Slots of a busy shop come free as its polls end; a poll takes 10 s at most, and pages more.
    for _ in 0..600 {
        match poller.poll_source(id, Some(&bar)).await? {
            Some(Polled::Stored { read, .. }) => {
                bar.0.finish_and_clear();
                return Ok(Some(human(&read.reading, read.reader.as_str(), false)));
            }
            Some(Polled::Failed(error)) if error.is_refused() => return Err(Failure::refused(error)),
            Some(Polled::Failed(error)) => return Err(Failure::unreadable(error)),
            Some(Polled::Unchanged) => return Ok(None),
            Some(Polled::Lost) | None => {}
        }
        let Some(source) = app.db.source(id).await? else {
            return Err(Failure::failed("the source was removed in the meantime"));
        };
        if source.readings > before {
            return Ok(None);
        }
        if let Some(error) = source.last_error {
            return Err(Failure::unreadable(error));
        }
        bar.0.set_message("waiting for a free slot of the shop");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err(Failure::unreadable("other polls of this shop took longer than a minute; try again"))
}

async fn name(app: &App, source_id: i64, names: &[String]) -> Outcome {
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
    Ok(())
}

fn state(source: &Source) -> String {
    match (source.last_error.is_some(), source.state.as_str()) {
        (true, "idle" | "candidate") if source.failures == 0 => "doubtful".to_owned(),
        (true, "idle" | "candidate") => "failing".to_owned(),
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
        "next_poll_at": source.next_poll_at,
        "last_read_at": source.last_read_at,
        "readings": source.readings,
        "failures": source.failures,
        "last_error": source.last_error,
        "last_error_at": source.last_error_at,
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

async fn meant(app: &App, which: &str) -> Result<Vec<Source>, Failure> {
    let which = which.trim();
    let address = url::Url::parse(which).map(|url| crate::shops::canonical(url).to_string()).ok();
    let is_meant = |source: &Source| {
        which.parse() == Ok(source.id)
            || address.as_deref() == Some(&source.url)
            || source.url == which
            || source.host == which
    };
    let meant: Vec<Source> = app.db.sources().await?.into_iter().filter(is_meant).collect();
    if meant.is_empty() {
        return Err(Failure::usage(format!("{which:?} is not tracked; `coatcheck shop list` shows what is")));
    }
    Ok(meant)
}
