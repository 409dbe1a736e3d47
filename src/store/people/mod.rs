//! Subscribers, their destinations, phones, consent and watches.

pub mod challenge;
pub mod consent;
pub mod keys;
pub(in crate::store) mod merge;
pub mod moved;
pub mod person;
pub mod phone;
pub mod rekey;
pub mod subscriber;
pub mod watch;
