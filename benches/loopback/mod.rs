//! The other side of each request: a small HTTP/1.1 server on loopback, in a process of its own, so that what it costs
//! is not counted as ours.

pub(crate) mod answers;
pub(crate) mod server;

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;

use anyhow::{Context, Result};
use tokio::net::TcpListener;

use answers::Counting;

/// The hidden first argument with which this program is the server.
pub(crate) const COMMAND: &str = "--be-loopback";

/// A running server.
pub(crate) struct Loopback {
    /// Where it listens.
    pub(crate) port: u16,
    child: Child,
    _until: ChildStdin,
}

impl Loopback {
    /// Starts it, on all loopback addresses.
    pub(crate) fn start() -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        let mut child = command.arg(COMMAND).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let until = child.stdin.take().context("it is piped")?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("it is piped")?).read_line(&mut line)?;
        let port = line.trim().parse().with_context(|| format!("the server said {line:?}"))?;
        Ok(Self { port, child, _until: until })
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        // It may be gone already, which is as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The server's process: until its standard input ends.
pub(crate) fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("0.0.0.0:0").await?;
        println!("{}", listener.local_addr()?.port());
        let end = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
        tokio::select! {
            () = server::serve(listener, Arc::new(Counting::default())) => {}
            _ = end => {}
        }
        Ok(())
    })
}
