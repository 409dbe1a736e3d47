//! `watch add | list | remove`, and `history`.

use std::path::Path;

use coatcheck_bots::{Command, Inbox, Reply, Said, Who, words};
use coatcheck_domain::Destination;
use coatcheck_domain::size::names;
use coatcheck_domain::watch::{Mode, Offer, Wish};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::args;
use super::failure::{Failure, Outcome};
use super::out;
use crate::app::App;
use crate::commands::{LONGEST, Want, in_stock, options, wanted};
use crate::config::Settings;
use crate::store::people::consent::Standing;
use crate::store::people::phone;
use crate::store::people::subscriber::Address;
use crate::store::people::watch::{NewWatch, Watch};
use crate::store::stock::catalogue::{Product, Variant};
use crate::store::stock::history::VariantHistory;

/// Runs one of them.
///
/// # Errors
/// Status 2 when no product is meant, 4 when a destination cannot be reached by this version.
pub(super) async fn run(app: &App, command: args::Watch) -> Outcome {
    match command {
        args::Watch::Add(args) => add(app, args).await,
        args::Watch::List(args) => list(app, args.json).await,
        args::Watch::Remove { number } => {
            if app.db.remove_watch(number).await? {
                out::line(&format!("Watch {number} is removed."))
            } else {
                Err(Failure::usage(format!("there is no watch {number}; `coatcheck watch list` lists them")))
            }
        }
    }
}

/// Can a service with these settings send to this destination?
///
/// # Errors
/// Status 4 with what is missing.
pub(super) fn connected(settings: &Settings, destination: &Destination) -> Outcome {
    let channel = destination.channel();
    if let Destination::Sms(phone) = destination
        && !phone.is_valid()
    {
        return Err(Failure::usage(format!("{destination} is no number that anybody can have; check its digits")));
    }
    let missing = match channel {
        "discord" if settings.discord.is_none() => "set DISCORD_TOKEN",
        "telegram" if settings.telegram.is_none() => "set TELEGRAM_TOKEN",
        "slack" if settings.slack.is_none() => "set SLACK_BOT_TOKEN (docs/setup/slack.md)",
        "sms" if settings.twilio.is_none() => "set TWILIO_ACCOUNT_SID (docs/setup/twilio.md)",
        "push" => "a browser signs itself up, on a product's page",
        "console" | "webhook" | "discord" | "telegram" | "slack" | "sms" => return Ok(()),
        _ => "this version does not support it",
    };
    Err(Failure::refused(format!("{channel} is not connected: {missing}")))
}

/// The destination's row; a new webhook gets its secret.
///
/// # Errors
/// Status 4 when the guard does not let the address through.
pub(super) async fn destination(app: &App, destination: &Destination) -> Result<Address, Failure> {
    if let Destination::Webhook(url) = destination {
        app.guard.check_url(url).map_err(|why| Failure::refused(format!("{destination} cannot be used: {why}")))?;
    }
    let secret = || {
        matches!(destination, Destination::Webhook(_))
            .then(|| coatcheck_bots::webhook::signature::new_secret(app.rng.bytes()).expose_secret().to_owned())
    };
    Ok(app.db.destination_for(destination, secret).await?)
}

/// Why a phone gets no texts yet: nobody is texted without their consent, whoever adds the watch.
pub(super) async fn unasked(app: &App, destination: &Destination) -> Result<Option<String>, Failure> {
    let Destination::Sms(number) = destination else { return Ok(None) };
    Ok(match app.db.phone_standing(number).await? {
        Standing::Consented => None,
        Standing::Unknown => {
            Some(format!("{destination} has not agreed to texts: it gets none until somebody texts START from it"))
        }
        Standing::Stopped => {
            Some(format!("{destination} has said STOP: it gets no texts until somebody texts START from it"))
        }
    })
}

