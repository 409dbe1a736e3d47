//! The way to the operators that needs no database: from memory, straight through a channel.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use coatcheck_bots::message::{Message, Notice};
use coatcheck_bots::{Envelope, words};
use coatcheck_domain::delivery::SendOutcome;
use coatcheck_domain::{Clock, Destination};

use super::super::heartbeat::Heartbeats;
use super::super::send::Channels;
use super::super::stop::Stop;
use crate::store::Db;

/// It looks this often.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// A database that fails for less is only logged.
const LASTING: Duration = Duration::from_secs(10);
/// While it lasts it is told this often.
const BETWEEN: Duration = Duration::from_secs(600);
/// One operator's channel has this long.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);

/// Tells operators that the database fails.
pub struct Direct {
    db: Db,
    clock: Arc<dyn Clock>,
    channels: Channels,
    operators: Vec<Destination>,
    /// Which instance speaks.
    name: String,
    since: Option<Duration>,
    told_at: Option<Duration>,
}

impl fmt::Debug for Direct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Direct({} operators)", self.operators.len())
    }
}

impl Direct {
    /// One that speaks through these channels. A webhook needs a secret that only the database knows, so it is passed over.
    #[must_use]
    pub fn new(db: Db, channels: Channels, operators: Vec<Destination>, name: String) -> Self {
        let operators = operators.into_iter().filter(|one| !matches!(one, Destination::Webhook(_))).collect();
        let clock = db.clock();
        Self { db, clock, channels, operators, name, since: None, told_at: None }
    }

    /// Tells what has to be told now. Says whether an operator took something.
    pub async fn tick(&mut self) -> bool {
        let now = self.clock.monotonic();
        let Some(why) = self.db.trouble().now() else { return self.over(now).await };
        let since = *self.since.get_or_insert(now);
        let is_due = self.told_at.is_none_or(|at| now.saturating_sub(at) >= BETWEEN);
        if now.saturating_sub(since) < LASTING || !is_due {
            return false;
        }
        let why = words::sentence(&words::plain(&why));
        let text = format!(
            "⚠ CoatCheck on {} cannot store anything. {why}.\nAlerts wait until it can. Check the database and its disk: \
             coatcheck doctor.",
            self.name
        );
        let is_told = self.tell(&text).await;
        // One that nobody took is tried again a little later, not at once.
        self.told_at = if is_told { Some(now) } else { Some((now + Duration::from_secs(30)).saturating_sub(BETWEEN)) };
        is_told
    }

    async fn over(&mut self, now: Duration) -> bool {
        let (since, told_at) = (self.since.take(), self.told_at.take());
        let (Some(since), Some(_)) = (since, told_at) else { return false };
        let lasted = words::lasting(now.saturating_sub(since));
        self.tell(&format!("✓ CoatCheck on {} can store again, after {lasted}. Alerts go on.", self.name)).await
    }

    /// The first operator that takes it.
    async fn tell(&self, text: &str) -> bool {
        for operator in &self.operators {
            let Some(channel) = self.channels.get(operator.channel()) else { continue };
            let envelope = Envelope {
                key: format!("direct:{}:{}", self.name, self.clock.now().timestamp_micros()),
                destination: operator.clone(),
                secret: None,
                message: Message::Notice(Notice { text: text.to_owned() }),
                manage: None,
                buttons: Vec::new(),
            };
            let sent = tokio::time::timeout(SEND_TIMEOUT, channel.send(&envelope)).await;
            if matches!(sent, Ok(SendOutcome::Sent { .. })) {
                tracing::info!(operator = %operator, "operator notified directly");
                return true;
            }
            tracing::warn!(operator = %operator, ?sent, "operator could not be notified directly");
        }
        false
    }

    /// Ticks until the stop.
    pub(super) async fn run(mut self, heartbeats: Heartbeats, mut stop: Stop) {
        while !stop.is_stopped() {
            heartbeats.beat("direct");
            tokio::select! {
                _ = self.tick() => {}
                () = stop.stopped() => {}
            }
            stop.sleep(LOOK_EVERY).await;
        }
        heartbeats.end("direct");
    }
}
