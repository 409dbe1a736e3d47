//! The shops, those who wait, and what goes wrong between them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use coatcheck_domain::delivery::State;
use coatcheck_world::{Fault, Order, Shop, Sink};
use rand::Rng;
use rand::rngs::StdRng;

use crate::books::Books;
use crate::chats::Chats;
use crate::support::{House, page};

const SHOPS: usize = 10;
const SINKS: usize = 4;

pub(crate) struct Town {
    shops: Vec<Shop>,
    sinks: Vec<Sink>,
    chats: Chats,
    pub(crate) house: House,
    pub(crate) books: Books,
    pages: usize,
    watchers: usize,
    /// Pages whose size came back, and when; pages whose size went, and when.
    there: BTreeMap<usize, Instant>,
    away: BTreeMap<usize, Instant>,
    came_back: usize,
    /// Those of them that somebody is texted of, too.
    texted: usize,
    faults: BTreeMap<&'static str, usize>,
    /// Requests whose answer never arrived: what they brought may come again.
    unanswered: usize,
}

impl Town {
    /// So many pages, each watched by so many webhooks and by the people in chats.
    pub(crate) fn open(pages: usize, hooks: usize) -> Self {
        let shops: Vec<Shop> = (0..SHOPS).map(|_| Shop::open().expect("a shop")).collect();
        let sinks: Vec<Sink> = (0..SINKS).map(|_| Sink::open().expect("a sink")).collect();
        let chats = Chats::open();
        let hosts: Vec<String> =
            shops.iter().map(|shop| shop.host()).chain(sinks.iter().map(|sink| sink.host())).collect();
        let house = House::open(&hosts).with("COATCHECK_QUIET_FOR", "1ms").with("COATCHECK_HOST_CONCURRENCY", "4");
        let house = chats.with_tokens(house);
        let list: Vec<String> = (0..pages)
            .map(|number| {
                let (shop, name) = (&shops[number % SHOPS], handle(number));
                shop.change(|goods| {
                    ["S", "M", "L"].iter().for_each(|size| goods.stock(&name, size, "Black", *size != "M"));
                });
                let watch = Chats::phone(number).map(|phone| format!("every to=sms:{phone}")).unwrap_or_default();
                format!("{} name={name} interval=5s {watch}\n", page(shop, &name))
            })
            .collect();
        std::fs::write(house.path("pages.txt"), list.concat()).expect("written");
        house.done(&["import", "pages.txt"]);
        let books = Books::open(&format!("sqlite://{}", house.path("coatcheck.db").display()));
        (0..hooks).for_each(|number| books.watch_all(&sinks[number % SINKS].url(&format!("/{number}"))));
        let people = chats.settle(&books);
        Self {
            shops,
            sinks,
            chats,
            house,
            books,
            pages,
            watchers: hooks + people,
            there: BTreeMap::new(),
            away: BTreeMap::new(),
            came_back: 0,
            texted: 0,
            faults: BTreeMap::new(),
            unanswered: 0,
        }
    }

    /// A second: something may come back, go, or go wrong.
    pub(crate) fn turn(&mut self, rng: &mut StdRng, there: Duration, away: Duration) {
        let gone: Vec<usize> = over(&self.there, there);
        for page in gone {
            self.shelf(page, false);
            self.there.remove(&page);
            self.away.insert(page, Instant::now());
        }
        self.away.retain(|_, since| since.elapsed() < away);
        let page = rng.random_range(0..self.pages);
        if rng.random_bool(0.5) && !self.there.contains_key(&page) && !self.away.contains_key(&page) {
            self.shelf(page, true);
            self.there.insert(page, Instant::now());
            self.came_back += 1;
            self.texted += usize::from(Chats::phone(page).is_some());
        }
        if rng.random_bool(0.1) {
            self.let_a_shop_fail(rng);
        }
        if rng.random_bool(0.2) {
            self.let_a_sink_fail(rng);
        }
        self.chats.turn(rng, &mut self.faults);
    }

    /// Once the service runs.
    pub(crate) fn begin(&self) {
        self.chats.agree();
    }

    fn shelf(&self, page: usize, is_there: bool) {
        self.shops[page % SHOPS].stock(&handle(page), "M", "Black", is_there);
    }

