//! Somebody outside hears each minute that we live (`COATCHECK_HEARTBEAT_URL`), and notices when that ends.

use std::time::Duration;

use url::Url;

use super::super::heartbeat::Heartbeats;
use super::super::stop::Stop;

/// It says so this often.
const EVERY: Duration = Duration::from_secs(60);
/// Who is asked has this long.
const PING_TIMEOUT: Duration = Duration::from_secs(10);

/// The address that is asked.
#[derive(Debug)]
pub struct Outside {
    http: reqwest::Client,
    url: Url,
}

impl Outside {
    /// It asks this address, through this client.
    #[must_use]
    pub fn new(http: reqwest::Client, url: Url) -> Self {
        Self { http, url }
    }

    /// Asks, if all loops tick. Says whether it did.
    pub async fn tick(&self, heartbeats: &Heartbeats) -> bool {
        let stuck = heartbeats.stuck();
        if !stuck.is_empty() {
            tracing::error!(loops = stuck.join(", "), "heartbeat URL not called: loops hang");
            return false;
        }
        let asked = self.http.get(self.url.clone()).timeout(PING_TIMEOUT).send().await;
        match asked.and_then(reqwest::Response::error_for_status) {
            Ok(_) => {}
            // The address may hold a secret.
            Err(error) => tracing::warn!(error = %error.without_url(), "heartbeat URL could not be called"),
        }
        true
    }

    pub(super) async fn run(self, heartbeats: Heartbeats, mut stop: Stop) {
        while !stop.is_stopped() {
            tokio::select! {
                _ = self.tick(&heartbeats) => {}
                () = stop.stopped() => {}
            }
            stop.sleep(EVERY).await;
        }
    }
}
