//! A year of a shop's life, played against a model that knows the truth: what comes back is notified once, and nothing else
//! is. General restocks, single returns, renamed sizes, re-created variants, caches that disagree, lists that are cut,
//! maintenance, unpublished products, and lists that lose half of their goods for a while.
//!
//! A failing seed is printed; `COATCHECK_SEED=7` plays that one, `COATCHECK_YEARS=1000` so many.

#![allow(clippy::print_stdout, reason = "a test says what it has played")]

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::{DateTime, Duration, Utc};
use coatcheck_domain::stock::glitch::Round;
use coatcheck_domain::stock::{self, Change, Known, KnownVariant, OpenSpan, Rules};
use coatcheck_domain::{Availability, ProductReading, VariantReading};

const INTERVAL: Duration = Duration::minutes(5);
/// Between two events the shop stays as it is for at least so many polls: what changes faster may be missed, as stated.
const CALM: usize = 8;
const SIZES: [&str; 4] = ["40", "41", "42", "43"];
const PRODUCTS: usize = 6;
/// A cache is newer again within this, or the older answers count: that is the stated window.
const STALE_WITHIN: Duration = Duration::minutes(15);

/// Chance, from a seed (splitmix64).
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n as u64).expect("small")
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

/// A product as it is.
#[derive(Clone)]
struct Product {
    in_stock: [bool; 4],
    /// Sizes are called "EU 40" now.
    renamed: bool,
    /// Variants were re-created so often, each time under new ids.
    generation: usize,
    published: bool,
    changed_at: DateTime<Utc>,
}

/// The shop as it is, and how it shows it.
#[derive(Clone)]
struct Shop {
    products: Vec<Product>,
    /// Does it hide what is sold out?
    hides: bool,
    /// Do its variants have ids?
    ids: bool,
}

/// What one poll brings.
enum Answer {
    Reading { products: Vec<(usize, ProductReading)>, complete: bool },
    Nothing,
}

impl Shop {
    fn new(rng: &mut Rng, now: DateTime<Utc>) -> Self {
        let product = |rng: &mut Rng| Product {
            in_stock: [0; 4].map(|_| rng.chance(60)),
            renamed: false,
            generation: 0,
            published: true,
            changed_at: now,
        };
        Self { products: (0..PRODUCTS).map(|_| product(rng)).collect(), hides: rng.chance(50), ids: rng.chance(50) }
    }

    fn shown(&self, at: usize) -> Option<ProductReading> {
        let product = &self.products[at];
        let variants = (0..SIZES.len()).filter(|size| product.in_stock[*size] || !self.hides);
        let variants: Vec<VariantReading> = variants.map(|size| self.variant(product, size)).collect();
        (product.published && !variants.is_empty()).then(|| ProductReading {
            external_id: Some(at.to_string()),
            handle: None,
            title: format!("Product {at}"),
            url: None,
            image: None,
            complete: true,
            updated_at: Some(product.changed_at),
            variants,
        })
    }

    fn variant(&self, product: &Product, size: usize) -> VariantReading {
        let name = if product.renamed { format!("EU {}", SIZES[size]) } else { SIZES[size].to_owned() };
        let is = if product.in_stock[size] { Availability::InStock } else { Availability::OutOfStock };
        VariantReading {
            external_id: self.ids.then(|| format!("{size}-{}", product.generation)),
            ..VariantReading::bare(vec![("Size".to_owned(), name)], is)
        }
    }

    fn whole(&self) -> Vec<(usize, ProductReading)> {
        (0..self.products.len()).filter_map(|at| Some((at, self.shown(at)?))).collect()
    }
}

/// What a store keeps, and which sizes were notified.
#[derive(Default)]
struct Kept {
    products: BTreeMap<usize, Known>,
    restocks: Vec<(usize, String)>,
}

impl Kept {
    fn read(&mut self, shown: &[(usize, ProductReading)], complete: bool, now: DateTime<Utc>, rules: &Rules) {
        self.mark_glitches(shown, now);
        for (at, reading) in shown {
            let known = self.products.entry(*at).or_default();
            let is_new = known.variants.is_empty();
            let observation = stock::observe(known, reading, rules, now);
            for (seen, variant) in observation.seen.iter().zip(&reading.variants) {
                let index = seen.known.unwrap_or_else(|| {
                    known.variants.push(KnownVariant::default());
                    known.variants.len() - 1
                });
                let kept = &mut known.variants[index];
                kept.key.clone_from(&seen.key);
                kept.options_key = variant.options_key();
                (kept.missing, kept.unconfirmed, kept.rank, kept.glitch) = (0, seen.unconfirmed, seen.rank, false);
                apply(kept, &seen.change, now);
                if seen.restock_from.is_some() {
                    assert!(!is_new, "a first sight");
                    self.restocks.push((*at, size_of(variant)));
                }
            }
            take_missed(known, &observation, now);
            known.read_completely = observation.read_completely;
            (known.shop_time, known.doubted_since) = (observation.shop_time, observation.doubted_since);
        }
        let there: HashSet<usize> = shown.iter().map(|(at, _)| *at).collect();
        for (_, known) in self.products.iter_mut().filter(|(at, _)| complete && !there.contains(at)) {
            let observation = stock::observe_missing(known, rules, now);
            take_missed(known, &observation, now);
        }
    }

