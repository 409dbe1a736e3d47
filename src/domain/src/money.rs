//! Prices as whole minor units. Never a float.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A price as the shop states it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// The amount in minor units: 12900 for 129.00.
    pub minor: i64,
    /// How many digits the minor unit has: 2 for cents, 0 for yen.
    pub exponent: u8,
    /// ISO 4217 code in capitals, where the shop says it.
    pub currency: Option<String>,
}

/// A text that is no price.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a price")]
pub struct NotAPrice(String);

impl Money {
    /// A price in minor units.
    #[must_use]
    pub fn minor(minor: i64, exponent: u8, currency: Option<&str>) -> Self {
        Self { minor, exponent, currency: currency.and_then(currency_code) }
    }

    /// A number of a machine: a JSON number, or the text of a platform's decimal field. The dot is the decimal point however
    /// many digits follow it (`3.355` is 3.36, `9.500` is 9.50), and nothing groups thousands.
    ///
    /// # Errors
    /// When it is no plain decimal, or more than fits into 64 bits.
    pub fn decimal(text: &str, currency: Option<&str>) -> Result<Self, NotAPrice> {
        let bad = || NotAPrice(text.chars().take(40).collect());
        let number = text.trim();
        let (negative, number) = number.strip_prefix('-').map_or((false, number), |rest| (true, rest));
        let (digits, power) = scientific(number).ok_or_else(bad)?;
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let is_plain = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if !is_plain(whole) || !is_plain(fraction) || (whole.is_empty() && fraction.is_empty()) {
            return Err(bad());
        }
        let (whole, fraction) = shifted(whole, fraction, power);
        let currency = currency.and_then(currency_code);
        let exponent = exponent_of(currency.as_deref());
        let minor = minor_units(&whole, &fraction, exponent).ok_or_else(bad)?;
        Ok(Self { minor: if negative { -minor } else { minor }, exponent, currency })
    }

    /// A decimal as people write it: `129.00`, `1,234.56`, `1.234,56`, `1 234,5`, `¥1200`, `129`.
    ///
    /// The last separator is the decimal point if one or two digits follow it, else it groups thousands.
    /// The exponent is the currency's where it is known to have none (`JPY`, `KRW`, …), otherwise 2.
    ///
    /// # Errors
    /// When there is no digit, a letter inside the number, or more than fits into 64 bits.
    pub fn parse(text: &str, currency: Option<&str>) -> Result<Self, NotAPrice> {
        let bad = || NotAPrice(text.chars().take(40).collect());
        let number: String = text.trim().chars().filter(|c| !c.is_whitespace() && *c != '\'').collect();
        let start = number.find(|c: char| c.is_ascii_digit()).ok_or_else(bad)?;
        let negative = number[..start].contains('-');
        let end = number.rfind(|c: char| c.is_ascii_digit()).ok_or_else(bad)? + 1;
        let body = &number[start..end];
        if body.contains(|c: char| !(c.is_ascii_digit() || c == '.' || c == ',')) {
            return Err(bad());
        }
        let currency = currency.and_then(currency_code);
        let exponent = exponent_of(currency.as_deref());
        let point = body.rfind(['.', ',']).filter(|at| is_decimal_point(body, *at, exponent));
        let (whole, fraction) = point.map_or((body, ""), |at| (&body[..at], &body[at + 1..]));
        let whole: String = whole.chars().filter(char::is_ascii_digit).collect();
        let minor = minor_units(&whole, fraction, exponent).ok_or_else(bad)?;
        Ok(Self { minor: if negative { -minor } else { minor }, exponent, currency })
    }
}

/// `1.5e3` is `1.5` and 3; no price has more than a few powers of ten.
fn scientific(number: &str) -> Option<(&str, i32)> {
    let Some((digits, power)) = number.split_once(['e', 'E']) else { return Some((number, 0)) };
    let power = power.parse().ok().filter(|power: &i32| power.abs() <= 15)?;
    Some((digits, power))
}

fn shifted(whole: &str, fraction: &str, power: i32) -> (String, String) {
    let places = usize::try_from(power.unsigned_abs()).unwrap_or_default();
    if power >= 0 {
        let padded = format!("{fraction:0<places$}");
        (format!("{whole}{}", &padded[..places]), padded[places..].to_owned())
    } else {
        let padded = format!("{whole:0>width$}", width = places.max(whole.len()));
        let at = padded.len() - places;
        (padded[..at].to_owned(), format!("{}{fraction}", &padded[at..]))
    }
}

/// Rounds half up at the last digit of the minor unit.
fn minor_units(whole: &str, fraction: &str, exponent: u8) -> Option<i64> {
    let mut minor: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let mut digits = fraction.bytes();
    for _ in 0..exponent {
        let digit = digits.next().map_or(0, |d| i64::from(d - b'0'));
        minor = minor.checked_mul(10)?.checked_add(digit)?;
    }
    if digits.next().is_some_and(|d| d >= b'5') { minor.checked_add(1) } else { Some(minor) }
}

