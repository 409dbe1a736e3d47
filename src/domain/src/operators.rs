//! When operators are told of trouble: the first at once, then gathered; one that comes and goes changes what was said.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, Utc};

/// What begins within this time after another is told with it.
const GATHER: Duration = Duration::from_secs(5);
/// One message in this time, at most; the same for edits.
const BETWEEN: Duration = Duration::from_secs(60);
/// Trouble that came back has to stay as it is for this long before it is worth a new message.
const SETTLED: Duration = Duration::from_secs(600);
/// Trouble that comes back this soon is the same one.
pub const FLAPS_WITHIN: Duration = Duration::from_secs(1800);

/// Trouble of which something has not been told yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untold {
    /// The incident.
    pub id: i64,
    /// Does it last?
    pub is_open: bool,
    /// What the last new message said of it; `None` when there was none.
    pub told_open: Option<bool>,
    /// The message that speaks of it.
    pub message: Option<i64>,
    /// How often it came back.
    pub flaps: i64,
    /// That message does not say how it is now.
    pub unsaid: bool,
    /// When it began or ended last.
    pub changed_at: DateTime<Utc>,
}

/// When operators were told last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Told {
    /// By a new message.
    pub at: Option<DateTime<Utc>>,
    /// By an edit.
    pub edited_at: Option<DateTime<Utc>>,
}

/// What they are told now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Incidents that a new message tells of.
    pub news: Vec<i64>,
    /// Messages that are changed to what is true.
    pub edits: BTreeSet<i64>,
}

/// What to tell of `untold`.
#[must_use]
pub fn plan(untold: &[Untold], told: Told, now: DateTime<Utc>) -> Plan {
    let age = |at: DateTime<Utc>| now.signed_duration_since(at).to_std().unwrap_or_default();
    let is_time = |at: Option<DateTime<Utc>>| at.is_none_or(|at| age(at) >= BETWEEN);
    let is_news = |one: &&Untold| {
        one.told_open != Some(one.is_open)
            && (one.flaps == 0 || one.message.is_none() || age(one.changed_at) >= SETTLED)
    };
    let (news, rest): (Vec<&Untold>, Vec<&Untold>) = untold.iter().partition(is_news);
    let has_gathered = news.iter().any(|one| age(one.changed_at) >= GATHER);
    let mut plan = Plan::default();
    if has_gathered && is_time(told.at) {
        plan.news = news.iter().map(|one| one.id).collect();
    }
    if is_time(told.edited_at) {
        plan.edits = rest.iter().filter(|one| one.unsaid).filter_map(|one| one.message).collect();
    }
    plan
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).expect("a date")
    }

    fn after(seconds: i64) -> DateTime<Utc> {
        start() + chrono::Duration::seconds(seconds)
    }

    fn opened(id: i64, at: DateTime<Utc>) -> Untold {
        Untold { id, is_open: true, told_open: None, message: None, flaps: 0, unsaid: true, changed_at: at }
    }

    #[test]
    fn what_fails_at_once_is_one_message() {
        let untold: Vec<Untold> = (0..100).map(|id| opened(id, after(id / 25))).collect();
        assert_eq!(plan(&untold, Told::default(), after(4)), Plan::default(), "more may come");
        assert_eq!(plan(&untold, Told::default(), after(5)).news.len(), 100);
    }

    #[test]
    fn there_is_one_message_a_minute_at_most() {
        let untold = [opened(1, after(0))];
        let told = Told { at: Some(after(-30)), edited_at: None };
        assert_eq!(plan(&untold, told, after(29)), Plan::default());
        assert_eq!(plan(&untold, told, after(30)).news, [1]);
    }

    #[test]
    fn recovery_is_told_and_flapping_changes_what_was_said() {
        let recovered = Untold { is_open: false, told_open: Some(true), message: Some(7), ..opened(1, after(0)) };
        assert_eq!(plan(std::slice::from_ref(&recovered), Told::default(), after(5)).news, [1]);
        let again = Untold { is_open: true, told_open: Some(false), flaps: 1, ..recovered };
        let told = plan(std::slice::from_ref(&again), Told::default(), after(5));
        assert_eq!(told, Plan { news: vec![], edits: [7].into() });
        let said = Untold { unsaid: false, ..again };
        assert_eq!(plan(std::slice::from_ref(&said), Told::default(), after(5)), Plan::default(), "the edit says it");
        assert_eq!(plan(&[said], Told::default(), after(600)).news, [1], "it lasts, after all");
    }

    #[test]
    fn what_came_and_went_between_two_messages_is_an_edit() {
        let same = Untold { told_open: Some(true), message: Some(7), flaps: 1, ..opened(1, after(0)) };
        assert_eq!(plan(&[same], Told::default(), after(9999)), Plan { news: vec![], edits: [7].into() });
    }
}
