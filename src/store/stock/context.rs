//! What is known of a reading while it is stored, and what it changes. No I/O.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use coatcheck_domain::poll::Plan;
use coatcheck_domain::shape::{self, Shape};
use coatcheck_domain::stock::{self, Rules};
use coatcheck_domain::{Doubt, ProductReading};
use sea_orm::Value;

use crate::store::db::time::micros;
use crate::store::polls::held::HeldSource;
use crate::store::stock::new_reading::{NewReading, StoredReading};
use crate::store::stock::observed;
use crate::store::stock::products::{self, ProductRow};
use crate::store::stock::variant_row::Moment;

/// So many doubts of a reading are kept for people to look at.
const DOUBTS_KEPT: usize = 20;
/// Of each of their two texts.
const DOUBT_CHARS: usize = 300;

/// A reading, the source it is of, and when that is polled next.
#[derive(Clone, Copy)]
pub(in crate::store) struct ReadPoll<'a> {
    pub(in crate::store) source: &'a HeldSource,
    pub(in crate::store) new: &'a NewReading,
    pub(in crate::store) plan: &'a Plan,
}

/// What is the same for all products of one reading.
pub(super) struct Context<'a> {
    pub(super) poll: ReadPoll<'a>,
    pub(super) rules: Rules,
    pub(super) moment: Moment,
    pub(super) stored_at: DateTime<Utc>,
    pub(super) stored: StoredReading,
    pub(super) settled: bool,
    pub(super) doubt: Option<String>,
    /// It has another shape than those before it: nothing of it counts, and nothing was seen by it.
    pub(super) is_odd: bool,
    pub(super) ignored: Option<String>,
    /// Are the products that no reading had before new at the shop?
    pub(super) has_news: bool,
    /// More of the reading follows: what depends on all of it waits.
    pub(super) is_part: bool,
}

/// A product of which the reading says something new.
pub(super) struct Change<'a> {
    pub(super) context: usize,
    pub(super) product: &'a ProductReading,
    pub(super) key: String,
    pub(super) digest: String,
    pub(super) row: Option<ProductRow>,
}

/// A product that a reading lacks.
pub(super) struct Lack {
    pub(super) context: usize,
    pub(super) row: ProductRow,
    pub(super) left_alone: bool,
}

impl<'a> Context<'a> {
    pub(super) fn of(poll: ReadPoll<'a>, now: DateTime<Utc>) -> Self {
        let source = poll.source;
        // A clock that was set back does not turn the history over: its time stands still until the clock has passed
        // what is written already.
        let read_at = source.last_read_at.map_or(poll.new.read_at, |previous| previous.max(poll.new.read_at));
        let mut rules = observed::rules(source.schedule.interval);
        // While it was being read there was no silence.
        let took = (poll.new.read_at - poll.new.began_at).max(chrono::Duration::zero());
        rules.gap_after = rules.gap_after.checked_add(&took).unwrap_or(rules.gap_after);
        Self {
            poll,
            rules,
            moment: Moment { read_at, reading: source.readings + 1, previous_read_at: source.last_read_at },
            stored_at: now,
            stored: StoredReading::default(),
            settled: true,
            doubt: None,
            is_odd: false,
            ignored: None,
            has_news: false,
            is_part: false,
        }
    }

    /// What the reading's shape has lost that earlier readings of the same reader had, until that has lasted.
    pub(super) fn odd_shape(&self) -> Option<String> {
        let ReadPoll { source, new, .. } = self.poll;
        let is_believed = source.drift_since.is_some_and(|since| {
            (self.moment.read_at - since).to_std().is_ok_and(|passed| passed >= shape::BELIEVED_AFTER)
        });
        let before = source.shape.filter(|_| source.reader.as_deref() == Some(new.reader.as_str()) && !is_believed);
        Shape::of(&new.reading).lost(before?)
    }

    /// The shape to compare the next reading with. What was read of a part of a list says nothing of the whole.
    fn shape(&self) -> Option<String> {
        let ReadPoll { source, new, .. } = self.poll;
        let is_telling = self.doubt.is_none() && new.same.is_empty();
        let shape = if is_telling { Some(Shape::of(&new.reading)) } else { source.shape };
        shape.map(|shape| shape.to_string())
    }

    /// Can what the source never had be new? Not at first sight, nor before two readings agreed on the whole, nor while
    /// it is doubted.
    pub(super) fn may_have_news(&self) -> bool {
        let source = self.poll.source;
        self.is_whole() && source.whole && source.readings > 1 && source.drift_since.is_none()
    }

    /// Up to when the source's stock was seen.
    fn seen_at(&self) -> DateTime<Utc> {
        let before = self.poll.source.last_read_at.filter(|_| self.is_odd);
        before.unwrap_or(self.moment.read_at)
    }

