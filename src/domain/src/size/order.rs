//! The order of sizes in a grid.

use super::{letters, measure};

/// Sorts sizes as people do: letters by extent, then numbers by region, kind and value, then the rest by text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SizeOrder(Kind, String);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// The rank of the first part and, of a double size ("s/m"), of the second: S before S/M before M.
    Letters { first: i64, second: Option<i64> },
    /// Age, then children's, then plain: 12m before 2y, 12c before 1y before 42.
    Measure { region: &'static str, group: &'static str, kind: u8, first: i64, second: Option<i64> },
    /// Known to nobody.
    Text,
    /// Fits all, or none was named.
    OneSize,
}

impl SizeOrder {
    pub(super) fn of(key: &str) -> Self {
        let (head, tail) = key.split_once(['/', ' ']).map_or((key, None), |(head, tail)| (head, Some(tail)));
        let kind = if key == "onesize" {
            Kind::OneSize
        } else if let Some(first) = letters::rank(head) {
            Kind::Letters { first, second: tail.and_then(letters::rank) }
        } else {
            measure::parse(key).or_else(|| measure::parse(head)).map_or(Kind::Text, |m| of_measure(&m))
        };
        Self(kind, key.to_owned())
    }
}

fn of_measure(measure: &measure::Measure) -> Kind {
    Kind::Measure {
        region: measure.region,
        group: measure.group,
        kind: match measure.unit.as_str() {
            "m" => 0,
            "t" => 1,
            "c" => 2,
            "y" => 3,
            _ => 4,
        },
        first: measure.first.milli,
        second: measure.second.as_ref().map(|(_, number)| number.milli),
    }
}

#[cfg(test)]
mod tests {
    use super::super::key::SizeKey;

    fn sorted(sizes: &[&str]) -> String {
        let mut keys: Vec<SizeKey> = sizes.iter().map(|size| SizeKey::fold(size)).collect();
        keys.sort_by_key(SizeKey::order);
        keys.iter().map(SizeKey::as_str).collect::<Vec<_>>().join(" < ")
    }

    #[test]
    fn a_grid_reads_from_small_to_large() {
        insta::assert_snapshot!(
            sorted(&["XL", "M", "one size", "3XL", "S", "L", "2XL", "XXS", "S/M", "XS", "XL Tall", "1X"]),
            @"2xs < xs < s < s/m < m < l < xl < xl tall < 1x < 2xl < 3xl < onesize"
        );
        insta::assert_snapshot!(sorted(&["100", "37,5", "9", "37", "36", "42 2/3", "42", "43"]), @"9 < 36 < 37 < 37.5 < 42 < 42 2/3 < 43 < 100");
        insta::assert_snapshot!(sorted(&["2Y", "12C", "1Y", "6-12M", "0-3M", "13.5C", "2C", "4"]), @"0-3m < 6-12m < 2c < 12c < 13.5c < 1y < 2y < 4");
        insta::assert_snapshot!(sorted(&["4", "12Y", "3T", "18-24M", "2C"]), @"18-24m < 3t < 2c < 12y < 4");
        insta::assert_snapshot!(sorted(&["34x32", "32x34", "32x30", "34B", "34A", "EU 42", "EU 41", "red"]), @"32x30 < 32x34 < 34a < 34b < 34x32 < eu41 < eu42 < red");
    }
}
