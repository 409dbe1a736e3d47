//! How alike two names are.

use std::collections::HashMap;

use coatcheck_domain::fold::fold;

/// From 0 (nothing in common) to 1 (the same): the share of pairs of neighbouring letters that both have (Dice).
pub(crate) fn likeness(one: &str, other: &str) -> f64 {
    let (one, other) = (pairs(one), pairs(other));
    let common: usize =
        one.iter().map(|(pair, count)| (*count).min(other.get(pair).copied().unwrap_or_default())).sum();
    let all: usize = one.values().chain(other.values()).sum();
    if all == 0 { 0.0 } else { 2.0 * as_number(common) / as_number(all) }
}

/// Texts have at most some thousand letters.
fn as_number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

fn pairs(text: &str) -> HashMap<(char, char), usize> {
    let letters: Vec<char> = [' '].into_iter().chain(fold(text).chars()).chain([' ']).collect();
    let mut pairs = HashMap::new();
    if letters.len() > 2 {
        for pair in letters.windows(2) {
            *pairs.entry((pair[0], pair[1])).or_default() += 1;
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn slips_sound_alike_and_other_things_do_not() {
        assert!(likeness("corps jaket", "Corps Jacket") > 0.7);
        assert!(likeness("jaket", "Corps Jacket") > 0.35);
        assert!(likeness("umbrella", "Corps Jacket") < 0.2);
        assert!(likeness("", "") < 0.1);
    }

    proptest! {
        #[test]
        fn likeness_is_mutual_and_of_oneself_whole(one in "[a-zé ]{0,20}", other in "[a-zé ]{0,20}") {
            let there = likeness(&one, &other);
            prop_assert!((0.0..=1.0).contains(&there));
            prop_assert!((there - likeness(&other, &one)).abs() < 1e-9);
            prop_assert!(fold(&one).is_empty() || likeness(&one, &one) > 0.999);
        }
    }
}
