//! Which sources of a shop are read together, by pages of a list. Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::schedule::At;
use crate::shops::{ListPage, ReaderKind};
use crate::store::polls::held::HeldSource;

/// Fewer sources are read one by one.
const FEWEST: usize = 4;
/// A list that is not there, or no list, is asked for again after this long; so is one that lacks a source.
pub(super) const AGAIN: Duration = Duration::from_secs(3600);
/// No list has more pages.
const MOST_PAGES: usize = 100;

/// The list that a batch reads.
#[derive(Debug, Clone)]
pub(super) struct ListOf {
    pub(super) url: Url,
    pub(super) reader: ReaderKind,
}

/// The list in which a source's one product stands, and who knows its pages.
pub(super) fn list_of(source: &HeldSource) -> Option<(Url, ReaderKind)> {
    let is_plain = source.jq.is_none() && source.more_urls.is_empty() && source.headers.is_empty();
    if !is_plain || source.product_id.is_none() || source.schedule.failures > 0 {
        return None;
    }
    let reader: ReaderKind = source.reader.as_deref()?.parse().ok()?;
    Some((reader.reader().list_of(&Url::parse(&source.url).ok()?)?, reader))
}

/// The key of the source's one product, as a list gives it.
pub(super) fn key_of(source: &HeldSource) -> Option<String> {
    source.product_id.as_ref().map(|id| format!("id:{id}"))
}

/// Which pages are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Pages {
    /// One after the other, as long as that is worth it: nobody knows yet what stands where.
    Explore,
    /// These.
    These(Vec<usize>),
    /// No pages: the products themselves, by their ids, so many at once.
    Ids(VecDeque<Vec<String>>),
}

/// Products that one request names.
const IDS: usize = 50;

/// What is asked next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Next {
    /// The page of this number.
    Page(usize),
    /// The products of these ids.
    Ids(Vec<String>),
}

/// How the products of these keys are read by their ids, where they are several.
pub(super) fn by_ids(due: &[&str]) -> Option<(Pages, BTreeSet<usize>)> {
    let ids: Vec<String> = due.iter().filter_map(|key| key.strip_prefix("id:")).map(str::to_owned).collect();
    let is_worth_it = due.len() > 1 && ids.len() == due.len();
    is_worth_it.then(|| (Pages::Ids(ids.chunks(IDS).map(<[String]>::to_vec).collect()), (0..due.len()).collect()))
}

/// What is known of a list.
#[derive(Debug, Default)]
pub(super) struct List {
    pages: BTreeMap<usize, Arc<ListPage>>,
    page_of: HashMap<Arc<str>, usize>,
    /// Its end was seen: what no page had is not in it.
    is_whole: bool,
    /// It is not asked for before then.
    pub(super) not_before: At,
}

impl List {
    pub(super) fn page(&self, number: usize) -> Option<Arc<ListPage>> {
        self.pages.get(&number).cloned()
    }

    /// Takes in a page. Says whether it has any product that no page had before.
    pub(super) fn learn(&mut self, number: usize, page: Arc<ListPage>) -> bool {
        let mut is_new = false;
        for key in page.items.iter().filter_map(|(_, key)| key.as_ref()) {
            is_new |= self.page_of.insert(Arc::clone(key), number).is_none_or(|other| other == number);
        }
        self.pages.insert(number, page);
        self.is_whole |= !is_new;
        is_new
    }

    /// Which of the sources that are due (by the keys of their products; the first one must be read) are read by which
    /// pages, where that takes fewer requests than one each.
    pub(super) fn plan(&self, due: &[&str]) -> Option<(Pages, BTreeSet<usize>)> {
        if due.len() < FEWEST {
            return None;
        }
        // Who explored it for a few may have stopped before the pages of the others.
        let unknown = due.iter().filter(|key| !self.page_of.contains_key(**key)).count();
        if self.pages.is_empty() || (!self.is_whole && unknown >= FEWEST) {
            return Some((Pages::Explore, (0..due.len()).collect()));
        }
        let mut by_page: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (index, key) in due.iter().enumerate() {
            if let Some(page) = self.page_of.get(*key) {
                by_page.entry(*page).or_default().push(index);
            }
        }
        by_page.retain(|_, sources| sources.len() > 1);
        let sources: BTreeSet<usize> = by_page.values().flatten().copied().collect();
        sources.contains(&0).then(|| (Pages::These(by_page.into_keys().collect()), sources))
    }
}

/// A batch in flight.
#[derive(Debug)]
pub(super) struct Batch {
    /// Its sources that no page had so far, by the keys of their products.
    pub(super) left: HashMap<String, i64>,
    pub(super) pages: Pages,
    read: usize,
    found: usize,
}

