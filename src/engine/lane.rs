//! A lane that is held: its lease, its requests, and how fast it may go.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use coatcheck_bots::{Channel, RateLimiter};
use coatcheck_domain::Destination;
use coatcheck_domain::delivery::{Kind, Next, SendOutcome, is_edits_lane};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::counted;
use super::health::Health;
use super::stop::Stop;
use crate::store::db::lease::Lease;
use crate::store::outbox::{Chosen, Due, Finished};

/// Requests in flight where the channel says nothing.
const WIDTH: usize = 32;
/// Requests that come back so soon after another are written down together.
const CLOSELY: Duration = Duration::from_millis(1);
/// Addresses are forgotten when there are more of them.
const ADDRESSES: usize = 4096;

/// A lane that we hold.
pub(super) struct Lane {
    pub(super) name: String,
    pub(super) lease: Lease,
    /// Monotonic: when the lease was last known to be ours.
    pub(super) held_since: Duration,
    pub(super) requests: JoinSet<Finished>,
    pub(super) finished: Vec<Finished>,
    pub(super) limits: LaneLimits,
    pub(super) health: Health,
    /// Nothing may be started for so long.
    pub(super) limit: Option<Duration>,
    /// What is due waits for its address; for so long at least.
    pub(super) spaced: Option<Duration>,
    /// A step failed: what it started may be `sending` on disk without anybody sending it.
    pub(super) doubtful: bool,
    /// Somebody else holds it by now.
    pub(super) lost: bool,
}

impl Lane {
    /// Its lease ran out: another may hold it.
    pub(super) fn lose(&mut self) {
        counted::lease_lost("lane");
        self.lost = true;
    }

    pub(super) fn new(
        lease: Lease,
        name: &str,
        held_since: Duration,
        health: Health,
        channel: Option<&Arc<dyn Channel>>,
    ) -> Self {
        Self {
            health,
            name: name.to_owned(),
            lease,
            held_since,
            requests: JoinSet::new(),
            finished: Vec::new(),
            limits: LaneLimits::of(channel, is_edits_lane(name)),
            limit: None,
            spaced: None,
            doubtful: false,
            lost: false,
        }
    }

    /// Nothing is under way, and nothing has to be written down.
    pub(super) fn is_quiet(&self) -> bool {
        self.requests.is_empty() && self.finished.is_empty()
    }

    /// Takes what has come back.
    pub(super) fn collect(&mut self) {
        while let Some(done) = self.requests.try_join_next() {
            self.finished.extend(done.ok());
        }
    }

    /// Nothing to do: until the bell, until there may be more, or for `patience`.
    pub(super) async fn idle(&mut self, bell: &Notify, stop: &mut Stop, patience: Duration) {
        let patience = self.patience(patience);
        tokio::select! {
            () = bell.notified(), if self.limit.is_none() => {}
            () = stop.sleep(patience) => {}
        }
    }

    /// Requests are under way: until one is back, or there is more to start.
    pub(super) async fn work(&mut self, bell: &Notify, stop: &mut Stop, patience: Duration) {
        let patience = self.patience(patience);
        let has_room = self.requests.len() < self.limits.width;
        tokio::select! {
            () = self.wait_for_some() => {}
            () = bell.notified(), if has_room && self.limit.is_none() => {}
            () = stop.sleep(patience) => {}
        }
    }

    fn patience(&self, longest: Duration) -> Duration {
        let waits = [self.limit, self.spaced.filter(|_| self.limit.is_none())];
        waits.into_iter().flatten().fold(longest, Duration::min)
    }

    /// Waits until a request is back, and for those that follow it closely: to write down thirty takes hardly longer than
    /// one.
    pub(super) async fn wait_for_some(&mut self) {
        let Some(first) = self.requests.join_next().await else { return tokio::task::yield_now().await };
        self.finished.extend(first.ok());
        let rest = async {
            while let Some(done) = self.requests.join_next().await {
                self.finished.extend(done.ok());
            }
        };
        // Over or not: what is not back by then is written down with the next ones.
        let _ = tokio::time::timeout(CLOSELY, rest).await;
    }
}

/// The channel that sends on a lane of this name.
pub(super) fn channel_of(lane: &str) -> &str {
    lane.split([':', '/']).next().unwrap_or_default()
}

/// How fast a lane may go: its channel's rate, the silence it was asked for, and the last word to each address. All
/// times are monotonic.
pub(super) struct LaneLimits {
    /// Requests in flight, at most.
    pub(super) width: usize,
    limiter: Option<Arc<RateLimiter>>,
    /// It carries edits, which wait for alerts.
    edits: bool,
    /// The lane was told to wait until then.
    held_until: Duration,
    /// How many times in a row it was told to.
    holds: u32,
    told: HashMap<String, Duration>,
}

impl LaneLimits {
    fn of(channel: Option<&Arc<dyn Channel>>, edits: bool) -> Self {
        Self {
            edits,
            width: channel.map_or(WIDTH, |channel| channel.capabilities().width).max(1),
            limiter: channel.and_then(|channel| channel.rate_limiter()),
            held_until: Duration::ZERO,
            holds: 0,
            told: HashMap::new(),
        }
    }

    /// Was the lane told to wait?
    pub(super) fn is_held(&self, now: Duration) -> bool {
        now < self.held_until
    }

    /// How long until something may be started; nothing: it may now.
    pub(super) fn wait(&self, now: Duration) -> Duration {
        let limiter = self.limiter.as_ref().map_or(Duration::ZERO, |limiter| {
            if self.edits { limiter.until_edit(now) } else { limiter.until_alert(now) }
        });
        self.held_until.saturating_sub(now).max(limiter)
    }

