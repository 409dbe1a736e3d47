//! Countries, as two letters (ISO 3166), and a setting that lists some.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// A country or territory that phone numbers belong to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country([u8; 2]);

/// Not a country that has a calling code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a country is two letters by ISO 3166, like US, CA or GB, not {0:?}")]
pub struct NotACountry(String);

impl Country {
    /// The two letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Only ASCII letters get in.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for Country {
    type Err = NotACountry;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let letters = text.trim().to_ascii_uppercase();
        match *letters.as_bytes() {
            [first, second] if letters.parse::<phonenumber::country::Id>().is_ok() => Ok(Self([first, second])),
            _ => Err(NotACountry(text.trim().chars().take(60).collect())),
        }
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The countries that are texted: `US,CA`. Territories count for themselves, as at the carriers: Puerto Rico is `PR`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Countries(BTreeSet<Country>);

impl Countries {
    /// Is it one of them?
    #[must_use]
    pub fn contains(&self, country: Country) -> bool {
        self.0.contains(&country)
    }

    /// All, in the order of their letters.
    pub fn iter(&self) -> impl Iterator<Item = Country> {
        self.0.iter().copied()
    }
}

impl Default for Countries {
    fn default() -> Self {
        Self(["US", "CA"].iter().filter_map(|letters| letters.parse().ok()).collect())
    }
}

impl FromStr for Countries {
    type Err = NotACountry;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.split(',').map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Display for Countries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letters: Vec<&str> = self.0.iter().map(Country::as_str).collect();
        f.write_str(&letters.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_countries_is_read_and_shown() {
        let countries: Countries = " us, CA ".parse().expect("two countries");
        assert_eq!(countries, Countries::default());
        assert_eq!(countries.to_string(), "CA,US");
        assert_eq!(format!("{:?}", "ca".parse::<Country>().expect("Canada")), "CA");
        assert!(countries.contains("CA".parse().expect("Canada")));
        assert!(!countries.contains("PR".parse().expect("Puerto Rico")));
    }

    #[test]
    fn what_is_no_country_is_refused_in_words() {
        let error = "US,UK".parse::<Countries>().expect_err("it is GB").to_string();
        insta::assert_snapshot!(error, @r#"a country is two letters by ISO 3166, like US, CA or GB, not "UK""#);
        assert!("".parse::<Countries>().is_err());
        assert!("ÄÖ".parse::<Country>().is_err());
    }
}
