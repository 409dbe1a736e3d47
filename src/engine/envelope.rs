//! A delivery as its channel is handed it: the buttons below it, and where its person manages their watches. Pure.

use coatcheck_bots::{Button, Envelope, Message};
use coatcheck_domain::Destination;
use url::Url;

use crate::store::outbox::Started;

/// `site`: the address the world sees, where there is one.
pub(super) fn envelope(started: &Started, site: Option<&Url>) -> Envelope {
    Envelope {
        buttons: buttons(started),
        manage: manage(started, site),
        key: started.dedupe_key.clone(),
        destination: started.destination.clone(),
        secret: started.secret.clone().map(Into::into),
        message: started.message.clone(),
    }
}

/// In a channel everybody could press them, and they would mean nobody's watch. What is sold out again can only be watched
/// again.
fn buttons(started: &Started) -> Vec<Button> {
    if let Message::Alert(alert) = &started.message
        && let Some(post) = &alert.post
    {
        return vec![Button::below_post(post.product)];
    }
    let in_public = matches!(started.destination, Destination::DiscordChannel(_));
    let mut buttons = started.restock.filter(|_| !in_public).map(Button::after_alert).unwrap_or_default();
    if started.edits.is_some() {
        buttons.truncate(1);
    }
    buttons
}

/// Only below alerts, and never where others read along: who has the page's address can use it.
fn manage(started: &Started, site: Option<&Url>) -> Option<Url> {
    if !started.is_alert || started.destination.is_room() {
        return None;
    }
    site?.join(&format!("/m/{}", started.own_page.as_deref()?)).ok()
}
