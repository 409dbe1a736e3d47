//! The service: its roles as loops, until a signal; then claims are handed back.

use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use coatcheck_bots::console::Output;
use coatcheck_domain::poll::INTERVAL_FLOOR;
use tokio::net::TcpListener;
use url::Url;

use super::loops::{LoopEnded, Loops};
use super::{App, lock_service};
use crate::commands::Commands;
use crate::engine::clock_watch::ClockWatch;
use crate::engine::fallback::Fallback;
use crate::engine::fanout::Fanout;
use crate::engine::housekeeping::Housekeeping;
use crate::engine::rooms::Rooms;
use crate::engine::{Heartbeats, Stop, Stopper};
use crate::store::lock::ServiceLock;
use crate::store::outbox::fanout::FanoutRules;
use crate::store::{Db, StoreError};
use crate::web::{self, Desk, Ways, Web};

/// What a service does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Polls shops.
    Poll,
    /// Turns restocks into deliveries.
    Fanout,
    /// Sends deliveries.
    Send,
    /// Receives commands from chats and answers them.
    Receive,
    /// Answers over HTTP.
    Web,
    /// Tells operators of trouble.
    Watchdog,
}

impl Role {
    /// Every role that exists.
    pub const ALL: [Self; 6] = [Self::Poll, Self::Fanout, Self::Send, Self::Receive, Self::Web, Self::Watchdog];

    fn as_str(self) -> &'static str {
        match self {
            Self::Poll => "poll",
            Self::Fanout => "fanout",
            Self::Send => "send",
            Self::Receive => "receive",
            Self::Web => "web",
            Self::Watchdog => "watchdog",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|role| role.as_str() == word).ok_or_else(|| {
            format!("there is no role {word:?}; there are poll, fanout, send, receive, web and watchdog")
        })
    }
}

/// Why the service did not start.
#[derive(Debug, thiserror::Error)]
pub enum NotServing {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The address to listen on.
    #[error("LISTEN_ADDR {address} cannot be used: {why}")]
    Listen {
        /// The setting.
        address: SocketAddr,
        /// What the system said.
        why: std::io::Error,
    },
}

/// Loops get this long to end when the service stops: with what follows, less than the 10 s after which whoever stops
/// services loses patience.
const FAREWELL: Duration = Duration::from_secs(8);

/// The database has this long to take a last note.
const NOTING: Duration = Duration::from_secs(2);

/// A running service.
#[derive(Debug)]
pub struct Serving {
    stopper: Stopper,
    loops: Loops,
    listening: Option<SocketAddr>,
    db: Db,
    _lock: Option<ServiceLock>,
}

impl App {
    /// Starts the loops of these roles. Alerts to `console:` are printed to `output`.
    ///
    /// # Errors
    /// When another service holds the database or the address, or the database is newer than this version.
    pub async fn serve(&self, roles: &BTreeSet<Role>, output: Output) -> Result<Serving, NotServing> {
        let files = super::files::allow_all();
        let lock = lock_service(&self.settings.database_url).await?;
        self.db.migrate().await?;
        if lock.is_some() {
            self.begin_alone().await?;
        }
        self.begin_admission().await?;
        let inbox = Arc::new(self.inbox());
        let (stopper, stop) = Stopper::pair();
        let heartbeats = Heartbeats::new(Arc::clone(&self.clock));
        let loops = Loops::new(heartbeats.clone());
        let mut serving = Serving { stopper, loops, listening: None, db: self.db.clone(), _lock: lock };
        if roles.contains(&Role::Web) {
            let address = self.settings.listen_addr;
            let listener = TcpListener::bind(address).await.map_err(|why| NotServing::Listen { address, why })?;
            serving.listening = listener.local_addr().ok();
            let (router, live) = self.web(&heartbeats, files, &inbox).start(self.webhooks(&inbox), stop.clone());
            serving.loops.spawn("web", web::run(listener, router, connections(files), stop.clone()));
            serving.loops.spawn("live", live);
        }
        let watch = ClockWatch::new(self.db.clone(), Arc::clone(&self.steady), serving._lock.is_some());
        serving.loops.spawn("clock", watch.run(heartbeats.clone(), stop.clone()));
        self.spawn_loops(roles, output, &heartbeats, &stop, &mut serving.loops);
        if roles.contains(&Role::Receive) {
            for worker in self.inbound_workers(&inbox) {
                serving.loops.spawn(worker.name(), worker.run(heartbeats.clone(), stop.clone()));
            }
            serving.loops.spawn("wishes", super::wishes::answer(Arc::clone(&inbox), heartbeats.clone(), stop.clone()));
        }
        if let Some(manager) = super::systemd::Manager::found() {
            serving.loops.spawn("manager", manager.tell(heartbeats, stop));
        }
        Ok(serving)
    }