    /// A page that nothing happens on, or a list of its shop: what a failed poll says of the others counts later.
    fn let_a_shop_fail(&mut self, rng: &mut StdRng) {
        let page = rng.random_range(0..self.pages);
        if self.there.contains_key(&page) || self.away.contains_key(&page) {
            return;
        }
        let (name, fault) = match rng.random_range(0..4) {
            0 => ("shop 500", Fault::status(500)),
            1 => ("shop drops", Fault::Drop),
            2 => ("shop late", Fault::Late(Duration::from_secs(2))),
            _ => ("shop truncates", Fault::Truncated),
        };
        *self.faults.entry(name).or_default() += 1;
        self.shops[page % SHOPS].order(Order::on(format!("/products/{}.js", handle(page)), fault).times(2));
    }

    fn let_a_sink_fail(&mut self, rng: &mut StdRng) {
        let times = rng.random_range(1..=3);
        let (name, fault) = match rng.random_range(0..5) {
            0 => ("hook 500", Fault::status(500)),
            1 => ("hook 429", Fault::too_many(1)),
            2 => ("hook late", Fault::Late(Duration::from_millis(500))),
            3 => ("hook drops", Fault::Drop),
            _ => ("hook hangs", Fault::Hang),
        };
        if ["hook drops", "hook hangs"].contains(&name) {
            self.unanswered += times;
        }
        *self.faults.entry(name).or_default() += times;
        self.sinks[rng.random_range(0..SINKS)].order(Order::all(fault).times(times));
    }

    pub(crate) fn end_faults(&self) {
        self.shops.iter().for_each(|shop| shop.lift());
        self.sinks.iter().for_each(|sink| sink.lift());
        self.chats.end_faults();
    }

    /// Waits until all that came back was sent. Says whether that was in time.
    pub(crate) fn rest(&self, patience: Duration) -> bool {
        let began = Instant::now();
        while self.sent().len() < self.expected() || self.books.unfinished() > 0 {
            if began.elapsed() > patience {
                return false;
            }
            std::thread::sleep(Duration::from_secs(1));
        }
        true
    }

    fn expected(&self) -> usize {
        self.came_back * self.watchers + self.texted
    }

    fn sent(&self) -> Vec<String> {
        self.alerts(State::Sent)
    }

    /// Keys of alerts in this state. Edits of sent ones ("sold out again") have rows of their own.
    fn alerts(&self, state: State) -> Vec<String> {
        self.books.keys(state).into_iter().filter(|key| key.starts_with("a:")).collect()
    }

    /// Each time a size came back is one restock, and each watcher was sent each restock once.
    pub(crate) fn nothing_lost_or_doubled(&self) {
        let sent = self.sent();
        let restocks: BTreeSet<&str> = sent.iter().filter_map(|key| key.split(':').nth(1)).collect();
        assert_eq!((restocks.len(), sent.len()), (self.came_back, self.expected()));
        for state in State::ALL.into_iter().filter(|state| *state != State::Sent) {
            assert_eq!(self.alerts(state), Vec::<String>::new(), "{state}");
        }
        self.chats.all_heard(&self.books, self.texted > 0);
        let doubles: usize = self.sinks.iter().map(|sink| sink.doubles()).sum();
        assert!(doubles <= self.unanswered, "{doubles} doubles, {} requests without an answer", self.unanswered);
    }

    pub(crate) fn report(&self, lasted: Duration, seed: u64) -> String {
        let faults: Vec<String> = self.faults.iter().map(|(name, times)| format!("{name} {times}")).collect();
        let polls: usize = self.shops.iter().map(|shop| shop.heard().len()).sum();
        let doubles: usize = self.sinks.iter().map(|sink| sink.doubles()).sum();
        format!(
            "# Soak\n\n{} s, seed {seed}: {} pages, {} watches. {} requests to shops, {} restocks, {} of {} alerts sent, \
             {} not ended, {doubles} doubles at webhooks ({} requests without an answer).\nFaults: {}.\n",
            lasted.as_secs(),
            self.pages,
            self.pages * self.watchers,
            polls,
            self.came_back,
            self.sent().len(),
            self.expected(),
            self.books.unfinished(),
            self.unanswered,
            faults.join(", ")
        )
    }
}

fn over(since: &BTreeMap<usize, Instant>, time: Duration) -> Vec<usize> {
    since.iter().filter(|(_, since)| since.elapsed() >= time).map(|(page, _)| *page).collect()
}

fn handle(number: usize) -> String {
    format!("jacket-{number}")
}
