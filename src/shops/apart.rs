//! Work that keeps a processor busy, done apart from the threads on which everything else waits.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::error::ReadError;

/// Documents up to this size are read at once: handing them over would take longer.
const SMALL: usize = 64 * 1024;
/// Large documents that are read at the same time. As a tree, one takes ten times its bytes.
const AT_ONCE: usize = 4;

/// Where documents are read.
#[derive(Debug, Clone)]
pub(super) struct Desk {
    seats: Arc<Semaphore>,
}

impl Default for Desk {
    fn default() -> Self {
        Self { seats: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Desk {
    /// Does the work on so many bytes.
    ///
    /// # Errors
    /// The work's own, and when it breaks down: a document that no reader survives is an error of its source, with
    /// backoff and words for people, and stops nobody else.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        bytes: usize,
        work: impl FnOnce() -> Result<T, ReadError> + Send + 'static,
    ) -> Result<T, ReadError> {
        if bytes <= SMALL {
            return work();
        }
        // Kept by the work itself, which goes on when nobody waits for it any more. The desk is never closed.
        let seat = Arc::clone(&self.seats).acquire_owned().await.ok();
        let done = tokio::task::spawn_blocking(move || {
            let _seat = seat;
            work()
        });
        done.await.unwrap_or_else(|error| {
            tracing::error!(%error, "a reader broke down: {error}");
            Err(ReadError::shape("the document", "the reader broke down on it; this is a mistake of ours, report it"))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn large_documents_do_not_hold_up_those_who_wait() {
        let desk = Desk::default();
        let (done, wait) = std::sync::mpsc::channel::<()>();
        let large = desk.read(SMALL + 1, move || {
            // Only the thread that waits below can end this.
            wait.recv_timeout(Duration::from_secs(60)).map_err(|_| ReadError::shape("the thread", "was held up"))
        });
        let meanwhile = async {
            tokio::task::yield_now().await;
            done.send(()).expect("it waits");
        };
        assert_eq!(tokio::join!(large, meanwhile).0, Ok(()));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn only_a_few_large_documents_are_read_at_once() {
        let (desk, now, most) = (Desk::default(), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let reads = (0..AT_ONCE * 4).map(|_| {
            let (now, most) = (Arc::clone(&now), Arc::clone(&most));
            desk.read(SMALL + 1, move || {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(20));
                now.fetch_sub(1, Ordering::SeqCst);
                Ok(())
            })
        });
        assert!(futures_util::future::join_all(reads).await.iter().all(Result::is_ok));
        assert!(most.load(Ordering::SeqCst) <= AT_ONCE, "{most:?}");
    }

    #[tokio::test]
    async fn a_reader_that_breaks_down_is_an_error_of_its_source() {
        let broken = Desk::default().read::<()>(SMALL + 1, || panic!("a mistake")).await;
        assert!(broken.is_err_and(|error| error.to_string().contains("broke down")));
    }
}
