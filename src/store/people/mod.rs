//! Subscribers, their destinations, phones, consent and watches.

pub mod admission;
pub mod allowance;
pub mod announcement;
pub mod bans;
mod browsers;
pub mod challenge;
pub mod closed;
pub mod consent;
pub mod exported;
pub mod keys;
pub mod linking;
pub(in crate::store) mod merge;
pub mod moved;
pub mod person;
pub mod phone;
pub mod push_key;
pub mod rekey;
pub mod returned;
pub mod sign_up;
pub mod subscriber;
pub mod watch;
