//! The end of the service, told to all loops at once.

use std::time::Duration;

use tokio::sync::watch;

/// Tells the loops to stop.
#[derive(Debug)]
pub struct Stopper(watch::Sender<bool>);

/// What a loop looks at.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<bool>);

impl Stopper {
    /// A pair that has not stopped.
    #[must_use]
    pub fn pair() -> (Self, Stop) {
        let (sender, receiver) = watch::channel(false);
        (Self(sender), Stop(receiver))
    }

    /// Tells them.
    pub fn stop(&self) {
        // Nobody listening means that everybody has stopped.
        let _ = self.0.send(true);
    }
}

impl Stop {
    /// Is it time to stop? A stopper that is gone means yes.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        *self.0.borrow() || self.0.has_changed().is_err()
    }

    /// Waits until it is.
    pub async fn stopped(&mut self) {
        // An error means that the stopper is gone, which is a stop as well.
        let _ = self.0.wait_for(|stopped| *stopped).await;
    }

    /// Waits, but no longer than until the stop.
    pub async fn sleep(&mut self, time: Duration) {
        tokio::select! {
            () = tokio::time::sleep(time) => {}
            () = self.stopped() => {}
        }
    }
}
