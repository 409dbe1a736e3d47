//! Things counted.

/// `1 watch`, `2 watches`.
#[must_use]
pub fn counted(count: i64, one: &str, several: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
}
