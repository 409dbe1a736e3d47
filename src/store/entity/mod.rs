//! One file a table, as the first migration makes them.

pub mod alias;
pub mod attempt;
pub mod audit;
pub mod challenge;
pub mod consent;
pub mod conversation;
pub mod delivery;
pub mod destination;
pub mod inbox;
pub mod incident;
pub mod instance;
pub mod lease;
pub mod product;
pub mod restock;
pub mod restock_variant;
pub mod room_post;
pub mod setting;
pub mod shop;
pub mod shop_slot;
pub mod source;
pub mod span;
pub mod subscriber;
pub mod variant;
pub mod watch;
