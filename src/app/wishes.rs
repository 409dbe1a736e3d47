//! The loop that answers wishes: watches of pages that take longer to be read than anybody waits in a chat.

use std::sync::Arc;
use std::time::Duration;

use crate::commands::Commands;
use crate::engine::{Heartbeats, Stop};

/// It looks this often: a page that was read is watched within a second.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Answers wishes until the stop.
pub(super) async fn answer(inbox: Arc<Commands>, heartbeats: Heartbeats, mut stop: Stop) {
    while !stop.is_stopped() {
        heartbeats.beat("wishes");
        if let Err(error) = inbox.answer_wishes().await {
            tracing::error!(%error, "wishes not answered, retrying");
        }
        stop.sleep(LOOK_EVERY).await;
    }
    heartbeats.end("wishes");
}
