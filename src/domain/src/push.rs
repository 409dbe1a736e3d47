//! A shop says that something changed: what is read then, and how soon. Pure.
//!
//! A push is a hint to read now, never a reading: whatever it says of stock is not looked at.

use std::time::Duration;

/// A source that was read so lately is not read again for a push: a shop that changes a hundred things pushes a hundred times.
pub const FLOOR: Duration = Duration::from_secs(5);
/// A push that names no product has all sources of its shop read, each no sooner than so long for each of them.
const EACH: Duration = Duration::from_millis(100);
/// A shop's pages may be older than its push. Where a push brought nothing new, the source is read once more after this.
pub const ECHO: Duration = Duration::from_secs(10);
/// Names in one push, at most.
const MOST_NAMES: usize = 8;
/// Characters of a name.
const LONGEST_NAME: usize = 300;

/// What a push is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// A product, by whatever it is called.
    Product(Named),
    /// Something of the shop.
    Shop,
}

/// How a push calls a product.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    /// The shop's ids, or its names in addresses: what is the one in one push may be the other in the next.
    names: Vec<String>,
    /// Its page.
    url: Option<String>,
}

impl Named {
    /// By ids and handles. Empty and overlong ones, and the 0 that stands for "none", are left out.
    #[must_use]
    pub fn new(names: impl IntoIterator<Item = String>, url: Option<String>) -> Self {
        let is_name = |name: &String| !name.is_empty() && name != "0" && is_short(name);
        let names = names.into_iter().filter(is_name).take(MOST_NAMES).collect();
        Self { names, url: url.filter(|url| !url.is_empty() && is_short(url)) }
    }

    /// Ids and handles.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Its page.
    #[must_use]
    pub fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }

    /// The hint that it is: without any name, the whole shop.
    #[must_use]
    pub fn hint(self) -> Hint {
        if self.names.is_empty() && self.url.is_none() { Hint::Shop } else { Hint::Product(self) }
    }
}

/// A text with a NUL is no name, and no database takes it.
fn is_short(text: &str) -> bool {
    text.chars().count() <= LONGEST_NAME && !text.contains('\0')
}

/// How long a source rests between two readings for pushes, where so many sources are named by one.
#[must_use]
pub fn floor(sources: usize) -> Duration {
    FLOOR.max(EACH.saturating_mul(u32::try_from(sources).unwrap_or(u32::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(names: &[&str], url: Option<&str>) -> Hint {
        Named::new(names.iter().map(|name| (*name).to_owned()), url.map(str::to_owned)).hint()
    }

    #[test]
    fn a_push_names_ids_handles_and_a_page() {
        let long = "x".repeat(LONGEST_NAME + 1);
        let names = ["7", "jacket", "0", "", "a\0b", long.as_str()].map(str::to_owned);
        let named = Named::new(names, Some("https://shop.example/products/jacket".to_owned()));
        assert_eq!(named.names(), ["7", "jacket"]);
        assert_eq!(named.url(), Some("https://shop.example/products/jacket"));
        assert_eq!(Named::new([], Some(long)).url(), None);
    }

    #[test]
    fn what_names_no_product_means_the_shop() {
        assert_eq!(named(&[], None), Hint::Shop);
        assert_eq!(named(&["", "0", "a\0b", &"x".repeat(301)], Some("")), Hint::Shop);
        assert!(matches!(named(&["0", "632910392"], None), Hint::Product(named) if named.names() == ["632910392"]));
        assert!(matches!(named(&[], Some("https://shop.example/p")), Hint::Product(_)));
        let many: Vec<String> = (1..100).map(|number| number.to_string()).collect();
        assert_eq!(Named::new(many, None).names().len(), MOST_NAMES);
    }

    #[test]
    fn a_push_that_names_many_sources_has_each_read_less_often() {
        assert_eq!(floor(1), FLOOR);
        assert_eq!(floor(50), FLOOR);
        assert_eq!(floor(1000), Duration::from_secs(100));
        assert!(floor(usize::MAX) > Duration::from_secs(1000));
    }
}
