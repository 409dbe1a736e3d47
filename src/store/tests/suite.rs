//! A shop, its readings, people, their lanes.
//!
//! Names that begin with `p1_` … are the promises of `docs/RELIABILITY.md`.

mod addresses;
mod arming;
mod batches;
mod cases;
mod challenges;
mod chunks;
mod consent;
mod crash;
mod crowds;
mod drift;
mod fallback;
mod fanout;
mod forgotten;
mod gone;
mod gone_pages;
mod held;
mod hops;
mod identity;
mod inbox;
mod instances;
mod interleaved;
mod lanes;
mod leases;
mod merged;
mod moved;
mod outbox;
mod past;
mod phones;
mod plans;
mod pushes;
mod races;
mod readings;
mod rekeyed;
mod replay;
mod rooms;
pub(crate) mod scene;
mod schema;
mod several_names;
mod shops;
mod statuses;
mod stop;
mod strangers;
mod texting;
mod unwanted;
