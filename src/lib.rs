//! CoatCheck: a restock notifier that people trust. The library holds everything; the binary only chooses what to run.

pub mod commands;
pub mod engine;
pub mod shops;
pub mod store;

#[cfg(test)]
mod testing;
