//! Sizes: "medium", "m" and "M" are one, and so are "42,5", "42.5" and "42 1/2".

mod key;
mod letters;
mod listing;
mod measure;
mod names;
mod order;
mod position;
mod spelling;
mod system;
mod words;

pub use key::{SizeKey, looks_like_size};
pub use listing::{Answer, Listing};
pub use names::names;
pub use order::SizeOrder;
pub use position::position;
pub use system::is_size;
