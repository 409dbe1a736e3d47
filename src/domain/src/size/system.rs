//! What a size counts: letters, a region's numbers, months, … Names in one label must come from different systems, and
//! a size that the shop does not list is believed where the shop lists others of its system.

use super::key::SizeKey;
use super::{letters, measure};

/// What a size counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum System {
    /// There is one only.
    OneSize,
    /// S, M, L; doubles like S/M too.
    Letters,
    /// 1X, 2X.
    Plus,
    /// Numbers of a region, for men or women, with a unit; in ranges or pairs.
    Measure { region: &'static str, group: &'static str, unit: String, shape: Option<char> },
}

/// The system of a canonical key, or nothing for what is no known size.
pub(super) fn system(key: &SizeKey) -> Option<System> {
    let key = key.as_str();
    if key == "onesize" {
        return Some(System::OneSize);
    }
    if letters::is_plus(key) {
        return Some(System::Plus);
    }
    if !key.is_empty() && key.split('/').all(|part| letters::rank(part).is_some()) {
        return Some(System::Letters);
    }
    measure::parse(key).map(|measure| System::Measure {
        region: measure.region,
        group: measure.group,
        shape: measure.second.as_ref().map(|(separator, _)| *separator),
        unit: measure.unit,
    })
}

/// Can the text be nothing but a size, in any shop?
#[must_use]
pub fn is_size(text: &str) -> bool {
    system(&SizeKey::fold(text)).is_some()
}

#[cfg(test)]
mod tests {
    use super::is_size;

    #[test]
    fn a_size_is_told_from_other_words() {
        assert!(["M", "42", "7 1/4", "one size", "S/M"].into_iter().all(is_size));
        assert!(!["jacket", "", "black"].into_iter().any(is_size));
    }
}
