//! Durations and codes as people type them.

use std::time::Duration;

/// A text that is no duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a time is written like 30m, 8h or 2d, and is a year at most")]
pub struct NotADuration;

const LONGEST: u64 = 366 * 24 * 3600;

/// `30m`, `8h`, `2d`, `1w`, `1h30m`, `8 hours`.
///
/// # Errors
/// Without a unit, with an unknown one, when it comes to nothing or to more than a year.
pub fn duration(text: &str) -> Result<Duration, NotADuration> {
    let squeezed: String = text.to_lowercase().chars().filter(|c| !c.is_whitespace()).collect();
    let mut rest = squeezed.as_str();
    let mut seconds: u64 = 0;
    while !rest.is_empty() {
        let (part, behind) = one_part(rest)?;
        seconds = seconds.checked_add(part).filter(|sum| *sum <= LONGEST).ok_or(NotADuration)?;
        rest = behind;
    }
    if seconds == 0 { Err(NotADuration) } else { Ok(Duration::from_secs(seconds)) }
}

/// The seconds of the first number with its unit, and what stands behind it.
fn one_part(text: &str) -> Result<(u64, &str), NotADuration> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).ok_or(NotADuration)?;
    let (number, rest) = text.split_at(digits);
    let end = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
    let (unit, behind) = rest.split_at(end);
    let unit = match unit {
        "s" | "sec" | "second" | "seconds" => 1,
        "m" | "min" | "mins" | "minute" | "minutes" => 60,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3600,
        "d" | "day" | "days" => 24 * 3600,
        "w" | "week" | "weeks" => 7 * 24 * 3600,
        _ => return Err(NotADuration),
    };
    let number: u64 = number.parse().map_err(|_| NotADuration)?;
    Ok((number.checked_mul(unit).ok_or(NotADuration)?, behind))
}

/// Six digits, however they are grouped: `123456`, `123 456`, `123-456`.
#[must_use]
pub fn code(text: &str) -> Option<String> {
    let squeezed: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    (squeezed.len() == 6 && squeezed.bytes().all(|b| b.is_ascii_digit())).then_some(squeezed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        for (text, seconds) in
            [("30m", 1800), ("8h", 28_800), ("2D", 172_800), ("1h30m", 5400), ("8 hours", 28_800), ("1w", 604_800)]
        {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "8", "h", "0m", "8x", "-1h", "2 years", "99999999999999999999d", "9999999999999999d", "1.5h"] {
            assert_eq!(duration(text), Err(NotADuration), "{text}");
        }
    }

    #[test]
    fn a_code_is_six_digits_however_grouped() {
        assert_eq!(code("123 456").as_deref(), Some("123456"));
        assert_eq!(code("12345"), None);
        assert_eq!(code("١٢٣٤٥٦"), None);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[0-9a-zé ]{0,24}") {
            let _ = (duration(&text), code(&text));
        }
    }
}
