//! Who gets SQLite's one writer next: the way of a restock goes before everything else.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// So many urgent ones may pass in a row while another waits; then that one goes: leases must be renewed and polls be
/// written down also while thousands are notified.
const IN_A_ROW: usize = 16;

/// The queue before the writer.
#[derive(Debug, Clone)]
pub(super) struct Turns {
    writer: Arc<Semaphore>,
    /// Who waits: others, urgent ones.
    waiting: Arc<[AtomicUsize; 2]>,
    /// Urgent ones in a row that had it last.
    passed: Arc<AtomicUsize>,
}

/// The writer is ours until this is dropped.
pub(super) type WriterTurn = Arc<OwnedSemaphorePermit>;

impl Default for Turns {
    fn default() -> Self {
        Self { writer: Arc::new(Semaphore::new(1)), waiting: Arc::default(), passed: Arc::default() }
    }
}

/// Somebody who waits, until they have it or give up.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Turns {
    pub(super) async fn take(&self, urgent: bool) -> WriterTurn {
        let _waiting = Waiting::new(&self.waiting[usize::from(urgent)]);
        loop {
            let turn = self.next().await;
            let passed = self.passed.load(Ordering::SeqCst);
            let is_their_turn = if urgent { passed >= IN_A_ROW } else { passed < IN_A_ROW };
            if is_their_turn && self.waiting[usize::from(!urgent)].load(Ordering::SeqCst) > 0 {
                // The semaphore is a queue: whoever lets go of it and asks anew stands behind all who wait.
                drop(turn);
                continue;
            }
            self.passed.store(if urgent { passed + 1 } else { 0 }, Ordering::SeqCst);
            return turn;
        }
    }

    async fn next(&self) -> WriterTurn {
        let turn = Arc::clone(&self.writer).acquire_owned().await;
        Arc::new(turn.expect("nobody closes this semaphore"))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// In which order they get the writer that came in this order while somebody had it.
    async fn order(came: &[bool]) -> String {
        let turns = Turns::default();
        let held = turns.take(false).await;
        let got = Arc::new(Mutex::new(String::new()));
        let mut tasks = Vec::new();
        for urgent in came.iter().copied() {
            let (turns, got) = (turns.clone(), Arc::clone(&got));
            tasks.push(tokio::spawn(async move {
                let _turn = turns.take(urgent).await;
                got.lock().expect("no test panics with it").push(if urgent { 'u' } else { 'n' });
            }));
            tokio::task::yield_now().await;
        }
        drop(held);
        for task in tasks {
            task.await.expect("it ended");
        }
        got.lock().expect("no test panics with it").clone()
    }

    #[tokio::test]
    async fn the_way_of_a_restock_goes_first_however_many_wait() {
        let mut came = vec![false; 50];
        came.extend([true; 3]);
        assert_eq!(order(&came).await, format!("uuu{}", "n".repeat(50)));
    }

    #[tokio::test]
    async fn in_a_storm_of_alerts_others_still_get_their_turn() {
        let mut came = vec![false];
        came.extend([true; 40]);
        let order = order(&came).await;
        assert_eq!(order.find('n'), Some(IN_A_ROW), "{order}");
    }
}