    fn mark_glitches(&mut self, shown: &[(usize, ProductReading)], now: DateTime<Utc>) {
        let mut returning: Vec<(usize, usize, DateTime<Utc>)> = Vec::new();
        for (at, reading) in shown {
            let Some(known) = self.products.get(at) else { continue };
            for index in stock::returning(known, reading) {
                returning.push((*at, index, known.variants[index].vanished.expect("it vanished").at));
            }
        }
        let rounds: BTreeSet<DateTime<Utc>> = returning.iter().map(|(_, _, at)| *at).collect();
        for round_at in rounds {
            let of_round = |known: &&KnownVariant| {
                known.vanished.is_some_and(|vanished| vanished.at == round_at && vanished.was.is_buyable())
            };
            let lost = || self.products.values().flat_map(|known| known.variants.iter().filter(of_round));
            let now_back = returning.iter().filter(|(_, _, at)| *at == round_at).count();
            let round = Round {
                at: round_at,
                products: self.products.len(),
                losing: self.products.values().filter(|known| known.variants.iter().any(|v| of_round(&v))).count(),
                lost: lost().count(),
                back: lost().filter(|variant| variant.missing == 0).count() + now_back,
            };
            let is_glitch = round.is_glitch(now);
            for (at, index, _) in returning.iter().filter(|(_, _, at)| *at == round_at) {
                self.products.get_mut(at).expect("known").variants[*index].glitch = is_glitch;
            }
        }
    }
}

fn take_missed(known: &mut Known, observation: &stock::Observation, now: DateTime<Utc>) {
    for missed in &observation.missed {
        let kept = &mut known.variants[missed.known];
        (kept.missing, kept.vanished) = (missed.missing, missed.vanished);
        apply(kept, &missed.change, now);
    }
}

fn apply(kept: &mut KnownVariant, change: &Change, now: DateTime<Utc>) {
    match change {
        Change::Silent => {}
        Change::Extend => kept.span.as_mut().expect("an open span").last_seen = now,
        Change::Open { availability, price, .. } => {
            kept.span = Some(OpenSpan { availability: *availability, price: price.clone(), last_seen: now });
        }
    }
}

/// The size, under its first name.
fn size_of(variant: &VariantReading) -> String {
    variant.size().expect("a size").trim_start_matches("EU ").to_owned()
}

/// One event. Says which sizes come back by it.
fn event(rng: &mut Rng, shop: &mut Shop, now: DateTime<Utc>) -> Vec<(usize, String)> {
    let at = rng.below(PRODUCTS);
    let mut back = Vec::new();
    let hides = shop.hides;
    let count = shop.products.len();
    let mut change = |product: usize, size: usize, is: bool, shop: &mut Shop| {
        let it = &mut shop.products[product];
        if !it.in_stock[size] && is && it.published {
            back.push((product, SIZES[size].to_owned()));
        }
        (it.in_stock[size], it.changed_at) = (is, now);
    };
    match rng.below(10) {
        // A size sells out, or two in one minute; the last one of a product stays, so that it is there to be renamed.
        0..=3 => {
            for size in [rng.below(4), rng.below(4)] {
                if shop.products[at].in_stock.iter().filter(|is| **is).count() > 1 {
                    change(at, size, false, shop);
                }
            }
        }
        // A size returns.
        4..=5 => change(at, rng.below(4), true, shop),
        // Everything is back.
        6 => (0..count).for_each(|product| (0..4).for_each(|size| change(product, size, true, shop))),
        // All sizes get other names, while all are there: of what is hidden nobody knows the other name.
        7 => {
            let it = &mut shop.products[at];
            if (!hides || it.in_stock == [true; 4]) && it.published && !shop.ids {
                (it.renamed, it.changed_at) = (!it.renamed, now);
            }
        }
        // All variants are re-created under other ids.
        8 => {
            let it = &mut shop.products[at];
            (it.generation, it.changed_at) = (it.generation + 1, now);
        }
        // A product is taken off the shop, or put there again: what was in stock and gone for long is back then.
        _ => {
            let it = &mut shop.products[at];
            (it.published, it.changed_at) = (!it.published, now);
            if it.published {
                back.extend((0..4).filter(|size| it.in_stock[*size]).map(|size| (at, SIZES[size].to_owned())));
            }
        }
    }
    back
}

/// A cache with two edges: the other one knows the shop as it was before its last event.
struct Edge {
    old: Shop,
    /// Since when each product was shown as it was, and never as it is.
    stale_since: [Option<DateTime<Utc>>; PRODUCTS],
}

impl Edge {
    /// Which shop shows this product in this answer? What was taken off altogether has no newer time to be told by, and no
    /// product is shown as it was for as long as the stated window.
    fn shows<'a>(&'a mut self, rng: &mut Rng, shop: &'a Shop, at: usize, now: DateTime<Utc>) -> &'a Shop {
        let is_stale = self.old.products[at].changed_at < shop.products[at].changed_at;
        let since = *self.stale_since[at].get_or_insert(now);
        if rng.chance(50) && shop.products[at].published && (!is_stale || now - since < STALE_WITHIN) {
            return &self.old;
        }
        self.stale_since[at] = None;
        shop
    }

