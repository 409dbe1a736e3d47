//! Products, variants, spans, readings and their history.

pub mod catalogue;
pub(in crate::store) mod doubt;
pub mod history;
pub(in crate::store) mod observed;
pub mod reading;
mod refold;
pub(in crate::store) mod sizes;
pub(in crate::store) mod spans;
