//! One number that was measured, beside the limit that was measured in the same run.

use std::fmt;

use serde_json::{Value, json};

/// A number with its unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Quantity {
    value: f64,
    unit: &'static str,
}

impl Quantity {
    /// `value` in `unit`, like `polls/s`.
    pub(crate) fn new(value: f64, unit: &'static str) -> Self {
        Self { value, unit }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = match self.value.abs() {
            0.0 => 0,
            size if size < 1.0 => 3,
            size if size < 100.0 => 1,
            _ => 0,
        };
        write!(f, "{:.digits$} {}", self.value, self.unit)
    }
}

/// What the ratio of measured to limit should be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Target {
    AtLeast(f64),
    AtMost(f64),
}

impl Target {
    fn is_met(self, ratio: f64) -> bool {
        match self {
            Self::AtLeast(bound) => ratio >= bound,
            Self::AtMost(bound) => ratio <= bound,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(bound) => write!(f, "≥ {bound}"),
            Self::AtMost(bound) => write!(f, "≤ {bound}"),
        }
    }
}

/// One line of a table.
#[derive(Debug, Clone)]
pub(crate) struct Figure {
    what: String,
    measured: Quantity,
    limit: Option<(String, Quantity)>,
    target: Option<Target>,
}

impl Figure {
    /// A number to know, with nothing to hold it against.
    pub(crate) fn note(what: impl Into<String>, measured: Quantity) -> Self {
        Self { what: what.into(), measured, limit: None, target: None }
    }

    /// The same beside a limit.
    pub(crate) fn against(mut self, limit: impl Into<String>, quantity: Quantity) -> Self {
        self.limit = Some((limit.into(), quantity));
        self
    }

    /// The same with what its ratio should be.
    pub(crate) fn wants(mut self, target: Target) -> Self {
        self.target = Some(target);
        self
    }

    fn ratio(&self) -> Option<f64> {
        self.limit.as_ref().map(|(_, limit)| self.measured.value / limit.value)
    }

    fn is_met(&self) -> Option<bool> {
        Some(self.target?.is_met(self.ratio()?))
    }

    /// A row of a Markdown table.
    pub(crate) fn row(&self) -> String {
        let limit = self.limit.as_ref().map_or_else(|| "–".to_owned(), |(name, value)| format!("{value} ({name})"));
        let ratio = self.ratio().map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.2}"));
        let target = self.target.map_or_else(|| "–".to_owned(), |target| target.to_string());
        let outcome = match self.is_met() {
            Some(true) => "met",
            Some(false) => "**missed**",
            None => "–",
        };
        format!("| {} | {} | {limit} | {ratio} | {target} | {outcome} |", self.what, self.measured)
    }

    /// For machines.
    pub(crate) fn json(&self, bench: &str) -> Value {
        json!({
            "bench": bench,
            "what": self.what,
            "measured": self.measured.value,
            "unit": self.measured.unit,
            "limit": self.limit.as_ref().map(|(name, value)| json!({ "name": name, "value": value.value, "unit": value.unit })),
            "ratio": self.ratio(),
            "target": self.target.map(|target| target.to_string()),
            "met": self.is_met(),
        })
    }
}
