//! Batches in memory: which sources are read by one page, and what each page says of them. No I/O.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use coatcheck_domain::Reading;
use coatcheck_domain::poll::INTERVAL_FLOOR;

use super::batch::{self, Batch, ListOf, Next};
use super::known::{Job, Now};
use super::schedule::At;
use super::state::PollerState;
use crate::engine::fault::judge;
use crate::shops::{PageAnswer, PageAsk, Read, ReadError, ReadOutcome, ReaderKind};
use crate::store::polls::held::HeldSource;

/// Sources of one batch, at most.
const MOST: usize = 10_000;

impl PollerState {
    /// Those that are read together with a source that is about to be read, if that takes fewer requests.
    pub(super) fn gather(&mut self, job: u64, lead: &HeldSource, now: Now) -> Option<ListOf> {
        let (url, reader) = self.list_of(lead.source_id, now.at)?;
        let list = self.lists.get(&(lead.shop_id, url.to_string()));
        if list.is_some_and(|list| list.not_before > now.at) {
            return None;
        }
        let (sources, keys) = self.due_with(lead, &url, now);
        let due: Vec<&str> = keys.iter().map(String::as_str).collect();
        let can_ask_by_id = due
            .first()
            .and_then(|key| key.strip_prefix("id:"))
            .is_some_and(|id| reader.reader().ids_url(&url, &[id.to_owned()]).is_some());
        let (pages, chosen) = match list {
            _ if can_ask_by_id => batch::by_ids(&due)?,
            Some(list) => list.plan(&due)?,
            None => batch::List::default().plan(&due)?,
        };
        let mut left = HashMap::with_capacity(chosen.len());
        for index in chosen {
            let id = sources[index];
            self.stop_waiting(id);
            left.insert(keys[index].clone(), id);
        }
        self.batches.insert(job, Batch::new(left, pages));
        Some(ListOf { url, reader })
    }

    fn list_of(&self, id: i64, now: At) -> Option<(url::Url, ReaderKind)> {
        let source = self.sources.get(&id)?;
        if source.alone_until > now { None } else { batch::list_of(&source.held) }
    }

    /// The lead first, then whatever of the same list is due within a tenth of its interval, and not below the floor.
    fn due_with(&self, lead: &HeldSource, list: &url::Url, now: Now) -> (Vec<i64>, Vec<String>) {
        let by = now.at + lead.schedule.interval / 10;
        let is_rested = |source: &HeldSource| {
            // The beats are an interval apart; polls are so by their jitter and by how long a batch takes.
            let least = source.schedule.interval.min(INTERVAL_FLOOR).mul_f64(0.9);
            source.last_read_at.is_some_and(|read_at| (now.wall - read_at).to_std().is_ok_and(|passed| passed >= least))
        };
        let mut found: (Vec<i64>, Vec<String>) = (vec![lead.source_id], batch::key_of(lead).into_iter().collect());
        let mut keys: BTreeSet<String> = found.1.iter().cloned().collect();
        for (_, id) in self.schedule.due_by(lead.shop_id, by).take(MOST) {
            let Some(source) = self.sources.get(&id).filter(|source| is_rested(&source.held)) else { continue };
            let is_there = self.list_of(id, now.at).is_some_and(|(other, _)| other == *list);
            // Two addresses of one product are read one after the other.
            if let Some(key) = batch::key_of(&source.held).filter(|key| is_there && keys.insert(key.clone())) {
                found.0.push(id);
                found.1.push(key);
            }
        }
        found
    }

