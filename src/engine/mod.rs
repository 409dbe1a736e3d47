//! What runs by itself: polls, fan-outs, sends. Each is a `tick` that does what is due, and a loop that waits.

pub mod beat;
pub mod chance;
pub mod clock_watch;
pub mod fallback;
pub mod fanout;
mod fault;
mod gather;
mod health;
mod lane;
#[cfg(test)]
mod names_tests;
pub mod poll;
pub mod readings;
pub mod receive;
pub mod send;
pub mod stop;
mod underway;

pub use beat::Beats;
pub use chance::Chance;
pub use stop::{Stop, Stopper};
