//! Sizes that count or measure something: `42.5`, `eu42`, `6-12m`, `32x34`, `34dd`.

use std::fmt;

use super::words::{REGIONS, UNITS};

/// A number as sizes have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Number {
    text: String,
    /// Its value in thousandths.
    pub(super) milli: i64,
}

/// A number or two, with whose count it is and what it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Measure {
    pub(super) region: &'static str,
    pub(super) first: Number,
    /// `-` before the end of a range, `x` before the other side of a pair.
    pub(super) second: Option<(char, Number)>,
    pub(super) unit: String,
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.region, self.first.text)?;
        if let Some((separator, number)) = &self.second {
            write!(f, "{separator}{}", number.text)?;
        }
        f.write_str(&self.unit)
    }
}

/// Reads a folded text that is a measure from end to end.
pub(super) fn parse(text: &str) -> Option<Measure> {
    waist_and_length(text).or_else(|| {
        let (region, rest) = take_region(text);
        let (first, rest) = take_number(rest)?;
        end_of_one(region, &first, rest).or_else(|| end_of_two(region, first, rest))
    })
}

fn end_of_one(region: &'static str, first: &Number, rest: &str) -> Option<Measure> {
    let unit = unit(rest.trim_start())?;
    Some(Measure { region, first: first.clone(), second: None, unit })
}

fn end_of_two(region: &'static str, first: Number, rest: &str) -> Option<Measure> {
    let at = rest.find(['-', 'x', '/']).or_else(|| rest.find("to "))?;
    let (separator, skip) = match rest.as_bytes()[at] {
        b'-' => ('-', 1),
        b't' => ('-', 2),
        _ => ('x', 1),
    };
    let unit_between = unit(rest[..at].trim())?;
    let (second, rest) = take_number(rest[at + skip..].trim_start())?;
    let unit_behind = unit(rest.trim_start())?;
    // "6m-12m" says twice what "6-12m" says once; "9us-42eu" and the like are no measure.
    let agree = unit_between.is_empty() || unit_between == unit_behind;
    agree.then_some(Measure { region, first, second: Some((separator, second)), unit: unit_behind })
}

/// `w32 l34`, `32w x 34l`: a pair that names its sides.
fn waist_and_length(text: &str) -> Option<Measure> {
    let squeezed: String = text.chars().filter(|c| !matches!(c, ' ' | '/' | 'x' | ':' | '-')).collect();
    let (waist, length) = match squeezed.strip_prefix('w') {
        Some(rest) => rest.split_once('l')?,
        None => squeezed.strip_suffix('l')?.split_once('w')?,
    };
    let (first, second) = (whole_number(waist)?, whole_number(length)?);
    Some(Measure { region: "", first, second: Some(('x', second)), unit: String::new() })
}

/// The region before a number ("eu: 42") or behind it ("42 eu"), and the text without it.
fn take_region(text: &str) -> (&'static str, &str) {
    for (spelling, region) in REGIONS {
        if let Some(rest) = text.strip_prefix(spelling) {
            let rest = rest.trim_start_matches([' ', ':', '-', '.']);
            if rest.starts_with(|c: char| c.is_ascii_digit()) {
                return (region, rest);
            }
        }
        if let Some(rest) =
            text.strip_suffix(spelling).filter(|rest| rest.ends_with(|c: char| c == ' ' || c.is_ascii_digit()))
        {
            return (region, rest.trim_end());
        }
    }
    ("", text)
}

fn whole_number(text: &str) -> Option<Number> {
    take_number(text).filter(|(_, rest)| rest.is_empty()).map(|(number, _)| number)
}

/// The number that a text starts with: digits, then a decimal point or comma, or a fraction behind a blank.
fn take_number(text: &str) -> Option<(Number, &str)> {
    let (digits, rest) = take_digits(text);
    if digits.is_empty() || digits.len() > 6 {
        return None;
    }
    // "0" and "00" are two sizes of one shop; "06" and "6" are one.
    let stripped = digits.trim_start_matches('0');
    let whole = if stripped.is_empty() { digits } else { stripped };
    let (decimals, fraction, rest) =
        take_decimals(rest).or_else(|| take_fraction(rest)).unwrap_or((0, String::new(), rest));
    let text =
        if decimals > 0 && fraction.is_empty() { with_decimals(whole, decimals) } else { format!("{whole}{fraction}") };
    Some((Number { text, milli: whole.parse::<i64>().ok()? * 1000 + decimals }, rest))
}

fn take_digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

/// Thousandths behind a decimal point or comma, no text of their own, and the rest.
fn take_decimals(text: &str) -> Option<(i64, String, &str)> {
    let (digits, rest) = take_digits(text.strip_prefix(['.', ','])?);
    let thousandths = format!("{digits:0<3}").parse().ok().filter(|_| (1..=3).contains(&digits.len()))?;
    Some((thousandths, String::new(), rest))
}

/// Thousandths of " 1/2"; a fraction that no three decimals hold (" 2/3") also keeps its text.
fn take_fraction(text: &str) -> Option<(i64, String, &str)> {
    let digit = |at: usize| text.as_bytes().get(at).filter(|b| b.is_ascii_digit()).map(|b| i64::from(b - b'0'));
    let shaped = text.starts_with(' ') && text.as_bytes().get(2) == Some(&b'/') && digit(4).is_none();
    let (over, under) = (digit(1)?, digit(3)?);
    if !shaped || over == 0 || over >= under {
        return None;
    }
    let own_text = if (over * 1000) % under == 0 { String::new() } else { text[..4].to_owned() };
    Some((over * 1000 / under, own_text, &text[4..]))
}

fn with_decimals(whole: &str, thousandths: i64) -> String {
    format!("{whole}.{thousandths:03}").trim_end_matches('0').to_owned()
}

/// The one spelling of a unit; a letter alone or repeated is one ("c", "dd"), and so is nothing at all.
fn unit(text: &str) -> Option<String> {
    if let Some((_, unit)) = UNITS.iter().find(|(spelling, _)| *spelling == text) {
        return Some((*unit).to_owned());
    }
    let first = text.bytes().next().unwrap_or(b'a');
    let is_letter = first.is_ascii_lowercase() && first != b'x' && text.len() <= 4 && text.bytes().all(|b| b == first);
    is_letter.then(|| text.to_owned())
}
