use proptest::prelude::*;

use super::*;

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).expect("a date")
}

fn schedule() -> Schedule {
    Schedule {
        state: State::Idle,
        scheduled_at: start(),
        interval: Duration::from_secs(60),
        phase: Duration::ZERO,
        failures: 0,
        gone_since: None,
    }
}

proptest! {
    /// P10: however late each poll ends, beats stay on the grid, and after a sleep there is one poll.
    #[test]
    fn p10_polling_is_regular(delays in prop::collection::vec(0i64..400_000, 1..60), random in 0.0f64..1.0, phase in 0u64..60) {
        let mut schedule = Schedule { phase: Duration::from_secs(phase), ..schedule() };
        let mut now = start();
        for delay in delays {
            now += chrono::Duration::milliseconds(delay);
            let plan = after(&schedule, Outcome::Read, now, random);
            let off_grid = (plan.scheduled_at - start()).num_milliseconds() % 60_000;
            prop_assert_eq!(off_grid, i64::try_from(phase).expect("small") * 1000);
            prop_assert!(plan.scheduled_at > now && plan.scheduled_at <= now + chrono::Duration::seconds(60));
            prop_assert!(plan.next_poll_at - plan.scheduled_at <= chrono::Duration::seconds(3));
            schedule.scheduled_at = plan.scheduled_at;
            now = plan.next_poll_at;
        }
    }

    #[test]
    fn a_failing_shop_is_never_hammered(failures in 0u32..100, random in 0.0f64..1.0, asked in 0u64..200_000) {
        let schedule = Schedule { failures, ..schedule() };
        let outcome = Outcome::Failed { retry_after: Some(Duration::from_secs(asked)) };
        let wait = (after(&schedule, outcome, start(), random).next_poll_at - start()).num_seconds();
        prop_assert!(wait >= 60 && wait >= i64::try_from(asked.min(86_400)).expect("small"));
        prop_assert!(wait <= 86_400);
    }

    /// The operator's own shop is polled within ten seconds of its return, however long it was away.
    #[test]
    fn an_own_shop_is_back_within_ten_seconds(failures in 0u32..1000, random in 0.0f64..1.0, millis in 10u64..8_000) {
        let interval = Duration::from_millis(millis);
        let schedule = Schedule { failures, interval, ..schedule() };
        let plan = after(&schedule, Outcome::Failed { retry_after: None }, start(), random);
        prop_assert!(plan.next_poll_at - start() <= chrono::Duration::seconds(9));
        prop_assert!(breaker(failures, interval, random).unwrap_or_default() <= Duration::from_secs(9));
    }

    /// A first reading, or the first after failures, is not followed by the next request within the floor.
    #[test]
    fn the_floor_holds_where_the_beat_begins(at in 0i64..60_000, first in any::<bool>()) {
        let state = if first { State::Candidate } else { State::Idle };
        let schedule = Schedule { state, failures: 3, ..schedule() };
        let now = start() + chrono::Duration::milliseconds(at);
        let wait = after(&schedule, Outcome::Read, now, 0.0).next_poll_at - now;
        prop_assert!(wait >= chrono::Duration::seconds(30) && wait <= chrono::Duration::seconds(90), "{wait}");
    }
}

#[test]
fn sources_of_one_shop_and_interval_are_due_together_and_shops_apart() {
    let minute = Duration::from_secs(60);
    let next = |shop, second| {
        let schedule = Schedule { phase: phase(shop, minute), ..schedule() };
        after(&schedule, Outcome::Read, start() + chrono::Duration::seconds(second), 0.0).scheduled_at
    };
    assert_eq!((next(7, 0) - next(7, 17)).num_seconds() % 60, 0);
    assert_ne!((next(7, 0) - next(8, 0)).num_milliseconds() % 60_000, 0);
}

/// What is unpublished while it is sold out comes back by a 200, and is found within a quarter of an hour.
#[test]
fn what_is_not_found_is_looked_for_all_day_and_then_each_hour() {
    let mut schedule = schedule();
    let (mut now, mut longest) = (start(), chrono::Duration::zero());
    while now < start() + chrono::Duration::hours(24) {
        let plan = after(&schedule, Outcome::NotFound, now, 0.9);
        assert_eq!(plan.state, State::Idle);
        longest = longest.max(plan.next_poll_at - now);
        (schedule.failures, schedule.gone_since, now) = (plan.failures, plan.gone_since, plan.next_poll_at);
    }
    assert!(longest <= chrono::Duration::minutes(15), "{longest}");
    let plan = after(&schedule, Outcome::NotFound, now, 0.9);
    assert_eq!((plan.state, (plan.next_poll_at - now).num_minutes()), (State::Gone, 60));
    assert_eq!(after(&schedule, Outcome::Read, now, 0.0).gone_since, None);
}

#[test]
fn a_candidate_stays_one_until_it_is_read() {
    let schedule = Schedule { state: State::Candidate, ..schedule() };
    for outcome in [Outcome::Failed { retry_after: None }, Outcome::BotWall { walls: 0 }, Outcome::NotFound] {
        assert_eq!(after(&schedule, outcome, start(), 0.5).state, State::Candidate);
    }
    assert_eq!(after(&schedule, Outcome::Read, start(), 0.5).state, State::Idle);
}

#[test]
fn a_bot_wall_is_left_alone_for_longer_each_time() {
    let minutes = |walls| wall(walls, 0.5).as_secs() / 60;
    assert_eq!([0, 1, 2, 3, 4, 5, 60].map(minutes), [15, 30, 60, 120, 240, 360, 360]);
    let plan = after(&schedule(), Outcome::BotWall { walls: 0 }, start(), 0.5);
    assert_eq!((plan.state, (plan.next_poll_at - start()).num_minutes()), (State::Blocked, 15));
}

#[test]
fn a_clock_set_back_does_not_stop_polling() {
    let now = start() - chrono::Duration::days(1);
    let plan = after(&schedule(), Outcome::Read, now, 0.0);
    assert!((plan.next_poll_at - now).num_seconds() <= 60);
}

#[test]
fn a_shop_that_fails_everywhere_is_given_a_rest() {
    let minute = Duration::from_secs(60);
    assert_eq!(breaker(4, minute, 1.0), None);
    assert_eq!(breaker(5, minute, 1.0), Some(Duration::from_secs(30)));
    assert!(breaker(50, minute, 1.0) <= Some(BACKOFF_CAP));
}
