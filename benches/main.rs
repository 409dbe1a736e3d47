//! Measures what the promises of speed say, each against the limit of this machine in the same run.
//!
//! `cargo bench -- [names] [--quick] [--json] [--write]`; `just bench` writes the tables of `docs/PERFORMANCE.md`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a measurement is printed")]

mod acknowledging;
mod board;
mod changed;
mod chats;
mod fanout;
mod latency;
mod live;
mod loopback;
mod memory;
mod pages;
mod polling;
mod readers;
mod restocks;
mod sending;
mod support;
mod unchanged;

use std::time::Instant;

use anyhow::{Context, Result, bail};

use support::args::Args;
use support::figure::Figure;
use support::{machine, page};

/// One measurement: its name, and what it does.
struct Bench {
    name: &'static str,
    run: fn(&Args) -> Result<Vec<Figure>>,
}

const BENCHES: &[Bench] = &[
    Bench { name: "readers", run: readers::run },
    Bench { name: "sending", run: sending::run },
    Bench { name: "chats", run: chats::run },
    Bench { name: "acknowledging", run: acknowledging::run },
    Bench { name: "fanout", run: fanout::run },
    Bench { name: "latency", run: latency::run },
    Bench { name: "polling", run: polling::run },
    Bench { name: "pages", run: pages::run },
    Bench { name: "restocks", run: restocks::run },
    Bench { name: "changed", run: changed::run },
    Bench { name: "memory", run: memory::run },
    Bench { name: "unchanged", run: unchanged::run },
    Bench { name: "live", run: live::run },
    Bench { name: "board", run: board::run },
];

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.first().is_some_and(|word| word == loopback::COMMAND) {
        return loopback::main();
    }
    if let [command, file] = words.as_slice()
        && command == board::COMMAND
    {
        return board::main(file);
    }
    let args = Args::parse(&words)?;
    if let Some(name) = args.names.iter().find(|name| !BENCHES.iter().any(|bench| bench.name == *name)) {
        let known: Vec<&str> = BENCHES.iter().map(|bench| bench.name).collect();
        bail!("there is no measurement {name:?}; there are {}", known.join(", "));
    }
    // Something else may have chosen already, which is as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let machine = machine::describe()?;
    eprintln!("{machine}");
    for bench in BENCHES.iter().filter(|bench| args.wants(bench.name)) {
        let began = Instant::now();
        let figures = (bench.run)(&args).with_context(|| format!("the measurement {} broke", bench.name))?;
        report(&args, bench.name, &figures)?;
        eprintln!("{}: {:.0} s", bench.name, began.elapsed().as_secs_f64());
    }
    if args.write { page::put("machine", &machine) } else { Ok(()) }
}

fn report(args: &Args, name: &str, figures: &[Figure]) -> Result<()> {
    if args.json {
        for figure in figures {
            println!("{}", figure.json(name));
        }
    } else {
        println!("\n{name}\n{}", page::table(figures));
    }
    if args.write { page::put(name, &page::table(figures)) } else { Ok(()) }
}
