//! People: they watch, take it back, arm again, want quiet. What they said is committed when they have said it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use coatcheck::store::Db;
use coatcheck::store::people::announcement::{About, NewAnnouncement};
use coatcheck::store::people::watch::{NewWatch, Which};
use coatcheck_domain::watch::{self, Mode};
use coatcheck_domain::{Clock, Destination, SizeKey, StyleKey};
use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;

use crate::log::{Event, RestockKey, Wish};
use crate::rows::{self, run};
use crate::shops::{SIZES, SOURCES};
use crate::stage::Stage;

/// How many there are. Each second one has a second address.
pub(crate) const PEOPLE: usize = 4;

/// A room in which every product is announced.
const ROOM: Destination = Destination::DiscordChannel(100);

async fn announce(db: &Db, product: i64) {
    let new = NewAnnouncement {
        subscriber_id: db.destination_for(&ROOM, || None).await.expect("stored").subscriber_id,
        about: About::Product(product),
        wish: watch::Wish { size: SizeKey::default(), style: StyleKey::default() },
        size: None,
        style: None,
        mention: None,
        added_by: None,
    };
    db.announce(&new).await.expect("announced");
}

/// The people and what they said. At first there are none.
#[derive(Debug, Default)]
pub(crate) struct People {
    subscribers: Vec<i64>,
    products: BTreeMap<&'static str, i64>,
    watches: BTreeMap<(usize, Wish), i64>,
    quiet_until: [Duration; PEOPLE],
}

impl People {
    /// They enter. The products are known by then.
    pub(crate) async fn enter(db: &Db) -> Self {
        let mut subscribers = Vec::new();
        for person in 0..PEOPLE as u64 {
            let first = db.destination_for(&Destination::DiscordUser(person + 1), || None).await.expect("stored");
            if person % 2 == 1 {
                let second: Destination = format!("telegram:{}", person + 1).parse().expect("an address");
                let second = db.destination_for(&second, || None).await.expect("stored").destination_id;
                let sql = format!(
                    "UPDATE destination SET rank = 1, subscriber_id = {} WHERE id = {second}",
                    first.subscriber_id
                );
                run(db, &sql).await;
            }
            subscribers.push(first.subscriber_id);
        }
        let all = SOURCES.iter().flat_map(|(_, products)| *products);
        let mut products = BTreeMap::new();
        for product in all {
            products.insert(*product, rows::product(db, product).await);
        }
        for product in products.values() {
            announce(db, *product).await;
        }
        Self { subscribers, products, watches: BTreeMap::new(), quiet_until: [Duration::ZERO; PEOPLE] }
    }

    /// May a request to this address be begun now?
    pub(crate) fn may_be_notified(&self, address: &str, now: Duration) -> bool {
        if address == ROOM.to_stored() {
            return true;
        }
        let person: usize = address.split_once(':').expect("an address").1.parse::<usize>().expect("a number") - 1;
        self.quiet_until[person] <= now && self.watches.keys().any(|(who, _)| *who == person)
    }

    /// Somebody says something.
    pub(crate) async fn speak(&mut self, db: &Db, stage: &Stage, rng: &mut StdRng) -> (String, Option<Event>) {
        let person = rng.random_range(0..PEOPLE);
        let product = *self.products.keys().copied().collect::<Vec<_>>().choose(rng).expect("some");
        let size = *SIZES.iter().chain(&["", ""]).copied().collect::<Vec<_>>().choose(rng).expect("some");
        match rng.random_range(0..10) {
            0..6 => self.watch(db, person, (product, size), rng.random_bool(0.3)).await,
            6 => self.rearm(db, person, product).await,
            7 => self.remove(db, person, rng).await,
            _ => self.quiet(db, stage, person, rng).await,
        }
    }

    async fn watch(&mut self, db: &Db, person: usize, wish: Wish, every: bool) -> (String, Option<Event>) {
        let known = self.known(db, person).await;
        let new = NewWatch {
            subscriber_id: self.subscribers[person],
            product_id: self.products[wish.0],
            wish: watch::Wish { size: SizeKey::fold(wish.1), style: StyleKey::default() },
            size: None,
            style: None,
            mode: if every { Mode::Every } else { Mode::Once },
        };
        let id = db.add_watches(&[new]).await.expect("added")[0];
        self.watches.insert((person, wish), id);
        let said = format!("{person} watches {wish:?}, every {every}");
        (said, Some(Event::Watched { person, wish, every, known }))
    }

    async fn rearm(&self, db: &Db, person: usize, product: &'static str) -> (String, Option<Event>) {
        let known = self.known(db, person).await;
        db.rearm(self.subscribers[person], Which::Product(self.products[product])).await.expect("armed");
        (format!("{person} arms {product} again"), Some(Event::Rearmed { person, product, known }))
    }

    async fn remove(&mut self, db: &Db, person: usize, rng: &mut StdRng) -> (String, Option<Event>) {
        let own: Vec<Wish> = self.watches.keys().filter(|(who, _)| *who == person).map(|(_, wish)| *wish).collect();
        let Some(wish) = own.choose(rng).copied() else { return ("nothing to take back".to_owned(), None) };
        let known = self.known(db, person).await;
        let id = self.watches.remove(&(person, wish)).expect("it is there");
        db.remove_watches(self.subscribers[person], &[id]).await.expect("removed");
        (format!("{person} takes {wish:?} back"), Some(Event::Removed { person, wish, known }))
    }

    async fn quiet(&mut self, db: &Db, stage: &Stage, person: usize, rng: &mut StdRng) -> (String, Option<Event>) {
        let wait = Duration::from_secs([0, 10, 100][rng.random_range(0..3)]);
        let until = (wait > Duration::ZERO).then(|| db.now() + wait);
        db.pause_subscriber(self.subscribers[person], until).await.expect("paused");
        self.quiet_until[person] = stage.clock.monotonic() + wait;
        (format!("{person} wants quiet for {wait:?}"), None)
    }

    /// All quiet is over.
    pub(crate) async fn listen(&mut self, db: &Db) {
        for subscriber in &self.subscribers {
            db.pause_subscriber(*subscriber, None).await.expect("ended");
        }
        self.quiet_until = [Duration::ZERO; PEOPLE];
    }

    /// Restocks that this person has an alert of by now.
    async fn known(&self, db: &Db, person: usize) -> BTreeSet<RestockKey> {
        rows::told(db, self.subscribers[person]).await.into_keys().collect()
    }

    /// Their subscribers' rows.
    pub(crate) fn subscribers(&self) -> &[i64] {
        &self.subscribers
    }
}
