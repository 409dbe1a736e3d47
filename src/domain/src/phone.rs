//! A phone number that does not print itself.

use std::fmt;
use std::str::FromStr;

/// A number in E.164 form. `Debug` and `Display` show its last two digits only.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Phone(String);

/// Not a number in international form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a phone number is written in international form, like +14155550123")]
pub struct NotAPhone;

impl Phone {
    /// The whole number, `+14155550123`: only for sealing and for the request that sends the text.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for Phone {
    type Err = NotAPhone;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let squeezed: String =
            text.trim().chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '.' | '\u{a0}')).collect();
        let digits = squeezed.strip_prefix('+').ok_or(NotAPhone)?;
        let well_formed =
            (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
        if well_formed { Ok(Self(squeezed)) } else { Err(NotAPhone) }
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+…{}", &self.0[self.0.len() - 2..])
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Phone({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_never_prints_itself() {
        let phone: Phone = "+1 (415) 555-0123".parse().expect("a number");
        assert_eq!(phone.expose(), "+14155550123");
        assert_eq!(format!("{phone} {phone:?}"), "+…23 Phone(+…23)");
        assert_eq!("4155550123".parse::<Phone>(), Err(NotAPhone));
    }
}
