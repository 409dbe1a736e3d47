//! `/watch <URL>` of what nobody tracks yet: a wish, which becomes a watch at the first reading.
//!
//! Whoever says it waits a little for that reading. What takes longer is answered later, by [`super::wishes`].

use std::time::Duration;

use coatcheck_bots::commands::{Arguments, Word};
use coatcheck_bots::{Reply, Said, Who};
use coatcheck_domain::poll::State;
use serde::{Deserialize, Serialize};
use url::Url;

use super::doing::{Act, Doing};
use super::next::Next;
use super::resolve::{Ambiguity, MOST_CHOICES, fixed};
use super::spoken::spoken;
use super::why::why;
use super::{Commands, question};
use crate::store::StoreError;
use crate::store::chats::wish::Tracked;
use crate::store::people::allowance::Limit;
use crate::store::polls::source::NewSource;

const LOOK_EVERY: Duration = Duration::from_millis(200);
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);
/// New addresses of one person, …
const OF_PERSON: &[Limit] = &[Limit { within: MINUTE, most: 3 }, Limit { within: DAY, most: 20 }];
/// … and of one room.
const OF_ROOM: &[Limit] = &[Limit { within: MINUTE, most: 3 }, Limit { within: DAY, most: 50 }];

/// Pages of one site that people in chats may have added, all together: the shop bears no more.
const OF_SITE: i64 = 200;

const SITE_FULL: &str =
    "No more pages of that shop can be tracked right now. You can still watch those that are: /stock shows them.";
const PAUSED: &str = "Checks of that page are paused by an admin, so it can't be watched right now.";
const TOO_MANY_WISHES: &str = "Too many of your pages are waiting for their first check. Try again in ten minutes.";
const TOO_FAST: &str =
    "That's a lot of new pages. Try again later, or watch something that is tracked already: /stock shows it.";
const FULL: &str = "No more pages can be tracked here right now. You can still watch what is tracked already.";

/// Says what an address that somebody gave would be tracked as.
pub trait Follow: Send + Sync {
    /// The source of `url`, if who asks may have it polled. Reads nothing, stores nothing.
    ///
    /// # Errors
    /// With a sentence for the person: why it is not tracked.
    fn source(&self, url: &Url, by_admin: bool) -> Result<NewSource, String>;
}

/// A word of a wish, as it is stored.
#[derive(Serialize, Deserialize)]
struct StoredWord {
    text: String,
    quoted: bool,
}

