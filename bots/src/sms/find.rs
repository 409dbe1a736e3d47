//! Did a text arrive whose request got no answer? Each ends with a short code of its own, by which it is found among
//! the newest that Twilio lists.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::api::Page;
use crate::Found;

/// A message may be missing in the list for so long after it was taken.
pub(super) const SHOWN_AFTER: Duration = Duration::from_secs(60);
/// What is older is another telling of the same, done again by an admin.
const RECENT: chrono::Duration = chrono::Duration::hours(24);
/// More are in doubt only where something is very wrong; then the oldest are forgotten, which costs them
/// [`SHOWN_AFTER`] and nothing else.
const DOUBTS: usize = 4096;

/// Letters and digits that are not taken for one another.
const LETTERS: &[u8; 22] = b"abcdefghjkmnpqrstvwxyz";
const SIGNS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// `#k3f9x`: the same key has always the same. It begins with a letter, so that no phone takes it for a code to type.
pub(super) fn short_code(key: &str) -> String {
    let hash = Sha256::digest(key);
    let mut code = String::from('#');
    code.push(char::from(LETTERS[usize::from(hash[0]) % LETTERS.len()]));
    code.extend(hash[1..5].iter().map(|byte| char::from(SIGNS[usize::from(*byte) % SIGNS.len()])));
    code
}

/// When the last request of a text got no answer, by its key; on the monotonic clock. Another process that sends on
/// knows nothing of it, and waits a little longer.
#[derive(Default)]
pub(super) struct Doubts(Mutex<HashMap<String, Duration>>);

impl Doubts {
    pub(super) fn begin(&self, key: &str, now: Duration) {
        let mut doubts = self.lock();
        if doubts.len() >= DOUBTS
            && let Some(oldest) = doubts.iter().min_by_key(|(_, at)| **at).map(|(key, _)| key.clone())
        {
            doubts.remove(&oldest);
        }
        doubts.insert(key.to_owned(), now);
    }

    pub(super) fn end(&self, key: &str) {
        self.lock().remove(key);
    }

    /// For how long it has been in doubt, as far as is known here.
    pub(super) fn age(&self, key: &str, now: Duration) -> Duration {
        if let Some(since) = self.lock().get(key) {
            return now.saturating_sub(*since);
        }
        self.begin(key, now);
        Duration::ZERO
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Duration>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Looks for the text that ends with `code`, in doubt for `age`. One that Twilio could not deliver did not arrive.
pub(super) fn found(page: &Page, code: &str, age: Duration, now: DateTime<Utc>) -> Found {
    let is_ours = |body: &str| body.trim_end().ends_with(code);
    let hit = page.messages.iter().find(|message| {
        let lost = matches!(message.status.as_str(), "failed" | "undelivered" | "canceled");
        is_ours(&message.body) && !lost && message.created.is_none_or(|created| now - created < RECENT)
    });
    if let Some(message) = hit {
        return Found::Here { provider_ref: message.sid.clone() };
    }
    if age < SHOWN_AFTER {
        return Found::NotYet { why: format!("Twilio does not list it after {} s", age.as_secs()) };
    }
    let all_younger = || {
        let since = chrono::Duration::from_std(age).ok().and_then(|age| now.checked_sub_signed(age));
        page.messages.iter().all(|message| message.created.zip(since).is_some_and(|(created, since)| created > since))
    };
    if page.is_full && all_younger() {
        return Found::NotYet { why: "so much was sent to this number since that it may be farther back".to_owned() };
    }
    Found::NotHere
}

#[cfg(test)]
mod tests {
    use super::super::api::Listed;
    use super::*;

    const S: Duration = Duration::from_secs(1);

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).expect("a date")
    }

    fn listed(body: &str, age: i64, status: &str) -> Listed {
        let created = Some(now() - chrono::Duration::seconds(age));
        Listed { sid: "SM1".to_owned(), body: body.to_owned(), created, status: status.to_owned() }
    }

    fn look(messages: Vec<Listed>, age: Duration) -> Found {
        let is_full = messages.len() >= 20;
        found(&Page { messages, is_full }, "#k3f9x", age, now())
    }

    #[test]
    fn a_key_has_one_code_and_another_key_another() {
        insta::assert_snapshot!(format!("{} {}", short_code("a:1:2:0"), short_code("a:1:2:1")), @"#gbhah #c4bpz");
    }

    #[test]
    fn a_text_is_known_by_the_code_at_its_end() {
        let here = Found::Here { provider_ref: "SM1".to_owned() };
        assert_eq!(look(vec![listed("Jacket #aaaaa", 1, "sent"), listed("Jacket #k3f9x", 2, "queued")], S), here);
        assert_eq!(look(vec![listed("Jacket #k3f9x\n", 2, "delivered")], 100 * S), here);
        assert_eq!(look(vec![listed("#k3f9x Jacket", 2, "sent")], 60 * S), Found::NotHere);
        assert_eq!(look(vec![listed("Jacket #k3f9x", 90_000, "sent")], 60 * S), Found::NotHere, "another day's");
        assert_eq!(look(vec![listed("Jacket #k3f9x", 2, "undelivered")], 60 * S), Found::NotHere, "nobody read it");
    }

    #[test]
    fn not_listed_says_nothing_before_a_minute_is_over() {
        assert!(matches!(look(Vec::new(), 59 * S), Found::NotYet { .. }));
        assert_eq!(look(Vec::new(), 60 * S), Found::NotHere);
        let many = |age| (0..20).map(|_| listed("another", age, "sent")).collect::<Vec<_>>();
        assert!(matches!(look(many(50), 60 * S), Found::NotYet { .. }), "it may be on the next page");
        assert_eq!(look(many(61), 60 * S), Found::NotHere);
    }

    #[test]
    fn who_knows_nothing_of_a_doubt_waits_from_now_on() {
        let doubts = Doubts::default();
        doubts.begin("a", S);
        assert_eq!((doubts.age("a", 5 * S), doubts.age("b", 5 * S)), (4 * S, Duration::ZERO));
        assert_eq!(doubts.age("b", 9 * S), 4 * S);
        doubts.end("a");
        assert_eq!(doubts.age("a", 9 * S), Duration::ZERO);
    }
}
