//! When a reading lacks so much that people should look at the shop. Pure.
//!
//! A catalogue that loses half of its products between two readings has probably lost a page, a filter or a cache. That
//! is said; whether what comes back was ever gone is decided when it does ([`crate::stock::glitch`]).

use std::fmt;

/// Fewer products than this may vanish at once without suspicion: small shops do sell out.
const FEWEST: usize = 3;

/// What a complete reading has of what its source told so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coverage {
    /// Products that the source has told of and that are not known to be absent.
    pub known: usize,
    /// Those of them that the reading lacks.
    pub lacking: usize,
}

impl Coverage {
    /// Is so much missing at once that it is doubted?
    #[must_use]
    pub fn is_doubtful(&self) -> bool {
        self.lacking >= FEWEST && self.lacking * 2 >= self.known
    }
}

/// So many products at once are no news where they are as many as before: the list was not whole before.
const FLOOD: usize = 10;

/// Products that a whole reading has, and that none had before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrivals {
    /// Products that the source has told of so far.
    pub known: usize,
    /// Those of them that were in the reading before and are not in this one.
    pub lacking: usize,
    /// The new ones.
    pub arriving: usize,
}

impl Arrivals {
    /// Are they news? Not where one product's page shows another, where half of a catalogue was exchanged (its ids have
    /// changed), nor where it has doubled.
    #[must_use]
    pub fn are_news(&self) -> bool {
        let another = self.known < 2 && self.lacking > 0;
        let exchanged = self.lacking > 0 && self.arriving >= FEWEST && self.arriving * 2 >= self.known;
        let doubled = self.arriving >= FLOOD && self.arriving >= self.known;
        self.arriving > 0 && self.known > 0 && !another && !exchanged && !doubled
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} of {} products are missing at once; if they are back within 30 minutes, nobody is notified of them",
            self.lacking, self.known
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_catalogue_that_is_missing_is_doubted() {
        for (lacking, known, doubted) in
            [(5, 10, true), (10, 10, true), (4, 10, false), (3, 6, true), (3, 7, false), (2, 2, false), (0, 0, false)]
        {
            assert_eq!(Coverage { known, lacking }.is_doubtful(), doubted, "{lacking} of {known}");
        }
    }

    #[test]
    fn what_joins_a_known_list_is_news_and_another_list_is_not() {
        for (known, lacking, arriving, news) in [
            (50, 0, 1, true),
            (50, 2, 3, true),
            (4, 0, 5, true),
            (5, 1, 2, true),
            (2, 1, 1, true),
            (1, 0, 1, true),
            (1, 1, 1, false),
            (50, 50, 50, false),
            (10, 5, 5, false),
            (10, 0, 10, false),
            (0, 0, 5, false),
            (5, 0, 0, false),
        ] {
            let arrivals = Arrivals { known, lacking, arriving };
            assert_eq!(arrivals.are_news(), news, "{arrivals:?}");
        }
    }

    #[test]
    fn the_doubt_says_how_much_is_missing() {
        assert!(Coverage { known: 8, lacking: 4 }.to_string().starts_with("4 of 8 products are missing at once"));
    }
}
