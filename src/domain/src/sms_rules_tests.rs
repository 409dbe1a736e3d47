use chrono_tz::{America, Europe};
use proptest::prelude::*;

use super::*;

fn utc(text: &str) -> DateTime<Utc> {
    format!("{text}Z").parse().expect(text)
}

const NOON: &str = "2027-01-15T17:00:00";
const NIGHT: &str = "2027-01-16T03:00:00";
const MORNING: &str = "2027-01-16T14:00:00";

/// An alert for New York that is worth telling for two hours.
fn alert(now: &str) -> Text {
    Text {
        kind: Kind::Alert,
        country: "US".parse().ok(),
        zones: vec![America::New_York],
        anytime: false,
        expires_at: utc(now) + TimeDelta::hours(2),
        was_put_off: false,
    }
}

fn ruling(text: &Text, begun: Begun, now: &str) -> Ruling {
    rule(&SmsRules::default(), text, begun, utc(now))
}

fn none() -> Begun {
    Begun::default()
}

#[test]
fn by_day_a_text_is_sent_and_by_night_it_waits_for_the_morning() {
    assert_eq!(ruling(&alert(NOON), none(), NOON), Ruling::Send);
    let put_off = Ruling::PutOff { until: utc(MORNING), expires_at: utc(MORNING) + TimeDelta::hours(2), spent: false };
    assert_eq!(ruling(&alert(NIGHT), none(), NIGHT), put_off);
    assert_eq!(ruling(&Text { anytime: true, ..alert(NIGHT) }, none(), NIGHT), Ruling::Send);
}

#[test]
fn what_was_put_off_once_gets_no_more_time() {
    let again = Text { was_put_off: true, ..alert(NIGHT) };
    assert_eq!(ruling(&again, none(), NIGHT), Ruling::TooLate);
    let notice = Text { kind: Kind::Notice, expires_at: utc(NIGHT) + TimeDelta::hours(24), ..alert(NIGHT) };
    let put_off = Ruling::PutOff { until: utc(MORNING), expires_at: notice.expires_at, spent: false };
    assert_eq!(ruling(&notice, none(), NIGHT), put_off);
}

#[test]
fn codes_and_answers_need_no_consent_and_nothing_else_is_free_of_it() {
    let free = [Kind::Reply, Kind::Code];
    for kind in [Kind::Alert, Kind::Post, Kind::Notice, Kind::Edit, Kind::Test, Kind::Reply, Kind::Code] {
        let is_free = free.contains(&kind);
        assert_eq!(exempt(kind), Exempt { hours: is_free, consent: is_free, ..Exempt::default() }, "{kind:?}");
    }
}

#[test]
fn answers_are_counted_by_the_day_and_abroad_by_the_month() {
    assert_eq!((ANSWERS_WITHIN.as_secs(), ABROAD_ONCE_IN.as_secs()), (86_400, 2_592_000));
}

#[test]
fn codes_and_answers_are_sent_by_night() {
    for kind in [Kind::Code, Kind::Reply] {
        assert_eq!(ruling(&Text { kind, ..alert(NIGHT) }, none(), NIGHT), Ruling::Send);
    }
}

#[test]
fn a_country_that_is_not_listed_is_not_texted() {
    for country in ["DE".parse().ok(), "PR".parse().ok(), None] {
        let abroad = Text { country, ..alert(NOON) };
        assert_eq!(ruling(&abroad, none(), NOON), Ruling::Never("country"));
        assert_eq!(ruling(&Text { kind: Kind::Code, ..abroad.clone() }, none(), NOON), Ruling::Never("country"));
        assert_eq!(ruling(&Text { kind: Kind::Reply, ..abroad }, none(), NOON), Ruling::Never("country"));
    }
}

#[test]
fn a_number_gets_so_many_a_day_and_no_more() {
    let begun = |to_number| Begun { to_number, in_all: to_number };
    assert_eq!(ruling(&alert(NOON), begun(9), NOON), Ruling::Send);
    assert_eq!(ruling(&alert(NOON), begun(10), NOON), Ruling::Never("cap_number"));
    assert_eq!(ruling(&Text { kind: Kind::Reply, ..alert(NOON) }, begun(10), NOON), Ruling::Never("cap_number"));
}

#[test]
fn when_the_days_texts_are_spent_the_rest_waits_for_tomorrow() {
    let spent = Begun { to_number: 0, in_all: 1000 };
    let tomorrow = utc("2027-01-16T00:00:00");
    let put_off = Ruling::PutOff { until: tomorrow, expires_at: tomorrow + TimeDelta::hours(2), spent: true };
    assert_eq!(ruling(&alert(NOON), spent, NOON), put_off);
    assert_eq!(ruling(&alert(NOON), Begun { in_all: 999, ..spent }, NOON), Ruling::Send);
    // Somebody waits for a code now, or not at all.
    let code = Text { kind: Kind::Code, expires_at: utc(NOON) + TimeDelta::minutes(10), ..alert(NOON) };
    assert_eq!(ruling(&code, spent, NOON), Ruling::TooLate);
    // Where it is night when the day begins, it waits for the morning as well.
    let london = Text { zones: vec![Europe::London], country: "GB".parse().ok(), ..alert(NOON) };
    let rules = SmsRules { countries: "GB".parse().expect("one"), ..SmsRules::default() };
    let morning = utc("2027-01-16T09:00:00");
    let put_off = Ruling::PutOff { until: morning, expires_at: morning + TimeDelta::hours(2), spent: true };
    assert_eq!(rule(&rules, &london, spent, utc(NOON)), put_off);
}

proptest! {
    /// P4 for one text: whenever it is looked at, and however often it is put off, it comes to an end.
    #[test]
    fn a_text_is_put_off_only_so_often(
        start in 1_780_000_000i64..1_860_000_000, expire_hours in 1u64..72, in_all in prop::collection::vec(990u32..1010, 20),
    ) {
        let start = DateTime::from_timestamp(start, 0).expect("a date");
        let rules = SmsRules { expire_after: Duration::from_secs(expire_hours * 3600), ..SmsRules::default() };
        let life = TimeDelta::from_std(rules.expire_after).expect("short");
        let mut text = Text { expires_at: start + life, ..alert(NOON) };
        let mut now = start;
        for in_all in in_all {
            match rule(&rules, &text, Begun { to_number: 0, in_all }, now) {
                Ruling::PutOff { until, expires_at, .. } => {
                    prop_assert!(now < until && until < expires_at);
                    prop_assert!(expires_at <= start + TimeDelta::days(4) + life * 2, "{expires_at}");
                    text = Text { expires_at, was_put_off: true, ..text };
                    now = until;
                }
                _ => return Ok(()),
            }
        }
        prop_assert!(false, "put off for ever");
    }
}

#[test]
fn a_test_alert_obeys_every_rule_of_a_real_one() {
    assert_eq!(exempt(Kind::Test), Exempt::default());
    assert_eq!(exempt(Kind::Test), exempt(Kind::Alert));
    let test = |now| Text { kind: Kind::Test, expires_at: utc(now) + TimeDelta::minutes(10), ..alert(now) };
    assert_eq!(ruling(&test(NOON), none(), NOON), Ruling::Send);
    assert_eq!(ruling(&test(NOON), Begun { to_number: 10, in_all: 10 }, NOON), Ruling::Never("cap_number"));
    assert_eq!(ruling(&Text { country: None, ..test(NOON) }, none(), NOON), Ruling::Never("country"));
}
