//! Pages in a real browser: Chromium, driven over its DevTools protocol.
//!
//! Without Chromium these tests say so and are left out; where `CI` is `true` they fail.

mod admin;
mod cdp;
mod looks;
mod sign_up;
mod stories;
#[path = "../support/mod.rs"]
mod support;
