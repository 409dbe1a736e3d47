//! What people say on Discord, on Telegram and by text message, and what they read: the real binary between a shop and all of them.

mod effects;
mod hooks;
mod moved;
mod rooms;
mod secrets;
mod slack;
#[path = "../support/mod.rs"]
mod support;
mod table;
mod texts;
mod town;
