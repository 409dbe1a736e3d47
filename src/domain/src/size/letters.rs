//! Letter sizes: from 3XS to 9XL, in letters or in words.

/// The one spelling of a letter size ("x-small" is "xs", "xxl" is "2xl"), or nothing.
pub(super) fn canonical(text: &str) -> Option<String> {
    if is_plus(text) {
        return Some(text.to_owned());
    }
    if let Some((_, letter)) = CYRILLIC.iter().find(|(typed, _)| *typed == text) {
        return Some((*letter).to_owned());
    }
    let tokens: Vec<&str> = text.split([' ', '-', '.']).collect();
    let (last, before) = tokens.split_last()?;
    // "s-m" is a range, not "sm": what stands before the last token may only say how extreme it is.
    let all_extreme = before.iter().all(|token| extremes(token).is_some() || is_count(token));
    all_extreme.then(|| of_squeezed(&(before.concat() + last)))?
}

/// Letters of a Russian keyboard that stand for a size, but "с", which is a word.
const CYRILLIC: &[(&str, &str)] = &[("м", "m"), ("л", "l"), ("хл", "xl"), ("ххл", "2xl"), ("хс", "xs")];

/// `1x` to `9x`: plus sizes, which some shops cut otherwise than XL to 9XL.
pub(super) fn is_plus(text: &str) -> bool {
    matches!(text.as_bytes(), [b'1'..=b'9', b'x'])
}

/// The letter size that stands for a plus size where the shop has no such one, and the other way round: 1X and XL,
/// 2X and 2XL, to 4X.
pub(super) fn twin(key: &str) -> Option<&'static str> {
    const TWINS: &[(&str, &str)] = &[("1x", "xl"), ("2x", "2xl"), ("3x", "3xl"), ("4x", "4xl")];
    TWINS.iter().find_map(|(plus, letter)| match key {
        key if key == *plus => Some(*letter),
        key if key == *letter => Some(*plus),
        _ => None,
    })
}

fn of_squeezed(word: &str) -> Option<String> {
    let (base, letter) = base(word)?;
    let count = extremes(&word[..word.len() - base])?;
    match (letter, count) {
        (letter, 0) => Some(letter.to_owned()),
        ("m", _) => None,
        (letter, 1) => Some(format!("x{letter}")),
        (letter, count) => Some(format!("{count}x{letter}")),
    }
}

/// The end of the word that names a base, by its length, and that base.
fn base(word: &str) -> Option<(usize, &'static str)> {
    const BASES: &[(&str, &str)] = &[
        ("small", "s"),
        ("medium", "m"),
        ("large", "l"),
        ("lrg", "l"),
        ("med", "m"),
        ("sml", "s"),
        ("sm", "s"),
        ("md", "m"),
        ("lg", "l"),
        ("s", "s"),
        ("m", "m"),
        ("l", "l"),
    ];
    BASES.iter().find(|(spelling, _)| word.ends_with(spelling)).map(|(spelling, letter)| (spelling.len(), *letter))
}

/// How extreme the beginning of a size makes it: "" 0 times, "x" and "extra" once, "xx" and "2x" twice.
/// A count alone says nothing: "2l" are two litres.
fn extremes(prefix: &str) -> Option<usize> {
    let times = prefix.replace("extra", "x");
    if let Some(count) = times.strip_suffix('x').filter(|count| is_count(count)) {
        return count.parse().ok();
    }
    times.bytes().all(|b| b == b'x').then_some(times.len()).filter(|count| *count <= 9)
}

fn is_count(text: &str) -> bool {
    matches!(text.as_bytes(), [b'1'..=b'9'])
}

/// How large a letter size is: S below 0, M at 0, L above. Only for canonical spellings.
pub(super) fn rank(key: &str) -> Option<i64> {
    if is_plus(key) {
        return Some(10 * i64::from(key.as_bytes()[0] - b'0') + 1);
    }
    if canonical(key).as_deref() != Some(key) {
        return None;
    }
    let count = extremes(&key[..key.len() - 1])?;
    let step = 5 * i64::from(count > 0) + 5 + 10 * i64::try_from(count.saturating_sub(1)).ok()?;
    match key.as_bytes().last()? {
        b's' => Some(-step),
        b'l' => Some(step),
        _ => Some(0),
    }
}

#[cfg(test)]
mod tests {
    use super::rank;

    #[test]
    fn letters_have_their_places_on_one_scale() {
        let ranks = ["9xs", "2xs", "xs", "s", "m", "l", "xl", "2xl", "3x"].map(|key| rank(key).expect("a letter size"));
        assert_eq!(ranks, [-90, -20, -10, -5, 0, 5, 10, 20, 31]);
        assert_eq!(rank("42"), None);
    }
}
