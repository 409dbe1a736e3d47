//! Instances, the shops they hold, sources, and when these are polled.

pub mod decided;
pub(in crate::store) mod due;
pub mod ended;
pub mod ends;
mod fence;
pub mod gone_page;
pub mod headers;
pub mod held;
pub mod hook;
pub mod instance;
pub mod paces;
pub mod shown;
pub mod source;