    fn all_fresh(&mut self, shown: &[(usize, ProductReading)]) {
        for (at, _) in shown {
            self.stale_since[*at] = None;
        }
    }
}

/// A poll in calm times, with the lies that shops tell.
fn answer(rng: &mut Rng, shop: &Shop, edge: &mut Edge, now: DateTime<Utc>) -> Answer {
    let whole = shop.whole();
    match rng.below(20) {
        0 => Answer::Nothing,
        // Another edge of the cache, for some products.
        1 | 2 => {
            let mixed = (0..PRODUCTS).filter_map(|at| Some((at, edge.shows(rng, shop, at, now).shown(at)?))).collect();
            // A cache that does not know a product says nothing of its absence for long.
            Answer::Reading { products: mixed, complete: false }
        }
        // A list that was cut.
        3 => {
            let cut: Vec<_> = whole.into_iter().take(rng.below(PRODUCTS) + 1).collect();
            edge.all_fresh(&cut);
            Answer::Reading { products: cut, complete: false }
        }
        _ => {
            edge.all_fresh(&whole);
            Answer::Reading { products: whole, complete: true }
        }
    }
}

/// The list loses sizes of many products for a while, and has them again.
fn glitch(rng: &mut Rng, shop: &Shop) -> Vec<(usize, ProductReading)> {
    let mut whole = shop.whole();
    for (_, product) in &mut whole {
        let half = product.variants.len().div_ceil(2);
        product.variants.truncate(half);
    }
    if rng.chance(50) {
        whole.truncate(PRODUCTS / 2);
    }
    whole
}

/// Products that lack sizes there. With fewer than three it would be a sell-out.
fn losing(whole: &[(usize, ProductReading)], less: &[(usize, ProductReading)]) -> usize {
    let count = |list: &[(usize, ProductReading)], at: usize| {
        let product = list.iter().find(|(other, _)| *other == at);
        product.map_or(0, |(_, product)| product.variants.iter().filter(|v| v.availability.is_buyable()).count())
    };
    whole.iter().filter(|(at, _)| count(less, *at) < count(whole, *at)).count()
}

fn play(seed: u64) {
    let mut rng = Rng(seed);
    let start = DateTime::from_timestamp(1_767_225_600, 0).expect("a date");
    let rules = Rules::for_interval(INTERVAL.to_std().expect("positive"));
    let mut now = start;
    let mut shop = Shop::new(&mut rng, now);
    let mut kept = Kept::default();
    let everything = Shop { hides: false, ..shop.clone() };
    kept.read(&everything.whole(), true, now, &rules);
    let mut events = 0;
    while now - start < Duration::days(365) {
        let mut edge = Edge { old: shop.clone(), stale_since: [None; PRODUCTS] };
        now += INTERVAL;
        let back = event(&mut rng, &mut shop, now);
        events += 1;
        let before = kept.restocks.len();
        for _ in 0..CALM {
            now += INTERVAL;
            if let Answer::Reading { products, complete } = answer(&mut rng, &shop, &mut edge, now) {
                kept.read(&products, complete, now, &rules);
            }
        }
        // Clean readings in the end: what was not seen through the lies is seen now, and what is gone is Absent.
        for _ in 0..4 {
            now += INTERVAL;
            kept.read(&shop.whole(), true, now, &rules);
        }
        let notified = &kept.restocks[before..];
        let (due, got): (BTreeSet<_>, BTreeSet<_>) = (back.iter().collect(), notified.iter().collect());
        assert_eq!(got, due, "seed {seed}, event {events} at {now}: hides {}, ids {}", shop.hides, shop.ids);
        assert_eq!(notified.len(), due.len(), "seed {seed}, event {events} at {now}: twice");
        let less = glitch(&mut rng, &shop);
        if rng.chance(10) && losing(&shop.whole(), &less) >= 3 {
            for _ in 0..4 {
                now += INTERVAL;
                kept.read(&less, true, now, &rules);
            }
            now += INTERVAL;
            kept.read(&shop.whole(), true, now, &rules);
            assert_eq!(kept.restocks.len(), before + due.len(), "seed {seed}, a glitch after event {events} at {now}");
        }
        // A quiet day now and then.
        now += INTERVAL * i32::try_from(rng.below(2000)).expect("small");
        kept.read(&shop.whole(), true, now, &rules);
    }
    println!("seed {seed}: {events} events, {} restocks, 0 false, 0 missed", kept.restocks.len());
}

#[test]
fn a_year_of_a_shop_s_life_is_notified_as_it_was() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    match number("COATCHECK_SEED") {
        Some(seed) => play(seed),
        None => play_in_threads(number("COATCHECK_YEARS").unwrap_or(3)),
    }
}

fn play_in_threads(years: u64) {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for first in (0..years).take(threads) {
            scope.spawn(move || (first..years).step_by(threads).for_each(play));
        }
    });
}
