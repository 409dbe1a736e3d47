//! What happens in the demo's shop, second by second. Pure: rng is an argument.

use super::shop::{SIZES, STYLES};

/// Size M in black, which the demo watches. (A size in any style would come back too often to follow.)
pub(super) const WATCHED: (usize, usize) = (0, 2);

/// A piece comes back or is sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Event {
    /// Which style.
    pub style: usize,
    /// Which size.
    pub size: usize,
    /// Is it there from now on?
    pub there: bool,
}

/// What is there when the shop opens: all but what is watched, and some others.
#[must_use]
pub(super) fn opening(style: usize, size: usize) -> bool {
    (style, size) != WATCHED && (style * 5 + size * 3).is_multiple_of(4)
}

/// What happens in second `second`. `draw` gives numbers in `[0, 1)`.
///
/// The watched piece is back for four seconds at second 6 and every 18 seconds from then on; in every third second
/// another piece changes hands.
pub(super) fn at(second: u64, mut draw: impl FnMut() -> f64) -> Vec<Event> {
    let mut events = Vec::new();
    let (style, size) = WATCHED;
    match second % 18 {
        6 => events.push(Event { style, size, there: true }),
        10 if second > 6 => events.push(Event { style, size, there: false }),
        _ => {}
    }
    if second > 0 && second.is_multiple_of(3) {
        let other = Event { style: pick(STYLES.len(), draw()), size: pick(SIZES.len(), draw()), there: draw() < 0.5 };
        if (other.style, other.size) != WATCHED {
            events.push(other);
        }
    }
    events
}

fn pick(count: usize, rng: f64) -> usize {
    // `rng` is in [0, 1), so the product is below `count`; the sign and the fraction are dropped on purpose.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "see above"
    )]
    let index = (rng * count as f64) as usize;
    index.min(count - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_watched_jacket_is_sold_out_first_and_back_within_seconds() {
        let (style, size) = WATCHED;
        assert!(!opening(style, size));
        let back = (0..20).find(|second| at(*second, || 0.9).contains(&Event { style, size, there: true }));
        assert_eq!(back, Some(6));
    }

    #[test]
    fn nothing_else_touches_the_watched_jacket() {
        for second in 0..60 {
            for event in at(second, || 0.0) {
                assert!(event.style < STYLES.len() && event.size < SIZES.len());
                let watched = (event.style, event.size) == WATCHED;
                assert!(!watched || matches!(second % 18, 6 | 10), "second {second}");
            }
        }
    }
}
