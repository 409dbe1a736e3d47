//! What people's words come to: implements the bots' inbox. One file a command.
//!
//! Words are resolved against the catalogue, then done. Only the dispatcher performs; no command calls another.

mod admission;
mod again;
mod announce;
mod button;
mod by_push;
mod caps;
mod catalogue;
mod chatter;
mod closing;
mod complete;
pub(crate) mod delivery;
mod dispatch;
mod doing;
mod find;
mod follow;
mod forget;
mod greet;
pub(crate) mod history;
mod limits;
mod linking;
mod manage;
pub(crate) mod names;
mod near;
mod news;
mod next;
pub(crate) mod options;
mod own_page;
mod page;
mod pause;
mod permission;
mod phone;
mod prepared;
mod question;
pub(crate) mod reading;
mod resolve;
mod returned;
mod shop;
mod sign_up;
mod sizes;
mod spoken;
mod status;
mod stock;
mod strange;
mod subscribed;
mod test;
mod texting;
mod today;
mod tokens;
mod tracking;
mod understand;
mod until;
mod unwatch;
mod wants;
mod watch;
mod watches;
mod why;
mod wishes;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono_tz::Tz;
use coatcheck_bots::commands::{Word, arguments};
use coatcheck_bots::{Command, Inbox, Platform, Receiver, Reply, Said, Who};
use coatcheck_domain::phone::Phone;
use coatcheck_domain::{Clock, Destination};
use tokio::sync::Semaphore;
use url::Url;

use crate::store::people::subscriber::Address;
use crate::store::stock::catalogue::Product;
use crate::store::{Db, StoreError};
pub use catalogue::Catalogue;
pub use follow::Follow;
pub use manage::{Change, Mine};
use resolve::{Meant, Resolution};
pub use sign_up::{AfterCode, ChatWay, NotPrepared, Wanted};
pub use texting::{Spent, Texting};
pub use today::{in_stock, wanted};
pub use tracking::{NotFollowed, SourceOptions, Tracking};
pub(crate) use wants::Want;
pub use watch::LONGEST;

/// How long `/watch <URL>` waits for the first reading.
const FIRST_READING_TIMEOUT: Duration = Duration::from_secs(20);
/// Pictures that are drawn at once: who asks for many does not take all cores from the others.
const DRAWN_AT_ONCE: usize = 2;

/// Who may do what, and how much of it: the settings that commands must know.
#[derive(Clone)]
pub struct Rules {
    /// They may do more than others.
    pub admins: Vec<Destination>,
    /// They are told of trouble, and see its causes.
    pub operators: Vec<Destination>,
    /// A stranger says this word first; without one there are no strangers.
    pub invite: Option<String>,
    /// Watches of one person or room.
    pub max_watches: u32,
    /// Addresses that one person may have added and that are still tracked.
    pub max_addresses: u32,
    /// Sources in all.
    pub max_sources: u32,
    /// The address the world sees: of the pages that texts lead to.
    pub public_url: Option<Url>,
    /// A code that nobody can guess, to link two chats.
    pub new_link_code: Arc<dyn Fn() -> String + Send + Sync>,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            admins: Vec::new(),
            operators: Vec::new(),
            invite: None,
            max_watches: 100,
            max_addresses: 10,
            max_sources: 10_000,
            public_url: None,
            new_link_code: Arc::new(|| "NOCODE".to_owned()),
        }
    }
}

/// The commands, ready to be told what people said.
pub struct Commands {
    db: Db,
    clock: Arc<dyn Clock>,
    catalogue: Arc<Catalogue>,
    follow: Arc<dyn Follow>,
    rules: Rules,
    patience: Duration,
    zone: Tz,
    drawing: Semaphore,
    receivers: Vec<Arc<dyn Receiver>>,
    texting: Option<Texting>,
}

impl Commands {
    /// Commands on this database. `follow` follows what nobody followed yet.
    #[must_use]
    pub fn new(
        db: Db,
        clock: Arc<dyn Clock>,
        catalogue: Arc<Catalogue>,
        follow: Arc<dyn Follow>,
        rules: Rules,
    ) -> Self {
        let drawing = Semaphore::new(DRAWN_AT_ONCE);
        Self {
            db,
            clock,
            catalogue,
            follow,
            rules,
            patience: FIRST_READING_TIMEOUT,
            zone: Tz::UTC,
            drawing,
            receivers: Vec::new(),
            texting: None,
        }
    }

    /// The same, telling histories by the days and hours of this zone; UTC else.
    #[must_use]
    pub fn in_zone(self, zone: Tz) -> Self {
        Self { zone, ..self }
    }

