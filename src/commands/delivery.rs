//! A delivery in words: to whom, about what, and why it stands as it does.

use coatcheck_bots::message::{Alert, Message};
use coatcheck_bots::words;
use coatcheck_domain::delivery::{Kind, State};

use crate::store::outbox::deliveries::Delivery;
use crate::store::outbox::gone::Edited;
use crate::store::people::phone;

/// Where it goes, as people may see it.
pub(crate) fn shown_address(delivery: &Delivery) -> String {
    delivery.address.as_deref().map_or_else(|| "-".to_owned(), phone::shown)
}

/// The alert of a delivery: the restock's variants that were watched, or the message itself.
pub(crate) fn alert(delivery: &Delivery) -> Option<Alert> {
    if delivery.kind == Kind::Edit {
        return serde_json::from_str::<Edited>(&delivery.payload).ok().map(|edited| *edited.alert);
    }
    let Some(snapshot) = &delivery.snapshot else {
        return match serde_json::from_str(&delivery.payload) {
            Ok(Message::Alert(alert)) => Some(*alert),
            _ => None,
        };
    };
    let mut alert: Alert = serde_json::from_str(snapshot).ok()?;
    let watched: Vec<i64> = serde_json::from_str(&delivery.payload).ok()?;
    alert.variants.retain(|variant| watched.contains(&variant.variant));
    Some(alert)
}

/// What it is about.
pub(crate) fn what(delivery: &Delivery) -> String {
    let Some(alert) = alert(delivery) else { return "-".to_owned() };
    let variants: Vec<String> = alert.variants.iter().filter_map(words::variant_label).collect();
    let title = words::title(&alert.product);
    if variants.is_empty() { title } else { format!("{title}: {}", words::shortened(&variants.join(", "), 60)) }
}

/// Why it stands as it does.
pub(crate) fn note(delivery: &Delivery) -> String {
    match (&delivery.reason, &delivery.last_error, delivery.state) {
        (_, _, State::Sent) => match (delivery.read_at, delivery.accepted_at) {
            (Some(read), Some(sent)) => format!("after {}", words::lasting((sent - read).to_std().unwrap_or_default())),
            _ => String::new(),
        },
        (Some(reason), Some(error), _) => words::plain(&format!("{reason}: {error}")),
        (Some(text), None, _) | (None, Some(text), _) => words::plain(text),
        (None, None, _) => String::new(),
    }
}
