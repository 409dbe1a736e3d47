//! The step simulator: instances of the service over a real database, in any order, through crashes, hiccups and
//! pauses, with shops that flicker and platforms that lie; then the faults stop, and every promise must hold.
//!
//! `COATCHECK_SEED=123 cargo test --test simulator` plays one seed and prints what happened;
//! `COATCHECK_SEEDS=1000` plays so many on SQLite, and a twentieth of them on PostgreSQL.

mod instance;
mod line;
mod log;
mod model;
mod people;
mod play;
mod promises;
mod rows;
mod shops;
mod sink;
mod stage;
mod turns;

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use play::Play;
use stage::Kind;

thread_local! {
    static TRACE: RefCell<String> = const { RefCell::new(String::new()) };
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Plays a seed to its end and says what was done.
fn play(kind: Kind, seed: u64) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut play = Traced(Play::begin(kind, seed).await);
        play.0.chaos().await;
        play.0.come_to_rest().await;
        promises::hold(&play.0).await;
        play.0.trace.clone()
    })
}

/// A play whose trace outlives a panic.
struct Traced(Play);

impl Drop for Traced {
    fn drop(&mut self) {
        TRACE.set(std::mem::take(&mut self.0.trace));
    }
}

fn play_all(kind: Kind, seeds: impl Iterator<Item = u64>) {
    for seed in seeds {
        if catch_unwind(AssertUnwindSafe(|| play(kind, seed))).is_err() {
            let trace = TRACE.take();
            panic!("{trace}\nplay it again: COATCHECK_SEED={seed} cargo test --test simulator (it was on {kind:?})");
        }
    }
}

/// From here to there, in as many threads as this machine has.
fn play_in_threads(kind: Kind, count: u64) {
    let threads = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    std::thread::scope(|scope| {
        for thread in 0..threads {
            scope.spawn(move || play_all(kind, (0..count).filter(|seed| seed % threads == thread)));
        }
    });
}

#[test]
fn promises_hold_however_it_goes_on_sqlite() {
    match number("COATCHECK_SEED") {
        Some(seed) => play_all(Kind::Sqlite, std::iter::once(seed)),
        None => play_in_threads(Kind::Sqlite, number("COATCHECK_SEEDS").unwrap_or(100)),
    }
}

#[test]
fn promises_hold_however_it_goes_on_postgresql() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(stage::make_template());
    match number("COATCHECK_SEED") {
        Some(seed) => play_all(Kind::Postgres, std::iter::once(seed)),
        None => play_in_threads(Kind::Postgres, number("COATCHECK_SEEDS").unwrap_or(100).div_ceil(20)),
    }
}

#[test]
fn a_seed_is_played_the_same_twice() {
    let seed = number("COATCHECK_SEED").unwrap_or(7);
    assert_eq!(play(Kind::Sqlite, seed), play(Kind::Sqlite, seed));
}
