//! What runs by itself: polls, fan-outs, sends. Each is a `tick` that does what is due, and a loop that waits.

mod begun;
pub mod clock_watch;
pub mod counted;
mod envelope;
pub mod fallback;
pub mod fanout;
mod fault;
mod health;
pub mod heartbeat;
pub mod housekeeping;
pub mod inbound;
mod lane;
mod listen;
#[cfg(test)]
mod names_tests;
mod owed;
pub mod poll;
pub mod readings;
pub mod rng;
pub mod rooms;
pub mod send;
mod signatures;
pub mod stop;
pub mod watchdog;

pub use heartbeat::Heartbeats;
pub use rng::Rng;
pub use stop::{Stop, Stopper};
