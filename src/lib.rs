//! CoatCheck: a restock notifier that people trust. The library holds everything; the binary only chooses what to run.

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
