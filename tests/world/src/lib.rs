//! The fake outside world of CoatCheck's tests and benches: shops and sinks over real HTTP on loopback, which lie as
//! they are told to and remember the truth.
//!
//! Each [`Shop`] and [`Sink`] runs on a thread and a runtime of its own, so it answers tests that are synchronous, tests
//! that stop their clock and real processes alike, and is gone, port and all, when it is dropped.
//!
//! ```no_run
//! # use coatcheck_world::{Fault, Order, Shop, Sink};
//! # use std::time::Duration;
//! # async fn story() -> Result<(), Box<dyn std::error::Error>> {
//! let (shop, sink) = (Shop::open()?, Sink::open()?);
//! shop.stock("jacket", "M", "Black", false);
//! shop.order(Order::on("/products/jacket.js", Fault::status(500)).times(3));
//! sink.plan([Some(Fault::too_many(2)), Some(Fault::Drop), None]);
//! // … start CoatCheck on shop.url("/products/jacket") and sink.url("/hook") …
//! shop.stock("jacket", "M", "Black", true);
//! let heard = sink.wait_for(3, Duration::from_secs(10)).await?;
//! assert_eq!(sink.doubles(), 1, "dropped after reading, so told again: {heard:?}");
//! # Ok(()) }
//! ```

mod discord;
mod fault;
mod front;
mod journal;
mod line;
mod orders;
mod postgres;
mod push;
mod server;
mod shop;
mod sink;
mod slack;
mod telegram;
mod twilio;

pub use discord::{Discord, Place};
pub use fault::Fault;
pub use front::Front;
pub use journal::{Heard, TooLate};
pub use orders::Order;
pub use postgres::Cluster;
pub use push::PushService;
pub use shop::{Etag, Goods, Shop};
pub use sink::Sink;
pub use slack::Slack;
pub use telegram::{Limits, Telegram};
pub use twilio::{Answered, Twilio};
