//! `/test`: an alert through the whole pipeline, about what is watched or about an example.

use std::time::Duration;

use coatcheck_bots::message::{Alert, AlertVariant, Message};
use coatcheck_bots::{Platform, Reply, Who};
use coatcheck_domain::Availability;
use coatcheck_domain::delivery::Kind;
use coatcheck_domain::sms_rules::Ruling;

use super::today::{as_told, matching};
use super::{Commands, platform, watches};
use crate::store::StoreError;
use crate::store::people::watch::Which;

/// A test alert that is late is worth nothing.
const EXPIRES: Duration = Duration::from_secs(600);

/// Puts a test alert into the outbox.
pub(crate) async fn alert(commands: &Commands, who: &Who) -> Result<Reply, StoreError> {
    let address = commands.address(who).await?;
    let alert = match about_mine(commands, who).await? {
        Some(alert) => alert,
        None => Alert::example(commands.clock.now()),
    };
    let is_text = platform(who) == Platform::Sms;
    if is_text && let Some(refusal) = refused(commands.db.text_ruling(address.destination_id, Kind::Test).await?) {
        return Ok(Reply::text(refusal));
    }
    let key = format!("t:{}:{}", address.destination_id, commands.clock.now().timestamp() / 60);
    let message = Message::Alert(Box::new(alert));
    if commands.db.enqueue(Kind::Test, &key, address.destination_id, &message, EXPIRES).await?.is_none() {
        return Ok(Reply::text("I can send one test alert a minute. Try again in a minute."));
    }
    // A text is answered by one text, and that is the alert.
    if is_text {
        return Ok(Reply::default());
    }
    Ok(Reply::text("A test alert is on its way."))
}

/// Why a test alert would not reach a phone now, as a real one would not.
fn refused(ruling: Ruling) -> Option<String> {
    let why = match ruling {
        Ruling::Send => return None,
        Ruling::Never("country") => "I can't send alerts to numbers of your country.",
        Ruling::Never("cap_number") => "You've had today's last text. Alerts go on tomorrow.",
        Ruling::Never(_) => {
            "You haven't signed up for alerts here yet. Text a product and a size, like JACKET M, and try again."
        }
        Ruling::PutOff { .. } | Ruling::TooLate => {
            "It's night there or today's texts are used up, so a test alert waits as a real one would. Reply ANYTIME to get alerts at night."
        }
    };
    Some(why.to_owned())
}

/// About the first thing that is watched, as if it were back.
async fn about_mine(commands: &Commands, who: &Who) -> Result<Option<Alert>, StoreError> {
    let mine = watches::mine(commands, who, Which::All).await?;
    let Some(watch) = mine.first() else { return Ok(None) };
    let Some(product) = commands.db.products(&[watch.product_id]).await?.pop() else { return Ok(None) };
    let stock = commands.db.stock(&[product.id]).await?;
    let variant = matching(&product, &stock, &watch.wish).next().map(as_told);
    Ok(variant.map(|variant| {
        let now = commands.clock.now();
        Alert {
            product: product.title.clone(),
            shop: product.shop.clone(),
            url: product.url.clone(),
            image: product.image.clone(),
            variants: vec![AlertVariant { availability: Availability::InStock, ..variant }],
            at: now,
            detected_at: now,
            test: true,
            gone_after: None,
            post: None,
        }
    }))
}
