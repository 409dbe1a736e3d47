//! The shop poller: an instance holds shops, schedules their sources in memory, reads them, and writes down what came of it.

mod batch;
mod batches;
mod decide;
mod holding;
mod in_flight;
mod known;
mod poller;
mod queue;
mod run;
mod schedule;
mod sharing;
mod state;
#[cfg(test)]
mod tests;
mod work;
mod writing;
mod written;

pub use poller::Poller;
pub use run::Polled;
