//! Stories and properties of [`next`].

use proptest::prelude::*;

use super::*;

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).expect("a date")
}

fn trouble() -> impl Strategy<Value = SendOutcome> {
    prop_oneof![
        proptest::option::of(0u64..100_000)
            .prop_map(|s| SendOutcome::Retry { after: s.map(Duration::from_secs), why: "429".into() }),
        Just(SendOutcome::Unknown { why: "timeout".into() }),
    ]
}

proptest! {
    /// P4 for one row: whatever the platform answers, for ever, the row ends, and not after its expiry.
    #[test]
    fn every_row_ends(outcomes in prop::collection::vec(trouble(), 200), rng in 0.0f64..1.0, hours in 1i64..48) {
        let expires_at = start() + chrono::Duration::hours(hours);
        let mut now = start();
        let mut ended = false;
        for (made, outcome) in outcomes.iter().enumerate() {
            let attempts = u32::try_from(made).expect("few") + 1;
            match next(Sending { attempts, expires_at }, outcome, now, rng) {
                Next::Retry { at } => {
                    prop_assert!(at < expires_at);
                    now = at;
                }
                _ => { ended = true; break; }
            }
        }
        prop_assert!(ended);
    }

    #[test]
    fn the_platforms_wait_wins(seconds in 0u64..600, attempts in 1u32..50, rng in 0.0f64..1.0) {
        let sending = Sending { attempts, expires_at: start() + chrono::Duration::hours(2) };
        let outcome = SendOutcome::Retry { after: Some(Duration::from_secs(seconds)), why: "429".into() };
        let wait = chrono::Duration::seconds(i64::try_from(seconds).expect("small"));
        prop_assert_eq!(next(sending, &outcome, start(), rng), Next::Retry { at: start() + wait });
    }
}

#[test]
fn an_address_that_is_gone_is_not_asked_again() {
    let sending = Sending { attempts: 1, expires_at: start() + chrono::Duration::hours(2) };
    let outcome = SendOutcome::AddressGone { why: "410".into() };
    assert_eq!(next(sending, &outcome, start(), 0.5), Next::Dead { address_gone: true });
}

fn sending(attempts: u32) -> Sending {
    Sending { attempts, expires_at: start() + chrono::Duration::hours(2) }
}

fn in_doubt() -> SendOutcome {
    SendOutcome::Unknown { why: "timeout".into() }
}

