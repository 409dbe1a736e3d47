//! Work that keeps a processor busy or fills memory, done apart from the threads on which everything else waits, and
//! never more of it at once than there is memory for.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::error::ReadError;

/// Work that takes no more memory is done at once: handing it over would take longer.
const SMALL: usize = 256 * 1024;
/// Memory of all larger pieces of work at once.
const ALL: usize = 128 * 1024 * 1024;
/// What memory is counted in.
const UNIT: usize = 1024;

/// Where documents are read.
#[derive(Debug, Clone)]
pub(super) struct Desk {
    memory: Arc<Semaphore>,
}

impl Default for Desk {
    fn default() -> Self {
        Self { memory: Arc::new(Semaphore::new(ALL / UNIT)) }
    }
}

impl Desk {
    /// Does work that takes so many bytes of memory.
    ///
    /// # Errors
    /// The work's own, and when it panics: a document that no reader survives is an error of its source, with backoff and
    /// words for people, and stops nobody else.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        bytes: usize,
        work: impl FnOnce() -> Result<T, ReadError> + Send + 'static,
    ) -> Result<T, ReadError> {
        if bytes <= SMALL {
            return std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or_else(|_| Err(broken()));
        }
        let share = u32::try_from(bytes.min(ALL) / UNIT).unwrap_or(u32::MAX);
        // Kept by the work itself, which goes on when nobody waits for it any more. The desk is never closed.
        let memory = Arc::clone(&self.memory).acquire_many_owned(share).await.ok();
        let done = tokio::task::spawn_blocking(move || {
            let _memory = memory;
            work()
        });
        done.await.unwrap_or_else(|_| Err(broken()))
    }
}

/// The panic itself has been logged where it happened.
fn broken() -> ReadError {
    ReadError::shape("the document", "the reader failed on it; this is a bug, please report it with the address")
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
    async fn no_more_large_documents_are_read_at_once_than_there_is_memory_for() {
        let (desk, now, most) = (Desk::default(), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let reads = (0..12).map(|_| {
            let (now, most) = (Arc::clone(&now), Arc::clone(&most));
            desk.read(ALL / 3, move || {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(20));
                now.fetch_sub(1, Ordering::SeqCst);
                Ok(())
            })
        });
        assert!(futures_util::future::join_all(reads).await.iter().all(Result::is_ok));
        assert!(most.load(Ordering::SeqCst) <= 3, "{most:?}");
    }

    #[tokio::test]
    async fn a_reader_that_panics_is_an_error_of_its_source() {
        for bytes in [SMALL, SMALL + 1] {
            let broken = Desk::default().read::<()>(bytes, || panic!("a mistake")).await;
            assert!(broken.is_err_and(|error| error.to_string().contains("this is a bug")));
        }
    }
}