async fn add(app: &App, args: args::WatchAdd) -> Outcome {
    connected(&app.settings, &args.to)?;
    check_sizes(&args.size)?;
    let product = product(app, &args.product).await?;
    let mode = if args.every { Mode::Every } else { Mode::Once };
    let (new, ids, address) = store(app, &product, (&args.size, args.style.as_deref()), mode, &args.to).await?;
    // Read after the watches are stored: at worst both this reply and an alert mention a restock.
    let stock = app.db.stock(&[product.id]).await?;
    let unasked = unasked(app, &args.to).await?;
    if args.json {
        return out::json(&json!({
            "to": args.to.to_string(),
            "secret": address.secret,
            "consents": matches!(args.to, Destination::Sms(_)).then_some(unasked.is_none()),
            "watches": ids.iter().zip(&new).map(|(id, watch)| added_json(*id, watch, &product, &stock)).collect::<Vec<_>>(),
        }));
    }
    for (id, watch) in ids.iter().zip(&new) {
        out::line(&added_words(*id, watch, &product, &stock, &args.to))?;
    }
    if let Some(why) = unasked {
        out::line(&format!("{why}."))?;
    }
    match &address.secret {
        Some(secret) => out::line(&format!(
            "Its requests are signed (Standard Webhooks). This is the secret, shown only once:\n  {secret}"
        )),
        None => Ok(()),
    }
}

/// Stores a watch for each size.
async fn store(
    app: &App,
    product: &Product,
    (sizes, style): (&[String], Option<&str>),
    mode: Mode,
    to: &Destination,
) -> Result<(Vec<NewWatch>, Vec<i64>, Address), Failure> {
    let wants = options::wanted(product, sizes, style).map_err(Failure::usage)?;
    let address = destination(app, to).await?;
    let new: Vec<NewWatch> = wants
        .iter()
        .map(|want| NewWatch {
            subscriber_id: address.subscriber_id,
            product_id: product.id,
            wish: want.wish(),
            size: want.size_text().map(str::to_owned),
            style: want.style.clone(),
            mode,
        })
        .collect();
    let ids = app.db.add_watches(&new).await?;
    Ok((new, ids, address))
}

/// Watches the one product of a source. Says how many watches there are, and the secret of a new webhook.
///
/// # Errors
/// Status 2 when the source has several products, 4 when the destination cannot be used.
pub(super) async fn add_for_source(
    app: &App,
    source_id: i64,
    (sizes, style, every): (&[String], Option<&str>, bool),
    to: &Destination,
) -> Result<(usize, Option<String>), Failure> {
    connected(&app.settings, to)?;
    check_sizes(sizes)?;
    let mut products = app.db.catalogue().await?;
    products.retain(|product| product.source.id == source_id);
    let [product] = products.as_slice() else {
        let count = products.len();
        return Err(Failure::usage(format!(
            "a watch is for one product, and this address has {count}; use its own page"
        )));
    };
    let mode = if every { Mode::Every } else { Mode::Once };
    let (_, ids, address) = store(app, product, (sizes, style), mode, to).await?;
    Ok((ids.len(), address.secret))
}

/// Is each of them short enough to be a size, and not empty?
fn check_sizes(said: &[String]) -> Outcome {
    if said.iter().any(|size| size.trim().is_empty()) {
        return Err(Failure::usage("--size is empty; leave it out for any size, or name one, like --size M"));
    }
    match said.iter().find(|sizes| sizes.split(',').any(|size| size.chars().count() > LONGEST)) {
        Some(size) => Err(Failure::usage(format!(
            "{:?}… is too long for a size; the maximum is {LONGEST} characters",
            words::shortened(size, 20)
        ))),
        None => Ok(()),
    }
}

async fn product(app: &App, words: &[String]) -> Result<Product, Failure> {
    app.inbox().product(&words.join(" ")).await?.map_err(Failure::usage)
}

fn added_words(id: i64, watch: &NewWatch, product: &Product, stock: &[Variant], to: &Destination) -> String {
    let now: Vec<&Variant> = in_stock(product, stock, &watch.wish).collect();
    let wanted = wanted(watch.size.as_deref(), watch.style.as_deref());
    let title = words::title(&product.title);
    let is_called = |label: &String| names(label).contains(&watch.wish.size);
    let listed = watch.wish.size.is_any() || product.sizes.iter().any(|(_, label)| is_called(label));
    let today = if let Some(first) = now.first() {
        let link = first.url.as_ref().or(product.url.as_ref()).map(ToString::to_string).unwrap_or_default();
        format!("In stock now: {link}")
    } else if listed {
        "Sold out now.".to_owned()
    } else {
        "The shop does not list that size now; you will be notified if it appears.".to_owned()
    };
    format!("Watching {title} — {wanted} for {to} (number {id}). {today}")
}

