//! From a shop's last byte to the first byte of the webhook, by the real program, which has nothing else to do: for a product
//! with a document of its own, and for one of a thousand in a list.

use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use coatcheck::shops::ReaderKind;
use tokio::net::TcpListener;

use crate::loopback::server::{Answers, Asked, answer, serve};
use crate::support::args::Args;
use crate::support::figure::{Figure, Quantity, Target};
use crate::support::house::{self, Folder};
use crate::support::stats::{per_call, percentile};
use crate::support::{goods, machine};

/// Products of the list, and of one of its pages.
const LIST: u64 = 1_000;
const PAGE: u64 = 250;
/// The one that comes back, on the second page.
const JACKET: u64 = 300;

/// A shop whose jacket is sold out and back with each poll, and the webhook of someone who waits for it.
struct Flicker {
    seen: Mutex<Seen>,
    /// Pages of a list without the jacket, and the page that has it, sold out and back.
    pages: Vec<String>,
    with_jacket: [String; 2],
}

impl Default for Flicker {
    fn default() -> Self {
        let page = |number: u64, is_back: bool| {
            let ids = (number - 1) * PAGE + 1..=number * PAGE;
            goods::shopify_page(ids, |id, _| is_back && id == JACKET).to_string()
        };
        let pages = (1..=LIST / PAGE).map(|number| page(number, false)).collect();
        Self { seen: Mutex::default(), pages, with_jacket: [false, true].map(|is_back| page(2, is_back)) }
    }
}

#[derive(Default)]
struct Seen {
    polls: u64,
    /// When the answer that says "back" was written, until it is told.
    back_at: Option<Instant>,
    notified_after: Vec<Duration>,
}

impl Flicker {
    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Is it the document that has the jacket?
fn has_jacket(path: &str) -> bool {
    path == "/products/jacket.js" || path.ends_with("products.json?limit=250&page=2")
}

impl Answers for Flicker {
    fn answer(&self, asked: &Asked<'_>) -> Vec<u8> {
        let mut seen = self.seen();
        let json = "content-type: application/json\r\n";
        match (asked.method, asked.path) {
            ("POST", _) => {
                let back_at = seen.back_at.take();
                seen.notified_after.extend(back_at.map(|at| asked.first_byte.saturating_duration_since(at)));
                answer("200 OK", "", "")
            }
            (_, "/products/jacket.js") => {
                seen.polls += 1;
                let body = goods::shopify_js("jacket", 7, seen.polls.is_multiple_of(2), 12_900).to_string();
                answer("200 OK", json, &body)
            }
            (_, path) if has_jacket(path) => {
                seen.polls += 1;
                answer("200 OK", json, &self.with_jacket[usize::from(seen.polls.is_multiple_of(2))])
            }
            (_, path) if path.starts_with("/products.json?") => {
                let number = path.rsplit_once("page=").and_then(|(_, number)| number.parse::<usize>().ok());
                let page = number.and_then(|number| self.pages.get(number - 1));
                answer("200 OK", json, page.map_or(r#"{"products":[]}"#, String::as_str))
            }
            _ => answer("404 Not Found", "", ""),
        }
    }

    fn answered(&self, asked: &Asked<'_>, at: Instant) {
        let mut seen = self.seen();
        if has_jacket(asked.path) && seen.polls.is_multiple_of(2) {
            seen.back_at = Some(at);
        }
    }
}

/// A running service, killed with its end.
pub(crate) struct Service(pub(crate) Child);

impl Drop for Service {
    fn drop(&mut self) {
        // It may be gone already, which is as well.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Some hundred restocks, one at a time.
pub(crate) fn run(args: &Args) -> Result<Vec<Figure>> {
    let (told, commits) = measure("products/jacket", "100ms", args.pick(200, 20))?;
    let three = Duration::from_millis(3);
    let mut figures: Vec<Figure> =
        SHARES.map(|(name, share)| figure(&format!("one product, {name}"), share, &told, &commits, three)).into();
    let (told, commits) = measure("products.json", "500ms", args.pick(40, 10))?;
    let split = three + splitting()?.mul_f64(1.5);
    let of_list =
        SHARES.map(|(name, share)| figure(&format!("one of {LIST} in a list, {name}"), share, &told, &commits, split));
    figures.extend(of_list);
    Ok(figures)
}

const SHARES: [(&str, f64); 2] = [("median", 0.5), ("p95", 0.95)];

/// What it takes to split a page into its products' texts.
fn splitting() -> Result<Duration> {
    let page = goods::shopify_list(PAGE).to_string();
    let reader = "shopify".parse::<ReaderKind>()?.reader();
    per_call(20, 5, || {
        ensure!(reader.items(&page).is_some_and(|items| items.len() == 250), "it is not split");
        Ok(())
    })
}

/// How long each restock took until it was notified, and what a commit takes here.
fn measure(path: &str, interval: &str, count: usize) -> Result<(Vec<Duration>, Vec<Duration>)> {
    let folder = Folder::new()?;
    let flicker = Arc::new(Flicker::default());
    let runtime = house::runtime()?;
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
    let host = listener.local_addr()?.to_string();
    runtime.spawn(serve(listener, Arc::clone(&flicker) as Arc<dyn Answers>));
    let program = |words: &[&str]| program(&folder, &host, words);
    let page = format!("http://{host}/{path}");
    done(program(&["shop", "add", &page, "--interval", interval]))?;
    let jacket = if path == "products.json" { format!("http://{host}/products/rain-jacket-{JACKET}") } else { page };
    done(program(&["watch", "add", &jacket, "--every", "--to", &format!("webhook:http://{host}/hook")]))?;
    let commits = runtime.block_on(machine::commits(&folder, 200))?;
    let service = Service(program(&["serve"]).spawn()?);
    let patience = Instant::now();
    while flicker.seen().notified_after.len() < count {
        let told = flicker.seen().notified_after.len();
        ensure!(patience.elapsed() < Duration::from_secs(120), "only {told} were told");
        std::thread::sleep(Duration::from_millis(50));
    }
    drop(service);
    // The first one opens the connection and takes the lane.
    let told = flicker.seen().notified_after.iter().skip(1).copied().collect();
    Ok((told, commits))
}

fn figure(what: &str, share: f64, told: &[Duration], commits: &[Duration], own: Duration) -> Figure {
    let millis = |time: Duration| Quantity::new(time.as_secs_f64() * 1e3, "ms");
    let commit = percentile(commits, share);
    Figure::note(
        format!("shop's last byte → webhook's first byte, {what} of {}", told.len()),
        millis(percentile(told, share)),
    )
    .against(format!("{own:.1?} + 4 commits of {commit:.2?}"), millis(own + commit * 4))
    .wants(Target::AtMost(1.0))
}

/// The program with these words, on a database of its own, allowed to ask this host.
pub(crate) fn program(folder: &Folder, host: &str, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_coatcheck"));
    command
        .args(words)
        .env_clear()
        .env("DATABASE_URL", folder.database("latency.db"))
        .env("LISTEN_ADDR", "127.0.0.1:0")
        .env("COATCHECK_ALLOW_HOSTS", host)
        .env("COATCHECK_QUIET_FOR", "1ms")
        .current_dir(folder.root())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

fn done(mut command: Command) -> Result<()> {
    let status = command.status().context("the program does not start")?;
    ensure!(status.success(), "{command:?} ended with {status}");
    Ok(())
}
