//! The board under load, beside a bare axum handler that sends the same bytes.

use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use axum::Router;
use axum::http::header;
use axum::routing::get;
use bytes::Bytes;
use coatcheck::store::Db;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::live::Site;
use crate::support::args::Args;
use crate::support::figure::{Figure, Quantity, Target};
use crate::support::house;
use crate::support::stats::rate;

/// The hidden first argument with which this program is the bare handler.
pub(crate) const COMMAND: &str = "--be-bare-page";
/// Browsers that ask one after the other.
const WIDTH: usize = 32;
const PAGE: &str = "/";
/// A search that was not asked before, so that no copy is kept of its page.
const SEARCH: &str = "/?q=jacket+";

/// A running bare handler.
struct Bare {
    address: SocketAddr,
    child: Child,
    _until: ChildStdin,
}

impl Drop for Bare {
    fn drop(&mut self) {
        // It may be gone already, which is as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Bare {
    /// Starts one that sends what stands in the file.
    fn start(file: &std::path::Path) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        let mut child = command.arg(COMMAND).arg(file).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let until = child.stdin.take().context("it is piped")?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("it is piped")?).read_line(&mut line)?;
        let address = line.trim().parse().with_context(|| format!("it said {line:?}"))?;
        Ok(Self { address, child, _until: until })
    }
}

/// The bare handler's process: until its standard input ends.
pub(crate) fn main(file: &str) -> Result<()> {
    let page = Bytes::from(std::fs::read(file)?);
    house::runtime()?.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        println!("{}", listener.local_addr()?);
        let answer = async move || ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], page.clone());
        let end = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
        tokio::select! {
            served = axum::serve(listener, Router::new().route(PAGE, get(answer))) => served?,
            _ = end => {}
        }
        Ok(())
    })
}

pub(crate) fn run(args: &Args) -> Result<Vec<Figure>> {
    house::runtime()?.block_on(measured(args))
}

async fn measured(args: &Args) -> Result<Vec<Figure>> {
    let (products, seconds) = (args.pick(5_000, 500), Duration::from_secs(args.pick(8, 2)));
    let site = Site::open(async |db| filled(db, products).await).await?;
    let page = body(site.address, PAGE).await?;
    let folder = house::Folder::new()?;
    let file = folder.path("page.html");
    std::fs::write(&file, &page)?;
    let bare = Bare::start(&file)?;
    // In turns, so that both meet the same machine.
    let (mut ours, mut theirs) = (0, 0);
    for _ in 0..2 {
        theirs += load(bare.address, seconds / 2, |_| PAGE.to_owned()).await?;
        ours += load(site.address, seconds / 2, |_| PAGE.to_owned()).await?;
    }
    let searches = load(site.address, seconds, |number| format!("{SEARCH}{number}")).await?;
    let pages = |count| Quantity::new(rate(count, seconds), "pages/s");
    Ok(vec![
        Figure::note(format!("the board of {products} products, {} kB a page", page.len() / 1000), pages(ours))
            .against("a bare handler sending the same", pages(theirs))
            .wants(Target::AtLeast(0.5)),
        Figure::note(format!("searches among {products} products, each another"), pages(searches)),
    ])
}

/// So many products, each with three sizes.
async fn filled(db: &Db, products: usize) -> Result<()> {
    house::sold_out(db).await?;
    for sql in [
        "INSERT INTO product (shop_id, source_id, key, title, url, read_completely, settled, restocks, created_at) \
         SELECT p.shop_id, p.source_id, 'n' || n.i, 'Jacket ' || n.i, p.url, TRUE, TRUE, 0, p.created_at FROM product p, n WHERE p.id = 1",
        "INSERT INTO variant (product_id, key, options, options_key, size, size_key, style_key, fold_version, position, \
           availability, confirmed, missing, renamed, rank, unconfirmed) \
         SELECT p.id, v.key, v.options, v.options_key, v.size, v.size_key, '', v.fold_version, v.position, 'in_stock', TRUE, 0, FALSE, 6, 0 \
         FROM product p, variant v WHERE p.id > 1 AND v.product_id = 1",
        "INSERT INTO span (variant_id, availability, price_minor, price_exponent, currency, started_at, last_seen, first_reading, last_reading) \
         SELECT v.id, v.availability, 12900, 2, 'EUR', 0, 0, 1, 1 FROM variant v WHERE v.product_id > 1",
    ] {
        let numbers =
            format!("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {})", products - 1);
        house::set(db, &format!("{numbers} {sql}")).await?;
    }
    Ok(())
}

/// Pages that were had within this time.
async fn load(
    address: SocketAddr,
    time: Duration,
    path: impl Fn(usize) -> String + Copy + Send + 'static,
) -> Result<usize> {
    let until = Instant::now() + time;
    let mut browsers = JoinSet::new();
    for browser in 0..WIDTH {
        browsers.spawn(async move {
            let mut stream = TcpStream::connect(address).await?;
            let mut count = 0;
            while Instant::now() < until {
                ask(&mut stream, &path(browser * 1_000_000 + count)).await?;
                count += 1;
            }
            anyhow::Ok(count)
        });
    }
    let mut all = 0;
    while let Some(count) = browsers.join_next().await {
        all += count??;
    }
    Ok(all)
}

async fn body(address: SocketAddr, path: &str) -> Result<Vec<u8>> {
    ask(&mut TcpStream::connect(address).await?, path).await
}

/// One page, on a connection that stays open.
async fn ask(stream: &mut TcpStream, path: &str) -> Result<Vec<u8>> {
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").as_bytes()).await?;
    let mut got = Vec::with_capacity(64 * 1024);
    loop {
        if stream.read_buf(&mut got).await? == 0 {
            bail!("it was closed");
        }
        let Some(end) = got.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&got[..end]).to_lowercase();
        anyhow::ensure!(head.starts_with("http/1.1 200"), "{head}");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).context("no length")?;
        let whole = end + 4 + length.trim().parse::<usize>()?;
        while got.len() < whole {
            if stream.read_buf(&mut got).await? == 0 {
                bail!("it was closed");
            }
        }
        return Ok(got.split_off(end + 4));
    }
}