    /// How many requests may be begun now beside those that are in flight. Permits that are not used are given back.
    pub(super) fn permits(&mut self, now: Duration, under_way: usize) -> Permits<'_> {
        // After a silence one request tries whether it is over.
        let width = if self.holds > 0 { 1 } else { self.width };
        let free = if self.is_held(now) { 0 } else { width.saturating_sub(under_way) };
        let permits = self
            .limiter
            .as_ref()
            .map_or(free, |limiter| if self.edits { limiter.edits(now, free) } else { limiter.alerts(now, free) });
        let chats = self.limiter.as_ref().is_some_and(|limiter| !limiter.per_chat().is_zero());
        if chats && self.told.len() > ADDRESSES {
            let limiter = self.limiter.as_deref();
            self.told.retain(|address, at| now < *at + between(limiter, address));
        }
        let limited = self.is_held(now) || permits < free;
        Permits { permits, limited, now, chats, queued: HashMap::new(), limits: self }
    }

    /// What an answer means for the lane as a whole.
    pub(super) fn heard(&mut self, now: Duration, done: &Finished) {
        match (&done.outcome, &done.next) {
            (SendOutcome::Hold { after, .. }, Next::Retry { .. } | Next::Expired | Next::Dead { .. }) => {
                self.holds += 1;
                let wait = after.unwrap_or_else(|| HOLDS[(self.holds as usize).min(HOLDS.len()) - 1]);
                self.held_until = self.held_until.max(now + wait);
            }
            (SendOutcome::Sent { .. }, _) => self.holds = 0,
            _ => {}
        }
    }
}

/// How long a lane waits that was told to wait and not for how long: a token that is not taken any more comes back by
/// somebody's hand.
const HOLDS: [Duration; 5] = [
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(15),
    Duration::from_secs(30),
    Duration::from_secs(60),
];

fn between(limiter: Option<&RateLimiter>, address: &str) -> Duration {
    let Some(limiter) = limiter else { return Duration::ZERO };
    address.parse::<Destination>().map_or(limiter.per_chat(), |destination| limiter.between(&destination))
}

/// So many alerts that are due for one destination at once become one message.
const MANY: usize = 4;
/// Alerts in one message, at most.
const IN_ONE_MESSAGE: usize = 12;
/// So many due rows are looked at for each request that may be begun: alerts of one destination are found together.
const LOOKED_AT: usize = 16;

/// The permits of one step.
pub(super) struct Permits<'a> {
    limits: &'a mut LaneLimits,
    permits: usize,
    /// There would be room for more.
    limited: bool,
    now: Duration,
    /// Addresses have a rate of their own.
    chats: bool,
    /// How many of this step wait for each address.
    queued: HashMap<String, u32>,
}

impl Permits<'_> {
    /// How many due rows are worth looking at.
    pub(super) fn look(&self) -> usize {
        self.permits * LOOKED_AT
    }

    /// Chooses from what is due, the longest due first: alerts of one destination together (`bundles`), and to each
    /// address no more than its rate allows. What waits behind others at its address is put off.
    pub(super) fn choose(&mut self, due: &[Due], bundles: bool) -> Chosen {
        let mut chosen = Chosen::default();
        for message in messages(due, bundles) {
            if chosen.messages.len() == self.permits {
                break;
            }
            let wait = self.wait(message[0].address.as_deref().unwrap_or_default());
            let ids = message.iter().map(|row| row.id);
            if wait.is_zero() {
                chosen.messages.push(ids.collect());
            } else {
                chosen.later.extend(ids.map(|id| (id, wait)));
            }
        }
        chosen
    }

    /// Gives back what was not used, for `started` requests. Says when to look again if there may be more to start.
    pub(super) fn end(self, started: usize) -> Option<Duration> {
        if let Some(limiter) = &self.limits.limiter {
            limiter.give_back(self.permits.saturating_sub(started));
        }
        (self.limited && started >= self.permits).then(|| self.limits.wait(self.now))
    }

    /// How long this address must still be left in peace; nothing: it gets something now.
    fn wait(&mut self, address: &str) -> Duration {
        if !self.chats {
            return Duration::ZERO;
        }
        let between = between(self.limits.limiter.as_deref(), address);
        let free_at = self.limits.told.get(address).map_or(Duration::ZERO, |at| *at + between);
        if free_at <= self.now {
            self.limits.told.insert(address.to_owned(), self.now);
            return Duration::ZERO;
        }
        let ahead = self.queued.entry(address.to_owned()).or_default();
        let wait = free_at - self.now + between * *ahead;
        *ahead += 1;
        wait
    }
}

/// What is due as messages, in the order of their first rows.
fn messages(due: &[Due], bundles: bool) -> Vec<Vec<&Due>> {
    let key = |row: &Due| match row.batch_id {
        // It was one message before, and is again.
        Some(leader) => Some((leader, String::new())),
        None if bundles && row.kind == Kind::Alert.as_str() => row.address.clone().map(|address| (0, address)),
        None => None,
    };
    let mut groups: Vec<(bool, Vec<&Due>)> = Vec::new();
    let mut places: HashMap<(i64, String), usize> = HashMap::new();
    for row in due {
        let Some(key) = key(row) else {
            groups.push((true, vec![row]));
            continue;
        };
        let is_again = row.batch_id.is_some();
        let place = *places.entry(key).or_insert_with(|| {
            groups.push((is_again, Vec::new()));
            groups.len() - 1
        });
        groups[place].1.push(row);
    }
    let at_most = |(is_one, rows): &(bool, Vec<&Due>)| match rows.len() {
        _ if *is_one => usize::MAX,
        MANY.. => IN_ONE_MESSAGE,
        _ => 1,
    };
    groups.iter().flat_map(|group| group.1.chunks(at_most(group)).map(<[&Due]>::to_vec)).collect()
}
