//! Attacks on the running service, by the real binary. Under each of them the healthy shop beside it is polled and its
//! restock notified within 5 s, memory stays below 250 MB (worker processes counted apart), and the culprit is named.

mod connections;
mod documents;
mod healthy;
mod hostile;
mod log;
mod loops;
mod stopping;
mod strangers;
#[path = "../support/mod.rs"]
mod support;
