//! CoatCheck: tells you once, in time, when your size is back.

pub mod store;

#[cfg(test)]
mod testing;
