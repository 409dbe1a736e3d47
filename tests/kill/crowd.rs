//! Some hundred watches behind several receivers, on products whose sizes come and go one after the other.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use coatcheck_domain::delivery::State;
use coatcheck_world::{Shop, Sink};

use crate::books::Books;
use crate::support::{House, Service, page};
use crate::truth::{self, Fact};

const PRODUCTS: [&str; 3] = ["parka", "shirt", "boots"];
/// Each receiver is a host of its own, and so a lane of its own.
const SINKS: usize = 3;
/// Watchers behind each receiver.
const WATCHERS: usize = 35;
/// How long the last of it may take on a machine that is busy with other things: a delivery that met one fault after
/// the other waits 45 s and longer.
const QUIET_WITHIN: Duration = Duration::from_secs(300);

/// The shop, those who wait, and the database between them.
pub(crate) struct Crowd {
    pub(crate) shop: Shop,
    pub(crate) sinks: Vec<Sink>,
    pub(crate) house: House,
    pub(crate) books: Books,
    sizes: Vec<String>,
    /// Sizes on the shelf that not everybody has heard of yet, as far as was looked.
    on_shelf: BTreeSet<String>,
}

impl Crowd {
    /// Gathers them on this database (SQLite if none is given); as many sizes as there will be rounds, all sold out.
    pub(crate) fn batch(sizes: usize, database: Option<&str>) -> Self {
        let shop = Shop::open().expect("a shop");
        let sinks: Vec<Sink> = (0..SINKS).map(|_| Sink::open().expect("a sink")).collect();
        let sizes: Vec<String> = (0..sizes).map(|number| (20 + number).to_string()).collect();
        shop.change(|goods| {
            PRODUCTS.iter().for_each(|p| sizes.iter().for_each(|size| goods.stock(p, size, "Black", false)));
        });
        let hosts: Vec<String> = sinks.iter().map(|sink| sink.host()).chain([shop.host()]).collect();
        let mut house = House::open(&hosts).with("COATCHECK_QUIET_FOR", "1ms").with("COATCHECK_HOST_CONCURRENCY", "3");
        if let Some(url) = database {
            house = house.with("DATABASE_URL", url);
        }
        house.done(&["migrate"]);
        // Where another service lives on, what the dead one had claimed waits for its lease to run out: polls are rarer
        // there, so that few kills meet one, and one that does holds up no other product.
        let interval = if database.is_some() { "1s" } else { "100ms" };
        for product in PRODUCTS {
            house.done(&["shop", "add", &page(&shop, product), "--name", product, "--interval", interval]);
        }
        house.done(&["watch", "add", PRODUCTS[0], "--every", "--to", "console:"]);
        let sqlite = format!("sqlite://{}", house.path("coatcheck.db").display());
        let books = Books::open(database.unwrap_or(&sqlite));
        for sink in &sinks {
            (0..WATCHERS).for_each(|number| books.watch_all(&sink.url(&format!("/{number}"))));
        }
        Self { shop, sinks, house, books, sizes, on_shelf: BTreeSet::new() }
    }

    pub(crate) fn serve(&self) -> Service {
        self.house.serve()
    }

    /// The next size of every product comes back; those that everybody has heard of go again.
    pub(crate) fn bring_back(&mut self, round: usize) -> String {
        let told = truth::told(&self.sinks);
        let size = self.sizes[round].clone();
        let is_notified = |size: &&String| self.facts(std::slice::from_ref(*size)).iter().all(|f| told.contains_key(f));
        let gone: Vec<String> = self.on_shelf.iter().filter(is_notified).cloned().collect();
        self.shop.change(|goods| {
            for product in PRODUCTS {
                gone.iter().for_each(|size| goods.stock(product, size, "Black", false));
                goods.stock(product, &size, "Black", true);
            }
        });
        self.on_shelf.retain(|size| !gone.contains(size));
        self.on_shelf.insert(size.clone());
        size
    }

    /// Waits until some watcher hears of a size, or not much longer than that should take.
    pub(crate) fn first_word_of(&self, size: &str) {
        let began = Instant::now();
        let mut seen = vec![0; self.sinks.len()];
        while began.elapsed() < Duration::from_secs(2) {
            for (sink, seen) in self.sinks.iter().zip(&mut seen) {
                let heard = sink.heard();
                if heard[*seen..].iter().any(|heard| truth::is_of(heard, size)) {
                    return;
                }
                *seen = heard.len();
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until everybody has heard of everything and every delivery is final.
    pub(crate) fn until_quiet(&self) {
        let began = Instant::now();
        while !self.lost().is_empty() || self.books.unfinished() > 0 {
            let (lost, open) = (self.lost(), self.books.unfinished());
            let some: Vec<&Fact> = lost.iter().take(10).collect();
            assert!(began.elapsed() < QUIET_WITHIN, "{open} deliveries not final; {} lost: {some:?}", lost.len());
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// What somebody should have heard and has not.
    fn lost(&self) -> Vec<Fact> {
        let told = truth::told(&self.sinks);
        self.facts(&self.sizes).into_iter().filter(|fact| !told.contains_key(fact)).collect()
    }

    /// Every watcher behind a webhook, every product, these sizes.
    fn facts(&self, sizes: &[String]) -> Vec<Fact> {
        let watchers = self.sinks.iter().flat_map(|sink| (0..WATCHERS).map(|number| sink.url(&format!("/{number}"))));
        watchers
            .flat_map(|who| PRODUCTS.into_iter().map(move |product| (who.clone(), product.to_owned())))
            .flat_map(|(who, product)| sizes.iter().map(move |size| (who.clone(), product.clone(), size.clone())))
            .collect()
    }

    /// How often the console printed more than it should have. It must have printed each size.
    pub(crate) fn printed_twice(&self, printed: &[String]) -> usize {
        let times = |size: &String| printed.iter().filter(|line| line.contains(&format!(" {size} / Black"))).count();
        let unsaid: Vec<&String> = self.sizes.iter().filter(|size| times(size) == 0).collect();
        assert!(unsaid.is_empty(), "the console never said {unsaid:?}");
        self.sizes.iter().map(|size| times(size) - 1).sum()
    }

    /// Nothing was given up or held back. What was told just before a kill may have sold out before it was told again.
    pub(crate) fn none_in_vain(&self) {
        for state in State::ALL.into_iter().filter(|state| !matches!(state, State::Sent | State::Expired)) {
            assert_eq!(self.books.keys(state), Vec::<String>::new(), "{state}");
        }
    }
}
