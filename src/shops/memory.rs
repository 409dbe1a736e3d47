//! Memory for the answers of shops: however many send large ones at once, there is an end to what all of them take.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::fetch_error::FetchErrorKind;

/// An answer takes so much without being counted: there are no more of these than requests in flight.
const FREE: usize = 64 * 1024;
/// What larger answers of sources that were read well before take at once.
const PROVEN: usize = 40 * 1024 * 1024;
/// What larger answers of all others take at once: new ones, which may be anything.
const OTHERS: usize = 24 * 1024 * 1024;
/// Memory is taken in pieces of this size.
const PIECE: usize = 64 * 1024;
/// An answer that gets no memory for so long is given up: its own share may be what another one waits for.
const WAIT: Duration = Duration::from_secs(3);

/// The memory there is.
#[derive(Debug)]
pub(super) struct Memory {
    proven: Arc<Semaphore>,
    others: Arc<Semaphore>,
    wait: Duration,
}

impl Default for Memory {
    fn default() -> Self {
        let pieces = |bytes: usize| Arc::new(Semaphore::new(bytes / PIECE));
        Self { proven: pieces(PROVEN), others: pieces(OTHERS), wait: WAIT }
    }
}

impl Memory {
    pub(super) fn proven(&self) -> Share {
        Share { all: Arc::clone(&self.proven), taken: None, wait: self.wait }
    }

    pub(super) fn others(&self) -> Share {
        Share { all: Arc::clone(&self.others), taken: None, wait: self.wait }
    }
}

/// What one answer has of it.
#[derive(Debug)]
pub(super) struct Share {
    all: Arc<Semaphore>,
    taken: Option<OwnedSemaphorePermit>,
    wait: Duration,
}

/// An answer that gives its share back when nobody holds it any more.
struct Kept {
    body: Bytes,
    _share: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Kept {
    fn as_ref(&self) -> &[u8] {
        &self.body
    }
}

impl Share {
    /// Takes what is missing for an answer of so many bytes.
    ///
    /// # Errors
    /// When others have it all.
    pub(super) async fn grow(&mut self, bytes: usize) -> Result<(), FetchErrorKind> {
        let due = bytes.saturating_sub(FREE).div_ceil(PIECE);
        let has = self.taken.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let Some(missing) = due.checked_sub(has).filter(|missing| *missing > 0) else { return Ok(()) };
        let missing = u32::try_from(missing).unwrap_or(u32::MAX);
        let more = timeout(self.wait, Arc::clone(&self.all).acquire_many_owned(missing)).await;
        let Ok(Ok(more)) = more else { return Err(FetchErrorKind::NoMemory) };
        match &mut self.taken {
            Some(taken) => taken.merge(more),
            None => self.taken = Some(more),
        }
        Ok(())
    }

    /// The answer, which gives the share back at its end.
    pub(super) fn keep(self, body: Bytes) -> Bytes {
        match self.taken {
            Some(share) => Bytes::from_owner(Kept { body, _share: share }),
            None => body,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn answers_that_drip_hold_up_their_like_alone_and_end() {
        let memory = Memory { wait: Duration::from_millis(20), ..Memory::default() };
        let mut dripping: Vec<Share> = (0..4).map(|_| memory.others()).collect();
        for share in &mut dripping {
            share.grow(OTHERS / 4).await.expect("there is room");
        }
        assert_eq!(memory.others().grow(OTHERS / 4 + FREE + 1).await, Err(FetchErrorKind::NoMemory));
        assert_eq!(memory.others().grow(FREE).await, Ok(()), "small answers need none of it");
        assert_eq!(memory.proven().grow(PROVEN).await, Ok(()));
    }

    #[tokio::test]
    async fn an_answer_gives_its_memory_back_with_its_last_holder() {
        let memory = Memory { wait: Duration::from_millis(20), ..Memory::default() };
        let mut share = memory.others();
        share.grow(OTHERS).await.expect("there is room");
        let body = share.keep(Bytes::from_static(b"x"));
        let same = body.clone();
        drop(body);
        assert_eq!(memory.others().grow(OTHERS).await, Err(FetchErrorKind::NoMemory));
        drop(same);
        assert_eq!(memory.others().grow(OTHERS).await, Ok(()));
    }
}