fn added_json(id: i64, watch: &NewWatch, product: &Product, stock: &[Variant]) -> Value {
    json!({
        "number": id,
        "product": product.title,
        "size": watch.size,
        "style": watch.style,
        "mode": watch.mode.as_str(),
        "in_stock": in_stock(product, stock, &watch.wish).next().is_some(),
    })
}

async fn list(app: &App, json: bool) -> Outcome {
    let watches = app.db.all_watches().await?;
    if json {
        return out::json(&watches.iter().map(watch_json).collect::<Vec<_>>());
    }
    if watches.is_empty() {
        return out::line(
            "There are no watches yet. Add one with:\n  coatcheck watch add jacket --size M --to console:",
        );
    }
    let rows: Vec<Vec<String>> = watches
        .iter()
        .map(|watch| {
            vec![
                watch.id.to_string(),
                words::title(&watch.product),
                wanted(watch.size.as_deref(), watch.style.as_deref()),
                watch.mode.as_str().to_owned(),
                if watch.armed { "armed" } else { "notified" }.to_owned(),
                shown(watch),
            ]
        })
        .collect();
    out::line(&out::table(&["NO", "PRODUCT", "WANTED", "MODE", "STATE", "TO"], &rows))
}

fn shown(watch: &Watch) -> String {
    watch.address.as_deref().map_or_else(|| "-".to_owned(), phone::shown)
}

fn watch_json(watch: &Watch) -> Value {
    json!({
        "number": watch.id,
        "product": watch.product,
        "size": watch.size,
        "style": watch.style,
        "mode": watch.mode.as_str(),
        "armed": watch.armed,
        "notified_at": watch.notified_at,
        "to": shown(watch),
    })
}

/// The stock history of a product.
///
/// # Errors
/// Status 2 when no product is meant.
pub(super) async fn history(app: &App, args: args::History) -> Outcome {
    let product = product(app, &args.product).await?;
    if args.json {
        let sizes: Vec<String> = args.size.iter().cloned().collect();
        let wants = options::wanted(&product, &sizes, args.style.as_deref()).map_err(Failure::usage)?;
        let wishes: Vec<Wish> = wants.iter().map(Want::wish).collect();
        let histories = app.db.history(product.id).await?;
        let meant = histories.iter().filter(|history| {
            let offer = Offer { sizes: &history.size_keys, style: history.style.as_deref(), title: &product.title };
            wishes.iter().any(|wish| wish.matches(&offer))
        });
        let variants: Vec<Value> = meant.map(history_json).collect();
        return out::json(&json!({ "product": product.title, "variants": variants }));
    }
    let name = product.url.as_ref().map_or_else(|| product.title.clone(), ToString::to_string);
    let mut options = vec![("product", name.as_str())];
    options.extend(args.size.as_deref().map(|size| ("size", size)));
    options.extend(args.style.as_deref().map(|style| ("style", style)));
    let who = Who { destination: Destination::Console, may_manage: true, room: None };
    let reply = app.inbox().said(&who, Said::from_options(Command::History, &options)).await;
    // The file first: whoever reads the words may be gone before their end (`| head -1`).
    let written = match &args.png {
        Some(file) => Some(write_picture(&reply, file).await),
        None => None,
    };
    out::line(&reply.text)?;
    match written {
        Some(written) => out::line(&written?),
        None => Ok(()),
    }
}

async fn write_picture(reply: &Reply, file: &Path) -> Result<String, Failure> {
    let Some(picture) = &reply.picture else {
        return Err(Failure::failed(format!("there is no history to draw yet; {} is not written", file.display())));
    };
    let written = tokio::fs::write(file, &picture.png).await;
    written.map_err(|why| Failure::failed(format!("{} cannot be written: {why}", file.display())))?;
    Ok(format!("The picture is in {}.", file.display()))
}

fn history_json(history: &VariantHistory) -> Value {
    json!({
        "size": history.size,
        "style": history.style,
        "restocks": history.restocks,
        "spans": history.spans.iter().map(|span| json!({
            "availability": span.availability,
            "price": span.price,
            "started_at": span.started_at,
            "last_seen": span.last_seen,
            "ended_at": (!span.is_open).then_some(span.ended_at),
        })).collect::<Vec<_>>(),
    })
}
