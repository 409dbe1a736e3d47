//! Open pages on one instance: what each holds in memory, and how long a restock takes to reach all of them.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use coatcheck::store::Db;
use coatcheck::store::db::conn::Durability;
use coatcheck_domain::Availability;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::memory::{Service, resident, serve};
use crate::support::args::Args;
use crate::support::figure::{Figure, Quantity, Target};
use crate::support::house::{self, Folder};
use crate::support::stats::percentile;

/// Restocks that are measured.
const ROUNDS: usize = 5;
const PATIENCE: Duration = Duration::from_secs(60);

/// A service that only serves pages, and what it serves.
pub(crate) struct Site {
    pub(crate) service: Service,
    pub(crate) address: SocketAddr,
    pub(crate) db: Db,
    _folder: Folder,
}

impl Site {
    /// Opens it, after `filled` has put something into its database.
    pub(crate) async fn open(filled: impl AsyncFnOnce(&Db) -> Result<()>) -> Result<Self> {
        let folder = Folder::new()?;
        let db = house::open(&folder.database("site.db"), Durability::Full).await?;
        filled(&db).await?;
        let address = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let settings = format!("DATABASE_URL={}\nLISTEN_ADDR={address}\n", folder.database("site.db"));
        std::fs::write(folder.path(".env"), settings)?;
        let service = serve(&folder, &["--roles", "web"])?;
        let began = Instant::now();
        while TcpStream::connect(address).await.is_err() {
            ensure!(began.elapsed() < PATIENCE, "it does not listen");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(Self { service, address, db, _folder: folder })
    }
}

/// What an open page has heard.
enum Heard {
    Beat,
    Stock(Instant),
}

pub(crate) fn run(args: &Args) -> Result<Vec<Figure>> {
    house::runtime()?.block_on(measured(args.pick(5_000, 300)))
}

async fn measured(count: usize) -> Result<Vec<Figure>> {
    let site = Site::open(async |db| house::sold_out(db).await.map(drop)).await?;
    let empty = resident(&site.service, Duration::from_secs(2))?;
    let (sender, mut heard) = mpsc::unbounded_channel();
    let mut pages = JoinSet::new();
    for _ in 0..count {
        let stream = TcpStream::connect(site.address).await?;
        pages.spawn(listen(stream, sender.clone()));
    }
    for _ in 0..count {
        if !matches!(next(&mut heard, &mut pages).await?, Heard::Beat) {
            bail!("a change before there was one");
        }
    }
    let full = resident(&site.service, Duration::from_secs(2))?;
    let (mut first, mut spread) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let now = if round % 2 == 0 { Availability::InStock } else { Availability::OutOfStock };
        house::says(&site.db, 1, now).await?;
        let said = Instant::now();
        let mut times = Vec::with_capacity(count);
        while times.len() < count {
            if let Heard::Stock(at) = next(&mut heard, &mut pages).await? {
                times.push(at.saturating_duration_since(said));
            }
        }
        let (earliest, latest) = (percentile(&times, 0.0), percentile(&times, 1.0));
        first.push(earliest);
        spread.push(latest.saturating_sub(earliest));
    }
    pages.abort_all();
    let kilobytes = Quantity::new((full - empty) / count as f64, "kB/page");
    let millis = |time: Duration| Quantity::new(time.as_secs_f64() * 1e3, "ms");
    Ok(vec![
        Figure::note(format!("memory of each of {count} open pages"), kilobytes)
            .against("what is wanted", Quantity::new(32.0, "kB/page"))
            .wants(Target::AtMost(1.0)),
        Figure::note(
            "another process stored a restock → the first page has it, median",
            millis(percentile(&first, 0.5)),
        ),
        Figure::note(format!("the first page has it → all {count} have it, median"), millis(percentile(&spread, 0.5)))
            .against("what is wanted", Quantity::new(1000.0, "ms"))
            .wants(Target::AtMost(1.0)),
    ])
}

/// The next thing that a page has heard; a page that ends is a failure.
async fn next(heard: &mut mpsc::UnboundedReceiver<Heard>, pages: &mut JoinSet<Result<()>>) -> Result<Heard> {
    tokio::select! {
        heard = tokio::time::timeout(PATIENCE, heard.recv()) => heard.context("nothing is heard")?.context("no pages"),
        Some(ended) = pages.join_next() => {
            ended??;
            bail!("a page was closed")
        }
    }
}

/// A page that stays open.
async fn listen(mut stream: TcpStream, heard: mpsc::UnboundedSender<Heard>) -> Result<()> {
    stream.write_all(b"GET /live HTTP/1.1\r\nhost: localhost\r\n\r\n").await?;
    let (mut buffer, mut is_first) = (vec![0; 4096], true);
    loop {
        let count = stream.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&buffer[..count]);
        if is_first && text.contains("event: beat") {
            is_first = false;
            heard.send(Heard::Beat)?;
        }
        if text.contains("event: stock") {
            heard.send(Heard::Stock(Instant::now()))?;
        }
    }
}