    /// The same, knowing how those who listen to the platforms are.
    #[must_use]
    pub fn heard_by(self, receivers: Vec<Arc<dyn Receiver>>) -> Self {
        Self { receivers, ..self }
    }

    /// The same, where people are texted too.
    #[must_use]
    pub fn texting(self, texting: Texting) -> Self {
        Self { texting: Some(texting), ..self }
    }

    /// The one product that these words mean, for scripts and operators; or why none is, in words.
    pub async fn product(&self, words: &str) -> Result<Result<Product, String>, StoreError> {
        let products = self.catalogue.products().await?;
        let said =
            arguments(&Said { command: Command::Stock, words: words.split_whitespace().map(Word::plain).collect() });
        Ok(match resolve::resolve(&products, &said) {
            Resolution::One(Meant { strange, .. }) if !strange.is_empty() => Err(unknown(words)),
            Resolution::One(meant) if meant.wants.iter().any(|want| want.size.is_some()) => {
                let sizes = wants::size_text(&meant.wants).unwrap_or_default();
                Err(format!("{words:?} names a size as well; give it as --size {sizes}"))
            }
            Resolution::One(meant) => {
                products.iter().find(|product| product.id == meant.product).cloned().ok_or_else(|| unknown(words))
            }
            Resolution::Choose(_, choices) => Err(several(words, &choices, &products)),
            Resolution::Nothing | Resolution::Chatter => Err(unknown(words)),
        })
    }

    /// Is it of use here? Where nobody is texted, or no word is needed, some commands are not.
    fn shows(&self, command: Command) -> bool {
        let is_texted = self.texting.is_some() || !command.needs_texts();
        is_texted && (command != Command::Join || self.rules.invite.is_some())
    }

    async fn address(&self, who: &Who) -> Result<Address, StoreError> {
        self.db.destination_for(&who.destination, || None).await
    }

    /// Admins see what operators see.
    fn is_operator(&self, who: &Who) -> bool {
        self.is_admin(who) || (number_of(who).is_none() && self.rules.operators.contains(&who.destination))
    }

    /// Never by text: whoever sends one may have forged its sender.
    fn is_admin(&self, who: &Who) -> bool {
        number_of(who).is_none() && self.rules.admins.contains(&who.destination)
    }
}

fn unknown(words: &str) -> String {
    format!("no product is called {words:?}; `coatcheck shop add <URL> --name {words}` follows one")
}

fn several(words: &str, choices: &[Meant], products: &[Product]) -> String {
    let named = choices.iter().filter_map(|meant| products.iter().find(|product| product.id == meant.product));
    let mut names: Vec<String> = named
        .map(|product| {
            let url = product.url.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("  {}  {url}", coatcheck_bots::words::title(&product.title))
        })
        .collect();
    names.dedup();
    if let [one] = names.as_slice() {
        return format!("no product is called {words:?}; the nearest is\n{one}");
    }
    format!("{words:?} could be several products; name it better, or give its address:\n{}", names.join("\n"))
}

#[async_trait]
impl Inbox for Commands {
    async fn said(&self, who: &Who, said: Said) -> Reply {
        dispatch::said(self, who, &said).await
    }

    async fn unclear(&self, who: &Who, why: String) -> Reply {
        dispatch::unclear(self, who, why).await
    }

    async fn pressed(&self, who: &Who, data: &str) -> Reply {
        dispatch::pressed(self, who, data).await
    }

    async fn moved(&self, from: &Destination, to: &Destination) {
        match self.db.move_chat(from, to).await {
            Ok(true) => tracing::info!(%from, %to, "chat moved"),
            Ok(false) => {}
            Err(error) => tracing::error!(%error, %from, %to, "chat move not stored"),
        }
    }

    async fn complete(&self, who: &Who, _command: Command, argument: &str, typed: &str) -> Vec<String> {
        // What there is is for those who are let in.
        if admission::is_stranger(self, who).await.unwrap_or(true) {
            return Vec::new();
        }
        match self.catalogue.products().await {
            Ok(products) => complete::complete(&products, argument, typed),
            Err(error) => {
                tracing::warn!(%error, argument, "completion failed: the catalogue cannot be read");
                Vec::new()
            }
        }
    }
}

/// The number that speaks, if a number does.
fn number_of(who: &Who) -> Option<&Phone> {
    match &who.destination {
        Destination::Sms(phone) => Some(phone),
        _ => None,
    }
}

fn platform(who: &Who) -> Platform {
    let channel = who.destination.channel();
    // A webhook cannot speak.
    Platform::ALL.into_iter().find(|platform| platform.as_str() == channel).unwrap_or(Platform::Console)
}

#[cfg(test)]
mod chats;
#[cfg(test)]
mod utterances;
