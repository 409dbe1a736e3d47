//! `/phone` and `/verify`: a phone is where somebody is told last, once they proved that it is theirs.

use coatcheck_bots::commands::Arguments;
use coatcheck_bots::message::{Message, Notice};
use coatcheck_bots::{Command, Platform, Reply, Who};

use super::{Commands, platform};
use crate::store::StoreError;
use crate::store::people::challenge::{Challenged, Verified};

const NOT_SET_UP: &str = "Text messages are not set up here, so I cannot use a phone.";
const FOR_PEOPLE: &str = "A phone belongs to a person. Write to me directly, and I add yours.";

/// Texts a code to the number.
pub(super) async fn add(commands: &Commands, who: &Who, said: &Arguments) -> Result<Reply, StoreError> {
    let Some(texting) = &commands.texting else { return Ok(Reply::text(NOT_SET_UP)) };
    if who.destination.is_room() {
        return Ok(Reply::text(FOR_PEOPLE));
    }
    let Some(phone) = &said.phone else {
        let command = Command::Phone.typed(platform(who));
        return Ok(Reply::text(format!("Say the number in international form, like {command} +14155550123.")));
    };
    if !phone.country().is_some_and(|country| texting.countries.contains(country)) {
        return Ok(Reply::text(format!("I text numbers of {} only, and {phone} is none.", texting.countries)));
    }
    let subscriber_id = commands.address(who).await?.subscriber_id;
    let code = (texting.new_code)();
    let verify = Command::Verify.typed(platform(who));
    Ok(Reply::text(match commands.db.challenge(subscriber_id, phone, &code, &text_with(&code)).await? {
        Challenged::Sent { .. } => format!(
            "I text six digits to {phone}. Say {verify} and the digits here within ten minutes. From then on I text it \
             what I cannot tell you here."
        ),
        Challenged::TooMany => format!("{phone} got three codes today, and gets no more. Try again tomorrow."),
        Challenged::Stopped => {
            format!("{phone} said STOP, so I text it nothing. Text START from it first, then ask again.")
        }
    }))
}

/// What the phone is texted.
fn text_with(code: &str) -> Message {
    let text = format!("{code} is your CoatCheck code, for ten minutes. Did you not ask for it? Then do nothing.");
    Message::Notice(Notice { text })
}

/// Takes the code.
pub(super) async fn verify(commands: &Commands, who: &Who, said: &Arguments) -> Result<Reply, StoreError> {
    let phone = Command::Phone.typed(platform(who));
    if platform(who) == Platform::Sms {
        return Ok(Reply::text("Say the digits in the chat where you asked for them."));
    }
    let Some(code) = &said.code else {
        return Ok(Reply::text(format!("A code has six digits. {phone} with your number texts you one.")));
    };
    let subscriber_id = commands.address(who).await?.subscriber_id;
    Ok(Reply::text(match commands.db.verify(subscriber_id, code).await? {
        Verified::Added { shown } => {
            format!("{shown} is yours: I text it what I cannot tell you here. STOP by text ends that.")
        }
        Verified::Merged { shown, watches } => format!(
            "{shown} is yours. It had {} of its own, which are yours as well now.",
            coatcheck_bots::words::counted(i64::try_from(watches).unwrap_or(i64::MAX), "watch", "watches")
        ),
        Verified::Wrong { tries_left } => match tries_left {
            0 => format!("That is not it, and these digits are worth nothing any more. {phone} texts new ones."),
            1 => "That is not it. You may try once more.".to_owned(),
            left => format!("That is not it. You may try {left} times more."),
        },
        Verified::Expired | Verified::NoneOpen => {
            format!("I wait for no code from you; one is good for ten minutes. {phone} texts one.")
        }
        Verified::Stopped => {
            "That phone has said STOP since, so I text it nothing. START by text ends that.".to_owned()
        }
    }))
}
