//! Remembers each shop's robots.txt for a day, by origin.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use url::Url;

use super::robots::Robots;

/// What shops' robots.txt said, and when.
#[derive(Debug)]
pub(super) struct RobotsMemory {
    age: Duration,
    known: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    shops: HashMap<String, Known>,
    /// When what is too old was last looked for.
    cleared_at: Duration,
}

#[derive(Debug)]
struct Known {
    robots: Arc<Robots>,
    at: Duration,
}

impl RobotsMemory {
    /// A memory that believes what it holds for `age`.
    pub(super) fn new(age: Duration) -> Self {
        Self { age, known: Mutex::default() }
    }

    /// What is known and still believed.
    pub(super) fn fresh(&self, url: &Url, now: Duration) -> Option<Arc<Robots>> {
        self.younger_than(self.age, url, now)
    }

    /// What was known up to a week ago: it holds on while the shop's robots.txt cannot be reached (RFC 9309, 2.4).
    pub(super) fn stale(&self, url: &Url, now: Duration) -> Option<Arc<Robots>> {
        self.younger_than(self.age * 7, url, now)
    }

    /// Takes in a robots.txt, and once in an `age` lets go of what is too old to be of use.
    pub(super) fn remember(&self, url: &Url, text: &str, now: Duration) -> Arc<Robots> {
        let robots = Arc::new(Robots::parse(text));
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        // Not each time: with many shops that would be a walk over all of them for each.
        if now.saturating_sub(known.cleared_at) >= self.age {
            known.shops.retain(|_, known| now.saturating_sub(known.at) < self.age * 7);
            known.cleared_at = now;
        }
        known.shops.insert(origin(url), Known { robots: Arc::clone(&robots), at: now });
        robots
    }

    fn younger_than(&self, age: Duration, url: &Url, now: Duration) -> Option<Arc<Robots>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.shops.get(&origin(url))?;
        (now.saturating_sub(known.at) < age).then(|| Arc::clone(&known.robots))
    }
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}
