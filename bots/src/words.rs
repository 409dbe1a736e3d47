//! The words people read: alerts, strangers' titles made harmless, times. Plain text; each platform escapes it.

mod alert;
mod count;
mod gone_page;
mod incidents;
mod new_products;
mod plain;
mod time;

pub use alert::{AlertText, alert, message, several_alerts, variant_label};
pub(crate) use alert::{opening, remark, same_price};
pub use count::counted;
pub use gone_page::gone_pages;
pub use incidents::{Incident, incidents, tells_of};
pub use new_products::new_products;
pub use plain::{NOTE, lines, plain, sentence, shortened, shortened_within, title, visible};
pub use time::{ago, gone_after, lasting};
