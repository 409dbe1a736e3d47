//! Words that say nothing about a product: greetings, thanks, "tell me when … is back".

use std::collections::HashSet;
use std::sync::LazyLock;

/// Single words, in lines, with comments.
static WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    include_str!("chatter.txt").lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace).collect()
});

/// Several words that belong together: "to" alone may stand between two sizes, "M to XL", and is asked about.
const PHRASES: &[&str] = &[
    "like to",
    "want to",
    "need to",
    "going to",
    "to know",
    "to be",
    "to see",
    "to get",
    "to buy",
    "to hear",
    "to me",
    "to you",
    "to watch",
    "to order",
    "out for",
    "out of",
    "no rush",
    "no problem",
    "no worries",
    "sil vous plait",
    "sil vous plaît",
];

/// Is this word, folded, said for politeness or grammar only?
pub(crate) fn is_chatter(key: &str) -> bool {
    WORDS.contains(key)
}

/// How many of the words that begin here say nothing together, at most two or three.
pub(crate) fn phrase(keys: &[&str]) -> Option<usize> {
    (2..=4.min(keys.len())).rev().find(|count| PHRASES.contains(&keys[..*count].join(" ").as_str()))
}
