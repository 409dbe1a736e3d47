//! The shop poller: an instance holds shops, schedules their sources in memory, reads them, and writes down what came of it.

mod decide;
mod holding;
mod in_flight;
mod poller;
mod run;
mod schedule;
mod sharing;
mod state;
mod work;
mod writing;

pub use poller::Poller;
pub use run::Polled;
