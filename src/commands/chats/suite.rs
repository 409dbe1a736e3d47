//! Conversations, as the chat shows them.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use coatcheck_bots::commands::parse;
use coatcheck_bots::{Inbox, Reply, Who};
use coatcheck_domain::Availability::{InStock, LowStock, OutOfStock, PreOrder};
use coatcheck_domain::Destination;
use coatcheck_domain::clock::ManualClock;
use url::Url;

use crate::commands::{Catalogue, Commands, Follow, Rules};
use crate::shops::canonical;
use crate::store::Db;
use crate::store::polls::source::NewSource;
use crate::testing::{self, Engine, Place, fail, follow, product, read};

mod announcing;
mod answers;
mod closing;
mod finding;
mod lists;
mod news;
mod stopping;
mod strangers;
mod telling;
mod watching;

/// Lets all through but what is not public.
struct MadeUp;

/// What the poller finds at each new address, if it comes there at all.
type Says = Option<Result<Vec<coatcheck_domain::ProductReading>, &'static str>>;

/// Reads each new address once.
async fn play_the_poller(db: Db, says: Says) {
    loop {
        for source in db.sources().await.expect("read") {
            if source.readings > 0 || source.last_error.is_some() {
                continue;
            }
            match &says {
                Some(Ok(products)) => read(&db, source.id, products.clone()).await,
                Some(Err(why)) => fail(&db, source.id, why).await,
                None => {}
            }
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

impl Follow for MadeUp {
    fn source(&self, url: &Url, by_admin: bool) -> Result<NewSource, String> {
        let host = url.host_str().expect("a host").to_owned();
        if host == "intranet.example" && !by_admin {
            return Err("That address can't be tracked. Send the address of a public product page.".to_owned());
        }
        Ok(testing::source(canonical(url.clone()).as_str()))
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
    Who { destination: Destination::DiscordUser(7), may_manage: false, room: None }
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

    async fn with(says: Says) -> Self {
        let (db, place, clock) = testing::db_with_clock(Engine::of(module_path!())).await;
        let source = follow(&db, "https://shop.example/collections/all").await;
        let polls = says.is_some();
        if polls {
            tokio::spawn(play_the_poller(db.clone(), says));
        }
        let catalogue = Arc::new(Catalogue::new(db.clone(), clock.clone()));
        let mut commands = Commands::new(db.clone(), clock.clone(), catalogue, Arc::new(MadeUp), Rules::default());
        commands.patience = Duration::from_millis(if polls { 5_000 } else { 1 });
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
