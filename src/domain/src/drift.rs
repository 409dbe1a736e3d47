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
    fn the_doubt_says_how_much_is_missing() {
        assert!(Coverage { known: 8, lacking: 4 }.to_string().starts_with("4 of 8 products are missing at once"));
    }
}
