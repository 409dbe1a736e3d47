//! The watchdog's wiring: what it looks at, and through what it speaks.

use std::sync::Arc;

use coatcheck_bots::console::Output;
use secrecy::ExposeSecret;

use super::loops::Loops;
use super::{App, disk, log};
use crate::engine::watchdog::{Direct, Outside, Own, Watchdog, beside};
use crate::engine::{Heartbeats, Stop};

impl App {
    pub(super) fn spawn_watchdog(&self, output: Output, heartbeats: &Heartbeats, stop: &Stop, loops: &mut Loops) {
        let url = self.settings.database_url.clone();
        let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let name = format!("{name} ({})", std::process::id());
        let own = Own::new(
            name.clone(),
            heartbeats.clone(),
            Arc::new(log::errors_logged),
            Arc::new(move || disk::room(&url)),
        );
        let operators = self.settings.operators.0.clone();
        let editable = self.platforms.editable();
        let watchdog = Watchdog::new(self.db.clone(), operators.clone(), editable, own, self.holder());
        loops.spawn("watchdog", watchdog.run(heartbeats.clone(), stop.clone()));
        let direct = Direct::new(self.db.clone(), self.channels(output), operators, name);
        loops.spawn("direct", beside(direct, self.outside(), heartbeats.clone(), stop.clone()));
    }

    fn outside(&self) -> Option<Outside> {
        let url = self.settings.heartbeat_url.as_ref()?.expose_secret().parse().ok()?;
        match super::platforms::client() {
            Ok(http) => Some(Outside::new(http, url)),
            Err(error) => {
                tracing::error!(%error, "heartbeat URL cannot be called");
                None
            }
        }
    }
}
