//! Requests of a platform that wait for their answer while it is made elsewhere: the answer stands in the response if
//! it is there soon, else it follows by a request of our own.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::Receipt;

/// Who waits, by the platform's id of what was brought.
pub(crate) struct Callers<K, A>(Mutex<HashMap<K, oneshot::Sender<A>>>);

impl<K, A> Default for Callers<K, A> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash + Clone, A> Callers<K, A> {
    /// Waits for the answer to `id` once `stored` has ended well, for `patience` at most.
    pub(crate) async fn wait<E>(
        &self,
        id: K,
        stored: impl Future<Output = Result<Receipt, E>>,
        patience: Duration,
    ) -> Result<Option<A>, E> {
        let (tell, mut told) = oneshot::channel();
        // Whoever brings it a second time must not take the answer from the first.
        if self.is_waited_for(&id, tell) {
            return stored.await.map(|_| None);
        }
        let stored = stored.await;
        let mut answer = None;
        if matches!(stored, Ok(Receipt::First)) {
            answer = tokio::time::timeout(patience, &mut told).await.ok().and_then(Result::ok);
        }
        self.lock().remove(&id);
        // The answer may have come at the last moment: nobody else has it.
        told.close();
        stored.map(|_| answer.or_else(|| told.try_recv().ok()))
    }

    /// Does somebody wait for it already? If not, `tell` does from now on.
    fn is_waited_for(&self, id: &K, tell: oneshot::Sender<A>) -> bool {
        let mut callers = self.lock();
        let is_waited_for = callers.contains_key(id);
        if !is_waited_for {
            callers.insert(id.clone(), tell);
        }
        is_waited_for
    }

    /// Answers who waits. `false`: nobody does any more.
    pub(crate) fn tell(&self, id: &K, answer: A) -> bool {
        let caller = self.lock().remove(id);
        caller.is_some_and(|caller| caller.send(answer).is_ok())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, oneshot::Sender<A>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