    /// Does it have all that the source has? One item that cannot be read hides no other.
    fn is_whole(&self) -> bool {
        self.poll.new.reading.complete || self.poll.new.to_its_end
    }

    /// Products of which these readings say something new, and which this source may read. `taken`: those that another
    /// reading of the same transaction has.
    pub(super) fn changes(
        &self,
        context: usize,
        products: &'a [ProductReading],
        known: &HashMap<(i64, String), ProductRow>,
        taken: &mut HashSet<(i64, String)>,
    ) -> Vec<Change<'a>> {
        let shop = self.poll.source.shop_id;
        let mut changes = Vec::new();
        for product in products {
            let at = (shop, product.key());
            if !taken.insert(at.clone()) {
                continue;
            }
            let row = known.get(&at).cloned();
            let digest = products::digest(product);
            let is_ours = row.as_ref().is_none_or(|row| self.may_read(row));
            if is_ours && !row.as_ref().is_some_and(|row| self.says_nothing_new(row, &digest)) {
                changes.push(Change { context, product, key: at.1, digest, row });
            }
        }
        changes
    }

    /// Each product is read by one source: the first, until that one is not polled any more, or has not been read well for
    /// three intervals.
    fn may_read(&self, row: &ProductRow) -> bool {
        row.source_id == self.poll.source.source_id || row.is_left_by_its_owner(self.moment.read_at)
    }

    /// The same as last time, nothing pending, no gap between: the source's row has said it all.
    fn says_nothing_new(&self, row: &ProductRow, digest: &str) -> bool {
        row.settled
            && row.digest.as_deref() == Some(digest)
            && row.source_id == self.poll.source.source_id
            && !self.after_gap()
    }

    fn after_gap(&self) -> bool {
        let previous = self.moment.previous_read_at;
        previous.is_none_or(|previous| self.moment.read_at - previous > self.rules.gap_after)
    }
}

impl Context<'_> {
    /// Counts a product of which something is written, and notes why its answer does not count, if it does not.
    pub(super) fn take(&mut self, change: &Change<'_>, observation: &stock::Observation) {
        if observation.reshaped {
            tracing::warn!(url = %self.poll.source.url, product = change.key, "all variants of {} have new ids and options: a new baseline, nobody is notified", change.key);
        }
        if let Some(ignored) = observation.ignored {
            self.ignored.get_or_insert_with(|| format!("{}: {ignored}", change.product.title));
        }
        self.stored.changed += 1;
        self.settled &= observation.is_settled();
    }

    /// What becomes of a product that the source no longer has: nothing, or Absent once three complete readings agree.
    /// `None`: its rows say all there is to say.
    pub(super) fn lack(&mut self, context: usize, row: ProductRow) -> Option<Lack> {
        let left_alone = !self.poll.new.reading.complete;
        // Missed before: its rows say all there is to say, unless this reading counts or a gap lies between.
        if row.digest.is_none() && (left_alone || (row.settled && !self.after_gap())) {
            self.settled &= row.settled;
            return None;
        }
        Some(Lack { context, row, left_alone })
    }
}

impl Context<'_> {
    pub(super) fn row(&self) -> [Value; 17] {
        let ReadPoll { source, new, plan } = self.poll;
        let error = self.doubt.as_deref().or(self.ignored.as_deref());
        if let Some(error) = error {
            tracing::warn!(url = %source.url, fault = "drift", "{} is doubted: {error}", source.url);
        }
        let since = error.map(|_| micros(source.drift_since.unwrap_or(self.stored_at)));
        [
            source.source_id.into(),
            plan.state.as_str().into(),
            micros(plan.scheduled_at).into(),
            micros(plan.next_poll_at).into(),
            micros(self.seen_at()).into(),
            new.body_digest.as_str().into(),
            new.etag.as_deref().into(),
            new.last_modified.as_deref().into(),
            new.reader.as_str().into(),
            (self.settled && error.is_none()).into(),
            error.into(),
            since.into(),
            error.map(|_| "drift").into(),
            doubts(&new.reading.doubts).into(),
            new.slow.into(),
            (self.is_whole() && !self.is_odd).then(|| micros(self.moment.read_at)).into(),
            self.shape().into(),
        ]
    }
}

/// The first doubts of a reading as they are stored, and how many more there are.
fn doubts(all: &[Doubt]) -> String {
    let cut = |text: &str| text.chars().take(DOUBT_CHARS).collect::<String>();
    let mut kept: Vec<Doubt> =
        all.iter().take(DOUBTS_KEPT).map(|doubt| Doubt { at: cut(&doubt.at), what: cut(&doubt.what) }).collect();
    if all.len() > DOUBTS_KEPT {
        kept.push(Doubt { at: "elsewhere".to_owned(), what: format!("{} more of these", all.len() - DOUBTS_KEPT) });
    }
    serde_json::to_string(&kept).unwrap_or_else(|_| "[]".to_owned())
}
