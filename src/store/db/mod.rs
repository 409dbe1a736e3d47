//! The connection, its transactions, time, leases and wake-ups.

pub mod about;
pub mod audit;
pub mod backup;
pub mod class;
pub mod conn;
mod connect;
pub mod copy;
mod database_clock;
pub(in crate::store) mod error;
pub mod file;
mod housekeeping;
pub mod lease;
pub(in crate::store) mod listen;
pub(in crate::store) mod postgres;
mod probe;
pub mod rebase;
pub mod schema;
pub(in crate::store) mod setting;
pub(crate) mod sql;
pub(crate) mod tables;
pub mod time;
pub mod timekeeper;
pub mod trouble;
mod turns;
mod vacuum;
pub mod wake;
