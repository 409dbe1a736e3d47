//! The demo: a throw-away database and a built-in shop whose sizes come and go. No accounts, no other network.

mod board;
mod shop;
mod story;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use coatcheck_bots::Platform;
use coatcheck_bots::commands::parse;
use coatcheck_bots::console::Output;
use coatcheck_bots::{Inbox, Who};
use coatcheck_domain::Destination;
use url::Url;

use crate::app::{App, Patient, Role, Signals, SourceOptions, read_console};
use crate::config::Settings;
use crate::engine::{Stop, Stopper};
use shop::{HANDLE, SIZES, STYLES, Shelf};

/// Runs the demo until ctrl-c, or for `time`.
///
/// # Errors
/// When loopback or the folder for temporary files cannot be used.
pub async fn run(settings: Settings, interval: Duration, time: Option<Duration>) -> anyhow::Result<()> {
    // Before there is anything to clean up: who ends it early means it, too.
    let mut signals = Signals::listen()?;
    let folder = tempfile::tempdir()?;
    let (stopper, stop) = Stopper::pair();
    let shelf = Shelf::default();
    for (style, size) in (0..STYLES.len()).flat_map(|style| (0..SIZES.len()).map(move |size| (style, size))) {
        shelf.put(style, size, story::opening(style, size));
    }
    let address = shop::open(shelf.clone(), stop.clone()).await?;
    let settings = Settings {
        database_url: format!("sqlite://{}/demo.db", folder.path().display()),
        listen_addr: ([127, 0, 0, 1], 0).into(),
        allow_hosts: address.to_string().parse()?,
        // Bots of a real service keep talking to that.
        discord: None,
        telegram: None,
        slack: None,
        twilio: None,
        ..settings
    };
    let app = App::open(settings).await?;
    let output: Output = Arc::new(Mutex::new(Patient::stdout()?));
    let mut serving = app.serve(&Role::ALL.into(), Arc::clone(&output)).await?;
    let product = follow(&app, Url::parse(&format!("http://{address}/products/{HANDLE}"))?, interval).await?;
    introduce(&app, &output, serving.listening(), &address.to_string()).await?;
    let tasks = [
        tokio::spawn(play(app.clone(), shelf, stop.clone())),
        tokio::spawn(show(app.clone(), product, Arc::clone(&output), stop)),
        tokio::spawn(read_console(app.clone(), output)),
    ];
    let broken = tokio::select! {
        _ = signals.next() => None,
        () = passed(time) => None,
        broken = serving.broken() => Some(broken),
    };
    stopper.stop();
    for task in &tasks {
        task.abort();
    }
    serving.stop().await;
    app.db.close().await;
    broken.map_or(Ok(()), |broken| Err(broken.into()))
}

async fn follow(app: &App, url: Url, interval: Duration) -> anyhow::Result<i64> {
    let how = SourceOptions { interval: Some(interval), listed: true, ..SourceOptions::default() };
    let (source, _) = app.follow(url, how).await?;
    loop {
        if let Some(product) = app.db.products_of(source).await?.first() {
            app.db.add_alias(*product, "jacket", "jacket").await?;
            return Ok(*product);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Explains the demo, and types `/watch jacket M black` as a person would.
async fn introduce(app: &App, output: &Output, board: Option<SocketAddr>, shop: &str) -> anyhow::Result<()> {
    if let Some(board) = board {
        say(output, &format!("The live board: http://{board}/ (open it in a browser)\n"))?;
    }
    say(
        output,
        &format!(
            "A demo shop with one jacket runs on {shop}, and CoatCheck polls it. Its sizes come and go:\n\
             ● in stock, · sold out. In a few seconds size M in black comes back, and you will see the alert.\n\
             Type here meanwhile: /watch jacket L, /stock jacket, /history jacket, /help. Ctrl-C ends the demo.\n"
        ),
    )?;
    let words = "/watch jacket M black";
    let said = parse(words, Platform::Console)?;
    let who = Who { destination: Destination::Console, may_manage: true, room: None };
    let reply = app.inbox().said(&who, said).await;
    say(output, &format!("> {words}\n{}\n", reply.text))
}

/// Changes the shop's stock as the script says.
async fn play(app: App, shelf: Shelf, mut stop: Stop) {
    for second in 0.. {
        for event in story::at(second, || app.rng.draw()) {
            shelf.put(event.style, event.size, event.there);
        }
        stop.sleep(Duration::from_secs(1)).await;
        if stop.is_stopped() {
            return;
        }
    }
}

/// Prints the board whenever it has changed.
async fn show(app: App, product: i64, output: Output, mut stop: Stop) {
    let mut last = String::new();
    while !stop.is_stopped() {
        if let Ok(variants) = app.db.stock(&[product]).await {
            let board = board::board("Corps Jacket", &variants);
            if board != last && say(&output, &format!("{board}\n")).is_ok() {
                last = board;
            }
        }
        stop.sleep(Duration::from_secs(2)).await;
    }
}

fn say(output: &Output, text: &str) -> anyhow::Result<()> {
    let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
    writeln!(output, "{text}")?;
    output.flush()?;
    Ok(())
}

/// Until `time` has passed; for ever without one.
async fn passed(time: Option<Duration>) {
    match time {
        Some(time) => tokio::time::sleep(time).await,
        None => std::future::pending().await,
    }
}
