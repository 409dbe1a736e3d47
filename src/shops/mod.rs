//! Reads shops: a guard, a polite fetcher, and one reader per platform that turns a response into a reading.

pub mod address;
pub mod answer;
pub mod client;
pub mod fetch;
pub mod fetch_error;
pub mod guard;
pub mod redirect;
pub mod robots;
mod robots_memory;
