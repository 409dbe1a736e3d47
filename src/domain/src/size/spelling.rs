//! One spelling for each size: the rules, tried in order until none has anything left to do.

use super::words::{NAMES, ONE_SIZE};
use super::{letters, measure};

/// Bytes of the longest text that is taken for a size; a stranger's longer one (ten thousand brackets, say) is kept.
const LONGEST: usize = 120;

/// The canonical spelling of a folded text in [`plain`] signs.
///
/// One rule can make work for another ("Size: O / Small" loses its label, then is "o/s", then "onesize"), so they run
/// until nothing changes; that is also what makes folding twice the same as folding once. Each step makes the text
/// simpler; the bound is there so that a mistake in a rule could not become an endless loop.
pub(super) fn canonical(folded: &str) -> String {
    let mut text = folded.to_owned();
    if text.len() > LONGEST {
        return text;
    }
    for _ in 0..16 {
        let next = step(&text);
        if next == text {
            break;
        }
        text = next;
    }
    text
}

/// Is this canonical spelling (one part of it, between slashes) a size that the rules know?
pub(super) fn is_known(part: &str) -> bool {
    let is_small_number = |m: measure::Measure| m.first.milli < 1_000_000;
    part == "onesize" || letters::canonical(part).is_some() || measure::parse(part).is_some_and(is_small_number)
}

/// The parts of a comma-separated list; the comma of "42,5" belongs to its number.
pub(super) fn parts_of_list(text: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut whole_before = false;
    for piece in text.split([',', ';', '、', '，']) {
        match parts.last_mut().filter(|_| whole_before && piece == "5") {
            Some(last) => {
                last.push_str(",5");
                whole_before = false;
            }
            None => {
                whole_before = piece.ends_with(|c: char| c.is_ascii_digit()) && !piece.contains(['.', '/']);
                parts.push(piece.to_owned());
            }
        }
    }
    parts
}

fn step(text: &str) -> String {
    one_size(text)
        .or_else(|| letters::canonical(text))
        .or_else(|| measure::parse(text).map(|measure| measure.to_string()))
        .or_else(|| without_label(text))
        .or_else(|| without_full_stop(text))
        .or_else(|| without_echo(text))
        .or_else(|| parts_between(text, '/'))
        .or_else(|| range_of_letters(text))
        .or_else(|| without_commas(text))
        .unwrap_or_else(|| words(text))
}

fn one_size(text: &str) -> Option<String> {
    ONE_SIZE.contains(&text).then(|| "onesize".to_owned())
}

/// "size: m" without "size:"; a label with nothing behind it is kept.
fn without_label(text: &str) -> Option<String> {
    let (label, rest) = text.split_at(text.find([' ', ':', '='])?);
    let rest = rest.trim_start_matches([' ', ':', '=', '-']);
    (NAMES.contains(&label) && !rest.is_empty()).then(|| rest.to_owned())
}

/// "m." as the end of a sentence; "o.s." was read before.
fn without_full_stop(text: &str) -> Option<String> {
    let rest = text.trim_end_matches(['.', ',', ';', ':', '!', '?']).trim_end();
    (rest.len() < text.len() && !rest.is_empty()).then(|| rest.to_owned())
}

/// "medium (m)" says the same twice; "m (tall)" does not.
fn without_echo(text: &str) -> Option<String> {
    let (before, within) = text.strip_suffix(')')?.split_once('(')?;
    let before = step(before.trim());
    (!before.is_empty() && before == step(within.trim())).then_some(before)
}

/// Each part of "us 9 / eu 42" by itself; "m / medium" says one thing twice.
fn parts_between(text: &str, separator: char) -> Option<String> {
    if !text.contains(separator) {
        return None;
    }
    let mut parts: Vec<String> = text.split(separator).map(|part| canonical(part.trim())).collect();
    let whole = parts.iter().all(|part| !part.is_empty());
    parts.dedup();
    whole.then(|| parts.join("/"))
}

/// "s-m" and "small - medium" are the double size "s/m".
fn range_of_letters(text: &str) -> Option<String> {
    let parts: Vec<String> = text.split('-').map(|part| letters::canonical(part.trim())).collect::<Option<_>>()?;
    (parts.len() == 2).then(|| parts.join("/"))
}

/// "28, long" as "28 long": a comma that is no decimal point parts words.
fn without_commas(text: &str) -> Option<String> {
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let parts_words =
        |at: usize| !(is_digit(text[..at].chars().next_back()) && is_digit(text[at + 1..].chars().next()));
    let parted: String =
        text.char_indices().map(|(at, c)| if matches!(c, ',' | ';') && parts_words(at) { ' ' } else { c }).collect();
    (parted != text).then(|| parted.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "))
}

/// Words that are no size as a whole, with the sizes among them spelt in the one way: "extra large tall" is "xl tall".
fn words(text: &str) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let mut out: Vec<String> = Vec::with_capacity(words.len());
    let mut at = 0;
    while at < words.len() {
        let longest = (1..=3.min(words.len() - at)).rev();
        let found = longest.into_iter().find_map(|n| Some((n, letters::canonical(&words[at..at + n].join(" "))?)));
        let (taken, word) = found.unwrap_or_else(|| (1, words[at].to_owned()));
        out.push(word);
        at += taken;
    }
    out.join(" ")
}

/// The many dashes and the sign for "times" as what a keyboard has for them.
pub(super) fn plain(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '‐' | '‑' | '‒' | '–' | '—' | '−' => '-',
            '×' => 'x',
            other => other,
        })
        .collect()
}
