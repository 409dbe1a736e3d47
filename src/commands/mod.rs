//! What people's words come to: implements the bots' inbox. One file a command.
//!
//! Words are resolved against the catalogue, then done; who may do what is decided here.

mod again;
mod button;
mod catalogue;
mod complete;
mod doing;
mod follow;
mod forget;
mod greet;
mod history;
mod later;
mod near;
mod pause;
mod phone;
mod question;
mod resolve;
mod shop;
mod status;
mod stock;
mod test;
mod texting;
mod today;
mod unwatch;
mod watch;
mod watches;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono_tz::Tz;
use coatcheck_bots::commands::{Arguments, May, Word, arguments};
use coatcheck_bots::{Command, Inbox, Platform, Receiver, Reply, Said, Who};
use coatcheck_domain::{Clock, Destination};
use tokio::sync::Semaphore;

use crate::store::people::subscriber::Address;
use crate::store::stock::catalogue::Product;
use crate::store::{Db, StoreError};
use catalogue::Catalogue;
use doing::Act;
pub use follow::{Follow, Followed};
pub use later::{is_shown, is_shown_with_texts};
use resolve::{Meant, Resolution};
use texting::Gate;
pub use texting::Texting;

/// How long `/watch <URL>` waits for the first reading.
const PATIENCE: Duration = Duration::from_secs(20);
/// Pictures that are drawn at once: who asks for many does not take all cores from the others.
const DRAWN_AT_ONCE: usize = 2;

/// The commands, ready to be told what people said.
pub struct Commands {
    db: Db,
    clock: Arc<dyn Clock>,
    catalogue: Catalogue,
    follow: Arc<dyn Follow>,
    admins: Vec<Destination>,
    patience: Duration,
    zone: Tz,
    drawing: Semaphore,
    receivers: Vec<Arc<dyn Receiver>>,
    texting: Option<Texting>,
}

