//! Made-up shops: what they have, what they say of it, and what was answered to whom. They know the truth.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use coatcheck::engine::poll::Poller;
use coatcheck::engine::readings::Readings;
use coatcheck::shops::{FetchError, FetchErrorKind, Progress, Read, ReadError, ReadOutcome, SourceSpec};
use coatcheck_domain::clock::ManualClock;
use coatcheck_domain::{Availability, Clock, ProductReading, Reading, VariantReading};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

use crate::turns::Turns;

/// The sources: the first two share a shop, the third lists two products.
pub(crate) const SOURCES: [(&str, &[&str]); 3] = [
    ("https://one.example/products/jacket", &["jacket"]),
    ("https://one.example/products/coat", &["coat"]),
    ("https://two.example/products.json", &["parka", "vest"]),
];
/// The sizes there are.
pub(crate) const SIZES: [&str; 3] = ["S", "M", "L"];

/// What a shop says of one product: a size that is not there is not named.
pub(crate) type Shown = BTreeMap<&'static str, Availability>;

/// What a source says: a product that is not there is not named.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Said {
    /// By product.
    pub(crate) products: BTreeMap<&'static str, Shown>,
    /// Was it read to its end?
    pub(crate) complete: bool,
}

/// How a source behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// It answers.
    Fine,
    /// It answers 500.
    Failing,
    /// It asks to be left alone for so many seconds.
    Busy(u64),
    /// It answers with a page that holds no products.
    Senseless,
}

/// The shops.
#[derive(Debug)]
pub(crate) struct Shops {
    turns: Arc<Turns>,
    clock: Arc<ManualClock>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    rng: StdRng,
    stock: [Said; 3],
    moods: [Mood; 3],
    slow: bool,
    /// Requests in flight: of which shop, and by whom.
    in_flight: Vec<(String, Arc<Line>)>,
    /// Where a shop was asked by more requests at once than it has slots.
    rude: Vec<String>,
    served: BTreeMap<(usize, DateTime<Utc>), Said>,
}

impl Shops {
    /// Shops where everything is sold out.
    pub(crate) fn new(seed: u64, turns: &Arc<Turns>, clock: &Arc<ManualClock>) -> Arc<Self> {
        let stock = SOURCES.map(|(_, products)| Said {
            products: products.iter().map(|p| (*p, SIZES.map(|s| (s, Availability::OutOfStock)).into())).collect(),
            complete: true,
        });
        let rng = StdRng::seed_from_u64(seed ^ 0x5409);
        let state = State {
            rng,
            stock,
            moods: [Mood::Fine; 3],
            slow: true,
            in_flight: Vec::new(),
            rude: Vec::new(),
            served: BTreeMap::new(),
        };
        Arc::new(Self { turns: Arc::clone(turns), clock: Arc::clone(clock), state: Mutex::new(state) })
    }

    /// Something changes at a shop. Says what.
    pub(crate) fn change(&self, rng: &mut StdRng) -> String {
        let mut state = self.lock();
        let source = rng.random_range(0..SOURCES.len());
        let product = *SOURCES[source].1.choose(rng).expect("some");
        let size = *SIZES.choose(rng).expect("some");
        let shown = state.stock[source].products.entry(product).or_default();
        match rng.random_range(0..20) {
            0 => {
                state.stock[source].products.remove(product);
                format!("{product} is gone")
            }
            1 => {
                shown.remove(size);
                format!("{product} {size} is gone")
            }
            2 => {
                state.stock[source].complete ^= true;
                format!("{} is cut: {}", SOURCES[source].0, !state.stock[source].complete)
            }
            3..6 => {
                let moods = [Mood::Failing, Mood::Busy(90), Mood::Senseless, Mood::Fine, Mood::Fine, Mood::Fine];
                state.moods[source] = *moods.choose(rng).expect("some");
                format!("{} is {:?}", SOURCES[source].0, state.moods[source])
            }
            _ => {
                let all = [Availability::InStock, Availability::OutOfStock];
                let few = [Availability::LowStock, Availability::PreOrder, Availability::Unknown];
                let is = if rng.random_bool(0.8) { all.choose(rng) } else { few.choose(rng) };
                shown.insert(size, *is.expect("some"));
                format!("{product} {size} is {}", shown[size])
            }
        }
    }

    /// From now on all answer at once, and truly; what they have stays as it is.
    pub(crate) fn be_fine(&self) {
        let mut state = self.lock();
        state.moods = [Mood::Fine; 3];
        state.slow = false;
    }

    /// No shop was ever asked by more requests at once than it has slots.
    pub(crate) fn were_never_crowded(&self) {
        let rude = std::mem::take(&mut self.lock().rude);
        assert!(rude.is_empty(), "{rude:?}");
    }

    /// What was answered by a source at that time.
    pub(crate) fn served(&self, source: usize, read_at: DateTime<Utc>) -> Option<Said> {
        self.lock().served.get(&(source, read_at)).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic while it is held")
    }

