//! Wiring: settings become a store, readers, channels and loops.

mod clock;
mod console_input;
mod disk;
mod files;
mod guarded;
mod keys;
mod log;
mod loops;
#[cfg(feature = "otlp")]
mod otlp;
mod platforms;
mod pushing;
mod reach;
mod serve;
mod signals;
mod stdout;
mod systemd;
mod watch;
mod wishes;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use coatcheck_bots::Channel;
use coatcheck_bots::console::{Console, Output};
use coatcheck_bots::webhook::Webhook;
use coatcheck_domain::clock::SteadyClock;
use coatcheck_domain::{Clock, SmsRules};
use url::Url;

use crate::commands::{Catalogue, Tracking};
pub use crate::commands::{NotFollowed, SourceOptions};
use crate::config::Settings;
use crate::engine::Rng;
use crate::engine::poll::Poller;
use crate::engine::send::{Channels, Sender};
use crate::shops::{
    ClientOptions, FetchLimits, Fetcher, Guard, Shops, SystemResolver, WorkerLimits, Workers, client, parting,
    user_agent,
};
use crate::store::db::conn::Durability;
use crate::store::db::schema::Standing;
use crate::store::lock::ServiceLock;
use crate::store::{Db, NoFaults, StoreError};

pub use clock::SystemClock;
pub use console_input::read_console;
pub use keys::{KeyPlace, NoKeys, key_place, write as write_keys};
pub use log::{LogLines, NoLog, log_panics, log_to_stderr};
pub use loops::LoopEnded;
use platforms::Platforms;
pub use reach::Reached;
pub use serve::{NotServing, Role, Serving};
pub use signals::Signals;
pub use stdout::Patient;

/// A lock that somebody holds is tried again after this long,
const LOCK_RETRY: Duration = Duration::from_millis(100);
/// and this often: preparing a database takes less than a second.
const LOCK_TRIES: u32 = 20;

/// What commands and services use.
#[derive(Clone)]
pub struct App {
    /// The settings.
    pub settings: Arc<Settings>,
    /// The store.
    pub db: Db,
    /// The readers.
    pub shops: Arc<Shops>,
    /// Checks all addresses that people give.
    pub guard: Arc<Guard>,
    /// Random numbers from the system.
    pub rng: Arc<Rng>,
    /// The system's time, without its jumps until they are adopted.
    pub clock: Arc<dyn Clock>,
    steady: Arc<SteadyClock>,
    http: reqwest::Client,
    platforms: Platforms,
    catalogue: Arc<Catalogue>,
}

