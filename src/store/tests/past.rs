//! P6: history is true. Random readings go through the store; what it says of the past is held against them.

use chrono::{DateTime, Utc};
use coatcheck_domain::history::Span;
use coatcheck_domain::{Availability, Money, Reading};
use proptest::prelude::*;

use super::readings::stock_rows;
use super::scene::{IN, OUT, Scene, URL, jacket, variant};

const SIZES: [&str; 3] = ["S", "M", "L"];

/// What happens at one poll.
#[derive(Debug, Clone)]
enum Poll {
    /// A reading: for each size what it is and what it costs, or that it is not there.
    Read([Option<(Availability, i64)>; 3]),
    /// The same again, if that would change nothing.
    Same,
    /// It fails.
    Fail,
    /// Nobody polls for ten minutes.
    Sleep,
}

/// What was seen of one size at one time.
type Sight = (DateTime<Utc>, Availability, Option<i64>);

/// Sights as they must be in the history, kept the simplest way.
#[derive(Debug, Default)]
struct Model {
    sights: [Vec<Sight>; 3],
    missing: [u32; 3],
    last: [Option<(Availability, i64)>; 3],
    /// Does the shop list the product already? Then a size that is not there is missing.
    known: [bool; 3],
}

impl Model {
    fn read(&mut self, at: DateTime<Utc>, said: [Option<(Availability, i64)>; 3]) {
        self.last = said;
        for (size, said) in said.into_iter().enumerate() {
            match said {
                Some((Availability::Unknown, _)) => self.missing[size] = 0,
                Some((is, price)) => {
                    self.sights[size].push((at, is, Some(price)));
                    self.known[size] = true;
                    self.missing[size] = 0;
                }
                None if self.known[size] => {
                    self.missing[size] += 1;
                    // One that is absent stays so, whatever was left unsaid of it meanwhile.
                    let is_absent = matches!(self.sights[size].last(), Some((_, Availability::Absent, _)));
                    if self.missing[size] >= 3 || is_absent {
                        self.sights[size].push((at, Availability::Absent, None));
                    }
                }
                None => {}
            }
        }
    }
}

fn poll() -> impl Strategy<Value = Poll> {
    let is = prop::sample::select(vec![IN, OUT, Availability::LowStock, Availability::PreOrder, Availability::Unknown]);
    let one = prop_oneof![4 => (is, 0i64..2).prop_map(Some), 1 => Just(None)];
    prop_oneof![
        6 => [one.clone(), one.clone(), one].prop_map(Poll::Read),
        5 => Just(Poll::Same),
        1 => Just(Poll::Fail),
        1 => Just(Poll::Sleep),
    ]
}

fn reading(said: &[Option<(Availability, i64)>; 3]) -> Reading {
    let mut reading = jacket(&[]);
    for (size, said) in SIZES.iter().zip(said) {
        let Some((is, price)) = said else { continue };
        let mut one = variant(size, *is);
        one.price = Some(Money::minor(*price, 2, Some("EUR")));
        reading.products[0].variants.push(one);
    }
    // A product is never without variants; this one is of no interest.
    reading.products[0].variants.push(variant("XXL", OUT));
    reading
}

async fn play(polls: &[Poll]) -> (Scene, Model) {
    let scene = Scene::new().await;
    let source = scene.source(URL).await;
    let mut model = Model::default();
    for poll in polls {
        if let Poll::Sleep = poll {
            scene.pass(600);
            continue;
        }
        let polled = scene.poll(source).await;
        let now = scene.db.now();
        let awake = polled.last_read_at.is_some_and(|last| now - last <= chrono::Duration::seconds(180));
        match poll {
            Poll::Read(said) => {
                scene.store(&polled, &reading(said), "body").await.expect("stored");
                model.read(now, *said);
            }
            Poll::Same if polled.settled && awake => {
                assert!(scene.unchanged(&polled).await);
                model.read(now, model.last);
            }
            _ => {
                let before = stock_rows(&scene).await;
                assert!(scene.fail(&polled).await);
                assert_eq!(stock_rows(&scene).await, before, "an error is not a reading");
            }
        }
    }
    (scene, model)
}

fn check(spans: &[Span], sights: &[Sight], what: &str) -> Result<(), TestCaseError> {
    for two in spans.windows(2) {
        prop_assert!(two[0].ended_at <= two[1].started_at, "{what}: overlap {two:?}");
        prop_assert!(!two[0].is_open, "{what}: an open span is the last");
    }
    for span in spans {
        let price = span.price.as_ref().map(|price| price.minor);
        prop_assert!(span.started_at <= span.last_seen && span.last_seen <= span.ended_at, "{what}: {span:?}");
        let within: Vec<&Sight> =
            sights.iter().filter(|(at, ..)| span.started_at <= *at && *at <= span.last_seen).collect();
        prop_assert_eq!(within.first().map(|sight| sight.0), Some(span.started_at), "{} begins with a sight", what);
        prop_assert_eq!(within.last().map(|sight| sight.0), Some(span.last_seen), "{} is last seen at one", what);
        for two in within.windows(2) {
            let silence = two[1].0 - two[0].0;
            prop_assert!(silence <= chrono::Duration::seconds(180), "{what}: a gap inside {span:?}");
        }
        for sight in within {
            prop_assert_eq!((sight.1, sight.2), (span.availability, price), "{} says what was seen", what);
        }
    }
    for (at, ..) in sights {
        let covering = spans.iter().filter(|span| span.started_at <= *at && *at <= span.last_seen).count();
        prop_assert_eq!(covering, 1, "{}: the sight at {} is in one span", what, at);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn p6_spans_are_disjoint_ordered_and_cover_exactly_the_readings(polls in prop::collection::vec(poll(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let (history, model) = runtime.block_on(async {
            let (scene, model) = play(&polls).await;
            (scene.db.history(1).await.expect("asked"), model)
        });
        for (size, sights) in SIZES.iter().zip(&model.sights) {
            let spans = history.iter().find(|one| one.size.as_deref() == Some(size)).map(|one| one.spans.as_slice());
            check(spans.unwrap_or_default(), sights, size)?;
        }
    }
}
