//! What follows in memory once polls are written down. No I/O.

use std::sync::Arc;

use coatcheck_domain::poll::Plan;

use super::known::Now;
use super::state::PollerState;
use crate::store::polls::ended::{End, Ended, Written};
use crate::store::polls::held::HeldSource;

impl PollerState {
    /// They are written down, or not ours to write.
    pub(super) fn written(&mut self, polls: Vec<Ended>, written: Vec<Written>, now: Now) {
        self.queue.written();
        let mut lost = Vec::new();
        for (poll, written) in polls.into_iter().zip(written) {
            let (id, shop_id) = (poll.source.source_id, poll.source.shop_id);
            if written == Written::NotOurs {
                if self.shops.get(&shop_id).is_some_and(|shop| shop.held.epoch == poll.source.epoch) {
                    lost.push(shop_id);
                }
                continue;
            }
            if poll.shop_not_before.is_some() || matches!(poll.end, End::Failed(_)) {
                self.told(shop_id, &poll, now);
            }
            let is_current = self.sources.get(&id).is_some_and(|one| Arc::ptr_eq(&one.held, &poll.source));
            if is_current {
                self.goes_on(id, poll, written, now);
            }
        }
        self.lose(&lost);
    }

    /// What a shop asks for is written down.
    fn told(&mut self, shop_id: i64, poll: &Ended, now: Now) {
        let Some(shop) = self.shops.get_mut(&shop_id) else { return };
        if let Some(until) = poll.shop_not_before {
            shop.held.not_before = shop.held.not_before.max(until);
        }
        shop.untold = shop.untold.saturating_sub(usize::from(matches!(poll.end, End::Failed(_))));
        if shop.untold == 0 {
            self.schedule.hold(shop_id, now.at(shop.held.not_before), shop.held.failures > 0);
        }
    }

    /// What is known of a source once its poll is written down; from now on it waits for the next one.
    fn goes_on(&mut self, id: i64, poll: Ended, written: Written, now: Now) {
        let Some(source) = self.sources.get_mut(&id) else { return };
        let (new_pages, new_item) = (source.new_pages.take(), source.new_item.take());
        if matches!(written, Written::Done | Written::Stored { .. }) && !matches!(poll.end, End::Failed(_)) {
            source.pages = new_pages.or(source.pages.take());
            // What another document says of it may differ from what the list said last.
            source.item = new_item;
        }
        let owed = source.owes(matches!(poll.end, End::Unchanged { .. })).map(|wait| now.at + wait);
        match written {
            Written::Done => {
                let Ended { source: polled, end, plan, .. } = poll;
                // Then the source is held once, and changed where it is.
                drop(polled);
                follow(Arc::make_mut(&mut source.held), &end, &plan);
            }
            Written::Stored { source: Some(held), .. } | Written::Edited(Some(held)) => source.held = Arc::new(*held),
            Written::Stored { source: None, .. } | Written::Edited(None) | Written::NotOurs => {
                return self.remove_source(id);
            }
        }
        let due = now.at(source.held.next_poll_at);
        self.wait_again(id, owed.map_or(due, |owed| owed.min(due)));
    }
}

/// What a poll that brought nothing new, or failed, changes of its source.
fn follow(held: &mut HeldSource, end: &End, plan: &Plan) {
    held.schedule.scheduled_at = plan.scheduled_at;
    held.schedule.state = plan.state;
    held.schedule.failures = plan.failures;
    held.schedule.gone_since = plan.gone_since;
    held.next_poll_at = plan.next_poll_at;
    held.trial_at = None;
    held.drift_since = None;
    if let End::Unchanged { read_at } = end {
        held.readings += 1;
        held.last_read_at = held.last_read_at.max(Some(*read_at));
    }
}
