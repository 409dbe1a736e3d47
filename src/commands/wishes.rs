//! Answers wishes whose page was read, or was not within ten minutes, where nobody waits for the answer any more.

use std::time::Duration;

use coatcheck_bots::commands::arguments;
use coatcheck_bots::message::{Message, Notice};
use coatcheck_bots::{Reply, Who};

use super::why::why;
use super::{Commands, dispatch, follow};
use crate::store::StoreError;
use crate::store::chats::wish::Ripe;

/// Wishes in one go.
const MOST: u32 = 50;
/// Longer than anybody waits for the answer in the chat.
const WISH_TIMEOUT: Duration = Duration::from_secs(25);

const FAILED: &str = "Something went wrong with the page you sent. It is not watched. Please send it again.";

impl Commands {
    /// Answers what can be answered. Says how many wishes that were.
    ///
    /// # Errors
    /// When the store fails; then the rest is answered next time.
    pub async fn answer_wishes(&self) -> Result<usize, StoreError> {
        let ripe = self.db.ripe_wishes(WISH_TIMEOUT, MOST).await?;
        for wish in &ripe {
            let reply = match fulfilled(self, wish).await {
                Err(StoreError::Db(error)) => return Err(error.into()),
                // What cannot be done now cannot be done later, and must not keep the others waiting.
                Err(error) => {
                    tracing::error!(wish = wish.id, %error, "wish failed");
                    Reply::text(FAILED)
                }
                Ok(reply) => reply,
            };
            self.db.answer_wish(wish, &Message::Notice(Notice { text: reply.text })).await?;
        }
        Ok(ripe.len())
    }
}

async fn fulfilled(commands: &Commands, wish: &Ripe) -> Result<Reply, StoreError> {
    // Who wished it was allowed to.
    let who = Who { destination: wish.destination.clone(), may_manage: true, room: None };
    let said = follow::read(&wish.words)?;
    let words = arguments(&said);
    let address = words.url.as_ref().map(ToString::to_string).unwrap_or_default();
    if !wish.is_read {
        let source = commands.db.tracked_source(wish.source_id).await?;
        let why = source.map_or("it could not be read", |source| why(source.fault.as_deref(), source.error.as_deref()));
        return Ok(Reply::text(format!(
            "{address} could not be checked within ten minutes: {why}.\nIt is not watched."
        )));
    }
    let ids = commands.db.products_of(wish.source_id).await?;
    let next = follow::among(commands, &who, &ids, &words).await?;
    Ok(dispatch::follow_up(commands, &who, next).await?.reply)
}
