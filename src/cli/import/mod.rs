//! `import`: many products and watches at once, with a report of what could not be read.

mod lines;

use std::io::Read;
use std::path::Path;

use futures_util::StreamExt;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::failure::{Failure, Outcome};
use super::track::track;
use super::{args, out, shop, watch};
use crate::app::{App, SourceOptions};
use crate::shops::canonical;
use lines::Entry;

/// Bytes of a file, at most.
const LARGEST: u64 = 16 << 20;
/// Addresses that are read at once; each shop is asked as politely as ever.
const AT_ONCE: usize = 16;

/// What came of one address and its lines.
struct Imported {
    entries: Vec<Entry>,
    is_new: bool,
    watches: usize,
    /// Secrets of new webhooks, shown only once.
    secrets: Vec<(String, String)>,
    failure: Option<Failure>,
}

/// Imports a file.
///
/// # Errors
/// Status 2 when a line makes no sense: then nothing is imported. 3 when an address could not be read.
pub(super) async fn run(app: &App, args: args::Import) -> Outcome {
    let entries = lines::parse(&text(&args.file)?)
        .map_err(|slips| Failure::usage(format!("nothing was imported; correct these lines:\n{slips}")))?;
    let groups = by_address(entries);
    let bar = ProgressBar::new(groups.len() as u64).with_style(style());
    let import = |entries| one(app, entries, args.keep);
    let mut imported: Vec<Imported> = futures_util::stream::iter(groups)
        .map(import)
        .buffer_unordered(AT_ONCE)
        .inspect(|done| {
            bar.inc(1);
            if done.failure.is_some() {
                bar.set_message("with failures");
            }
        })
        .collect()
        .await;
    bar.finish_and_clear();
    imported.sort_by_key(|done| done.entries[0].line);
    if args.json {
        report_json(&imported)?;
    } else {
        report(&imported)?;
    }
    match imported.iter().filter(|done| done.failure.is_some()).count() {
        0 => Ok(()),
        failed => Err(Failure::unreadable(format!("{failed} of {} addresses failed", imported.len()))),
    }
}

fn style() -> ProgressStyle {
    let template = "{wide_bar} {pos}/{len} {msg} {eta}";
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn text(file: &Path) -> Result<String, Failure> {
    let failed = |why: std::io::Error| match why.kind() {
        std::io::ErrorKind::InvalidData => {
            Failure::failed(format!("{} is not UTF-8 text; save it as such", file.display()))
        }
        _ => Failure::failed(format!("{} cannot be read: {why}", file.display())),
    };
    let mut text = String::new();
    let read = if file.as_os_str() == "-" {
        std::io::stdin().lock().take(LARGEST + 1).read_to_string(&mut text)
    } else {
        std::fs::File::open(file).map_err(failed)?.take(LARGEST + 1).read_to_string(&mut text)
    };
    match read.map_err(failed)? as u64 {
        size if size > LARGEST => Err(Failure::failed(format!("{} is larger than 16 MiB", file.display()))),
        _ => Ok(text),
    }
}

/// The lines of each address, in the order of the file.
fn by_address(entries: Vec<Entry>) -> Vec<Vec<Entry>> {
    let mut groups: Vec<Vec<Entry>> = Vec::new();
    let mut known = std::collections::HashMap::new();
    for entry in entries {
        let next = groups.len();
        let index = *known.entry(canonical(entry.url.clone())).or_insert(next);
        if index == next {
            groups.push(Vec::new());
        }
        groups[index].push(entry);
    }
    groups
}

async fn one(app: &App, entries: Vec<Entry>, keep: bool) -> Imported {
    let mut done = Imported { entries, is_new: false, watches: 0, secrets: Vec::new(), failure: None };
    let failure = follow(app, &mut done, keep).await.err();
    done.failure = failure;
    done
}

async fn follow(app: &App, done: &mut Imported, keep: bool) -> Outcome {
    let first = done.entries[0].clone();
    let interval = done.entries.iter().find_map(|entry| entry.interval);
    let how = SourceOptions { interval, listed: true, ..SourceOptions::default() };
    let names: Vec<String> = done.entries.iter().flat_map(|entry| entry.names.clone()).collect();
    shop::check_names(app, &first.url, &names).await?;
    let tracked = track(app, first.url, how, keep, None).await?;
    done.is_new = tracked.is_new;
    if let Some(why) = tracked.unread {
        return Err(why);
    }
    for entry in &done.entries {
        shop::name(app, tracked.id, &entry.names).await?;
        let Some(to) = &entry.to else { continue };
        let wanted = (entry.sizes.as_slice(), entry.style.as_deref(), entry.every);
        let (watches, secret) = watch::add_for_source(app, tracked.id, wanted, to).await?;
        done.watches += watches;
        done.secrets.extend(secret.map(|secret| (to.to_string(), secret)));
    }
    Ok(())
}

fn report(imported: &[Imported]) -> Outcome {
    let (new, watches) = totals(imported);
    let known = imported.iter().filter(|done| done.failure.is_none() && !done.is_new).count();
    let plural = |number: usize, one: &str| if number == 1 { format!("1 {one}") } else { format!("{number} {one}es") };
    out::line(&format!("# {} added, {known} known already, {}", plural(new, "address"), plural(watches, "watch")))?;
    for (to, secret) in imported.iter().flat_map(|done| &done.secrets) {
        out::line(&format!("# The secret of {to}, shown only once: {secret}"))?;
    }
    for done in imported {
        let Some(failure) = &done.failure else { continue };
        out::line(&format!("# {}", failure.to_string().replace('\n', " ")))?;
        for entry in &done.entries {
            out::line(&entry.text)?;
        }
    }
    Ok(())
}

fn report_json(imported: &[Imported]) -> Outcome {
    let (new, watches) = totals(imported);
    let failed = imported.iter().filter_map(|done| {
        let failure = done.failure.as_ref()?;
        let lines: Vec<usize> = done.entries.iter().map(|entry| entry.line).collect();
        Some(json!({ "url": done.entries[0].url, "lines": lines, "error": failure.to_string() }))
    });
    let secrets = imported.iter().flat_map(|done| &done.secrets);
    out::json(&json!({
        "addresses": imported.len(),
        "added": new,
        "watches": watches,
        "failed": failed.collect::<Vec<_>>(),
        "secrets": secrets.map(|(to, secret)| json!({ "to": to, "secret": secret })).collect::<Vec<_>>(),
    }))
}

fn totals(imported: &[Imported]) -> (usize, usize) {
    let new = imported.iter().filter(|done| done.failure.is_none() && done.is_new).count();
    (new, imported.iter().map(|done| done.watches).sum())
}