    fn web(&self, heartbeats: &Heartbeats, files: Option<u64>, commands: &Arc<Commands>) -> Web {
        Web {
            db: self.db.clone(),
            heartbeats: heartbeats.clone(),
            zone: self.settings.time_zone,
            public_url: self.settings.public_url.clone(),
            http: self.http.clone(),
            guard: Arc::clone(&self.guard),
            contact: self.settings.contact.clone(),
            ways: self.ways(),
            commands: Arc::clone(commands),
            push_key: self.push_key(),
            open_pages: open_pages(files),
            desk: Desk {
                tracking: self.tracking(),
                shops: Arc::clone(&self.shops),
                rng: Arc::clone(&self.rng),
                expire_after: self.settings.expire_after,
            },
            password: self.settings.admin_password.clone(),
        }
    }

    /// Where people can say what they wait for.
    fn ways(&self) -> Ways {
        Ways { text_to: self.settings.text_number(), by_invitation: self.settings.invite.is_some() }
    }

    /// What the one service of an SQLite file does first: what an earlier one held is free.
    async fn begin_alone(&self) -> Result<(), StoreError> {
        self.note_crash().await?;
        self.db.free_all_leases().await?;
        let moved = self.db.settle_future().await?;
        if moved > 0 {
            tracing::warn!(moved, "clock was set back while the service was stopped, planned times moved");
        }
        let is_own = |url: &str| Url::parse(url).is_ok_and(|url| self.guard.is_allowed_host(&url));
        self.db.make_due(is_own, INTERVAL_FLOOR).await?;
        Ok(())
    }

    /// Of a service that stopped as it should, no instance is left.
    async fn note_crash(&self) -> Result<(), StoreError> {
        if self.db.has_instances().await? {
            let text = "The service was started again; before that it had ended without stopping properly";
            self.db.note_incident("restarted", "service", text).await?;
        }
        Ok(())
    }

    /// Whoever watches something when an invite word is first set is let in.
    async fn begin_admission(&self) -> Result<(), StoreError> {
        let admitted = self.db.begin_admission(self.settings.invite.is_some()).await?;
        if admitted > 0 {
            tracing::info!(admitted, "invite code set: existing watchers admitted");
        }
        Ok(())
    }

    fn spawn_loops(
        &self,
        roles: &BTreeSet<Role>,
        output: Output,
        heartbeats: &Heartbeats,
        stop: &Stop,
        loops: &mut Loops,
    ) {
        let (db, mut until) = (self.db.clone(), stop.clone());
        loops.spawn("notifications", async move {
            tokio::select! {
                () = db.keep_in_touch() => {}
                () = until.stopped() => {}
            }
        });
        if roles.contains(&Role::Poll) {
            loops.spawn("poll", self.poller().run(heartbeats.clone(), stop.clone()));
        }
        if roles.contains(&Role::Fanout) {
            let rules = FanoutRules {
                quiet_for: self.settings.quiet_for,
                expire_after: self.settings.expire_after,
                chunk: FanoutRules::CHUNK,
            };
            let fanout = Fanout::new(self.db.clone(), rules).editing(self.platforms.editable());
            loops.spawn("fanout", fanout.run(heartbeats.clone(), stop.clone()));
        }
        if roles.contains(&Role::Fanout) {
            let fallback = Fallback::new(self.db.clone(), self.settings.fallback_after);
            loops.spawn("fallback", fallback.run(heartbeats.clone(), stop.clone()));
            let (quiet_for, expire_after) = (self.settings.quiet_for, self.settings.expire_after);
            let rooms = Rooms::new(self.db.clone(), self.platforms.editable(), quiet_for, expire_after);
            loops.spawn("rooms", rooms.run(heartbeats.clone(), stop.clone()));
            let housekeeping = Housekeeping::new(self.db.clone());
            loops.spawn("housekeeping", housekeeping.run(heartbeats.clone(), stop.clone()));
        }
        if roles.contains(&Role::Watchdog) {
            self.spawn_watchdog(Arc::clone(&output), heartbeats, stop, loops);
        }
        if roles.contains(&Role::Send) {
            loops.spawn("send", self.sender(output).run(heartbeats.clone(), stop.clone()));
        }
    }
}

impl Serving {
    /// Where it listens, if it does.
    #[must_use]
    pub fn listening(&self) -> Option<SocketAddr> {
        self.listening
    }

    /// Waits until a loop ends that should not.
    pub async fn broken(&mut self) -> LoopEnded {
        let ended = self.loops.ended().await;
        // Operators hear of it from the next start. What cannot be written down is in the log.
        let words = ended.to_string();
        let _ = tokio::time::timeout(NOTING, self.db.note_incident("loop_ended", &ended.name, &words)).await;
        ended
    }

    /// Stops all loops and waits until each has handed back what it held, for 8 s at most.
    pub async fn stop(self) {
        self.stopper.stop();
        self.loops.finish(FAREWELL).await;
    }
}

/// HTTP connections at once, where so many files may be open: most are for shops and the database.
fn connections(files: Option<u64>) -> usize {
    const MOST: usize = 512;
    files.and_then(|files| usize::try_from(files / 4).ok()).map_or(MOST, |share| share.clamp(8, MOST))
}

/// Pages that follow by themselves at once: a file each, besides those connections.
fn open_pages(files: Option<u64>) -> usize {
    const MOST: usize = 8192;
    files.and_then(|files| usize::try_from(files / 4).ok()).map_or(MOST, |share| share.clamp(8, MOST))
}