/// Why nothing can start.
#[derive(Debug, thiserror::Error)]
pub enum NotOpened {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The HTTP client.
    #[error("the HTTP client cannot be set up: {0}; check COATCHECK_CONTACT")]
    Http(#[from] reqwest::Error),
    /// The keys that phone numbers are sealed with.
    #[error(transparent)]
    Keys(#[from] NoKeys),
    /// Our own file, which worker processes are started from.
    #[error("this program's own file cannot be found: {0}")]
    Executable(std::io::Error),
}

impl App {
    /// Opens the store and makes sure that its schema is the known one: a new or older SQLite file is migrated
    /// unless a service holds it, PostgreSQL only by `migrate` and `serve`.
    ///
    /// # Errors
    /// [`NotOpened`], in words for the person who started it.
    pub async fn open(settings: Settings) -> Result<Self, NotOpened> {
        let app = Self::open_unchecked(settings).await?;
        if app.db.standing().await? != Standing::Current {
            app.migrate_in_turn().await?;
        }
        app.with_keys().await
    }

    /// Migrates an SQLite file, or waits for another command that does. A service of an older version holds the lock for
    /// longer than that.
    async fn migrate_in_turn(&self) -> Result<(), StoreError> {
        for _ in 0..LOCK_TRIES {
            match ServiceLock::take(&self.settings.database_url) {
                Ok(Some(_held)) => return self.db.migrate().await.map(drop),
                Ok(None) => return Err(StoreError::Older),
                Err(StoreError::Locked { .. }) => tokio::time::sleep(LOCK_RETRY).await,
                Err(error) => return Err(error),
            }
            if self.db.standing().await? == Standing::Current {
                return Ok(());
            }
        }
        Err(StoreError::Older)
    }

    /// The same for a service: an older schema is migrated on PostgreSQL, too. Of several that start at once, one does it and
    /// the others wait.
    ///
    /// # Errors
    /// As [`App::open`].
    pub async fn open_to_serve(settings: Settings) -> Result<Self, NotOpened> {
        let app = Self::open_unchecked(settings).await?;
        let lock = lock_service(&app.settings.database_url).await?;
        let steps = app.db.migrate().await?;
        if steps > 0 {
            tracing::info!(steps, "database schema migrated");
        }
        drop(lock);
        app.with_keys().await
    }

    /// The same with the keys, which must be those of this database.
    async fn with_keys(self) -> Result<Self, NotOpened> {
        let is_signed = self.db.is_signed().await.map_err(StoreError::from)?;
        let keys = keys::keys(&self.settings, &self.rng, is_signed)?;
        let db = match keys.clone() {
            Some(keys) => self.db.clone().with_keys(keys),
            None => self.db.clone(),
        };
        db.check_keys().await?;
        let platforms = Platforms::new(&self.settings, keys.as_ref(), &self.clock)?;
        Ok(Self { db, platforms, ..self })
    }

    /// Opens the store as it is.
    ///
    /// # Errors
    /// As [`App::open`].
    pub async fn open_unchecked(settings: Settings) -> Result<Self, NotOpened> {
        let steady = Arc::new(SteadyClock::over(Arc::new(SystemClock::start())));
        let clock: Arc<dyn Clock> = Arc::clone(&steady) as Arc<dyn Clock>;
        let db = Db::open(&settings.database_url, Durability::Full, clock, Arc::new(NoFaults)).await?;
        let db = db.by_database_clock().await.map_err(StoreError::from)?;
        let clock = db.clock();
        let guard = Arc::new(Guard::new(settings.allow_hosts.clone()));
        let (shops, http) = shops(&settings, &guard, &clock)?;
        let db = db.with_sms_rules(sms_rules(&settings));
        let platforms = Platforms::new(&settings, None, &clock)?;
        Ok(Self {
            catalogue: Arc::new(Catalogue::new(db.clone(), Arc::clone(&clock))),
            platforms,
            settings: Arc::new(settings),
            db,
            shops: Arc::new(shops),
            guard,
            rng: Arc::new(Rng::from_system()),
            clock,
            steady,
            http,
        })
    }

    /// Decides what may be tracked, and how.
    #[must_use]
    pub fn tracking(&self) -> Tracking {
        Tracking { guard: Arc::clone(&self.guard), interval: self.settings.interval }
    }

    /// Tracks `url`: it is due now. Says its row and whether it is new.
    ///
    /// # Errors
    /// [`NotFollowed`], in words for the person who asked.
    pub async fn follow(&self, url: Url, how: SourceOptions) -> Result<(i64, bool), NotFollowed> {
        self.tracking().follow(&self.db, url, how).await
    }

    /// The poller, for the loop and for commands that poll one source themselves.
    #[must_use]
    pub fn poller(&self) -> Poller {
        Poller::new(self.db.clone(), self.shops.clone(), Arc::clone(&self.rng))
            .with_slots(usize::try_from(self.settings.host_concurrency).unwrap_or(1))
    }

    /// The sender for all channels.
    #[must_use]
    pub fn sender(&self, output: Output) -> Sender {
        let channels = self.channels(output);
        Sender::new(self.db.clone(), channels, Arc::clone(&self.rng), Arc::clone(&self.clock), self.holder())
            .seen_at(self.settings.public_url.clone())
    }

    fn channels(&self, output: Output) -> Channels {
        let console = Console::new(output, Arc::clone(&self.clock));
        let gate = Arc::new(guarded::GuardedWebhooks(Arc::clone(&self.guard)));
        let webhook = Webhook::new(self.http.clone(), gate, Arc::clone(&self.clock));
        let mut channels: Vec<Arc<dyn Channel>> = vec![Arc::new(console), Arc::new(webhook), Arc::new(self.push())];
        channels.extend(self.platforms.channels());
        channels.into_iter().map(|channel| (channel.name(), channel)).collect()
    }

    /// The name of a new holder of leases.
    fn holder(&self) -> String {
        format!("{}-{}", std::process::id(), self.rng.token())
    }
}

/// The service's lock. A command that prepares a new database holds it for a moment, which is waited for.
///
/// # Errors
/// As [`ServiceLock::take`].
pub async fn lock_service(url: &str) -> Result<Option<ServiceLock>, StoreError> {
    for _ in 1..LOCK_TRIES {
        match ServiceLock::take(url) {
            Err(StoreError::Locked { .. }) => tokio::time::sleep(LOCK_RETRY).await,
            taken => return taken,
        }
    }
    ServiceLock::take(url)
}

fn sms_rules(settings: &Settings) -> SmsRules {
    SmsRules {
        hours: settings.texting.hours,
        countries: settings.texting.countries.clone(),
        per_number_day: settings.texting.per_number_day,
        per_day: settings.texting.per_day,
        expire_after: settings.expire_after,
    }
}

/// The readers that read without a database (for `check`), and the guarded client they share with webhooks.
///
/// # Errors
/// When the client cannot be set up, or our own file cannot be found.
pub fn shops(
    settings: &Settings,
    guard: &Arc<Guard>,
    clock: &Arc<dyn Clock>,
) -> Result<(Shops, reqwest::Client), NotOpened> {
    let options = ClientOptions::new(user_agent(settings.contact.as_deref()));
    let resolver = Arc::new(SystemResolver::new());
    let http = client(Arc::clone(guard), Arc::clone(&resolver) as _, &options)?;
    let parting = parting(Arc::clone(guard), resolver, &options)?;
    let fetcher = Fetcher::new(http.clone(), Arc::clone(guard), Arc::clone(clock), FetchLimits::default());
    let fetcher = fetcher.parting_by(parting);
    let executable: PathBuf = std::env::current_exe().map_err(NotOpened::Executable)?;
    Ok((Shops::new(fetcher, Workers::new(executable, WorkerLimits::default())), http))
}
