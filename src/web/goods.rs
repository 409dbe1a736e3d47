//! The names of what is on the board, in memory: a search, a filter or a page reads no table.
//!
//! They are read anew when something changed in the store, otherwise once a second, by one request while the others wait for it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::store::stock::board::{Listed, ShortName};
use crate::store::{Db, StoreError};

/// Titles and what is listed may change without a change of stock. They are known after this long.
const LONGEST: Duration = Duration::from_secs(1);
/// Products that are found; of more, the oldest are not.
const MOST: i64 = 200_000;

/// Which products.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) enum Show {
    /// All.
    #[default]
    All,
    /// Those of which something can be bought.
    InStock,
    /// Those of which nothing can.
    SoldOut,
}

/// A page of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BoardPage {
    /// The products, by title.
    pub(super) products: Vec<i64>,
    /// How many there are on all pages.
    pub(super) total: i64,
}

/// All of them, by title.
#[derive(Debug, Default)]
pub(super) struct Names {
    all: Vec<Named>,
    /// The last successful reading of any listed source.
    pub(super) read: Option<DateTime<Utc>>,
}

#[derive(Debug)]
struct Named {
    id: i64,
    /// In lower case, as what is looked for.
    title: String,
    /// Likewise.
    short: Vec<String>,
    buyable: bool,
}

/// Where they are kept.
#[derive(Clone, Default)]
pub(super) struct Goods(Arc<Mutex<Option<Kept>>>);

struct Kept {
    /// The last change of stock before they were read.
    change: i64,
    read_at: Instant,
    names: Arc<Names>,
}

impl Goods {
    /// The names as of this change or a later one.
    pub(super) async fn at(&self, db: &Db, change: i64) -> Result<Arc<Names>, StoreError> {
        let mut kept = self.0.lock().await;
        if let Some(kept) = kept.as_ref().filter(|kept| kept.change >= change && kept.read_at.elapsed() < LONGEST) {
            return Ok(Arc::clone(&kept.names));
        }
        let (change, read_at) = (db.last_change().await?, Instant::now());
        let (listed, short) = (db.listed(MOST).await?, db.short_names(MOST).await?);
        let names = Arc::new(Names { read: db.last_public_reading().await?, ..Names::of(listed, short) });
        *kept = Some(Kept { change, read_at, names: Arc::clone(&names) });
        Ok(names)
    }
}

impl Names {
    fn of(listed: Vec<Listed>, names: Vec<ShortName>) -> Self {
        let mut short: HashMap<i64, Vec<String>> = HashMap::new();
        for name in names {
            short.entry(name.product_id).or_default().push(name.text.to_lowercase());
        }
        let named = |it: Listed| Named {
            id: it.id,
            title: it.title.to_lowercase(),
            short: short.remove(&it.id).unwrap_or_default(),
            buyable: it.buyable,
        };
        let mut all: Vec<Named> = listed.into_iter().map(named).collect();
        all.sort_by(|one, other| (&one.title, one.id).cmp(&(&other.title, other.id)));
        Self { all, read: None }
    }

    /// Those whose title or short name has these words, from the nth on.
    pub(super) fn page(&self, words: &str, show: Show, from: i64, most: i64) -> BoardPage {
        let words = words.trim().to_lowercase();
        let fits = |it: &&Named| {
            let shown = match show {
                Show::All => true,
                Show::InStock => it.buyable,
                Show::SoldOut => !it.buyable,
            };
            shown && (it.title.contains(&words) || it.short.iter().any(|name| name.contains(&words)))
        };
        let count = |number: i64| usize::try_from(number).unwrap_or_default();
        let (mut products, mut total) = (Vec::new(), 0);
        for it in self.all.iter().filter(fits) {
            if total >= count(from) && products.len() < count(most) {
                products.push(it.id);
            }
            total += 1;
        }
        BoardPage { products, total: i64::try_from(total).unwrap_or(i64::MAX) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        let listed = |id: i64, title: &str, buyable| Listed { id, title: title.to_owned(), buyable };
        let listed =
            vec![listed(1, "Übergangsjacke", false), listed(2, "50%_Off Coat", true), listed(3, "anorak", true)];
        Names::of(listed, vec![ShortName { product_id: 1, text: "Parka".to_owned() }])
    }

    #[test]
    fn words_are_found_in_titles_and_short_names_whatever_their_letters() {
        let found = |words: &str, show| names().page(words, show, 0, 50).products;
        assert_eq!(found("", Show::All), [2, 3, 1]);
        assert_eq!(found("ÜBERGANG", Show::All), [1]);
        assert_eq!(found("parka", Show::All), [1]);
        assert_eq!(found("parka", Show::InStock), Vec::<i64>::new());
        assert_eq!(found("%_", Show::All), [2], "a sign means itself");
        assert_eq!(found("", Show::SoldOut), [1]);
    }

    #[test]
    fn a_page_is_a_part_and_says_how_many_there_are() {
        assert_eq!(names().page("", Show::All, 1, 1), BoardPage { products: vec![3], total: 3 });
        assert_eq!(names().page("", Show::All, 500, 50), BoardPage { products: Vec::new(), total: 3 });
    }

    #[tokio::test]
    async fn of_many_who_search_one_reads_the_names_until_something_changes() {
        let (db, _place, _clock) = crate::testing::db_with_clock(crate::testing::Engine::Sqlite).await;
        let goods = Goods::default();
        let first = goods.at(&db, 0).await.expect("read");
        let again = goods.at(&db, 0).await.expect("kept");
        assert!(Arc::ptr_eq(&first, &again));
        let source = crate::testing::follow(&db, "https://shop.example/products/jacket").await;
        let product = crate::testing::product("Jacket", &[("M", "", coatcheck_domain::Availability::InStock)]);
        crate::testing::read(&db, source, vec![product]).await;
        let change = db.last_change().await.expect("asked");
        let now = goods.at(&db, change).await.expect("read");
        assert_eq!(now.page("", Show::InStock, 0, 50).products, [1]);
    }
}