    /// What is asked next for a batch. `None`: it is over.
    pub(super) fn ask(&mut self, job: &Job, list: &ListOf, now: Now) -> Option<PageAsk> {
        if !self.is_current(job) {
            return None;
        }
        let batch = self.batches.get_mut(&job.number)?;
        let (number, ids) = match batch.next()? {
            Next::Page(number) => (number, Vec::new()),
            Next::Ids(ids) => (0, ids),
        };
        let wanted = batch.left.iter().map(|(key, id)| {
            let settled = self.sources.get(id).filter(|source| super::decide::may_skip(&source.held, now.wall));
            (key.clone(), settled.and_then(|source| source.item))
        });
        let wanted = wanted.collect();
        let last = self.lists.get(&(job.source.shop_id, list.url.to_string())).and_then(|list| list.page(number));
        Some(PageAsk { list: list.url.clone(), number, ids, reader: list.reader, last, wanted })
    }

    /// A page is in hand: what it says of each source of the batch is written down at once.
    pub(super) fn end_page(&mut self, job: &Job, ask: &PageAsk, answer: PageAnswer, random: f64, now: Now) {
        if !self.is_current(job) {
            return;
        }
        let PageAnswer { page, mut products, received_at } = answer;
        let list = self.lists.entry((job.source.shop_id, ask.list.to_string())).or_default();
        let is_new = !ask.ids.is_empty() || list.learn(ask.number, Arc::clone(&page));
        let mut found = 0;
        for (digest, key) in page.items.iter().filter_map(|(digest, key)| Some((*digest, key.as_ref()?))) {
            let Some(id) = self.batches.get_mut(&job.number).and_then(|batch| batch.left.remove(&**key)) else {
                continue;
            };
            found += 1;
            let outcome = match products.remove(&**key) {
                None => ReadOutcome::NotModified { received_at },
                Some(product) => ReadOutcome::Read(Box::new(Read {
                    // A page concludes nothing of what it lacks.
                    reading: Reading { products: vec![product], complete: false, doubts: Vec::new() },
                    reader: ask.reader,
                    resolved_url: ask.list.clone(),
                    body_digest: item_as_body(digest),
                    etag: None,
                    last_modified: None,
                    received_at,
                    cut_by: None,
                    to_its_end: false,
                    how: Vec::new(),
                    slow: false,
                    same: Vec::new(),
                    pages: None,
                })),
            };
            let Some(source) = self.sources.get_mut(&id) else { continue };
            source.new_item = Some(digest);
            let held = Arc::clone(&source.held);
            self.judge(&held, Ok(outcome), job.began_at, random, now);
        }
        if let Some(batch) = self.batches.get_mut(&job.number) {
            batch.took(found, is_new);
        }
    }

    /// A batch is over. Sources that no page had are read alone, now; what stopped it counts once.
    pub(super) fn end_batch(
        &mut self,
        job: &Job,
        list: &ListOf,
        error: Option<ReadError>,
        random: f64,
        now: Now,
    ) -> bool {
        if !self.end_request(job) {
            return false;
        }
        let left = self.batches.remove(&job.number).map(|batch| batch.left).unwrap_or_default();
        let mut left: Vec<i64> = left.into_values().collect();
        left.sort_unstable();
        let error = error.filter(|error| *error != ReadError::Stopped);
        if let Some(error) = error {
            let shop_failed = judge(&error, 0).shop_failed || error.retry_after().is_some();
            let of_list = self.lists.entry((job.source.shop_id, list.url.to_string())).or_default();
            of_list.not_before = now.at + batch::AGAIN;
            if let Some(source) = left.first().copied().filter(|_| shop_failed).and_then(|id| self.sources.get(&id)) {
                let held = Arc::clone(&source.held);
                left.remove(0);
                self.judge(&held, Err(error), job.began_at, random, now);
            }
        } else {
            for id in &left {
                if let Some(source) = self.sources.get_mut(id) {
                    source.alone_until = now.at + batch::AGAIN;
                }
            }
        }
        for id in left {
            self.wait_again(id, now.at);
        }
        true
    }
}

/// The digest of an item where that of a whole body stands: no body has it.
fn item_as_body(digest: crate::shops::ItemDigest) -> [u8; 32] {
    let mut body = [0; 32];
    body[..digest.len()].copy_from_slice(&digest);
    body
}
