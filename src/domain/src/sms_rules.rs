//! Whether a text may be sent, and when: hours, countries, and how many a day. Consent is not asked here but in the
//! statement that starts a send.

use std::time::Duration;

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::country::{Countries, Country};
use crate::delivery::Kind;
use crate::texting::{Day, Hours, day};

/// The settings of texting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmsRules {
    /// When texts are sent, on the clock of whoever gets them.
    pub hours: Hours,
    /// Where texts are sent.
    pub countries: Countries,
    /// Texts to one number on one day (UTC), at most. Answers that are given at once have a bound of their own.
    pub per_number_day: u32,
    /// Texts to all on one day (UTC), at most: what a mistake can cost.
    pub per_day: u32,
    /// An alert that was put off is worth telling this long from then on.
    pub expire_after: Duration,
}

impl Default for SmsRules {
    /// As the settings are when nobody sets them.
    fn default() -> Self {
        Self {
            hours: Hours::default(),
            countries: Countries::default(),
            per_number_day: 10,
            per_day: 1000,
            expire_after: Duration::from_secs(2 * 3600),
        }
    }
}

/// A text that is due.
#[derive(Debug, Clone)]
pub struct Text {
    /// What it is.
    pub kind: Kind,
    /// Where its number is at home.
    pub country: Option<Country>,
    /// Where its owner may be.
    pub zones: Vec<Tz>,
    /// Its owner said ANYTIME.
    pub anytime: bool,
    /// When it is not worth telling any more.
    pub expires_at: DateTime<Utc>,
    /// It has been put off before: that gave it more time, and does so once.
    pub was_put_off: bool,
}

/// Texts begun today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Begun {
    /// To this number.
    pub to_number: u32,
    /// To all.
    pub in_all: u32,
}

/// What becomes of a text that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ruling {
    /// It may be sent, as far as hours, countries and counts go.
    Send,
    /// It is not sent at all; the word is the reason in its row.
    Never(&'static str),
    /// Not before then, and not worth telling from the second moment on.
    PutOff {
        /// Not before.
        until: DateTime<Utc>,
        /// Later than `until`.
        expires_at: DateTime<Utc>,
        /// Have all texts of the day been sent?
        spent: bool,
    },
    /// It would have to wait for longer than it is worth telling.
    TooLate,
}

/// What a kind of text need not obey.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Exempt {
    /// It goes to any country.
    pub country: bool,
    /// It goes at night, too.
    pub hours: bool,
    /// It counts for no cap and is held back by none.
    pub caps: bool,
    /// It needs no consent, unless its number said STOP.
    pub consent: bool,
}

/// The exemptions, each with its reason. Every text obeys country, hours, caps and consent; nothing else exempts one.
/// An answer that is given at once, in the response to a text, is no row of the outbox; its bounds are [`ANSWERS`].
#[must_use]
pub fn exempt(kind: Kind) -> Exempt {
    match kind {
        // The late answer to a text: whoever gets it wrote within the last minutes, and may have said STOP since.
        Kind::Reply => Exempt { hours: true, consent: true, ..Exempt::default() },
        // Somebody who is awake waits for it, and its number has said nothing yet.
        Kind::Code => Exempt { hours: true, consent: true, ..Exempt::default() },
        Kind::Alert | Kind::Post | Kind::Notice | Kind::Edit | Kind::Test => Exempt::default(),
    }
}

/// Answers to the texts of one number in [`ANSWERS_WITHIN`]: senders can be forged, and each answer costs money.
pub const ANSWERS: i64 = 20;
/// A day.
pub const ANSWERS_WITHIN: Duration = Duration::from_secs(24 * 3600);
/// A number outside of `SMS_COUNTRIES` is answered once in so long: it hears that it gets no alerts.
pub const ABROAD_ONCE_IN: Duration = Duration::from_secs(30 * 24 * 3600);

/// The moment from which on texts of `now`'s day count.
#[must_use]
pub fn midnight(now: DateTime<Utc>) -> DateTime<Utc> {
    now.date_naive().and_time(NaiveTime::MIN).and_utc()
}

/// May this text be sent now?
#[must_use]
pub fn rule(rules: &SmsRules, text: &Text, begun: Begun, now: DateTime<Utc>) -> Ruling {
    let exempt = exempt(text.kind);
    if !exempt.country && !text.country.is_some_and(|country| rules.countries.contains(country)) {
        return Ruling::Never("country");
    }
    if let Some(until) = night(rules, text, now) {
        return put_off(rules, text, until, false);
    }
    if exempt.caps {
        return Ruling::Send;
    }
    if begun.to_number >= rules.per_number_day {
        return Ruling::Never("cap_number");
    }
    if begun.in_all < rules.per_day {
        return Ruling::Send;
    }
    let tomorrow = midnight(now) + TimeDelta::days(1);
    put_off(rules, text, night(rules, text, tomorrow).unwrap_or(tomorrow), true)
}

/// Until when it is night for whoever gets this. A code is waited for by somebody who is awake.
#[must_use]
pub fn night(rules: &SmsRules, text: &Text, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    if text.anytime || exempt(text.kind).hours {
        return None;
    }
    match day(now, &text.zones, rules.hours) {
        Day::Now => None,
        Day::At(morning) => Some(morning),
    }
}

/// An alert is as fresh in the morning as it was in the night, if it can still be had; but only once, so that it ends.
fn put_off(rules: &SmsRules, text: &Text, until: DateTime<Utc>, spent: bool) -> Ruling {
    let fresh = TimeDelta::from_std(rules.expire_after).ok().and_then(|time| until.checked_add_signed(time));
    let expires_at = match fresh {
        Some(fresh) if text.kind == Kind::Alert && !text.was_put_off => fresh.max(text.expires_at),
        _ => text.expires_at,
    };
    if until < expires_at { Ruling::PutOff { until, expires_at, spent } } else { Ruling::TooLate }
}

#[cfg(test)]
#[path = "sms_rules_tests.rs"]
mod tests;
