//! The machine fails: the disk takes no more, the database is away. Nothing is lost, it is said, and it recovers by itself.

mod database_away;
mod disk_full;
mod proxy;
#[path = "../support/mod.rs"]
mod support;
mod unwritable;
