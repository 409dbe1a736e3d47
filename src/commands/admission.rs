//! Strangers: what somebody can do before they have said the invite word, where one is set.

use std::time::Duration;

use coatcheck_bots::commands::parse;
use coatcheck_bots::{Command, Platform, Reply, Said, Who};

use super::permission::refusal;
use super::spoken::spoken;
use super::subscribed::{IN, JOINED};
use super::{Commands, number_of, platform, prepared};
use crate::store::StoreError;
use crate::store::people::allowance::Limit;
use crate::store::people::consent::{ConsentSource, ConsentWord};

const HOUR: Duration = Duration::from_secs(3600);
/// Words that one person may try. Right ones count too: then nobody learns from the answer which they are.
const EACH: &[Limit] = &[Limit { within: HOUR, most: 5 }];
/// Words that all strangers together may try.
const ALL: Limit = Limit { within: HOUR, most: 100 };
/// What a Telegram deep link says before the word: `t.me/bot?start=j-raincoat`.
const DEEP_LINK: &str = "j-";

/// What follows from who speaks.
pub(super) enum Entry {
    /// They may say this: what they said, without the invite word.
    Go(Said),
    /// This is all.
    Answer(Reply),
}

/// A word that was tried, and what is to be done once it is right.
struct Tried<'a> {
    word: &'a str,
    then: Option<Said>,
}

/// Lets in who is admitted, or says the word.
pub(super) async fn enter(commands: &Commands, who: &Who, said: &Said) -> Result<Entry, StoreError> {
    let Some(invite) = commands.rules.invite.as_deref() else { return Ok(Entry::Go(said.clone())) };
    let tried = tried(who, said);
    if prepared::is_said(commands, said).await? {
        // Its page asked for the invite word.
        commands.db.admit(&who.destination).await?;
        return Ok(Entry::Go(said.clone()));
    }
    if !is_stranger(commands, who).await? {
        return Ok(Entry::Go(match tried {
            Some(Tried { word, then: Some(then) }) if is(word, invite) => then,
            _ => said.clone(),
        }));
    }
    let Some(tried) = tried else {
        let may = said.command.is_for_strangers();
        return Ok(if may { Entry::Go(said.clone()) } else { Entry::Answer(Reply::text(by_invitation(who))) });
    };
    if let Some(refusal) = refusal(commands, who, Command::Join) {
        return Ok(Entry::Answer(Reply::text(refusal)));
    }
    if !commands.db.allow("invite", &who.destination, EACH, Some(ALL)).await? || !is(tried.word, invite) {
        return Ok(Entry::Answer(Reply::text(by_invitation(who))));
    }
    commands.db.admit(&who.destination).await?;
    if let Some(phone) = number_of(who) {
        commands.db.consent(phone, ConsentWord::Start, ConsentSource::Text).await?;
    }
    Ok(tried.then.map_or_else(|| Entry::Answer(Reply::text(welcome(who))), Entry::Go))
}

/// Does a visitor of a page know the word, or is none needed? All visitors together may try so many.
pub(super) async fn is_invited(commands: &Commands, word: &str) -> Result<bool, StoreError> {
    let Some(invite) = commands.rules.invite.as_deref() else { return Ok(true) };
    Ok(commands.db.allow_visitor("invite", ALL).await? && is(word.trim(), invite))
}

/// Must this person say the word first? Admins, operators and the console need not.
pub(super) async fn is_stranger(commands: &Commands, who: &Who) -> Result<bool, StoreError> {
    let rules = &commands.rules;
    if rules.invite.is_none() || commands.is_admin(who) || rules.operators.contains(&who.destination) {
        return Ok(false);
    }
    Ok(!commands.db.is_admitted(&who.destination).await?)
}

/// `/join WORD`, `/start j-WORD`; by text `WORD JACKET M`.
fn tried<'a>(who: &Who, said: &'a Said) -> Option<Tried<'a>> {
    let (first, rest) = said.words.split_first()?;
    let word = first.text.as_str();
    match said.command {
        Command::Join => Some(Tried { word, then: None }),
        Command::Start => Some(Tried { word: word.strip_prefix(DEEP_LINK)?, then: None }),
        Command::Watch if platform(who) == Platform::Sms => {
            // What stands behind the word is a text of its own: WORD LIST, WORD JACKET M.
            let rest = Said { command: Command::Watch, words: rest.to_vec() };
            let then = (!rest.words.is_empty()).then(|| parse(&rest.text(), Platform::Sms).unwrap_or(rest));
            Some(Tried { word, then })
        }
        _ => None,
    }
}

/// In the same time for every word of the same length.
fn is(word: &str, invite: &str) -> bool {
    let (word, invite) = (word.to_lowercase(), invite.to_lowercase());
    let differs = word.bytes().zip(invite.bytes()).fold(0, |sum, (one, other)| sum | (one ^ other));
    word.len() == invite.len() && differs == 0
}

/// The same words for who said nothing, a wrong word, or too many.
pub(super) fn by_invitation(who: &Who) -> String {
    match platform(who) {
        Platform::Sms => "CoatCheck is by invitation here. Text the invite word first, like WORD JACKET M.".to_owned(),
        _ if who.destination.is_room() => spoken(
            who,
            "CoatCheck is by invitation here. Somebody who manages this chat can say /join and the invite word.",
        ),
        _ => spoken(who, "CoatCheck is by invitation here. Say /join and the invite word you were given."),
    }
}

fn welcome(who: &Who) -> String {
    let watch = Command::Watch.typed(platform(who));
    match number_of(who) {
        Some(_) => format!("{IN} {JOINED}"),
        None if who.destination.is_room() => format!("This chat is in. Try: {watch} jacket M"),
        None => format!("You're in. Try: {watch} jacket M"),
    }
}
