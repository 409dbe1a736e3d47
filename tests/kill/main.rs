//! Killed with SIGKILL at any moment and started again: every restock is told, and only what was on its way is notified twice.

mod books;
mod crowd;
mod moments;
mod platforms;
mod rooms;
mod rounds;
#[path = "../support/mod.rs"]
mod support;
mod truth;
