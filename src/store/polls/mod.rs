//! Sources and when they are polled.

pub mod claim;
pub(in crate::store) mod due;
pub mod ended;
pub mod source;
