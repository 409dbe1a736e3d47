//! The store: the only place that knows SQL. One folder a concern, one file a noun.
//!
//! SQLite has one writer connection and a few readers; PostgreSQL a pool. Nothing above can tell which it is.

pub mod admin;
pub mod chats;
pub mod db;
pub mod entities;
pub mod lock;
pub mod outbox;
pub mod people;
pub mod polls;
pub mod standing;
pub mod stock;
#[cfg(test)]
pub(crate) mod tests;

pub use db::conn::{Db, Faults, Held, NoFaults, Turn, Txn};
pub use db::error::StoreError;
pub use db::wake::Wake;
pub use people::keys::Keys;
