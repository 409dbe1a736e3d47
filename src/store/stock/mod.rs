//! Products, variants, spans, readings and their history.

pub(in crate::store) mod beforehand;
pub mod board;
pub mod catalogue;
pub(in crate::store) mod context;
pub(in crate::store) mod doubt;
pub mod history;
mod identity;
pub mod new_reading;
pub(in crate::store) mod observed;
pub(in crate::store) mod products;
pub(in crate::store) mod reading;
mod refold;
pub(in crate::store) mod restocks;
mod rounds;
pub(in crate::store) mod sizes;
pub(in crate::store) mod spans;
pub(in crate::store) mod variant_row;
mod written;
