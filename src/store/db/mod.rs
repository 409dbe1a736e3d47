//! The connection, its transactions, time, leases and wake-ups.

pub mod about;
pub mod audit;
pub mod backup;
pub mod conn;
pub(in crate::store) mod error;
pub mod lease;
pub(in crate::store) mod listen;
pub(in crate::store) mod postgres;
pub mod rebase;
pub mod schema;
pub(crate) mod sql;
pub mod time;
pub mod timekeeper;
pub mod trouble;
pub mod wake;
