//! From a shop's last byte to the first byte of the webhook, by the real program, which has nothing else to do.

use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokio::net::TcpListener;

use crate::loopback::server::{Answers, Asked, answer, serve};
use crate::support::args::Args;
use crate::support::figure::{Figure, Quantity, Target};
use crate::support::house::{self, Folder};
use crate::support::stats::percentile;
use crate::support::{goods, machine};

/// A shop whose jacket is sold out and back with each poll, and the webhook of someone who waits for it.
#[derive(Default)]
struct Flicker(Mutex<Seen>);

#[derive(Default)]
struct Seen {
    polls: u64,
    /// When the answer that says "back" was written, until it is told.
    back_at: Option<Instant>,
    notified_after: Vec<Duration>,
}

impl Flicker {
    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Answers for Flicker {
    fn answer(&self, asked: &Asked<'_>) -> Vec<u8> {
        let mut seen = self.seen();
        match (asked.method, asked.path) {
            ("POST", _) => {
                let back_at = seen.back_at.take();
                seen.notified_after.extend(back_at.map(|at| asked.first_byte.saturating_duration_since(at)));
                answer("200 OK", "", "")
            }
            (_, "/products/jacket.js") => {
                seen.polls += 1;
                let body = goods::shopify_js("jacket", 7, seen.polls.is_multiple_of(2), 12_900).to_string();
                answer("200 OK", "content-type: application/json\r\n", &body)
            }
            _ => answer("404 Not Found", "", ""),
        }
    }

    fn answered(&self, asked: &Asked<'_>, at: Instant) {
        let mut seen = self.seen();
        if asked.path == "/products/jacket.js" && seen.polls.is_multiple_of(2) {
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
    let count = args.pick(200, 20);
    let folder = Folder::new()?;
    let flicker = Arc::new(Flicker::default());
    let runtime = house::runtime()?;
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
    let host = listener.local_addr()?.to_string();
    runtime.spawn(serve(listener, Arc::clone(&flicker) as Arc<dyn Answers>));
    let program = |words: &[&str]| program(&folder, &host, words);
    let page = format!("http://{host}/products/jacket");
    done(program(&["shop", "add", &page, "--name", "jacket", "--interval", "100ms"]))?;
    done(program(&["watch", "add", "jacket", "--every", "--to", &format!("webhook:http://{host}/hook")]))?;
    let commits = runtime.block_on(machine::commits(&folder, 200))?;
    let service = Service(program(&["serve"]).spawn()?);
    let patience = Instant::now();
    while flicker.seen().notified_after.len() < count {
        ensure!(
            patience.elapsed() < Duration::from_secs(120),
            "only {} were told",
            flicker.seen().notified_after.len()
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    drop(service);
    // The first one opens the connection and takes the lane.
    let told: Vec<Duration> = flicker.seen().notified_after.iter().skip(1).copied().collect();
    Ok([("median", 0.5), ("p95", 0.95)].map(|(name, share)| figure(name, share, &told, &commits)).into())
}

fn figure(name: &str, share: f64, told: &[Duration], commits: &[Duration]) -> Figure {
    let millis = |time: Duration| Quantity::new(time.as_secs_f64() * 1e3, "ms");
    let commit = percentile(commits, share);
    let limit = Duration::from_millis(3) + commit * 4;
    Figure::note(
        format!("shop's last byte → webhook's first byte, {name} of {}", told.len()),
        millis(percentile(told, share)),
    )
    .against(format!("3 ms + 4 commits of {commit:.2?}"), millis(limit))
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