    /// What the source answers now.
    fn answer(&self, source: usize, spec: &SourceSpec) -> Result<ReadOutcome, ReadError> {
        // No two answers are complete at the same time: by it they are known again.
        self.clock.advance(Duration::from_micros(1));
        let received_at = self.clock.now();
        let mut state = self.lock();
        failure(state.moods[source], &spec.url)?;
        let said = state.stock[source].clone();
        if said.products.is_empty() || said.products.values().any(Shown::is_empty) {
            return Err(ReadError::Shape { at: "$".to_owned(), what: "nothing is here".to_owned() });
        }
        let etag = format!("{said:?}");
        state.served.insert((source, received_at), said.clone());
        if spec.etag.as_ref() == Some(&etag) && state.rng.random_bool(0.7) {
            return Ok(ReadOutcome::NotModified { received_at });
        }
        let salt = state.rng.random_bool(0.2).then(|| state.rng.random::<u64>());
        Ok(ReadOutcome::Read(Box::new(Read {
            reading: reading(&said),
            reader: "json".parse().expect("a reader"),
            resolved_url: spec.url.clone(),
            body_digest: Sha256::digest(format!("{etag}{salt:?}")).into(),
            etag: Some(etag),
            last_modified: None,
            received_at,
            slow: false,
            cut_by: None,
            to_its_end: false,
            how: Vec::new(),
            same: Vec::new(),
            pages: None,
        })))
    }
}

fn failure(mood: Mood, url: &url::Url) -> Result<(), ReadError> {
    let fetch = |kind| ReadError::Fetch(FetchError { url: Box::new(url.clone()), kind });
    match mood {
        Mood::Fine => Ok(()),
        Mood::Failing => Err(fetch(FetchErrorKind::Status { code: 500, retry_after: None, said: None })),
        Mood::Busy(seconds) => {
            let retry_after = Some(Duration::from_secs(seconds));
            Err(fetch(FetchErrorKind::Status { code: 429, retry_after, said: None }))
        }
        Mood::Senseless => Err(ReadError::Shape { at: "$".to_owned(), what: "a page".to_owned() }),
    }
}

#[async_trait]
impl Readings for Line {
    async fn read(&self, spec: &SourceSpec, _progress: &dyn Progress) -> Result<ReadOutcome, ReadError> {
        let source = SOURCES.iter().position(|(url, _)| *url == spec.url.as_str()).expect("a source of ours");
        let wait = {
            let mut state = self.shops.lock();
            let slow = state.slow && state.rng.random_bool(0.1);
            if slow { Duration::from_secs(state.rng.random_range(1..90)) } else { Duration::ZERO }
        };
        let _asking = Asking::begin(self, &spec.url);
        let not_before = self.shops.clock.monotonic() + wait;
        let held = self.shops.turns.wait(self.who, format!("{} answers", spec.url.path()), not_before).await;
        let answer = self.shops.answer(source, spec);
        drop(held);
        answer
    }
}

/// Requests to one shop at once, at most.
const SLOTS: usize = 1;

/// A request in flight.
struct Asking<'a> {
    line: &'a Line,
    shop: String,
}

impl<'a> Asking<'a> {
    /// No shop is ever asked by more requests than it has slots, on however many instances. Whose lease is over has given
    /// its requests up; here nobody ends them at that moment, so they do not count.
    fn begin(line: &'a Line, url: &url::Url) -> Self {
        let shop = url.host_str().expect("a host").to_owned();
        let mut state = line.shops.lock();
        state.in_flight.push((shop.clone(), line.me.upgrade().expect("it is asked")));
        let by: Vec<usize> =
            state.in_flight.iter().filter(|(of, by)| *of == shop && by.is_holding()).map(|(_, by)| by.who).collect();
        if by.len() > SLOTS {
            // Said in the end: a reader that panics is an error of its source.
            state.rude.push(format!("{shop} is asked at once by {by:?}"));
        }
        drop(state);
        Self { line, shop }
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        let mut state = self.line.shops.lock();
        let is_it = |(shop, by): &(String, Arc<Line>)| *shop == self.shop && std::ptr::eq(&**by, self.line);
        if let Some(at) = state.in_flight.iter().position(is_it) {
            state.in_flight.swap_remove(at);
        }
    }
}

/// An instance's line to the shops.
#[derive(Debug)]
pub(crate) struct Line {
    who: usize,
    shops: Arc<Shops>,
    me: Weak<Self>,
    /// Who asks by it, as long as they live.
    poller: Mutex<Option<Poller>>,
}

impl Line {
    /// The line of an instance.
    pub(crate) fn new(who: usize, shops: &Arc<Shops>) -> Arc<Self> {
        Arc::new_cyclic(|me| Self { who, shops: Arc::clone(shops), me: Weak::clone(me), poller: Mutex::default() })
    }

    /// Who asks by it from now on.
    pub(crate) fn asked_by(&self, poller: Option<Poller>) {
        *self.poller.lock().expect("no panic while it is held") = poller;
    }

    fn is_holding(&self) -> bool {
        self.poller.lock().expect("no panic while it is held").as_ref().is_some_and(Poller::is_holding)
    }
}

fn reading(said: &Said) -> Reading {
    let products = said.products.iter().map(|(name, shown)| ProductReading {
        external_id: Some((*name).to_owned()),
        handle: None,
        title: (*name).to_owned(),
        url: None,
        image: None,
        complete: said.complete,
        updated_at: None,
        variants: shown
            .iter()
            .map(|(size, is)| VariantReading::bare(vec![("Size".to_owned(), (*size).to_owned())], *is))
            .collect(),
    });
    Reading { products: products.collect(), complete: said.complete, doubts: Vec::new() }
}
