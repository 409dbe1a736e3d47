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
            let jitter = plan.next_poll_at - plan.scheduled_at;
            prop_assert!(jitter >= chrono::Duration::zero() && jitter <= chrono::Duration::seconds(3), "{jitter}");
            schedule.scheduled_at = plan.scheduled_at;
            now = plan.next_poll_at;
        }
    }

    /// The wait of one's own holds whatever the shop asks for, and what the shop asks for holds up to a day.
    #[test]
    fn a_failing_shop_is_never_hammered(failures in 0u32..100, random in 0.0f64..1.0, asked in proptest::option::of(0u64..200_000)) {
        let schedule = Schedule { failures, ..schedule() };
        let wait = |retry_after| {
            let plan = after(&schedule, Outcome::Failed { retry_after }, start(), random);
            assert_eq!(plan.failures, failures + 1);
            (plan.next_poll_at - start()).to_std().expect("ahead")
        };
        let own = wait(None);
        prop_assert!(own >= Duration::from_secs(60) && own <= Duration::from_secs(900), "{own:?}");
        let asked = asked.map(Duration::from_secs);
        prop_assert_eq!(wait(asked), own.max(asked.unwrap_or_default()).min(Duration::from_secs(86_400)));
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

/// Seconds until the next poll after so many failures in a row, at the least and at the most.
fn waits(interval: Duration, failures: u32) -> (f64, f64) {
    let schedule = Schedule { failures: failures - 1, interval, ..schedule() };
    let wait = |random| {
        let plan = after(&schedule, Outcome::Failed { retry_after: None }, start(), random);
        (plan.next_poll_at - start()).as_seconds_f64()
    };
    (wait(0.0), wait(1.0))
}

#[test]
fn the_wait_after_failures_doubles_up_to_a_quarter_of_an_hour() {
    let minute = Duration::from_secs(60);
    let expected = [(60.0, 120.0), (60.0, 180.0), (60.0, 300.0), (60.0, 540.0), (60.0, 900.0), (60.0, 900.0)];
    for (failures, expected) in (1..).zip(expected) {
        assert_eq!(waits(minute, failures), expected, "{failures} failures");
    }
    assert_eq!(waits(minute, u32::MAX), (60.0, 900.0));
    assert_eq!(waits(Duration::from_secs(3600), 3), (3600.0, 3600.0), "what is polled each hour is asked each hour");
    assert_eq!(waits(INTERVAL_FLOOR, 9), (30.0, 900.0), "the floor is no shop of one's own");
    assert_eq!([1, 2, 3, 4, 9].map(|failures| waits(Duration::from_secs(1), failures).1), [2.0, 3.0, 5.0, 8.0, 8.0]);
}

#[test]
fn a_poll_is_late_by_a_twentieth_of_its_interval_at_most() {
    let late = |random| {
        let plan = after(&schedule(), Outcome::Read, start(), random);
        (plan.next_poll_at - plan.scheduled_at).num_milliseconds()
    };
    assert_eq!([0.0, 0.5, 1.0].map(late), [0, 1500, 3000]);
}

#[test]
fn a_shop_that_fails_everywhere_is_given_a_rest() {
    let rest = |interval, failures, random| {
        breaker(failures, Duration::from_secs(interval), random).map(|rest| rest.as_millis())
    };
    assert_eq!((0..5).find_map(|failures| rest(60, failures, 1.0)), None);
    let longest = (5..12).map(|failures| rest(60, failures, 1.0).unwrap_or_default() / 1000);
    assert_eq!(longest.collect::<Vec<_>>(), [30, 60, 120, 240, 480, 900, 900]);
    assert_eq!(rest(60, u32::MAX, 1.0), Some(900_000));
    assert_eq!(rest(60, 5, 0.0), Some(24_000), "four fifths at the least");
    assert_eq!(rest(60, 5, 0.5), Some(27_000));
    assert_eq!(rest(3600, 5, 1.0), Some(30_000), "also where it is polled each hour");
    assert_eq!(
        [5, 6, 7, 8, 9, 10].map(|failures| rest(1, failures, 1.0).unwrap_or_default()),
        [500, 1000, 2000, 4000, 8000, 8000]
    );
}

#[test]
fn a_wall_s_rest_is_a_fifth_more_or_less() {
    assert_eq!([0.0, 1.0].map(|random| wall(0, random).as_secs()), [12 * 60, 18 * 60]);
}

#[test]
fn what_is_gone_and_polled_less_than_hourly_keeps_its_interval() {
    let interval = Duration::from_secs(7200);
    let schedule = Schedule { interval, gone_since: Some(start() - chrono::Duration::hours(24)), ..schedule() };
    let plan = after(&schedule, Outcome::NotFound, start(), 0.5);
    assert_eq!((plan.state, plan.next_poll_at - start()), (State::Gone, chrono::Duration::hours(2)));
    assert_eq!((plan.failures, plan.gone_since), (1, schedule.gone_since));
}

#[test]
fn a_beat_lies_within_its_interval() {
    for shop in [0, 1, 7, -7, i64::MAX, i64::MIN] {
        for interval in [30, 60, 3600].map(Duration::from_secs) {
            assert!(phase(shop, interval) < interval, "{shop}");
        }
    }
    assert_eq!(phase(7, Duration::ZERO), Duration::ZERO);
}

#[test]
fn an_interval_without_end_is_far_away_and_still_a_date() {
    assert_eq!(micros(Duration::MAX), i64::MAX / 4);
}

#[test]
fn each_state_is_read_back_from_its_word() {
    for state in State::ALL {
        assert_eq!(state.to_string().parse::<State>().expect("a word"), state);
    }
    assert_eq!(State::Gone.as_str(), "gone");
    assert_eq!("gon".parse::<State>().expect_err("no word").to_string(), "\"gon\" is not a state of a source");
}

/// What docs/RELIABILITY.md states of polling.
#[test]
fn the_stated_windows_are_these() {
    let minutes = |window: Duration| window.as_secs() / 60;
    assert_eq!([CANDIDATE_FOR, TRIAL_WAIT, DORMANT_AFTER].map(minutes), [10, 15, 14 * 24 * 60]);
}
