//! Whether requests in a platform's name are signed by it. Anybody can send a forged one, so one says nothing; several in a
//! row with none that is genuine among them mean that the secret, `PUBLIC_URL` or the clock is wrong.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// So many in a row are trouble.
const ROW: u32 = 5;
/// Trouble that was noted so long ago is noted again, if it still lasts.
const AGAIN: Duration = Duration::from_secs(24 * 3600);

/// What the last request changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// There is trouble.
    Failing,
    /// There is none, and there may have been some.
    Genuine,
}

#[derive(Debug, Default)]
struct Streak {
    row: u32,
    noted: Option<Duration>,
    /// Was there a genuine one since the start? What an earlier process noted ends with the first.
    proven: bool,
}

/// The requests of one platform.
#[derive(Debug, Default)]
pub(super) struct Signatures(Mutex<Streak>);

impl Signatures {
    /// One more request, at this time of the monotonic clock.
    pub(super) fn heard(&self, is_genuine: bool, now: Duration) -> Option<Turn> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if is_genuine {
            let was_noted = state.noted.is_some() || !state.proven;
            *state = Streak { proven: true, ..Streak::default() };
            return was_noted.then_some(Turn::Genuine);
        }
        state.row = state.row.saturating_add(1);
        let is_known = state.noted.is_some_and(|at| now.saturating_sub(at) < AGAIN);
        if state.row < ROW || is_known {
            return None;
        }
        state.noted = Some(now);
        Some(Turn::Failing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_forged_requests_in_a_row_are_trouble_and_a_genuine_one_ends_it() {
        let signatures = Signatures::default();
        let heard = |is_genuine, hours: u64| signatures.heard(is_genuine, Duration::from_secs(hours * 3600));
        assert_eq!(heard(true, 0), Some(Turn::Genuine), "an earlier process may have noted trouble");
        assert_eq!([heard(true, 0), heard(false, 0), heard(false, 0), heard(false, 0), heard(false, 0)], [None; 5]);
        assert_eq!([heard(true, 0), heard(false, 0)], [None; 2], "a stranger among genuine ones");
        assert_eq!([heard(false, 0), heard(false, 0), heard(false, 0)], [None; 3]);
        assert_eq!(heard(false, 0), Some(Turn::Failing));
        assert_eq!([heard(false, 1), heard(false, 23)], [None; 2], "it is known");
        assert_eq!(heard(false, 25), Some(Turn::Failing), "it lasts");
        assert_eq!(heard(true, 26), Some(Turn::Genuine));
    }
}
