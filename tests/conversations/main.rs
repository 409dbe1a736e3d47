//! What people say on Discord and Telegram, and what they read: the real binary between a shop and both platforms.

mod effects;
mod hooks;
mod secrets;
#[path = "../support/mod.rs"]
mod support;
mod table;
mod town;