impl Batch {
    pub(super) fn new(left: HashMap<String, i64>, pages: Pages) -> Self {
        Self { left, pages, read: 0, found: 0 }
    }

    /// A page was read, and had so many of its sources. `is_new`: has it any product that no page had before?
    pub(super) fn took(&mut self, found: usize, is_new: bool) {
        (self.read, self.found) = (self.read + 1, self.found + found);
        // At the end of the list, and where more pages would cost more than they save.
        if self.pages == Pages::Explore && (!is_new || self.found < self.read * 2) {
            self.left_alone();
        }
    }

    fn left_alone(&mut self) {
        self.pages = Pages::These(Vec::new());
    }

    /// The next page to read.
    pub(super) fn next(&mut self) -> Option<Next> {
        if self.left.is_empty() {
            return None;
        }
        match &mut self.pages {
            Pages::Explore => (self.read < MOST_PAGES).then_some(Next::Page(self.read + 1)),
            Pages::These(pages) if pages.is_empty() => None,
            Pages::These(pages) => Some(Next::Page(pages.remove(0))),
            Pages::Ids(ids) => ids.pop_front().map(Next::Ids),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(pages: &[&[&str]]) -> List {
        let mut list = List::default();
        for (number, keys) in (1..).zip(pages) {
            let items = keys.iter().map(|key| ([0; 16], Some(Arc::from(*key)))).collect();
            list.learn(number, Arc::new(ListPage { items, ..ListPage::default() }));
        }
        list
    }

    #[test]
    fn pages_are_read_where_that_takes_fewer_requests() {
        let due = ["a", "b", "c", "d", "e"];
        assert_eq!(List::default().plan(&due[..3]), None, "so few are read one by one");
        assert_eq!(List::default().plan(&due).map(|(pages, _)| pages), Some(Pages::Explore));
        let known = list(&[&["a", "b", "x"], &["c", "y"], &["d", "e"]]);
        let (pages, sources) = known.plan(&due).expect("a plan");
        assert_eq!((pages, sources), (Pages::These(vec![1, 3]), [0, 1, 3, 4].into()), "c stands alone on its page");
        assert_eq!(known.plan(&["c", "a", "b", "d"]), None, "the one that must be read is alone");
    }

    #[test]
    fn products_that_can_be_asked_for_by_id_are_asked_fifty_at_once() {
        assert_eq!(by_ids(&["id:1"]), None, "one is read alone");
        assert_eq!(by_ids(&["id:1", "handle:x"]), None);
        let keys: Vec<String> = (0..120).map(|n| format!("id:{n}")).collect();
        let due: Vec<&str> = keys.iter().map(String::as_str).collect();
        let (pages, sources) = by_ids(&due).expect("a plan");
        assert_eq!(sources.len(), 120);
        let mut batch = Batch::new(keys.iter().cloned().zip(0..).collect(), pages);
        let sizes = std::iter::from_fn(|| match batch.next()? {
            Next::Ids(ids) => Some(ids.len()),
            Next::Page(_) => None,
        });
        assert_eq!(sizes.collect::<Vec<_>>(), [50, 50, 20]);
    }

    #[test]
    fn what_was_explored_for_a_few_is_explored_on_for_many() {
        let mut begun = list(&[&["a", "b"]]);
        let due = ["a", "b", "c", "d", "e", "f"];
        assert_eq!(begun.plan(&due).map(|(pages, _)| pages), Some(Pages::Explore));
        assert_eq!(begun.plan(&due[..4]).map(|(pages, _)| pages), Some(Pages::These(vec![1])), "two are read alone");
        begun.learn(2, Arc::new(ListPage::default()));
        assert_eq!(begun.plan(&due).map(|(pages, _)| pages), Some(Pages::These(vec![1])), "the list ends there");
    }

    #[test]
    fn exploring_ends_with_the_list_or_when_it_is_not_worth_it() {
        let left = || (0..100).map(|n| (n.to_string(), n)).collect();
        let mut whole = Batch::new(left(), Pages::Explore);
        for (page, found) in [(1, 50), (2, 49), (3, 0)] {
            assert_eq!(whole.next(), Some(Next::Page(page)));
            whole.took(found, found > 0);
        }
        assert_eq!(whole.next(), None);
        let mut poor = Batch::new(left(), Pages::Explore);
        assert_eq!(poor.next(), Some(Next::Page(1)));
        poor.took(1, true);
        assert_eq!(poor.next(), None, "one request for one source is no gain");
    }
}
