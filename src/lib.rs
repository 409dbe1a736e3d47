//! CoatCheck: a restock notifier that people trust. The library holds everything; the binary only chooses what to run.

// What platforms share is of no use to a build without some of them.
#![cfg_attr(
    not(all(feature = "discord", feature = "slack", feature = "sms", feature = "telegram")),
    allow(dead_code, unused_imports)
)]

pub mod app;
pub mod chart;
pub mod cli;
pub mod commands;
pub mod config;
#[cfg(feature = "demo")]
pub mod demo;
pub mod engine;
pub mod shops;
pub mod store;
pub mod web;

#[cfg(test)]
mod testing;
