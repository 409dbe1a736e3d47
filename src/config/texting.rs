//! The settings that say who may be texted, and when, whoever carries it.

use coatcheck_domain::country::Countries;
use coatcheck_domain::texting::Hours;

use super::reader::{Reader, StandIn};

/// Who may be texted, and when.
#[derive(Debug, Clone)]
pub struct TextingSettings {
    /// `SMS_COUNTRIES`
    pub countries: Countries,
    /// `SMS_MAX_PER_NUMBER_DAY`
    pub per_number_day: u32,
    /// `SMS_MAX_PER_DAY`
    pub per_day: u32,
    /// `SMS_HOURS`, in the number's zone.
    pub hours: Hours,
}

impl Reader<'_> {
    pub(super) fn texting(&mut self) -> TextingSettings {
        TextingSettings {
            countries: self.parsed("SMS_COUNTRIES", "US,CA", "two-letter countries, like US,CA"),
            per_number_day: self.number("SMS_MAX_PER_NUMBER_DAY", "10", 0..=1000),
            per_day: self.number("SMS_MAX_PER_DAY", "1000", 0..=1_000_000),
            hours: self.parsed("SMS_HOURS", "9-21", "hours of the day, like 9-21"),
        }
    }
}

impl StandIn for Countries {
    fn stand_in() -> Self {
        Self::default()
    }
}

impl StandIn for Hours {
    fn stand_in() -> Self {
        Self::default()
    }
}
