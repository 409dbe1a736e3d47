//! What comes in from platforms, and open questions.

pub mod conversation;
pub mod inbox;
pub mod wish;
