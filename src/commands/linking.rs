//! `/link`: a second chat of the same person. Its alerts go there when the first cannot be reached.

use std::time::Duration;

use coatcheck_bots::commands::Arguments;
use coatcheck_bots::message::{Message, Notice};
use coatcheck_bots::{Command, Reply, Who, words};
use coatcheck_domain::delivery::Kind;

use super::spoken::spoken;
use super::{Commands, platform};
use crate::store::StoreError;
use crate::store::people::allowance::Limit;
use crate::store::people::linking::Linked;

const HOUR: Duration = Duration::from_secs(3600);
/// Codes that one chat may try, and all chats together.
const EACH: &[Limit] = &[Limit { within: HOUR, most: 5 }];
const ALL: Limit = Limit { within: HOUR, most: 100 };
/// The first chat hears of it within this time or not at all.
const EXPIRES: Duration = Duration::from_secs(3600);

const FOR_PEOPLE: &str = "A channel can't be linked. Message me directly and say /link there.";
const NO_SUCH_CODE: &str = "That code is wrong or has expired. Say /link in your other chat to get a new one.";

/// Without a code gives one; with a code joins this chat to the person who got it.
pub(crate) async fn said(commands: &Commands, who: &Who, said: &Arguments) -> Result<Reply, StoreError> {
    if who.destination.is_room() {
        return Ok(Reply::text(spoken(who, FOR_PEOPLE)));
    }
    match said.bare.first() {
        None => offer(commands, who).await,
        Some(code) => join(commands, who, &code.text).await,
    }
}

async fn offer(commands: &Commands, who: &Who) -> Result<Reply, StoreError> {
    let subscriber_id = commands.address(who).await?.subscriber_id;
    let code = (commands.rules.new_link_code)();
    commands.db.offer_link(subscriber_id, &code).await?;
    let link = Command::Link.typed(platform(who));
    Ok(Reply::text(format!(
        "In your other chat with me, say {link} {code} within ten minutes.\n\
         Alerts still come here first. They go there when this chat can't be reached."
    )))
}

async fn join(commands: &Commands, who: &Who, code: &str) -> Result<Reply, StoreError> {
    if !commands.db.allow("link", &who.destination, EACH, Some(ALL)).await? {
        return Ok(Reply::text("Too many codes were tried. Try again in an hour."));
    }
    let here = commands.address(who).await?;
    match commands.db.take_link(here.subscriber_id, code).await? {
        Linked::NoSuchCode => Ok(Reply::text(spoken(who, NO_SUCH_CODE))),
        Linked::Same => Ok(Reply::text("This is the chat that asked for the code. Say it in your other chat.")),
        Linked::Joined { first, watches } => {
            let text = format!(
                "Another chat ({}) is linked to this one now. Alerts come here first, and go there when this chat can't \
                 be reached. Was that not you? Say {} to stop everything.",
                platform(who),
                Command::Forget.typed(platform(who))
            );
            let key = format!("l:{first}:{}", here.destination_id);
            let notice = Message::Notice(Notice { text });
            commands.db.enqueue(Kind::Notice, &key, first, &notice, EXPIRES).await?;
            let count = i64::try_from(watches).unwrap_or(i64::MAX);
            Ok(Reply::text(format!(
                "Linked. Alerts come here when your first chat can't be reached. You have {} in both.",
                words::counted(count, "watch", "watches")
            )))
        }
    }
}
