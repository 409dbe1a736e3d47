//! A long day: 500 pages, 20,000 watches, faults on both sides. Nothing is lost or doubled, and the process does not grow.
//!
//! `SOAK_MINUTES` says how long (`just soak` an hour, CI two minutes); without it the run is short and small. The run writes
//! its report to `target/soak.md`.

#[path = "../kill/books.rs"]
mod books;
mod chats;
#[path = "../support/mod.rs"]
mod support;
mod town;
mod vitals;

use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use town::Town;
use vitals::Vitals;

/// A size that came back stays for so long, and is away for so long after that: each is polled several times.
const THERE: Duration = Duration::from_secs(90);
const AWAY: Duration = Duration::from_secs(60);
/// What is under way at the end has so long to end.
const REST: Duration = Duration::from_secs(180);

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name}={text:?} is no number")))
}

#[test]
fn a_long_day_loses_nothing_doubles_nothing_and_does_not_grow() {
    let minutes = setting("SOAK_MINUTES");
    let lasts = minutes.map_or(Duration::from_secs(20), |minutes| Duration::from_secs(minutes * 60));
    // Adding 500 pages takes minutes: too long where two minutes are played.
    let (pages, hooks) = match minutes {
        Some(10..) => (500, 36),
        Some(_) => (100, 36),
        None => (20, 6),
    };
    let seed = setting("SOAK_SEED").unwrap_or_else(|| StdRng::from_os_rng().random());
    println!("SOAK_MINUTES={minutes:?} SOAK_SEED={seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let mut town = Town::open(pages, hooks);
    let service = town.house.serve();
    town.begin();
    let mut vitals = Vitals::of(service.id());
    let began = Instant::now();
    // Everything is read once, and everything that starts has started.
    std::thread::sleep(Duration::from_secs(10));
    while began.elapsed() < lasts {
        town.turn(&mut rng, THERE, AWAY);
        vitals.look(began.elapsed());
        std::thread::sleep(Duration::from_secs(1));
    }
    town.end_faults();
    let ended = town.rest(REST);
    vitals.look(began.elapsed());
    let (status, health) = service.get("/healthz");
    let report = format!("{}\n{}", town.report(began.elapsed(), seed), vitals.report());
    println!("{report}");
    std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/target/soak.md"), &report).expect("written");
    assert!(ended, "rows that have not ended: {}\n{report}", town.books.unfinished());
    assert!(status.contains("200"), "{health}");
    town.nothing_lost_or_doubled();
    vitals.flat();
    let errors: Vec<String> = service.err().into_iter().filter(|line| line.contains("ERROR")).collect();
    assert_eq!(errors, Vec::<String>::new());
    assert!(service.stop().success());
}