impl Commands {
    /// Commands on this database. `follow` follows what nobody followed yet; `admins` may do more than others.
    #[must_use]
    pub fn new(db: Db, clock: Arc<dyn Clock>, follow: Arc<dyn Follow>, admins: Vec<Destination>) -> Self {
        let catalogue = Catalogue::new(db.clone(), Arc::clone(&clock));
        let drawing = Semaphore::new(DRAWN_AT_ONCE);
        Self {
            db,
            clock,
            catalogue,
            follow,
            admins,
            patience: PATIENCE,
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
    ///
    /// # Errors
    /// When the store fails.
    pub async fn product(&self, words: &str) -> Result<Result<Product, String>, StoreError> {
        let products = self.catalogue.products().await?;
        let said =
            arguments(&Said { command: Command::Stock, words: words.split_whitespace().map(Word::plain).collect() });
        Ok(match resolve::resolve(&products, &said) {
            Resolution::One(meant) if !meant.sizes.is_empty() => {
                Err(format!("{words:?} names a size as well; give it as --size {}", meant.sizes.join(",")))
            }
            Resolution::One(meant) => {
                products.iter().find(|product| product.id == meant.product).cloned().ok_or_else(|| unknown(words))
            }
            Resolution::Choose(_, choices) => Err(several(words, &choices, &products)),
            Resolution::Nothing => Err(unknown(words)),
        })
    }

    async fn answer(&self, who: &Who, said: &Said) -> Result<Reply, StoreError> {
        let Some(phone) = texting::phone(who) else { return self.obey(who, said).await };
        match texting::gate(self, who, phone, said).await? {
            Gate::Answer(reply) => Ok(reply),
            Gate::Do { said, may_join: false } => self.obey(who, &said).await,
            Gate::Do { said, may_join: true } => {
                let reply = self.obey(who, &said).await?;
                texting::join(self, phone, reply).await
            }
        }
    }

    async fn obey(&self, who: &Who, said: &Said) -> Result<Reply, StoreError> {
        if said.command == Command::Answer {
            return question::answered(self, who, arguments(said).number).await;
        }
        question::close(self, who).await?;
        if said.command.may() == May::Admins && !self.is_admin(who) {
            return Ok(Reply::text(shop::ONLY_ADMINS));
        }
        if let Some(refusal) = refusal(who, said.command) {
            return Ok(Reply::text(refusal));
        }
        let words = arguments(said);
        match said.command {
            Command::Pause => pause::pause(self, who, &words).await,
            Command::Resume => pause::resume(self, who).await,
            Command::Test => test::alert(self, who).await,
            Command::Export => forget::export(self, who).await,
            Command::Forget => forget::said(self, who, &words).await,
            Command::Phone => phone::add(self, who, &words).await,
            Command::Verify => phone::verify(self, who, &words).await,
            Command::Shop => shop::said(self, who, &words).await,
            Command::Status => status::status(self).await,
            Command::Help => Ok(greet::help(self, who, &words)),
            Command::Start => Ok(greet::start(who)),
            Command::Anytime => texting::anytime(self, who, &words).await,
            about_products => self.about_products(who, about_products, &words).await,
        }
    }

    async fn about_products(&self, who: &Who, command: Command, words: &Arguments) -> Result<Reply, StoreError> {
        match command {
            Command::Watch => watch::said(self, who, words).await,
            Command::Unwatch => unwatch::said(self, who, words).await,
            Command::Watches => watches::list(self, who).await,
            Command::Stock => doing::named(self, who, Act::Stock, words).await,
            Command::History => doing::named(self, who, Act::History, words).await,
            Command::Again => again::said(self, who, words).await,
            later => Ok(later::not_yet(later, platform(who))),
        }
    }

    async fn address(&self, who: &Who) -> Result<Address, StoreError> {
        self.db.destination_for(&who.destination, || None).await
    }

    /// Never by text: whoever sends one may have forged its sender.
    fn is_admin(&self, who: &Who) -> bool {
        texting::phone(who).is_none() && self.admins.contains(&who.destination)
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
        self.answer(who, &said).await.unwrap_or_else(|error| sorry(who, said.command.name(), &error))
    }

    async fn pressed(&self, who: &Who, data: &str) -> Reply {
        button::pressed(self, who, data).await.unwrap_or_else(|error| sorry(who, "a button", &error))
    }

    async fn complete(&self, _who: &Who, _command: Command, argument: &str, typed: &str) -> Vec<String> {
        match self.catalogue.products().await {
            Ok(products) => complete::complete(&products, argument, typed),
            Err(error) => {
                tracing::warn!(%error, argument, "nothing can be completed: the catalogue cannot be read");
                Vec::new()
            }
        }
    }
}

/// In a room only those who manage it change what the room is told.
fn refusal(who: &Who, command: Command) -> Option<&'static str> {
    let changes = matches!(
        command,
        Command::Watch
            | Command::Unwatch
            | Command::Again
            | Command::Pause
            | Command::Resume
            | Command::Test
            | Command::Forget
    );
    (changes && !may_change(who)).then_some(ONLY_MANAGERS)
}

const ONLY_MANAGERS: &str = "Here only those who manage this channel can do that. Write to me directly for yourself.";

fn may_change(who: &Who) -> bool {
    !who.destination.is_room() || who.may_manage
}

fn platform(who: &Who) -> Platform {
    let channel = who.destination.channel();
    // A webhook cannot speak.
    Platform::ALL.into_iter().find(|platform| platform.as_str() == channel).unwrap_or(Platform::Console)
}

/// The person's sentence; the cause goes into the log.
fn sorry(who: &Who, what: &str, error: &StoreError) -> Reply {
    match error {
        StoreError::NoKey => {
            Reply::text("I cannot keep phone numbers, for no key is set for them here. Nothing was stored.")
        }
        StoreError::ProductGone { .. } => Reply::text("That product is followed no more. Nothing was changed."),
        other => {
            tracing::error!(error = %other, destination = %who.destination, command = what, "a command failed");
            Reply::text("Something went wrong on my side and nothing was changed. Please try again in a minute.")
        }
    }
}

#[cfg(test)]
mod chats;
