//! A phone number that does not print itself, but says where it is at home.

mod area_codes;
mod zones;

use std::fmt;
use std::str::FromStr;

use chrono_tz::Tz;

use crate::country::{Countries, Country};

/// Area codes, parted by spaces; the country; its zones.
type Row = (&'static str, &'static str, &'static [Tz]);

/// Letters of a number as it is typed, at most.
const LONGEST_TYPED: usize = 40;

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

    /// A number as people type it on a page: in international form, or as it is written at home where all of these countries
    /// would take it for the same number: `(925) 555-0123`. `None`: it is no number, or it could be several.
    #[must_use]
    pub fn typed(text: &str, countries: &Countries) -> Option<Self> {
        if text.chars().nth(LONGEST_TYPED).is_some() {
            return None;
        }
        let text = text.trim();
        let abroad = text.strip_prefix("00").map(|rest| format!("+{rest}"));
        let abroad = abroad.as_deref().unwrap_or(text);
        if abroad.starts_with('+') {
            return abroad.parse().ok().filter(Self::is_valid);
        }
        let at_home = |country: Country| {
            let number = phonenumber::parse(country.as_str().parse().ok(), text).ok()?;
            let phone: Self = number.format().mode(phonenumber::Mode::E164).to_string().parse().ok()?;
            phone.is_valid().then_some(phone)
        };
        let mut found = countries.iter().filter_map(at_home);
        let first = found.next()?;
        found.all(|other| other == first).then_some(first)
    }

    /// Can such a number have been given to anybody? By the plan of its country, as libphonenumber knows it; behind +1 an
    /// area code that came up later is believed.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.parsed().is_some_and(|number| number.is_valid())
            || self.area().is_some_and(|area| area_code(area).is_none() && area_codes::may_be_new(area))
    }

    /// The country it is assigned to: by its area code behind +1, else by libphonenumber. An area code that is in no
    /// table of ours (new ones are assigned every year, nearly all of them to the USA) is taken for one of the USA, in
    /// whichever of its zones. `None` for numbers of no country (toll-free, premium, satellite).
    #[must_use]
    pub fn country(&self) -> Option<Country> {
        if self.0.starts_with("+1") {
            return self.row().and_then(|(_, country, _)| country.parse().ok());
        }
        let number = self.parsed()?;
        let shared =
            || phonenumber::metadata::DATABASE.region(&number.code().value()).and_then(|all| all.first().copied());
        let letters = number.country().id().map(|id| id.as_ref().to_owned()).or_else(|| shared().map(str::to_owned));
        letters?.parse().ok()
    }

    /// The zones its owner may be in: those of its area code behind +1, else of its country. Empty where nothing is known.
    /// A number that was taken along to another place shows its old one; whoever has moved can say ANYTIME.
    #[must_use]
    pub fn zones(&self) -> Vec<Tz> {
        match self.row() {
            Some((_, _, zones)) => zones.to_vec(),
            None => self.country().map(|country| zones::of(country.as_str()).to_vec()).unwrap_or_default(),
        }
    }

    fn parsed(&self) -> Option<phonenumber::PhoneNumber> {
        phonenumber::parse(None, &self.0).ok()
    }

    /// The three digits behind +1.
    fn area(&self) -> Option<&str> {
        self.0.strip_prefix("+1").filter(|national| national.len() == 10).map(|national| &national[..3])
    }

    fn row(&self) -> Option<&'static Row> {
        let area = self.area()?;
        area_code(area).or_else(|| area_codes::may_be_new(area).then_some(&area_codes::ANYWHERE))
    }
}

fn area_code(area: &str) -> Option<&'static Row> {
    area_codes::AREA_CODES.iter().find(|(codes, ..)| codes.split(' ').any(|code| code == area))
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
