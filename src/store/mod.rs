//! The store: the only place that knows SQL. One file a noun.
//!
//! SQLite has one writer connection and a few readers; PostgreSQL a pool. Nothing above can tell which it is.

pub mod audit;
mod bells;
pub mod catalogue;
pub mod challenge;
pub mod claim;
pub mod consent;
pub mod conversation;
pub mod db;
pub mod delivery;
mod doubt;
mod due;
pub mod ended;
pub mod entity;
mod error;
pub mod fallback;
pub mod fanout;
pub mod gone;
pub mod history;
pub mod inbox;
pub mod incident;
pub mod keys;
pub mod lease;
mod link;
pub mod lock;
mod merge;
mod observed;
pub mod outbox;
pub mod person;
pub mod phone;
pub mod reading;
pub mod rebase;
pub mod rekey;
pub mod schema;
pub mod source;
mod spans;
pub(crate) mod sql;
#[cfg(test)]
pub(crate) mod stories;
pub mod subscriber;
pub mod time;
pub mod timekeeper;
pub mod trouble;
pub mod wake;
pub mod watch;

pub use db::{Db, Faults, Held, NoFaults, Turn, Txn};
pub use error::StoreError;
pub use keys::Keys;
pub use wake::Wake;
