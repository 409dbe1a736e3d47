//! "Did you mean /watch?"

use super::command::Command;
use crate::Platform;

/// The command that `word` almost names on `platform`: at most two edits away, and at most one in three letters.
#[must_use]
pub fn nearest(word: &str, platform: Platform) -> Option<Command> {
    let word = word.to_lowercase();
    if word.chars().count() > 20 {
        return None;
    }
    Command::on(platform)
        .flat_map(|command| names(command, platform).map(move |(name, taught)| (name, taught, command)))
        .map(|(name, taught, command)| (edits(&word, &name.to_lowercase()), !taught, name.len(), command))
        .filter(|(edits, _, length, _)| *edits <= 2 && edits * 3 <= *length)
        .min_by_key(|(edits, other, ..)| (*edits, *other))
        .map(|(.., command)| command)
}

/// The names that are understood, and whether each is the one we teach: that one wins a tie.
fn names(command: Command, platform: Platform) -> impl Iterator<Item = (&'static str, bool)> {
    let taught = command.name_on(platform).into_iter().map(|name| (name, true));
    taught.chain(command.row().also.iter().map(|name| (*name, false)))
}

/// Edits between two short words: letters put in, left out, exchanged, or two neighbours swapped.
fn edits(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut before = vec![0; other.len() + 1];
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for i in 1..=one.len() {
        let mut row = vec![i];
        for j in 1..=other.len() {
            let same = one[i - 1] == other[j - 1];
            let mut least = (last[j] + 1).min(row[j - 1] + 1).min(last[j - 1] + usize::from(!same));
            if i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1] {
                least = least.min(before[j - 2] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[other.len()]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn slips_are_understood_and_other_words_are_not() {
        for (typed, meant) in [
            ("wacth", Some(Command::Watch)),
            ("wtch", Some(Command::Watch)),
            ("WATCHS", Some(Command::Watch)),
            ("unwtach", Some(Command::Unwatch)),
            ("stok", Some(Command::Stock)),
            ("hlep", Some(Command::Help)),
            ("histroy", Some(Command::History)),
            ("jacket", None),
            ("x", None),
        ] {
            assert_eq!(nearest(typed, Platform::Telegram), meant, "{typed}");
        }
        assert_eq!(nearest("lsit", Platform::Sms), Some(Command::Watches));
    }

    proptest! {
        #[test]
        fn distance_is_one_for_one_letter_more(word in "[a-z]{0,12}", letter in "[a-z]", at in 0usize..13) {
            let at = at.min(word.len());
            let longer = format!("{}{letter}{}", &word[..at], &word[at..]);
            prop_assert_eq!(edits(&word, &longer), 1);
            prop_assert_eq!(edits(&longer, &word), 1);
            prop_assert_eq!(edits(&word, &word), 0);
        }
    }
}
