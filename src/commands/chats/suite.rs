//! Conversations, as the chat shows them.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use coatcheck_bots::commands::parse;
use coatcheck_bots::{Inbox, Reply, Who};
use coatcheck_domain::Availability::{InStock, LowStock, OutOfStock, PreOrder};
use coatcheck_domain::Destination;
use coatcheck_domain::clock::ManualClock;
use url::Url;

use crate::commands::{Catalogue, Commands, Follow, Followed};
use crate::store::Db;
use crate::testing::{self, Engine, Place, fail, follow, product, read};

mod closing;
mod finding;
mod stopping;
mod telling;
mod watching;

/// Follows into the database and plays the poller: what the shop says is given.
struct MadeUp {
    db: Db,
    says: Option<Result<Vec<coatcheck_domain::ProductReading>, &'static str>>,
}

#[async_trait]
impl Follow for MadeUp {
    async fn follow(&self, url: &Url, _who: &Who, _listed: bool) -> Result<Followed, String> {
        if url.host_str() == Some("intranet.example") {
            return Err("That address is not on the internet; I do not follow it.".to_owned());
        }
        let source_id = follow(&self.db, url.as_str()).await;
        match &self.says {
            Some(Ok(products)) => read(&self.db, source_id, products.clone()).await,
            Some(Err(why)) => fail(&self.db, source_id, why).await,
            None => {}
        }
        Ok(Followed { source_id })
    }
}

/// Somebody in a chat, and the shop behind it.
struct Chat {
    commands: Commands,
    db: Db,
    clock: Arc<ManualClock>,
    source: i64,
    who: Who,
    _place: Place,
}

fn alice() -> Who {
    Who { destination: Destination::DiscordUser(7), may_manage: false }
}

impl Chat {
    /// A shop with two jackets; the corps jacket sold out after it was there for ten minutes, three days ago.
    async fn with_two_jackets() -> Self {
        let chat = Self::with(None).await;
        for (black_m, then) in [(OutOfStock, 60), (InStock, 600), (OutOfStock, 3 * 24 * 3600)] {
            chat.reads(black_m).await;
            chat.passes(Duration::from_secs(then), black_m).await;
        }
        chat.reads(OutOfStock).await;
        chat
    }

    async fn with(says: Option<Result<Vec<coatcheck_domain::ProductReading>, &'static str>>) -> Self {
        let (db, place, clock) = testing::db_with_clock(Engine::of(module_path!())).await;
        let source = follow(&db, "https://shop.example/collections/all").await;
        let made_up = Arc::new(MadeUp { db: db.clone(), says });
        let catalogue = Arc::new(Catalogue::new(db.clone(), clock.clone()));
        let mut commands = Commands::new(db.clone(), clock.clone(), catalogue, made_up, Vec::new());
        commands.patience = Duration::from_millis(1);
        Self { commands, db, clock, source, who: alice(), _place: place }
    }

    async fn reads(&self, black_m: coatcheck_domain::Availability) {
        let corps = [
            ("S", "Black", OutOfStock),
            ("M", "Black", black_m),
            ("L", "Black", InStock),
            ("M", "Olive", OutOfStock),
            ("L", "Olive", LowStock),
        ];
        let rain = [("M", "", PreOrder), ("L", "", InStock)];
        read(&self.db, self.source, vec![product("Corps Jacket", &corps), product("Rain Jacket", &rain)]).await;
    }

    /// Time passes; for the first minutes the shop is read and says the same, later nobody looks.
    async fn passes(&self, time: Duration, black_m: coatcheck_domain::Availability) {
        let minutes = (time.as_secs() / 60).min(20);
        for _ in 0..minutes {
            self.clock.advance(Duration::from_secs(60));
            self.reads(black_m).await;
        }
        self.clock.advance(time - Duration::from_secs(60 * minutes));
    }

    fn whisper(mut self, who: Who) -> Self {
        self.who = who;
        self
    }

    async fn say(&self, text: &str) -> String {
        let said = parse(text, crate::commands::platform(&self.who)).expect(text);
        self.clock.advance(Duration::from_secs(2));
        shown(text, &self.commands.said(&self.who, said).await)
    }

    async fn press(&self, data: &str) -> String {
        shown(&format!("[{data}]"), &self.commands.pressed(&self.who, data).await)
    }

    async fn talk(&self, texts: &[&str]) -> String {
        let mut chat = Vec::new();
        for text in texts {
            chat.push(match text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
                Some(data) => self.press(data).await,
                None => self.say(text).await,
            });
        }
        chat.join("\n\n")
    }
}

fn shown(said: &str, reply: &Reply) -> String {
    let mut text = format!("> {said}\n{}", reply.text);
    for (nth, button) in reply.buttons.iter().enumerate() {
        let _ = write!(text, "{}[{} {}]", if nth == 0 { "\n" } else { " " }, button.label, button.data);
    }
    text
}
