//! Posts in rooms: brought to what is true, one step after the other, whenever stock or the outbox has moved.

use std::time::Duration;

use super::fault::unstored;
use super::heartbeat::Heartbeats;
use super::stop::Stop;
use crate::store::{Db, StoreError};

/// It looks this often: sizes that come and go together are one edit.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Looks after the posts of all rooms.
#[derive(Debug)]
pub struct Rooms {
    db: Db,
    /// Channels whose messages can be edited.
    editable: Vec<&'static str>,
    quiet_for: Duration,
    expire_after: Duration,
}

impl Rooms {
    /// Posts on these channels can be edited; an episode ends after `quiet_for`; a new post that could not be sent for
    /// `expire_after` is discarded.
    #[must_use]
    pub fn new(db: Db, editable: Vec<&'static str>, quiet_for: Duration, expire_after: Duration) -> Self {
        Self { db, editable, quiet_for, expire_after }
    }

    /// One step of each post that does not show what it should. Says how many messages and edits were written.
    pub async fn tick(&self) -> Result<u64, StoreError> {
        let (mut written, mut after) = (0, 0);
        loop {
            let posts = self.db.stale_posts(after).await?;
            let Some(last) = posts.last() else { break };
            after = last.id;
            for post in &posts {
                written += u64::from(self.db.advance_post(post, &self.editable, self.expire_after).await?);
            }
        }
        written += self.db.tell_news().await?;
        self.db.end_episodes(self.quiet_for).await?;
        for (room, person) in self.db.lost_rooms().await? {
            if let Ok(person) = person.parse() {
                let told = self.db.destination_for(&person, || None).await?;
                self.db.tell_of_lost_room(&room, told.destination_id).await?;
            }
        }
        Ok(written)
    }

    /// Ticks until the stop.
    pub async fn run(self, heartbeats: Heartbeats, mut stop: Stop) {
        while !stop.is_stopped() {
            heartbeats.beat("rooms");
            if let Err(error) = self.tick().await {
                unstored(&error, "posts in rooms wait, retrying");
            }
            stop.sleep(LOOK_EVERY).await;
        }
        heartbeats.end("rooms");
    }
}
