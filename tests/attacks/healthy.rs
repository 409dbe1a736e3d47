//! A healthy shop beside the attack: what must go on as if nothing happened.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use coatcheck_world::{Shop, Sink};
use rustix::process::{Pid, Signal, kill_process};

use crate::support::{House, until};

/// What the service promises under attack.
const IN_TIME: Duration = Duration::from_secs(5);
/// What its main process may take, in kilobytes.
const MEMORY: u64 = 250 * 1024;

/// A shop with a jacket that is sold out, somebody who waits for it, and a service that serves them.
pub(crate) struct Healthy {
    pub(crate) house: House,
    shop: Shop,
    sink: Sink,
    address: String,
}

impl Healthy {
    /// `hosts`: whom the guard lets through besides.
    pub(crate) fn beside(hosts: &[String]) -> Self {
        let (shop, sink) = (Shop::open().expect("a shop"), Sink::open().expect("a sink"));
        shop.stock("jacket", "M", "Black", false);
        let hosts: Vec<String> = hosts.iter().cloned().chain([shop.host(), sink.host()]).collect();
        let address = free_address();
        let house = House::open(&hosts).with("LISTEN_ADDR", &address);
        house.follow(&shop, "jacket");
        house.watch(&["jacket", "--every"], &sink.url("/hook"));
        Self { house, shop, sink, address }
    }

    pub(crate) fn with(self, name: &str, value: &str) -> Self {
        Self { house: self.house.with(name, value), ..self }
    }

    /// Starts the service, with standard error as given, and waits until it answers.
    #[track_caller]
    pub(crate) fn serve(&self, stderr: Stdio) -> Running {
        let child = self.house.command(&["serve"]).stdout(Stdio::null()).stderr(stderr).spawn().expect("it starts");
        let running = Running { child, address: self.address.clone() };
        until("an answer of /healthz", || running.try_get("/healthz").is_some());
        until("the first reading", || self.shop.heard_on("/products/jacket.js").len() >= 2);
        running
    }

    /// The jacket comes back: whoever waits is notified in time, and the service is healthy and small.
    pub(crate) async fn is_served(&self, running: &Running) {
        self.shop.stock("jacket", "M", "Black", true);
        let notified = self.sink.wait_for(1, IN_TIME).await;
        assert!(notified.is_ok(), "not notified within {IN_TIME:?}");
        let (status, body) = running.get("/healthz");
        assert!(status.contains("200"), "{status}: {body}");
        let memory = running.peak_memory();
        assert!(memory < MEMORY, "{memory} kB");
    }
}

/// The running service.
pub(crate) struct Running {
    child: Child,
    address: String,
}

impl Running {
    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a time limit");
        stream
    }

    /// Asks for a page: its status line and the rest.
    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> (String, String) {
        self.try_get(path).unwrap_or_else(|| panic!("no answer on {path}"))
    }

    fn try_get(&self, path: &str) -> Option<(String, String)> {
        let mut stream = TcpStream::connect(&self.address).ok()?;
        stream.set_read_timeout(Some(IN_TIME)).ok()?;
        write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").ok()?;
        let mut text = String::new();
        stream.read_to_string(&mut text).ok()?;
        text.split_once("\r\n").map(|(status, rest)| (status.to_owned(), rest.to_owned()))
    }

    /// The most memory that its own process ever had, in kilobytes.
    pub(crate) fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("Linux counts it");
        peak.trim().trim_end_matches(" kB").parse().expect("a number")
    }

    pub(crate) fn files(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).expect("it runs").count()
    }

    /// Sends a signal and waits for the end: how it ended, and how long that took.
    #[track_caller]
    pub(crate) fn stop(mut self, signal: Signal) -> (ExitStatus, Duration) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).expect("a pid")).expect("a pid is not 0");
        let began = Instant::now();
        kill_process(pid, signal).expect("it runs");
        loop {
            if let Some(status) = self.child.try_wait().expect("it is our child") {
                return (status, began.elapsed());
            }
            assert!(began.elapsed() < Duration::from_secs(30), "it does not end");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already, which is as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that was free a moment ago: the service says where it listens in its log, which some tests break.
fn free_address() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("it is bound").to_string()
}
