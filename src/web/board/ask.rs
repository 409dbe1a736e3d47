//! What a visitor asks the board for: words, a filter, a page. Whatever stands in the address has a meaning or none.

use serde::Deserialize;

use crate::web::goods::Show;

/// Products on one page.
pub(in crate::web) const PER_PAGE: i64 = 50;
/// Later pages than this do not exist.
pub(in crate::web) const LAST_PAGE: i64 = 10_000;
/// Letters that are looked for.
pub(in crate::web) const LONGEST: usize = 80;

/// The query of the address.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Query {
    q: String,
    show: String,
    page: String,
}

/// What it means.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::web) struct Ask {
    pub(in crate::web) words: String,
    pub(in crate::web) show: Show,
    pub(in crate::web) page: i64,
}

impl From<Query> for Ask {
    fn from(query: Query) -> Self {
        Self::new(&query.q, &query.show, query.page.parse().unwrap_or(1))
    }
}

impl Ask {
    /// What these words ask for.
    pub(in crate::web) fn new(words: &str, show: &str, page: i64) -> Self {
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        Self {
            words: words.chars().filter(|c| !c.is_control()).take(LONGEST).collect(),
            show: match show {
                "in-stock" => Show::InStock,
                "sold-out" => Show::SoldOut,
                _ => Show::All,
            },
            page: page.clamp(1, LAST_PAGE),
        }
    }

    /// The filter in addresses.
    pub(in crate::web) fn show_word(&self) -> &'static str {
        match self.show {
            Show::All => "",
            Show::InStock => "in-stock",
            Show::SoldOut => "sold-out",
        }
    }

    /// Is it the whole board?
    pub(in crate::web) fn is_plain(&self) -> bool {
        self.words.is_empty() && self.show == Show::All
    }

    /// Its address.
    pub(in crate::web) fn address(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        if !self.words.is_empty() {
            query.append_pair("q", &self.words);
        }
        if self.show != Show::All {
            query.append_pair("show", self.show_word());
        }
        if self.page > 1 {
            query.append_pair("page", &self.page.to_string());
        }
        let query = query.finish();
        if query.is_empty() { "/".to_owned() } else { format!("/?{query}") }
    }

    /// How many products come before its page.
    pub(in crate::web) fn skipped(&self) -> i64 {
        (self.page - 1) * PER_PAGE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(q: &str, show: &str, page: &str) -> Ask {
        Query { q: q.to_owned(), show: show.to_owned(), page: page.to_owned() }.into()
    }

    #[test]
    fn whatever_an_address_asks_is_a_page() {
        assert_eq!(ask("", "", "").address(), "/");
        assert_eq!(ask("", "<script>", "-7").address(), "/");
        assert_eq!(ask(" a&b\r\n c ", "in-stock", "3").address(), "/?q=a%26b+c&show=in-stock&page=3");
        assert_eq!(ask(&"x".repeat(10_000), "", "99999999999999999999").words.len(), LONGEST);
    }
}
