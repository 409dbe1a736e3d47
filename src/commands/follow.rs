//! `/watch <URL>` of what nobody followed yet.

use std::time::Duration;

use async_trait::async_trait;
use coatcheck_bots::commands::Arguments;
use coatcheck_bots::{Reply, Who, words};
use url::Url;

use super::doing::{Act, Doing, Next};
use super::resolve::{Doubt, MOST_CHOICES, fixed};
use super::{Commands, question};
use crate::store::StoreError;

const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Follows addresses that people gave: checks that they may be asked, and stores them as due now.
#[async_trait]
pub trait Follow: Send + Sync {
    /// Follows `url` for `who`; `listed` on the public board, if an admin says so.
    ///
    /// # Errors
    /// With a sentence for the person: why it is not followed.
    async fn follow(&self, url: &Url, who: &Who, listed: bool) -> Result<Followed, String>;
}

/// An address that is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Followed {
    /// Its source.
    pub source_id: i64,
}

enum First {
    Products(Vec<i64>),
    Failed(String),
    NotYet,
}

/// Follows, waits for the first reading, then watches what it read.
pub(crate) async fn follow(commands: &Commands, who: &Who, url: &Url, said: &Arguments) -> Result<Next, StoreError> {
    let followed = match commands.follow.follow(url, who, false).await {
        Ok(followed) => followed,
        Err(why) => return Ok(Reply::text(why).into()),
    };
    match first_reading(commands, followed.source_id).await? {
        First::Products(ids) => watch_among(commands, who, &ids, said).await,
        First::Failed(why) => Ok(Reply::text(format!(
            "I could not read that address: {}. I keep trying; say it again later to watch it.",
            words::plain(&why).trim_end_matches('.')
        ))
        .into()),
        First::NotYet => Ok(Reply::text(
            "I follow it now, but its first reading takes longer. Say it again in a minute to watch it.",
        )
        .into()),
    }
}

/// Waits until the source was read or failed; that is the truth in the database, whoever polls.
async fn first_reading(commands: &Commands, source_id: i64) -> Result<First, StoreError> {
    let looks = commands.patience.as_millis() / LOOK_EVERY.as_millis();
    for _ in 0..=looks {
        let Some(source) = commands.db.source(source_id).await? else { return Ok(First::NotYet) };
        if source.readings > 0 {
            return Ok(First::Products(commands.db.products_of(source_id).await?));
        }
        if let Some(error) = source.last_error {
            return Ok(First::Failed(error));
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(First::NotYet)
}

async fn watch_among(commands: &Commands, who: &Who, ids: &[i64], said: &Arguments) -> Result<Next, StoreError> {
    let products = commands.db.products(ids).await?;
    let meant = products.iter().map(|product| Doing::new(Act::Watch, fixed(product, said), said));
    let mut choices: Vec<Doing> = meant.collect();
    match choices.len() {
        0 => Ok(Reply::text("That page is already tracked under another address. Watch it by its name.").into()),
        1 => Ok(Next::Do(choices.remove(0))),
        several => {
            choices.truncate(MOST_CHOICES);
            question::ask(commands, who, &Doubt::Several(several), choices, &products).await.map(Next::Say)
        }
    }
}