/// Seconds until the next attempt.
fn wait(attempts: u32, outcome: &SendOutcome, rng: f64) -> f64 {
    match next(sending(attempts), outcome, start(), rng) {
        Next::Retry { at } => (at - start()).as_seconds_f64(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn waits_between_attempts_grow_and_the_last_one_repeats() {
    let trouble = SendOutcome::Retry { after: None, why: "502".into() };
    let waits = [1, 2, 3, 4, 5, 6, 7, 8, 99].map(|attempts| wait(attempts, &trouble, 0.5));
    assert_eq!(waits, [2.0, 5.0, 15.0, 45.0, 120.0, 300.0, 900.0, 900.0, 900.0]);
    assert_eq!([wait(2, &trouble, 0.0), wait(2, &trouble, 1.0)], [4.0, 6.0], "a fifth more or less");
    let moved = SendOutcome::Moved { to: "console:".parse().expect("a destination") };
    for outcome in [in_doubt(), moved, SendOutcome::Hold { after: None, why: "401".into() }] {
        assert_eq!(wait(1, &outcome, 0.5), 2.0, "{outcome:?}");
    }
    let hold = SendOutcome::Hold { after: Some(Duration::from_secs(7)), why: "429".into() };
    assert_eq!(wait(1, &hold, 0.5), 7.0);
}

#[test]
fn no_delivery_is_tried_a_hundred_and_one_times() {
    assert!(matches!(next(sending(MAX_ATTEMPTS - 1), &in_doubt(), start(), 0.5), Next::Retry { .. }));
    assert_eq!(next(sending(MAX_ATTEMPTS), &in_doubt(), start(), 0.5), Next::Dead { address_gone: false });
    let sent = SendOutcome::Sent { provider_ref: Some("7".into()) };
    let told = Next::Sent { provider_ref: Some("7".into()) };
    assert_eq!(next(sending(MAX_ATTEMPTS), &sent, start(), 0.5), told, "the last one may arrive");
}

#[test]
fn what_would_be_too_late_is_not_begun() {
    let of = |seconds| SendOutcome::Retry { after: Some(Duration::from_secs(seconds)), why: "429".into() };
    assert_eq!(wait(1, &of(7199), 0.5), 7199.0);
    for seconds in [7200, 7201, u64::MAX] {
        assert_eq!(next(sending(1), &of(seconds), start(), 0.5), Next::Expired, "{seconds}");
    }
}

#[test]
fn a_message_that_is_refused_is_dead_and_its_address_is_not() {
    let refused = SendOutcome::GiveUp { why: "400".into() };
    assert_eq!(next(sending(1), &refused, start(), 0.5), Next::Dead { address_gone: false });
}

/// The same alert has one key wherever it is made, and no two alerts share one.
#[test]
fn the_key_of_an_alert_tells_restock_subscriber_and_hop_apart() {
    assert_eq!((alert_key(7, 1, 0).as_str(), edit_key(7).as_str()), ("a:7:1:0", "e:7"));
    let keys =
        [(7, 1, 0), (71, 0, 0), (7, 10, 0), (7, 1, 1)].map(|(restock, person, hop)| alert_key(restock, person, hop));
    assert_eq!(keys.iter().collect::<std::collections::HashSet<_>>().len(), keys.len());
}

#[test]
fn edits_never_share_a_lane_with_alerts() {
    let edits = edits_lane("discord:1");
    assert!(edits != "discord:1" && is_edits_lane(&edits) && !is_edits_lane("discord:1"));
}

#[test]
fn news_of_stock_expires_as_set_and_a_code_within_ten_minutes() {
    let hour = Duration::from_secs(3600);
    let minutes = Kind::ALL.map(|kind| (kind.as_str(), kind.expires_after(hour).as_secs() / 60));
    let expected =
        [("alert", 60), ("post", 60), ("notice", 1440), ("code", 10), ("reply", 10), ("edit", 60), ("test", 10)];
    assert_eq!(minutes, expected);
}

#[test]
fn only_what_waits_or_is_on_its_way_can_still_change() {
    let open: Vec<State> = State::ALL.into_iter().filter(|state| !state.is_final()).collect();
    assert_eq!(open, [State::Pending, State::Sending]);
}

#[test]
fn each_state_and_kind_is_read_back_from_its_word() {
    for state in State::ALL {
        assert_eq!(state.to_string().parse::<State>().expect("a word"), state);
    }
    for kind in Kind::ALL {
        assert_eq!(kind.to_string().parse::<Kind>().expect("a word"), kind);
    }
    assert_eq!(State::Expired.as_str(), "expired");
    assert!("".parse::<State>().is_err() && "alerts".parse::<Kind>().is_err());
}

#[test]
fn each_outcome_has_a_word_and_says_what_happened_unless_it_was_sent() {
    let why = || "so".to_owned();
    let to = || "console:".parse().expect("a destination");
    let outcomes = [
        SendOutcome::Sent { provider_ref: None },
        SendOutcome::Retry { after: None, why: why() },
        SendOutcome::Hold { after: None, why: why() },
        SendOutcome::GiveUp { why: why() },
        SendOutcome::AddressGone { why: why() },
        SendOutcome::Unknown { why: why() },
        SendOutcome::Moved { to: to() },
    ];
    let words = outcomes.each_ref().map(|outcome| (outcome.as_str(), outcome.why().unwrap_or_default()));
    let moved = ("moved", "the chat has another address by now");
    let rest = ["retry", "hold", "give_up", "address_gone", "unknown"].map(|word| (word, "so"));
    assert_eq!(words[0], ("sent", ""));
    assert_eq!((&words[1..6], words[6]), (&rest[..], moved));
}
