//! Stories of the store and what it promises, told over a real SQLite file: a shop, its readings, people, their lanes.
//!
//! Names that begin with `p1_` … are the promises of `docs/RELIABILITY.md`.

mod arming;
mod chunks;
mod clock;
mod claims;
mod crash;
mod drift;
mod fanout;
mod hops;
mod interleaved;
mod lanes;
mod outbox;
mod past;
mod plans;
mod readings;
mod replay;
pub(crate) mod scene;
mod unwanted;
