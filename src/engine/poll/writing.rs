//! Writes down how polls ended.

use std::sync::Arc;
use std::time::Duration;

use super::poller::Poller;
use crate::engine::counted;
use crate::engine::fault::unstored;
use crate::store::polls::ended::{End, Ended, Failed, Written};
use crate::store::{Db, StoreError};

/// What the store did not take is tried again after this long.
const AGAIN: Duration = Duration::from_millis(500);

/// Products of one reading that are stored in one transaction.
const PART: usize = 50;

impl Poller {
    /// Writes down what is due to be, all of it.
    ///
    /// # Errors
    /// When the store fails; what could not be written waits for it.
    pub(super) async fn write_down(&self) -> Result<(), StoreError> {
        loop {
            let now = self.db.monotonic();
            let polls = {
                let mut state = self.state();
                if state.write_at().is_none_or(|at| at > now) {
                    return Ok(());
                }
                state.queue.take()
            };
            self.write(polls).await?;
        }
    }

    async fn write(&self, polls: Vec<Ended>) -> Result<(), StoreError> {
        let Some(holder) = self.holder() else { return Ok(()) };
        for poll in polls.iter().filter(|poll| poll.source.readings > 0) {
            write_parts(&self.db, &holder, poll, PART + 1).await;
        }
        match self.db.end_polls(&holder, &polls).await {
            Ok(written) => {
                self.written(polls, written);
                Ok(())
            }
            Err(error) => self.write_each(&holder, polls, error).await,
        }
    }

    /// A group that the store does not take is written one by one, so that one that it never takes holds up no other.
    async fn write_each(&self, holder: &str, polls: Vec<Ended>, error: StoreError) -> Result<(), StoreError> {
        let mut left = polls.into_iter();
        let mut first = Some(error);
        while let Some(poll) = left.next() {
            let tried = match first.take() {
                Some(error) if left.len() == 0 => Err(error),
                _ => self.db.end_polls(holder, std::slice::from_ref(&poll)).await,
            };
            match tried {
                Ok(written) => self.written(vec![poll], written),
                Err(error) if self.db.try_writing().await.is_ok() => self.give_up(holder, poll, &error).await?,
                Err(error) => {
                    let again_at = self.db.monotonic() + AGAIN;
                    self.state().queue.put_back(std::iter::once(poll).chain(left).collect(), again_at);
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// The store works, and does not take this one: that is an error of its source, said there.
    async fn give_up(&self, holder: &str, poll: Ended, error: &StoreError) -> Result<(), StoreError> {
        tracing::error!(url = %poll.source.url, %error, "a reading of {} could not be stored: {error}", poll.source.url);
        let plan = coatcheck_domain::poll::after(
            &poll.source.schedule,
            coatcheck_domain::poll::Outcome::Failed { retry_after: None },
            self.db.now(),
            self.rng.draw(),
        );
        let failed = Failed {
            fault: "store".to_owned(),
            error: format!("what was read could not be stored: {error}"),
            shop_failed: false,
            is_wall: false,
        };
        let source = Arc::clone(&poll.source);
        let failed = Ended { source, end: End::Failed(failed), plan, is_back: false, shop_not_before: None };
        let written = self.db.end_polls(holder, std::slice::from_ref(&failed)).await?;
        drop(poll);
        self.written(vec![failed], written);
        Ok(())
    }

    fn written(&self, polls: Vec<Ended>, written: Vec<Written>) {
        let stored_at = self.db.now();
        for (poll, written) in polls.iter().zip(&written) {
            say(poll, written);
            match written {
                Written::Done => counted::poll(poll, 0, stored_at),
                Written::Stored { stored, .. } => counted::poll(poll, stored.restocks.len(), stored_at),
                Written::NotOurs | Written::Edited(_) => {}
            }
        }
        let now = self.now();
        self.state().written(polls, written, now);
    }

    /// The same, as a loop does it: a store that fails is said, and waited for.
    pub(super) async fn write_down_or_say(&self) {
        if let Err(error) = self.write_down().await {
            unstored(&error, "readings will be written down later");
        }
    }
}

/// Stores what a reading says anew, part by part, where that is at least so many products: one transaction would take too
/// long. What the store has by then, the whole only confirms; what fails here is stored, or said, with the whole. A first
/// reading is a baseline that nobody waits for.
pub(super) async fn write_parts(db: &Db, holder: &str, poll: &Ended, least: usize) {
    let End::Read(new) = &poll.end else { return };
    let products = new.reading.products.len();
    if products < least {
        return;
    }
    for from in (0..products).step_by(PART) {
        let Ok(restocks) = db.store_part(holder, poll, from..(from + PART).min(products)).await else { return };
        restocks.iter().for_each(|restock| say_restock(poll, *restock));
    }
}

fn say(poll: &Ended, written: &Written) {
    let url = &poll.source.url;
    let why = match written {
        Written::Done => return,
        Written::Stored { stored, .. } => {
            return stored.restocks.iter().for_each(|restock| say_restock(poll, *restock));
        }
        Written::NotOurs => "its shop is held by another instance",
        Written::Edited(_) => "it was changed meanwhile",
    };
    tracing::info!(%url, "what was read of {url} is not stored: {why}");
}

fn say_restock(poll: &Ended, restock: i64) {
    tracing::info!(restock, source = poll.source.source_id, url = %poll.source.url, "back in stock at {}: restock {restock}", poll.source.host);
}
