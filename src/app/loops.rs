//! The service's loops as tasks. None ends unnoticed: one that ends before the stop, or panics, ends the service.

use std::borrow::Cow;
use std::collections::HashMap;
use std::time::Duration;

use tokio::task::{Id, JoinError, JoinSet};

use crate::engine::Heartbeats;

/// A loop that ended although nobody told it to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the {name} loop {how}; the service stops, start it again")]
pub struct LoopEnded {
    /// Which.
    pub name: Cow<'static, str>,
    /// What became of it.
    pub how: String,
}

/// Loops that run.
#[derive(Debug)]
pub(super) struct Loops {
    tasks: JoinSet<()>,
    names: HashMap<Id, Cow<'static, str>>,
    heartbeats: Heartbeats,
}

impl Loops {
    pub(super) fn new(heartbeats: Heartbeats) -> Self {
        Self { tasks: JoinSet::new(), names: HashMap::new(), heartbeats }
    }

    pub(super) fn spawn(
        &mut self,
        name: impl Into<Cow<'static, str>>,
        task: impl Future<Output = ()> + Send + 'static,
    ) {
        let name = name.into();
        #[cfg(debug_assertions)]
        let task = breakable(name.clone(), task);
        let id = self.tasks.spawn(task).id();
        self.names.insert(id, name);
    }

    /// Waits until one ends. Called before the stop: after it, all do.
    pub(super) async fn ended(&mut self) -> LoopEnded {
        let Some(ended) = self.tasks.join_next_with_id().await else { return std::future::pending().await };
        let (id, how) = match ended {
            Ok((id, ())) => (id, "ended by itself".to_owned()),
            Err(error) => (error.id(), how(error)),
        };
        let name = self.names.remove(&id).unwrap_or_default();
        self.heartbeats.ended(name.clone());
        LoopEnded { name, how }
    }

    /// Waits for the rest of them, and cuts those that are not done after `patience`.
    pub(super) async fn finish(mut self, patience: Duration) {
        let all = async {
            while let Some(ended) = self.tasks.join_next_with_id().await {
                let id = match ended {
                    Ok((id, ())) => id,
                    Err(error) => {
                        let id = error.id();
                        let name = self.names.get(&id).cloned().unwrap_or_default();
                        tracing::error!(%name, "loop failed while stopping: {}", how(error));
                        id
                    }
                };
                self.names.remove(&id);
            }
        };
        if tokio::time::timeout(patience, all).await.is_err() {
            let mut left: Vec<&str> = self.names.values().map(AsRef::as_ref).collect();
            left.sort_unstable();
            tracing::warn!(loops = left.join(", "), "loops cut at stop");
            self.tasks.shutdown().await;
        }
    }
}

/// A fault for tests, which no release has: the loop that `COATCHECK_BREAK_LOOP` names panics after a second.
#[cfg(debug_assertions)]
async fn breakable(name: Cow<'static, str>, task: impl Future<Output = ()> + Send) {
    if std::env::var("COATCHECK_BREAK_LOOP").is_ok_and(|broken| broken == name) {
        let ended = tokio::time::timeout(Duration::from_secs(1), task).await;
        assert!(ended.is_ok(), "broken on purpose");
    } else {
        task.await;
    }
}

fn how(error: JoinError) -> String {
    let Ok(panic) = error.try_into_panic() else { return "was cut".to_owned() };
    let words = panic.downcast_ref::<&str>().map(ToString::to_string);
    let words = words.or_else(|| panic.downcast_ref::<String>().cloned());
    words.map_or_else(|| "panicked".to_owned(), |words| format!("panicked: {words}"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use coatcheck_domain::clock::ManualClock;

    use super::*;

    fn loops() -> (Loops, Heartbeats) {
        let clock = ManualClock::at(chrono::DateTime::UNIX_EPOCH);
        let heartbeats = Heartbeats::new(Arc::new(clock));
        (Loops::new(heartbeats.clone()), heartbeats)
    }

    #[tokio::test]
    async fn a_loop_that_panics_is_named_and_no_longer_healthy() {
        let (mut loops, heartbeats) = loops();
        loops.spawn("poll", std::future::pending());
        loops.spawn("send", async { panic!("no such row") });
        let ended = loops.ended().await;
        insta::assert_snapshot!(ended, @"the send loop panicked: no such row; the service stops, start it again");
        assert_eq!(heartbeats.stuck(), ["send"]);
    }

    #[tokio::test]
    async fn a_loop_that_ends_by_itself_is_named() {
        let (mut loops, heartbeats) = loops();
        loops.spawn("fanout", async {});
        insta::assert_snapshot!(loops.ended().await, @"the fanout loop ended by itself; the service stops, start it again");
        assert_eq!(heartbeats.stuck(), ["fanout"]);
    }

    #[tokio::test]
    async fn a_stop_does_not_wait_for_a_loop_that_hangs() {
        let (mut loops, _) = loops();
        loops.spawn("poll", async {});
        loops.spawn("send", std::future::pending());
        loops.finish(Duration::from_millis(20)).await;
    }
}