enum First {
    Products(Vec<i64>),
    Failed(&'static str),
    NotYet,
}

/// Tracks the page, waits for its first reading, then watches what it read.
pub(crate) async fn follow(
    commands: &Commands,
    who: &Who,
    url: &Url,
    said: &Said,
    words: &Arguments,
) -> Result<Next, StoreError> {
    let source_id = match source(commands, who, url).await? {
        Ok(source_id) => source_id,
        Err(why) => return Ok(Reply::text(why).into()),
    };
    let destination = commands.address(who).await?.destination_id;
    let Some(wish) = commands.db.wish(source_id, destination, &stored(said)).await? else {
        return Ok(Reply::text(TOO_MANY_WISHES).into());
    };
    let reply = match first_reading(commands, source_id).await? {
        First::Products(ids) if commands.db.end_wish(wish).await? => {
            return among(commands, who, &ids, words).await;
        }
        First::Failed(why) => Reply::text(format!(
            "I couldn't check that page: {why}.\nI keep trying for ten minutes and tell you here what came of it."
        )),
        First::Products(_) | First::NotYet => {
            Reply::text("I'm tracking that page now. Its first check takes longer; I'll answer here when it is done.")
        }
    };
    Ok(Next::Promise(reply))
}

/// The source of that address: the one there is, as it is, or a new one within the limits; else why not.
async fn source(commands: &Commands, who: &Who, url: &Url) -> Result<Result<i64, String>, StoreError> {
    let is_admin = commands.is_admin(who);
    // What an admin tracks may be watched by everybody, wherever it is.
    let known = match commands.follow.source(url, true) {
        Ok(new) => commands.db.tracked(&new.url).await?,
        Err(_) => None,
    };
    if let Some(known) = known {
        return Ok(unreadable(&known).map_or(Ok(known.source_id), Err));
    }
    let new = match commands.follow.source(url, is_admin) {
        Ok(new) => new,
        Err(why) => return Ok(Err(why)),
    };
    let subscriber_id = commands.address(who).await?.subscriber_id;
    if let Some(why) = over_limit(commands, who, subscriber_id, &new.host, is_admin).await? {
        return Ok(Err(why));
    }
    let new = NewSource { added_by: (!is_admin).then_some(subscriber_id), ..new };
    Ok(Ok(commands.db.add_source(&new).await?.0))
}

/// Why a source that is there will not be read soon. A `/watch` changes nothing of it.
fn unreadable(known: &Tracked) -> Option<String> {
    match known.state {
        State::Paused => Some(PAUSED.to_owned()),
        State::Blocked | State::Gone if known.readings == 0 => {
            let why = why(known.fault.as_deref(), known.error.as_deref());
            Some(format!("I couldn't check that page: {why}.\nI check it again later. Send it again then."))
        }
        _ => None,
    }
}

/// Why this person may not add one more address now.
async fn over_limit(
    commands: &Commands,
    who: &Who,
    subscriber_id: i64,
    host: &str,
    is_admin: bool,
) -> Result<Option<String>, StoreError> {
    let rules = &commands.rules;
    let used = commands.db.sources_in_use(subscriber_id, host).await?;
    let most = i64::from(rules.max_sources);
    if is_admin {
        return Ok((used.everybodys >= most).then(|| FULL.to_owned()));
    }
    let own = commands.db.caps(subscriber_id).await?.most_addresses;
    let most_added = own.unwrap_or_else(|| i64::from(rules.max_addresses));
    if used.added >= most_added {
        return Ok(Some(format!(
            "You have added {most_added} pages already, the most one person can.\nA page that nobody watches makes room after 14 \
             days."
        )));
    }
    if used.of_site >= OF_SITE {
        return Ok(Some(spoken(who, SITE_FULL)));
    }
    // A tenth is kept for admins.
    if used.everybodys >= most - most / 10 {
        return Ok(Some(FULL.to_owned()));
    }
    let each = if who.destination.is_room() { OF_ROOM } else { OF_PERSON };
    let may = commands.db.allow("address", &who.destination, each, None).await?;
    Ok((!may).then(|| spoken(who, TOO_FAST)))
}

/// Waits until the source was read or failed; that is the truth in the database, whoever polls.
async fn first_reading(commands: &Commands, source_id: i64) -> Result<First, StoreError> {
    let looks = commands.patience.as_millis() / LOOK_EVERY.as_millis();
    for _ in 0..=looks {
        let Some(source) = commands.db.tracked_source(source_id).await? else { return Ok(First::NotYet) };
        if source.readings > 0 {
            return Ok(First::Products(commands.db.products_of(source_id).await?));
        }
        if source.error.is_some() {
            return Ok(First::Failed(why(source.fault.as_deref(), source.error.as_deref())));
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(First::NotYet)
}

/// Watches what a page read; asks where that is more than one product.
pub(crate) async fn among(commands: &Commands, who: &Who, ids: &[i64], words: &Arguments) -> Result<Next, StoreError> {
    let products = commands.db.products(ids).await?;
    let meant = products.iter().map(|product| Doing::new(Act::Watch, fixed(product, words)));
    let mut choices: Vec<Doing> = meant.collect();
    match choices.len() {
        0 => Ok(Reply::text("I found no product on that page. Send the address of a product's own page.").into()),
        1 => Ok(choices.remove(0).into()),
        several => {
            choices.truncate(MOST_CHOICES);
            question::ask(commands, who, &Ambiguity::Several(several), choices, &products).await.map(Next::Say)
        }
    }
}

fn stored(said: &Said) -> String {
    let words = said.words.iter().map(|word| StoredWord { text: word.text.clone(), quoted: word.quoted });
    // Words always have a JSON form.
    serde_json::to_string(&words.collect::<Vec<_>>()).unwrap_or_default()
}

/// What was said, from a stored wish.
pub(crate) fn read(stored: &str) -> Result<Said, StoreError> {
    let words: Vec<StoredWord> = serde_json::from_str(stored).map_err(|why| StoreError::corrupt("wish.words", why))?;
    let words = words.into_iter().map(|StoredWord { text, quoted }| Word { text, quoted }).collect();
    Ok(Said { command: coatcheck_bots::Command::Watch, words })
}
