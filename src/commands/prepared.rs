//! The words of prepared watches: who says one first gets its watch.

use std::time::Duration;

use coatcheck_bots::{Command, Reply, Said, Who};

use super::doing::Doing;
use super::next::{Choice, Next};
use super::{Commands, platform};
use crate::store::StoreError;
use crate::store::people::allowance::Limit;

const HOUR: Duration = Duration::from_secs(3600);
/// Words that one chat may try, and all chats together.
const EACH: &[Limit] = &[Limit { within: HOUR, most: 10 }];
const ALL: Limit = Limit { within: HOUR, most: 1000 };
/// What stands before a word: `W-7KQ2M9XT`, in Telegram's deep links `w-…`.
const PREFIX: &str = "W-";
/// Letters behind it.
const LETTERS: usize = 8;

/// The word with these letters.
pub(super) fn named(letters: &str) -> String {
    format!("{PREFIX}{letters}")
}

/// The word of a prepared watch: `/watch W-7KQ2M9XT`, `/start w-7kq2m9xt`, by text the word alone.
pub(super) fn word(said: &Said) -> Option<String> {
    let [first] = said.words.as_slice() else { return None };
    let word = first.text.to_ascii_uppercase();
    let rest = word.strip_prefix(PREFIX)?;
    let is_word = rest.len() == LETTERS && rest.bytes().all(|b| b.is_ascii_alphanumeric());
    (is_word && matches!(said.command, Command::Watch | Command::Start)).then_some(word)
}

/// Is it the word of a watch that waits to be taken?
pub(super) async fn is_said(commands: &Commands, said: &Said) -> Result<bool, StoreError> {
    let Some(word) = word(said) else { return Ok(false) };
    commands.db.is_prepared(&word).await
}

/// The first person who says the word gets its watch.
pub(super) async fn take(commands: &Commands, who: &Who, word: &str) -> Result<Next, StoreError> {
    if !commands.db.allow("prepared", &who.destination, EACH, Some(ALL)).await? {
        return Ok(Reply::text("Too many codes were tried. Try again in an hour.").into());
    }
    Ok(match commands.db.take_prepared(word).await? {
        Some(doing) => Next::Choose(Choice::Do(read(&doing)?)),
        None => {
            let watch = Command::Watch.typed(platform(who));
            Reply::text(format!("That code was used or has expired. Say what you want instead: {watch} jacket M"))
                .into()
        }
    })
}

/// What was prepared.
pub(super) fn read(doing: &str) -> Result<Doing, StoreError> {
    serde_json::from_str(doing).map_err(|why| StoreError::corrupt("sign_up.doing", why))
}
