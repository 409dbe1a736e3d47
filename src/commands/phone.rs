//! `/phone` and `/verify`: a phone is where somebody is told last, once they proved that it is theirs.

use coatcheck_bots::commands::Arguments;
use coatcheck_bots::message::{Message, Notice};
use coatcheck_bots::{Command, Platform, Reply, Who};

use super::{Commands, platform};
use crate::store::StoreError;
use crate::store::people::challenge::{Challenged, Verified};

const NOT_SET_UP: &str = "Text messages are not set up here, so a phone can't be added.";
const FOR_PEOPLE: &str = "Message me directly to add your own phone.";

/// Texts a code to the number.
pub(super) async fn add(commands: &Commands, who: &Who, said: &Arguments) -> Result<Reply, StoreError> {
    let Some(texting) = &commands.texting else { return Ok(Reply::text(NOT_SET_UP)) };
    if who.destination.is_room() {
        return Ok(Reply::text(FOR_PEOPLE));
    }
    let Some(phone) = &said.phone else {
        let command = Command::Phone.typed(platform(who));
        return Ok(Reply::text(format!("Send the number in international form, like {command} +14155550123.")));
    };
    if !phone.is_valid() {
        return Ok(Reply::text("There is no such number. Please check its digits."));
    }
    if !phone.country().is_some_and(|country| texting.countries.contains(country)) {
        return Ok(Reply::text(format!(
            "Only numbers from {} can be texted, and {phone} isn't one.",
            texting.countries
        )));
    }
    let subscriber_id = commands.address(who).await?.subscriber_id;
    let code = (texting.new_code)();
    let verify = Command::Verify.typed(platform(who));
    Ok(Reply::text(match commands.db.challenge(subscriber_id, phone, &code, &text_with(&code)).await? {
        Challenged::Sent { .. } => format!(
            "I'm texting a code to {phone}. Say {verify} and the code here within ten minutes.\nAfter that it gets a text \
             when no chat of yours can be reached."
        ),
        Challenged::TooMany => format!("{phone} already got three codes today. Try again tomorrow."),
        Challenged::Stopped => {
            format!("{phone} is unsubscribed. Text START from it first, then ask again.")
        }
    }))
}

/// What the phone is texted.
fn text_with(code: &str) -> Message {
    let text = format!(
        "{code} is your CoatCheck code. It expires in ten minutes. If you didn't ask for it, ignore this text."
    );
    Message::Notice(Notice { text })
}

/// Takes the code.
pub(super) async fn verify(commands: &Commands, who: &Who, said: &Arguments) -> Result<Reply, StoreError> {
    let phone = Command::Phone.typed(platform(who));
    if platform(who) == Platform::Sms {
        return Ok(Reply::text("Send the code in the chat where you asked for it."));
    }
    let Some(code) = &said.code else {
        return Ok(Reply::text(format!("The code has six digits. {phone} and your number gets you one.")));
    };
    let subscriber_id = commands.address(who).await?.subscriber_id;
    Ok(Reply::text(match commands.db.verify(subscriber_id, code).await? {
        Verified::Added { shown } => {
            format!("{shown} is added. It gets a text when no chat of yours can be reached. Texting STOP ends that.")
        }
        Verified::Merged { shown, watches } => format!(
            "{shown} is added. Its {} moved to you too.",
            coatcheck_bots::words::counted(i64::try_from(watches).unwrap_or(i64::MAX), "watch", "watches")
        ),
        Verified::Wrong { tries_left } => match tries_left {
            0 => format!("That code is wrong and has expired. Ask for a new one with {phone}."),
            1 => "That code is wrong. You have 1 try left.".to_owned(),
            left => format!("That code is wrong. You have {left} tries left."),
        },
        Verified::Expired | Verified::NoneOpen => {
            format!("That code has expired. Ask for a new one with {phone}.")
        }
        Verified::Stopped => "That phone is unsubscribed. Text START from it first.".to_owned(),
    }))
}
