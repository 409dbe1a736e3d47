//! Listening to one platform: one process at a time, again whenever the connection ends, with its commands registered.

use std::convert::Infallible;
use std::time::Duration;

use coatcheck_bots::Trouble;
use tokio::time::Instant;

use super::inbound::{FIRST_WAIT, InboundWorker, LONGEST_WAIT, backoff};
use super::stop::Stop;
use crate::store::db::lease::Lease;
use crate::store::outbox::incident::RECEIVER_DEAF;

/// One process listens for a platform; it is free this long after it was last heard of.
const LEASE: Duration = Duration::from_secs(15);
/// It says so this often.
const RENEW: Duration = Duration::from_secs(5);
/// A connection that ends so often in a row, each time within [`SHORT_LIVED`], is trouble.
const FAILURES: u32 = 3;
/// One that went silent is noticed after some two minutes.
const SHORT_LIVED: Duration = Duration::from_secs(5 * 60);

impl InboundWorker {
    /// Listens whenever nobody else does, and again whenever the connection ends.
    pub(super) async fn listen(self, mut stop: Stop) {
        let (mut wait, mut failures, mut lasted) = (FIRST_WAIT, 0, Duration::ZERO);
        while !stop.is_stopped() {
            let Some(lease) = self.lease().await else {
                stop.sleep(RENEW).await;
                continue;
            };
            let began = Instant::now();
            let ended = self.listen_while_held(&lease, &mut stop, proven_after(lasted)).await;
            if stop.is_stopped() {
                // What is not given back runs out by itself.
                let _ = self.db.release_lease(&lease).await;
                return;
            }
            lasted = began.elapsed();
            failures = if lasted <= SHORT_LIVED { failures + 1 } else { 1 };
            wait = if lasted <= LONGEST_WAIT { (wait * 2).min(LONGEST_WAIT) } else { FIRST_WAIT };
            self.note_end(&ended, failures).await;
            stop.sleep(self.after(ended, wait)).await;
        }
    }

    async fn lease(&self) -> Option<Lease> {
        let asked = self.db.take_lease(&self.lease_name(), &self.holder, LEASE).await;
        asked.unwrap_or_else(|error| {
            tracing::error!(%error, platform = self.name(), "listening waits for the store: {error}");
            None
        })
    }

    fn lease_name(&self) -> String {
        format!("lane:receive:{}", self.name())
    }

    async fn listen_while_held(&self, lease: &Lease, stop: &mut Stop, proven: Duration) -> Result<(), Trouble> {
        tokio::select! {
            ended = self.receiver.listen(self) => ended,
            never = self.register() => match never {},
            never = self.note_health(proven) => match never {},
            () = self.keep(lease) => Ok(()),
            () = stop.stopped() => Ok(()),
        }
    }

    /// Registers the commands, again and again until the platform has taken them. People are listened to meanwhile.
    async fn register(&self) -> Infallible {
        let mut failures = 0;
        while let Err(trouble) = self.receiver.register().await {
            failures += 1;
            let wait = trouble.after.unwrap_or_default().max(backoff(FIRST_WAIT, failures));
            tracing::warn!(platform = self.name(), %trouble, ?wait, "command registration failed, retrying");
            tokio::time::sleep(wait).await;
        }
        std::future::pending().await
    }

    /// A connection that ends again and again, or for good, is an incident: operators see it in `doctor` and `/status`.
    async fn note_end(&self, ended: &Result<(), Trouble>, failures: u32) {
        let Err(trouble) = ended else { return };
        if failures < FAILURES && !trouble.fatal {
            return;
        }
        if let Err(error) = self.db.open_incident(RECEIVER_DEAF, self.name(), &trouble.why).await {
            tracing::error!(%error, platform = self.name(), "incident not stored");
        }
    }

    /// Ends the incident as soon as the connection is healthy, and has proven to last.
    async fn note_health(&self, proven: Duration) -> Infallible {
        let mut is_noted = false;
        tokio::time::sleep(proven).await;
        loop {
            tokio::time::sleep(RENEW).await;
            if self.receiver.trouble().is_some() {
                is_noted = false;
            } else if !is_noted {
                is_noted = self.db.close_incident(RECEIVER_DEAF, self.name()).await.is_ok();
            }
        }
    }

    /// Keeps the lease; ends when it is lost.
    async fn keep(&self, lease: &Lease) {
        let mut known = Instant::now();
        while known.elapsed() < LEASE {
            tokio::time::sleep(RENEW).await;
            let asked = Instant::now();
            match self.db.take_lease(&lease.name, &self.holder, LEASE).await {
                Ok(Some(renewed)) if renewed.epoch == lease.epoch => known = asked,
                Ok(_) => return,
                Err(error) => tracing::warn!(%error, "a lease could not be renewed: {error}"),
            }
        }
    }

    /// How long to wait before listening again.
    fn after(&self, ended: Result<(), Trouble>, wait: Duration) -> Duration {
        let name = self.name();
        let jittered = wait.mul_f64(0.75 + self.rng.draw() / 2.0);
        match ended {
            Ok(()) => jittered,
            Err(trouble) if trouble.fatal => {
                tracing::error!(platform = name, "{name} is not connected: {trouble}");
                LONGEST_WAIT
            }
            Err(trouble) => {
                let wait = trouble.after.unwrap_or(jittered);
                tracing::warn!(platform = name, "{name} will be connected again in {wait:?}: {trouble}");
                wait
            }
        }
    }
}

/// A connection that looks well after one that went silent is believed only when it outlives that.
fn proven_after(lasted: Duration) -> Duration {
    if (LONGEST_WAIT..=SHORT_LIVED).contains(&lasted) { lasted } else { Duration::ZERO }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_goes_silent_again_and_again_is_not_taken_for_healthy_in_between() {
        let seconds = Duration::from_secs;
        assert_eq!(proven_after(seconds(1)), Duration::ZERO, "it was refused, and comes back well");
        assert_eq!(proven_after(seconds(130)), seconds(130), "it was silent: three heartbeats without an answer");
        assert_eq!(proven_after(seconds(3600)), Duration::ZERO, "platforms send one away now and then");
    }
}
