//! A phone number that does not print itself, but says where it is at home.

mod area_codes;
mod calling_codes;

use std::fmt;
use std::str::FromStr;

use chrono_tz::Tz;

use crate::country::Country;

/// First digits, parted by spaces; the country; its zones.
type Row = (&'static str, &'static str, &'static [Tz]);

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

    /// The country it is assigned to: by its area code behind +1, else by its calling code. An area code that is in no
    /// table of ours (new ones are assigned every year, nearly all of them to the USA) is taken for one of the USA, in
    /// whichever of its zones. `None` for numbers of no country (toll-free, premium, satellite) and for calling codes
    /// that are in no table of ours.
    #[must_use]
    pub fn country(&self) -> Option<Country> {
        self.row().and_then(|(_, country, _)| country.parse().ok())
    }

    /// The zones its owner may be in: those of its area code behind +1, else of its country. Empty where nothing is known.
    /// A number that was taken along to another place shows its old one; whoever has moved can say ANYTIME.
    #[must_use]
    pub fn zones(&self) -> Vec<Tz> {
        self.row().map(|(_, _, zones)| zones.to_vec()).unwrap_or_default()
    }

    fn row(&self) -> Option<&'static Row> {
        let digits = &self.0[1..];
        match digits.strip_prefix('1') {
            Some(national) if national.len() == 10 => {
                let area = &national[..3];
                let rows = &mut area_codes::AREA_CODES.iter();
                let known = rows.find(|(codes, ..)| codes.split(' ').any(|code| code == area));
                known.or_else(|| area_codes::may_be_new(area).then_some(&area_codes::ANYWHERE))
            }
            Some(_) => None,
            None => longest_fit(digits),
        }
    }
}

/// Does any number belong to a country with these letters?
pub(crate) fn is_known(letters: &str) -> bool {
    rows().any(|(_, country, _)| *country == letters)
}

fn rows() -> impl Iterator<Item = &'static Row> {
    area_codes::AREA_CODES.iter().chain(calling_codes::CALLING_CODES)
}

fn longest_fit(digits: &str) -> Option<&'static Row> {
    let fits = |row: &&'static Row| row.0.split(' ').filter(|code| digits.starts_with(code)).map(str::len).max();
    calling_codes::CALLING_CODES.iter().filter(|row| fits(row).is_some()).max_by_key(fits)
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
#[path = "phone/tests.rs"]
mod tests;
