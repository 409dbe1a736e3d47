use proptest::prelude::*;

use super::*;

const ALL: Room = Room { healthy: true, failing: true };
const SLOTS: usize = 2;

/// What happens.
#[derive(Debug, Clone)]
enum Step {
    Add { shop: i64, due: u64 },
    Remove { nth: usize },
    Hold { shop: i64, until: u64, failing: bool },
    Begin(Room),
    End { nth: usize },
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let shop = || 1i64..4;
    let room = (any::<bool>(), any::<bool>()).prop_map(|(healthy, failing)| Room { healthy, failing });
    prop_oneof![
        4 => (shop(), 0u64..200).prop_map(|(shop, due)| Step::Add { shop, due }),
        1 => any::<usize>().prop_map(|nth| Step::Remove { nth }),
        1 => (shop(), 0u64..200, any::<bool>()).prop_map(|(shop, until, failing)| Step::Hold { shop, until, failing }),
        6 => prop_oneof![3 => Just(ALL), 1 => room].prop_map(Step::Begin),
        4 => any::<usize>().prop_map(|nth| Step::End { nth }),
        2 => (1u64..50).prop_map(Step::Pass),
    ]
}

/// The same, kept the simplest way.
#[derive(Debug, Default)]
struct Model {
    now: u64,
    waiting: Vec<(u64, i64, i64)>,
    in_flight: Vec<i64>,
    held: BTreeMap<i64, (u64, bool)>,
}

impl Model {
    /// The times since which each source could have been asked.
    fn ready(&self, room: Room) -> Vec<(u64, i64, u64, i64)> {
        let may = |shop: &i64| {
            let (_, failing) = self.held.get(shop).copied().unwrap_or_default();
            let slots = self.in_flight.iter().filter(|one| *one == shop).count();
            slots < SLOTS && if failing { room.failing } else { room.healthy }
        };
        let of_shop = self.waiting.iter().filter(|(_, shop, _)| may(shop));
        let since = of_shop.map(|(due, shop, source)| {
            let (until, _) = self.held.get(shop).copied().unwrap_or_default();
            (until.max(*due), *shop, *due, *source)
        });
        since.filter(|(since, ..)| *since <= self.now).collect()
    }
}

proptest! {
    /// P3, P10: no shop is asked by more than it has slots, none before it may be, and of all that may be asked the one
    /// that could have been for longest goes first. Nothing is lost.
    #[test]
    fn the_longest_due_goes_first_and_no_shop_is_asked_more_than_it_bears(steps in prop::collection::vec(step(), 1..150)) {
        let at = Duration::from_secs;
        let (mut schedule, mut model, mut number) = (Schedule::default(), Model::default(), 0);
        for shop in 1..4 {
            schedule.add_shop(shop, SLOTS, 0);
        }
        for step in steps {
            match step {
                Step::Add { shop, due } => {
                    number += 1;
                    schedule.add(shop, number, at(due));
                    model.waiting.push((due, shop, number));
                }
                Step::Remove { nth } if !model.waiting.is_empty() => {
                    let (due, shop, source) = model.waiting.swap_remove(nth % model.waiting.len());
                    schedule.remove(shop, source, at(due));
                }
                Step::Hold { shop, until, failing } => {
                    schedule.hold(shop, at(until), failing);
                    model.held.insert(shop, (until, failing));
                }
                Step::Begin(room) => {
                    let ready = model.ready(room);
                    let begun = schedule.begin(at(model.now), room);
                    prop_assert_eq!(begun.is_some(), !ready.is_empty());
                    let Some(source) = begun else { continue };
                    let chosen = ready.iter().find(|(.., one)| *one == source);
                    let Some(&(since, shop, due, _)) = chosen else { return Err(TestCaseError::fail("it may not be asked")) };
                    prop_assert_eq!(Some(since), ready.iter().map(|(since, ..)| *since).min());
                    let first = ready.iter().filter(|one| one.1 == shop).map(|one| one.2).min();
                    prop_assert_eq!(Some(due), first, "within its shop the longest due goes first");
                    model.waiting.retain(|(.., one)| *one != source);
                    model.in_flight.push(shop);
                }
                Step::End { nth } if !model.in_flight.is_empty() => {
                    let shop = model.in_flight.swap_remove(nth % model.in_flight.len());
                    schedule.end(shop);
                }
                Step::Pass(seconds) => model.now += seconds,
                _ => {}
            }
        }
        // Everything still comes to its turn.
        for shop in model.in_flight.drain(..) {
            schedule.end(shop);
        }
        let mut left = 0;
        while let Some(source) = schedule.begin(at(1000), ALL) {
            left += 1;
            schedule.end(model.waiting.iter().find(|(.., one)| *one == source).expect("it waited").1);
        }
        prop_assert_eq!(left, model.waiting.len());
    }
}

#[test]
fn a_shop_that_waits_for_a_word_is_asked_by_nobody() {
    let mut schedule = Schedule::default();
    schedule.add_shop(1, 1, 0);
    schedule.add(1, 7, Duration::ZERO);
    schedule.hold(1, UNTIL_TOLD, true);
    assert_eq!((schedule.begin(UNTIL_TOLD, ALL), schedule.next_at()), (None, None));
    schedule.hold(1, Duration::from_secs(3), true);
    assert_eq!(schedule.next_at(), Some(Duration::from_secs(3)));
    schedule.remove_shop(1);
    assert_eq!(schedule.next_at(), None);
}
