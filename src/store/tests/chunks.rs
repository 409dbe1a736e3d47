//! Property: however the fan-out is cut into chunks, it tells exactly what the pure model tells.

use std::collections::{BTreeMap, BTreeSet};

use coatcheck_domain::watch::{Mode, Offer};
use proptest::prelude::*;

use super::scene::{IN, OUT, RULES, Scene, jacket, sizes, variant, wish_of};
use crate::store::outbox::fanout::FanoutRules;

const VARIANTS: [&str; 6] = ["M/Black", "M/Red", "L/Black", "L/Red", "S/Black White", "One Size"];
const WISHES: [&str; 12] =
    ["", "M", "L", "S", "XL", "/black", "/red", "M/black", "L/red", "S/white", "/jacket", "M/jacket red"];

/// A watch: whose, what for, how often, and whether it was said before the restock.
type Said = (u64, usize, bool, bool);

/// Subscriber → what the one alert lists.
type Told = BTreeMap<String, BTreeSet<String>>;

fn said() -> impl Strategy<Value = Vec<Said>> {
    prop::collection::vec((1u64..7, 0..WISHES.len(), any::<bool>(), prop::bool::weighted(0.8)), 0..24)
}

/// Who must be told what: every wish against every variant that came back.
fn model(watches: &[Said], back: &[bool]) -> Told {
    let mut told = Told::new();
    // What is said last counts: saying it again after the restock arms it for the next one.
    let last: BTreeMap<(u64, usize), bool> = watches_in_order(watches).map(|w| ((w.0, w.1), w.3)).collect();
    for ((who, wish), _) in last.into_iter().filter(|(_, before)| *before) {
        for (spec, _) in VARIANTS.iter().zip(back).filter(|(_, back)| **back) {
            let reading = variant(spec, IN);
            let (sizes, style) = (reading.size_keys(), reading.style());
            let offer = Offer { sizes: &sizes, style: style.as_deref(), title: "Jacket" };
            if wish_of(WISHES[wish]).matches(&offer) {
                told.entry(format!("discord:{who}")).or_default().insert((*spec).to_owned());
            }
        }
    }
    told
}

/// First all that is said before the restock, then all that is said after it.
fn watches_in_order(watches: &[Said]) -> impl Iterator<Item = &Said> {
    watches.iter().filter(|w| w.3).chain(watches.iter().filter(|w| !w.3))
}

async fn tell(watches: &[Said], back: &[bool], chunk: usize) -> (Told, usize) {
    let shown = |back: &[bool]| -> Vec<_> {
        VARIANTS.iter().zip(back).map(|(spec, back)| (*spec, if *back { IN } else { OUT })).collect()
    };
    let (scene, source, product) = Scene::with_jacket(&shown(&[false; 6])).await;
    let mut read = false;
    for (who, wish, every, before) in watches_in_order(watches) {
        if !before && !std::mem::replace(&mut read, true) {
            scene.read(source, &jacket(&shown(back))).await;
        }
        let mode = if *every { Mode::Every } else { Mode::Once };
        let person = scene.person(*who).await;
        scene.watch(person, product, WISHES[*wish], mode).await;
    }
    if !read {
        scene.read(source, &jacket(&shown(back))).await;
    }
    scene.try_fan_out(&FanoutRules { chunk, ..RULES }).await.expect("fanned out");
    let deliveries = scene.deliveries().await;
    let told = deliveries.iter().map(|d| (d.address.clone().expect("an address"), sizes(d).into_iter().collect()));
    (told.collect(), deliveries.len())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// P1 without a crash: chunks of one watch, of three and of a thousand say what matching one by one says.
    #[test]
    fn p1_chunks_of_any_length_tell_what_the_model_tells(
        watches in said(),
        back in prop::collection::vec(any::<bool>(), VARIANTS.len()),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let expected = model(&watches, &back);
        for chunk in [1, 3, 1000] {
            let (told, rows) = runtime.block_on(tell(&watches, &back, chunk));
            prop_assert_eq!(&told, &expected, "in chunks of {}", chunk);
            prop_assert_eq!(rows, expected.len(), "one row for each who is told, in chunks of {}", chunk);
        }
    }
}

/// However many wait, and wherever one chunk ends and the next begins: nobody at a border is left out or notified twice.
#[tokio::test]
async fn p1_whoever_waits_at_the_border_of_a_chunk_is_notified_once() {
    for (people, chunk) in [(5, 1), (4, 2), (5, 2), (6, 2), (3, 3), (6, 3), (7, 3)] {
        let (scene, source, product) = Scene::with_jacket(&[("M", OUT)]).await;
        for number in 1..=people {
            let person = scene.person(number).await;
            scene.watch(person, product, "M", Mode::Once).await;
        }
        scene.read(source, &jacket(&[("M", IN)])).await;
        let told = scene.try_fan_out(&FanoutRules { chunk, ..RULES }).await.expect("fanned out");
        let mut addresses: Vec<String> = scene.deliveries().await.into_iter().filter_map(|d| d.address).collect();
        addresses.sort();
        let all: Vec<String> = (1..=people).map(|number| format!("discord:{number}")).collect();
        assert_eq!((told, addresses), (people, all), "{people} people in chunks of {chunk}");
    }
}
