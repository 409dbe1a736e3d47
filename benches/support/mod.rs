//! What every measurement stands on: arguments, figures, the page they go to, a house with a full database.

pub(crate) mod args;
pub(crate) mod figure;
pub(crate) mod goods;
pub(crate) mod house;
pub(crate) mod machine;
pub(crate) mod page;
pub(crate) mod stats;
