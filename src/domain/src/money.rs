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

    /// A decimal as shops write it: `129.00`, `1,234.56`, `1.234,56`, `1 234,5`, `¥1200`, `129`.
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
        let mut minor: i64 = whole.parse().map_err(|_| bad())?;
        let mut digits = fraction.bytes();
        for _ in 0..exponent {
            let digit = digits.next().map_or(0, |d| i64::from(d - b'0'));
            minor = minor.checked_mul(10).and_then(|m| m.checked_add(digit)).ok_or_else(bad)?;
        }
        if digits.next().is_some_and(|d| d >= b'5') {
            minor = minor.checked_add(1).ok_or_else(bad)?;
        }
        Ok(Self { minor: if negative { -minor } else { minor }, exponent, currency })
    }
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
        ] {
            let money = Money::parse(text, currency).expect(text);
            assert_eq!((money.minor, money.exponent), (minor, exponent), "{text}");
        }
        for text in ["", "ask us", "12x4", "99999999999999999999"] {
            assert!(Money::parse(text, None).is_err(), "{text:?}");
        }
    }

    proptest! {
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
