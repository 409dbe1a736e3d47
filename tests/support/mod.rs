//! The real binary in a house of its own: a temporary folder, a clean environment, and processes that die with the test.

#![allow(dead_code, reason = "each file of stories uses the part it needs")]

mod process;
mod service;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use coatcheck_world::Shop;
use serde_json::Value;
use tempfile::TempDir;

pub(crate) use process::Process;
pub(crate) use service::Service;

/// How long anything that must happen may take on a machine that is busy with other tests.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// One database and the settings of everything that runs on it.
pub(crate) struct House {
    folder: TempDir,
    settings: Vec<(String, String)>,
}

/// What a command said and how it ended.
#[derive(Debug)]
pub(crate) struct Out {
    /// The exit status; -1 when a signal ended it.
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl House {
    /// A house whose guard lets these hosts (`127.0.0.1:port`) through.
    pub(crate) fn open(hosts: &[String]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let database = format!("sqlite://{}/coatcheck.db", folder.path().display());
        let house = Self { folder, settings: Vec::new() };
        house
            .with("DATABASE_URL", &database)
            .with("LISTEN_ADDR", "127.0.0.1:0")
            .with("COATCHECK_ALLOW_HOSTS", &hosts.join(","))
    }

    /// The same with a setting more, or another value for one.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.settings.retain(|(known, _)| known != name);
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Where it stands: the working folder of every process, so that no `.env` of this machine is read.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Something inside its folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The program with these arguments and nothing of this machine's environment.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_coatcheck"));
        command
            .args(arguments)
            .env_clear()
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .env("TMPDIR", self.folder.path())
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Out {
        let output = self.command(arguments).output().expect("the binary starts");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the program says UTF-8");
        Out { status: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Runs a command that must succeed, and gives what it printed.
    #[track_caller]
    pub(crate) fn done<S: AsRef<OsStr> + std::fmt::Debug>(&self, arguments: &[S]) -> String {
        let out = self.run(arguments);
        assert_eq!(out.status, 0, "{arguments:?}: {out:?}");
        out.stdout
    }

    /// Runs a command with `--json` that must succeed.
    #[track_caller]
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let arguments: Vec<&str> = arguments.iter().copied().chain(["--json"]).collect();
        let text = self.done(&arguments);
        serde_json::from_str(&text).unwrap_or_else(|why| panic!("{arguments:?}: {why}: {text}"))
    }

    /// Asks with a command and `--json` again and again until `enough` says so of the answer.
    #[track_caller]
    pub(crate) fn until(&self, arguments: &[&str], enough: impl Fn(&Value) -> bool) -> Value {
        let started = Instant::now();
        loop {
            let answer = self.json(arguments);
            if enough(&answer) {
                return answer;
            }
            assert!(started.elapsed() < PATIENCE, "{arguments:?} never said it; its last word: {answer:#}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Follows the shop's product under its handle as its name, polled every 100 ms.
    #[track_caller]
    pub(crate) fn follow(&self, shop: &Shop, handle: &str) {
        self.done(&["shop", "add", &page(shop, handle), "--name", handle, "--interval", "100ms"]);
    }

    /// Watches for a webhook. `words`: the product and any options.
    #[track_caller]
    pub(crate) fn watch(&self, words: &[&str], hook: &str) {
        let to = format!("webhook:{hook}");
        let arguments: Vec<&str> = ["watch", "add"].iter().chain(words).copied().chain(["--to", &to]).collect();
        self.done(&arguments);
    }

    /// Starts the service and waits until it runs.
    #[track_caller]
    pub(crate) fn serve(&self) -> Service {
        Service::start(self.command(&["serve"]))
    }

    /// What each variant of a product is now, by its open span: `M Black: out_of_stock`.
    #[track_caller]
    pub(crate) fn shelf(&self, product: &str) -> Vec<String> {
        let history = self.json(&["history", product]);
        let variants = history["variants"].as_array().expect("variants").iter();
        let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        variants
            .map(|variant| {
                let spans = variant["spans"].as_array().expect("spans").iter();
                let open = spans.filter(|span| span["ended_at"].is_null()).map(|span| word(&span["availability"]));
                let open: Vec<String> = open.collect();
                format!("{} {}: {}", word(&variant["size"]), word(&variant["style"]), open.join(" and "))
            })
            .collect()
    }

    /// How often anything of a product came back so far.
    #[track_caller]
    pub(crate) fn restocks(&self, product: &str) -> usize {
        let history = self.json(&["history", product]);
        let variants = history["variants"].as_array().expect("variants").iter();
        variants.map(|variant| variant["restocks"].as_array().expect("a list").len()).sum()
    }
}

/// The address of a product's page.
pub(crate) fn page(shop: &Shop, handle: &str) -> String {
    shop.url(&format!("/products/{handle}"))
}

/// Waits until what the shop shows now has been read and stored: polls of one source do not overlap, so when the third
/// one from now begins, the second has seen it and is written down.
#[track_caller]
pub(crate) fn seen(shop: &Shop, handle: &str) {
    let path = format!("/products/{handle}.js");
    let before = shop.heard_on(&path).len();
    until("three more polls", || shop.heard_on(&path).len() >= before + 3);
}

/// Waits until it is so.
#[track_caller]
pub(crate) fn until(what: &str, is_so: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < PATIENCE, "waited {PATIENCE:?} in vain for {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
