//! What is held: the instance's lease, shops that are taken and given, and what others changed.

use std::sync::Arc;
use std::time::Duration;

use super::poller::{Holding, Lease, Poller};
use super::schedule::At;
use super::sharing::Share;
use super::state::ENDS;
use crate::engine::counted;
use crate::store::StoreError;
use crate::store::polls::held::TAKEN_AT_ONCE;
use crate::store::polls::instance::Look;

/// The lease is renewed this often.
pub(super) const RENEW: Duration = Duration::from_secs(3);
/// A shop stays where it is for so long, however unequal the shares.
const STAYS: Duration = Duration::from_secs(5 * 60);
/// It is looked this often for sources that end by themselves.
const END_EVERY: Duration = Duration::from_secs(30);

impl Poller {
    /// Renews the lease, or begins anew. Says under which name shops are held.
    pub(super) async fn keep_lease(&self) -> Result<Arc<str>, StoreError> {
        let mut holding = self.memory.holding.lock().await;
        self.keep_lease_of(&mut holding).await
    }

    async fn keep_lease_of(&self, holding: &mut Holding) -> Result<Arc<str>, StoreError> {
        let asked_at = self.db.monotonic();
        if let Some(lease) = holding.lease.clone() {
            if asked_at.saturating_sub(lease.renewed_at) < RENEW {
                return Ok(lease.name);
            }
            if !is_over(&lease, asked_at) && self.db.renew(&lease.name).await? {
                holding.lease = Some(Lease { renewed_at: asked_at, ..lease.clone() });
                self.state().renewed_at = asked_at;
                return Ok(lease.name);
            }
            // It is never renewed once it ran out: others may hold by now what we held.
            counted::lease_lost("shops");
            self.lose_everything(holding);
        }
        let name: Arc<str> = format!("{}-{}", std::process::id(), self.rng.token()).into();
        self.db.join(&name, true, &holding.former).await?;
        holding.former.clear();
        holding.lease = Some(Lease { name: Arc::clone(&name), renewed_at: asked_at });
        let mut state = self.state();
        (state.holder, state.renewed_at) = (Some(Arc::clone(&name)), asked_at);
        Ok(name)
    }

    /// Gives up all requests, and everything that is held.
    pub(super) fn lose_everything(&self, holding: &mut Holding) {
        self.state().lose_all();
        self.tasks().abort_all();
        holding.former.extend(holding.lease.take().map(|lease| lease.name.to_string()));
    }

    /// Gives up everything if the lease is about to run out and could not be renewed. It waits for nobody.
    pub(super) fn let_go_in_time(&self) {
        let mut state = self.state();
        if state.holder.is_some() && state.is_over(self.db.monotonic()) {
            tracing::warn!("the database could not be reached for too long: all shops are given up, until it is back");
            state.lose_all();
            drop(state);
            self.tasks().abort_all();
        }
    }

    /// The name under which shops are held now.
    pub(super) fn holder(&self) -> Option<Arc<str>> {
        self.state().holder.clone()
    }

    /// Looks for what is free, what others changed, and whether others should have some of it.
    ///
    /// # Errors
    /// When the store fails; then it is looked again. What may have been stored without our knowing is given up.
    pub(super) async fn look(&self) -> Result<(), StoreError> {
        let mut holding = self.memory.holding.lock().await;
        let name = self.keep_lease_of(&mut holding).await?;
        let mut look = self.db.look(&name).await?;
        if !look.is_alive {
            self.lose_everything(&mut holding);
            look.is_free = true;
        }
        let name = self.keep_lease_of(&mut holding).await?;
        let changed = self.take_up(&mut holding, &name, look).await;
        if changed.is_err() {
            self.lose_everything(&mut holding);
            return changed;
        }
        self.end_sources(&mut holding.ended_at).await
    }

    async fn take_up(&self, holding: &mut Holding, name: &str, look: Look) -> Result<(), StoreError> {
        if look.is_free {
            self.take_free(holding, name).await?;
        }
        if look.is_edited {
            let (ids, sources) = self.db.edited_sources(name).await?;
            let resumed = self.db.resumed_shops(name).await?;
            let now = self.now();
            let mut state = self.state();
            state.resumed(&resumed, now);
            state.edited(&ids, sources, now);
        }
        if look.is_pushed {
            let pushed = self.db.pushed_sources(name).await?;
            let now = self.now();
            self.state().pushed(&pushed, now);
        }
        self.share(name, &mut holding.shared_at).await
    }

    async fn take_free(&self, holding: &mut Holding, name: &str) -> Result<(), StoreError> {
        let free = self.db.free_shops().await?;
        let pollers = usize::try_from(self.db.pollers().await?).unwrap_or(1);
        let mut wants = i64::MAX;
        if pollers > 1 {
            let mine = self.state().weight();
            wants = Share::of(mine, self.db.weight_of_all().await?, pollers).wants();
        }
        let mut shops = Vec::new();
        for shop in free {
            if wants <= 0 {
                break;
            }
            wants = wants.saturating_sub(shop.weight);
            shops.push(shop.id);
        }
        for chunk in shops.chunks(TAKEN_AT_ONCE) {
            // Ten thousand of them take longer than the lease may wait.
            if *self.keep_lease_of(holding).await? != *name {
                return Ok(());
            }
            let (shops, sources) = self.db.take_shops(name, chunk).await?;
            let now = self.now();
            let on_trial = self.state().take(shops, sources, self.slots, now);
            for source in on_trial {
                tracing::warn!(url = %source.url, source = source.source_id, "{} was being parsed when the service ended; it waits for 15 min", source.url);
            }
        }
        Ok(())
    }

    /// Gives shops away where others have too few.
    async fn share(&self, name: &str, shared_at: &mut Option<At>) -> Result<(), StoreError> {
        let now = self.db.monotonic();
        if shared_at.is_some_and(|at| now.saturating_sub(at) < RENEW) {
            return Ok(());
        }
        *shared_at = Some(now);
        let pollers = usize::try_from(self.db.pollers().await?).unwrap_or(1);
        if pollers < 2 {
            return Ok(());
        }
        let all = self.db.weight_of_all().await?;
        let given = {
            let mut state = self.state();
            let given = Share::of(state.weight(), all, pollers).gives(state.movable(STAYS, now));
            state.lose(&given);
            given
        };
        if !given.is_empty() {
            tracing::info!(shops = given.len(), "shops are given to other instances");
            self.db.give_shops(name, &given).await?;
        }
        Ok(())
    }

    async fn end_sources(&self, ended_at: &mut Option<At>) -> Result<(), StoreError> {
        let now = self.db.monotonic();
        if ended_at.is_some_and(|at| now.saturating_sub(at) < END_EVERY) {
            return Ok(());
        }
        *ended_at = Some(now);
        let ends = self.db.end_sources().await?;
        let paced = self.db.set_paces().await?;
        if paced > 0 {
            tracing::debug!(sources = paced, "sources are polled at another pace");
        }
        if ends.removed + ends.dormant + ends.woken > 0 {
            tracing::info!(
                removed = ends.removed,
                dormant = ends.dormant,
                woken = ends.woken,
                "sources ended by themselves"
            );
        }
        Ok(())
    }
}

fn is_over(lease: &Lease, now: At) -> bool {
    now.saturating_sub(lease.renewed_at) >= ENDS
}