/// Is the separator at `at` a decimal point? Three digits behind a lone separator group thousands (`1,234`),
/// unless the other kind stands before it (`1.234,567`), only zero does (`0.125`), or the currency has three decimals.
fn is_decimal_point(body: &str, at: usize, exponent: u8) -> bool {
    let separator = body.as_bytes()[at];
    let after = body.len() - at - 1;
    let before = &body[..at];
    let other_before = before.bytes().any(|b| !b.is_ascii_digit() && b != separator);
    let same_before = before.bytes().any(|b| b == separator);
    !same_before && (after != 3 || other_before || before == "0" || (separator == b'.' && exponent == 3))
}

fn currency_code(text: &str) -> Option<String> {
    let code = text.trim().to_ascii_uppercase();
    (code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase())).then_some(code)
}

/// Digits of a currency's minor unit (ISO 4217); shops that do not say theirs mean two.
#[must_use]
pub fn exponent_of(currency: Option<&str>) -> u8 {
    match currency {
        Some(
            "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "VND" | "VUV"
            | "XAF" | "XOF" | "XPF",
        ) => 0,
        Some("BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND") => 3,
        _ => 2,
    }
}

impl fmt::Display for Money {
    /// `129.00 EUR`; without a currency just the number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.minor < 0 { "-" } else { "" };
        let digits = self.minor.unsigned_abs().to_string();
        let exponent = usize::from(self.exponent);
        let digits = format!("{digits:0>width$}", width = exponent + 1);
        let (whole, fraction) = digits.split_at(digits.len() - exponent);
        write!(f, "{sign}{whole}")?;
        if exponent > 0 {
            write!(f, ".{fraction}")?;
        }
        match &self.currency {
            Some(currency) => write!(f, " {currency}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Money {
    type Err = NotAPrice;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text, None)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn shops_write_prices_in_many_ways() {
        for (text, currency, minor, exponent) in [
            ("129.00", None, 12_900, 2),
            ("7136.40", Some("EGP"), 713_640, 2),
            ("1,234.56", None, 123_456, 2),
            ("1.234,56", Some("EUR"), 123_456, 2),
            ("1 234,5", None, 123_450, 2),
            ("1,234", None, 123_400, 2),
            ("1,234,567", None, 123_456_700, 2),
            ("0.125", None, 13, 2),
            ("¥1200", Some("jpy"), 1200, 0),
            ("9.500", Some("KWD"), 9_500, 3),
            ("25.5", Some("SAR"), 2550, 2),
            ("1.234,567", Some("EUR"), 123_457, 2),
            ("1.234", Some("EUR"), 123_400, 2),
            ("1,234", Some("KWD"), 1_234_000, 3),
            ("-5.00", None, -500, 2),
        ] {
            let money = Money::parse(text, currency).expect(text);
            assert_eq!((money.minor, money.exponent), (minor, exponent), "{text}");
        }
        for text in ["", "ask us", "12x4", "99999999999999999999"] {
            assert!(Money::parse(text, None).is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_numbers_of_machines_have_a_dot_and_no_thousands() {
        for (text, currency, minor, exponent) in [
            ("3.355", Some("GBP"), 336, 2),
            ("9.500", None, 950, 2),
            ("9.500", Some("KWD"), 9_500, 3),
            ("135000.0", None, 13_500_000, 2),
            ("129", Some("EUR"), 12_900, 2),
            ("1200", Some("JPY"), 1_200, 0),
            ("1199.5", Some("JPY"), 1_200, 0),
            (".5", None, 50, 2),
            ("-1.5", None, -150, 2),
            ("1.2995e2", None, 12_995, 2),
            ("12995E-2", None, 12_995, 2),
            ("5e-1", None, 50, 2),
            ("2e3", None, 200_000, 2),
        ] {
            let money = Money::decimal(text, currency).expect(text);
            assert_eq!((money.minor, money.exponent), (minor, exponent), "{text}");
        }
        for text in ["", ".", "-", "1,5", "1 000", "1.2.3", "10 - 20", "NaN", "1e99", "1e", "99999999999999999999"] {
            assert!(Money::decimal(text, None).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_price_is_shown_with_its_sign_digits_and_currency() {
        let shown = |minor, currency| Money::minor(minor, exponent_of(currency), currency).to_string();
        assert_eq!(shown(12_900, Some("EUR")), "129.00 EUR");
        assert_eq!(shown(-1, None), "-0.01");
        assert_eq!(shown(0, Some("JPY")), "0 JPY");
        assert_eq!(currency_code(" eur "), Some("EUR".to_owned()));
        assert_eq!((currency_code("EURO"), currency_code("12€"), currency_code("A1B")), (None, None, None));
    }

    proptest! {
        #[test]
        fn no_number_of_a_machine_panics(text in "[-0-9.eE+]{0,24}") {
            let _ = Money::decimal(&text, Some("KWD"));
        }

        #[test]
        fn what_is_shown_is_read_back(minor in 0i64..10_000_000_000, code in prop::sample::select(vec!["EUR", "JPY"])) {
            let money = Money::minor(minor, exponent_of(Some(code)), Some(code));
            let shown = money.to_string();
            prop_assert_eq!(Money::parse(shown.trim_end_matches(code), Some(code)).expect("shown"), money);
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,24}") {
            let _ = Money::parse(&text, Some("EUR"));
        }
    }
}
