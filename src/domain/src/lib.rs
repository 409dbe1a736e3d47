//! What CoatCheck decides, and nothing else: no network, no database, no clock of its own.
//!
//! Every function here is a pure decider: what it needs to know is an argument, what it decides is its result.
//! The floors above read, write and wait; they never decide.

pub mod availability;
pub mod clock;
pub mod country;
pub mod delivery;
pub mod destination;
pub mod drift;
pub mod fold;
pub mod hex;
pub mod history;
pub mod message;
pub mod money;
pub mod operators;
pub mod pace;
pub mod phone;
pub mod poll;
pub mod push;
pub mod reading;
pub mod shape;
pub mod size;
pub mod sms_rules;
pub mod stock;
pub mod style;
pub mod texting;
pub mod watch;

pub use availability::Availability;
pub use clock::Clock;
pub use country::{Countries, Country};
pub use destination::Destination;
pub use money::Money;
pub use reading::{Doubt, ProductReading, Rank, Reading, VariantReading};
pub use size::SizeKey;
pub use sms_rules::SmsRules;
pub use style::StyleKey;
