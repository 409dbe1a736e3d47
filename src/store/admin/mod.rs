//! What admins and their programs need: log-ins, tokens, and lists of all there is.

pub mod lists;
pub mod people;
pub mod session;
pub mod token;
