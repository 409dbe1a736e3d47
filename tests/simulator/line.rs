//! An instance's line to the database: it waits for turns, and it breaks where the player says.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use coatcheck::store::{Faults, Turn};
use sea_orm::DbErr;

use crate::turns::Turns;

/// How the database fails an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// One statement fails, the next one works.
    Hiccup,
    /// The process dies.
    Crash,
}

/// The line.
#[derive(Debug)]
pub(crate) struct Line {
    who: usize,
    turns: Arc<Turns>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    ordered: Option<(u32, Trouble)>,
    is_dead: bool,
    failures: u32,
    committed: bool,
}

impl Line {
    /// A line that works.
    pub(crate) fn new(who: usize, turns: &Arc<Turns>) -> Arc<Self> {
        Arc::new(Self { who, turns: Arc::clone(turns), state: Mutex::default() })
    }

    /// After so many more statements there will be trouble.
    pub(crate) fn order(&self, after: u32, trouble: Trouble) {
        self.lock().ordered = Some((after, trouble));
    }

    /// The turn is over: what was ordered for it and did not come is forgotten. Says whether anything was committed.
    pub(crate) fn end_turn(&self) -> bool {
        let mut state = self.lock();
        state.ordered = None;
        std::mem::take(&mut state.committed)
    }

    /// Has the process died?
    pub(crate) fn is_dead(&self) -> bool {
        self.lock().is_dead
    }

    /// The process dies now, or is started again.
    pub(crate) fn set_dead(&self, is_dead: bool) {
        self.lock().is_dead = is_dead;
    }

    /// Statements that failed so far.
    pub(crate) fn failures(&self) -> u32 {
        self.lock().failures
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic while it is held")
    }
}

impl Faults for Line {
    fn before(&self, statement: &str) -> Result<(), DbErr> {
        let mut state = self.lock();
        state.committed |= statement == "AFTER COMMIT";
        match state.ordered {
            Some((0, trouble)) => {
                state.ordered = None;
                state.is_dead |= trouble == Trouble::Crash;
                state.failures += 1;
                Err(DbErr::Custom(format!("{trouble:?} before {statement}")))
            }
            _ if state.is_dead => Err(DbErr::Custom(format!("dead before {statement}"))),
            Some((left, trouble)) => {
                state.ordered = Some((left - 1, trouble));
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn turn(&self) -> Option<Turn> {
        Some(self.turns.wait(self.who, "database".to_owned(), Duration::ZERO))
    }
}
