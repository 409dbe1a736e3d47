//! Sizes that count or measure something: `42.5`, `eu42`, `w12`, `6-12m`, `32x34`, `34dd`.

use std::fmt;

use super::words::{MEN, REGIONS, UNITS, WOMEN};

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
    /// `m` for men's, `w` for women's and for a waist, else empty.
    pub(super) group: &'static str,
    pub(super) first: Number,
    /// `-` before the end of a range, `x` before the other side of a pair.
    pub(super) second: Option<(char, Number)>,
    pub(super) unit: String,
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.region, self.group, self.first.text)?;
        if let Some((separator, number)) = &self.second {
            write!(f, "{separator}{}", number.text)?;
        }
        f.write_str(&self.unit)
    }
}

/// Largest number that a lone `m` before it makes a men's size: "m 10.5" is one, "m 38" is a medium and a 38.
const LARGEST_FOR_MEN: i64 = 20_000;

impl Measure {
    fn of(region: &'static str, first: Number, second: Option<(char, Number)>, unit: String) -> Self {
        Self { region, group: "", first, second, unit }
    }
}

/// Reads a folded text that is a measure from end to end.
pub(super) fn parse(text: &str) -> Option<Measure> {
    waist_and_length(text).or_else(|| cup_first(text)).or_else(|| of_men_or_women(text)).or_else(|| {
        let (region, rest) = take_region(text);
        let (first, rest) = take_number(rest)?;
        end_of_one(region, &first, rest).or_else(|| end_of_two(region, first, rest))
    })
}

/// `dd32`: the cup before the band. A lone letter must touch the number, for "a 32" may be any word and a number.
fn cup_first(text: &str) -> Option<Measure> {
    let (cup, rest) = text.split_at(text.find(|c: char| !c.is_ascii_lowercase())?);
    let is_cup =
        matches!(cup.as_bytes(), [first @ b'a'..=b'k', rest @ ..] if rest.len() < 4 && rest.iter().all(|b| b == first));
    let number = if cup.len() > 1 { rest.trim_start() } else { rest };
    let is_band = matches!(number.as_bytes(), [b'2'..=b'5', b'0'..=b'9']);
    (is_cup && is_band).then(|| Some(Measure::of("", whole_number(number)?, None, cup.to_owned())))?
}

/// `m 10.5`, `us women's 12`, `12 womens`. European numbers are the same for both.
fn of_men_or_women(text: &str) -> Option<Measure> {
    let bare = text.strip_prefix("us ").unwrap_or(text);
    let (group, rest) = take_group(bare)?;
    let (region, rest) = take_region(rest);
    let first = whole_number(rest)?;
    match region {
        "" | "us" => Some(Measure { region: "", group, first, second: None, unit: String::new() }),
        _ => Some(Measure::of(region, first, None, String::new())),
    }
}

fn take_group(text: &str) -> Option<(&'static str, &str)> {
    let at_number = |rest: &&str| rest.starts_with(|c: char| c.is_ascii_digit()) || !take_region(rest).0.is_empty();
    let by = |(words, group): (&[&str], &'static str)| {
        let before = |word: &&str| text.strip_prefix(*word).map(|rest| rest.trim_start_matches([' ', ':', '-', '.']));
        let behind = |word: &&str| text.strip_suffix(*word)?.strip_suffix(' ');
        let found = words.iter().find_map(|word| before(word).filter(at_number));
        found.or_else(|| words.iter().find_map(behind)).map(|rest| (group, rest))
    };
    let alone = |letter: char, group: &'static str| {
        let rest = text.strip_prefix(letter)?.trim_start_matches([' ', ':', '-', '.']);
        let number = whole_number(rest)?;
        (group == "w" || number.milli <= LARGEST_FOR_MEN).then_some((group, rest))
    };
    [(WOMEN, "w"), (MEN, "m")].into_iter().find_map(by).or_else(|| alone('m', "m")).or_else(|| alone('w', "w"))
}

fn end_of_one(region: &'static str, first: &Number, rest: &str) -> Option<Measure> {
    let unit = unit(rest.trim_start())?;
    Some(Measure::of(region, first.clone(), None, unit))
}

fn end_of_two(region: &'static str, first: Number, rest: &str) -> Option<Measure> {
    let at = rest.find(['-', 'x', '/']).or_else(|| rest.find("to ")).or_else(|| rest.find("by "))?;
    let (separator, skip) = match rest.as_bytes()[at] {
        b'-' => ('-', 1),
        b't' => ('-', 2),
        b'b' => ('x', 2),
        _ => ('x', 1),
    };
    let unit_between = unit(rest[..at].trim())?;
    let (second, rest) = take_number(rest[at + skip..].trim_start())?;
    let unit_behind = unit(rest.trim_start())?;
    // "6m-12m" says twice what "6-12m" says once; "9us-42eu" and the like are no measure.
    let agree = unit_between.is_empty() || unit_between == unit_behind;
    agree.then(|| Measure::of(region, first, Some((separator, second)), unit_behind))
}

/// `w32 l34`, `32w x 34l`: a pair that names its sides.
fn waist_and_length(text: &str) -> Option<Measure> {
    let lettered = text.replace("waist", "w").replace("inseam", "l").replace("length", "l");
    let squeezed: String = lettered.chars().filter(|c| !matches!(c, ' ' | '/' | 'x' | ':' | '-')).collect();
    let (waist, length) = match squeezed.strip_prefix('w') {
        Some(rest) => rest.split_once('l')?,
        None => squeezed.strip_suffix('l')?.split_once('w')?,
    };
    let (first, second) = (whole_number(waist)?, whole_number(length)?);
    Some(Measure::of("", first, Some(('x', second)), String::new()))
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
    if digits.len() > 6 {
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

/// Thousandths of " 1/2" and "-1/2"; a fraction that no three decimals hold (" 2/3") also keeps its text.
fn take_fraction(text: &str) -> Option<(i64, String, &str)> {
    let digit = |at: usize| text.as_bytes().get(at).filter(|b| b.is_ascii_digit()).map(|b| i64::from(b - b'0'));
    let shaped = text.starts_with([' ', '-']) && text.as_bytes().get(2) == Some(&b'/') && digit(4).is_none();
    let (over, under) = (digit(1)?, digit(3)?);
    if !shaped || over == 0 || over >= under {
        return None;
    }
    let own_text = if (over * 1000) % under == 0 { String::new() } else { format!(" {}", &text[1..4]) };
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

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_measure_has_six_digits_at_most() {
        assert!(parse("123456").is_some());
        assert!(parse("1234567").is_none());
        assert!(parse(".5").is_none());
    }

    #[test]
    fn a_fraction_has_its_blank_and_its_stroke() {
        let milli = |text: &str| parse(text).map(|measure| measure.first.milli);
        assert_eq!((milli("7 1/2"), milli("7-1/2")), (Some(7500), Some(7500)));
        for text in ["7 1x2", "7x1x2", "7 0/2", "7 2/2", "7 1/22"] {
            assert!(!matches!(milli(text), Some(7001..)), "{text}");
        }
    }
}
