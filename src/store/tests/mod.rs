//! Stories of the store and what it promises, notified once over a real SQLite file and once over a real PostgreSQL.
//!
//! The suite is compiled twice; a story asks nobody which database it is on, and [`testing::Engine::of`] reads it from
//! the suite's path.
//!
//! [`testing::Engine::of`]: crate::testing::Engine::of

#[path = "suite.rs"]
#[expect(clippy::duplicate_mod, reason = "each story is told on both databases")]
pub(crate) mod postgres;
#[path = "suite.rs"]
#[expect(clippy::duplicate_mod, reason = "each story is told on both databases")]
pub(crate) mod sqlite;
