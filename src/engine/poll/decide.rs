//! What is asked of a source, and what follows from the answer. No I/O.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use coatcheck_domain::poll::{self, Outcome};
use coatcheck_domain::{Reading, hex};
use url::Url;

use crate::engine::fault::judge;
use crate::shops::{FetchError, PageMemory, Part, Read, ReadError, ReadOutcome, SourceSpec};
use crate::store::polls::ended::{End, Ended, Failed};
use crate::store::polls::held::{HeldShop, HeldSource};
use crate::store::stock::new_reading::NewReading;

/// When a poll is judged, and by which chance.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    /// When it was begun.
    pub(super) began_at: DateTime<Utc>,
    pub(super) now: DateTime<Utc>,
    pub(super) random: f64,
}

impl Moment {
    fn after(self, wait: Duration) -> Option<DateTime<Utc>> {
        self.now.checked_add_signed(chrono::Duration::from_std(wait).ok()?)
    }
}

/// What is asked for. The last digest and, where `conditional`, the validators are used only when "nothing new" would say
/// all there is to say.
pub(super) fn spec(
    source: &HeldSource,
    pages: Option<Arc<PageMemory>>,
    conditional: bool,
    now: DateTime<Utc>,
) -> Result<SourceSpec, ReadError> {
    let url = |text: &str| {
        Url::parse(text)
            .map_err(|why| ReadError::Shape { at: "the source's address".to_owned(), what: why.to_string() })
    };
    let mut spec = SourceSpec::new(url(&source.url)?);
    spec.reader = source.reader.as_deref().and_then(|name| name.parse().ok());
    spec.jq.clone_from(&source.jq);
    spec.more_urls = source.more_urls.iter().map(|text| url(text)).collect::<Result<_, _>>()?;
    spec.headers.clone_from(&source.headers);
    spec.product_id.clone_from(&source.product_id);
    spec.interval = Some(source.schedule.interval);
    spec.proven = source.last_read_at.is_some();
    if may_skip(source, now) {
        spec.body_digest = source.body_digest.as_deref().and_then(unhex);
        spec.pages = pages;
        if conditional {
            spec.etag.clone_from(&source.etag);
            spec.last_modified.clone_from(&source.last_modified);
        }
    }
    Ok(spec)
}

/// How a poll ended, and when the next one is.
pub(super) fn ended(
    source: Arc<HeldSource>,
    shop: &HeldShop,
    outcome: Result<ReadOutcome, ReadError>,
    at: Moment,
) -> Ended {
    let is_back = outcome.is_ok() && (shop.failures > 0 || shop.walls > 0);
    let plan = |outcome| poll::after(&source.schedule, outcome, at.now, at.random);
    match outcome {
        Ok(ReadOutcome::NotModified { received_at }) => {
            let plan = plan(Outcome::Read);
            Ended { source, end: End::Unchanged { read_at: received_at }, plan, is_back, shop_not_before: None }
        }
        Ok(ReadOutcome::Read(read)) => {
            let plan = plan(Outcome::Read);
            let wait = read.cut_by.as_ref().and_then(FetchError::retry_after);
            let shop_not_before = wait.and_then(|wait| at.after(wait));
            let end = if is_unchanged(&source, &read, at.began_at) {
                End::Unchanged { read_at: read.received_at }
            } else {
                End::Read(Arc::new(new_reading(*read, at.began_at)))
            };
            Ended { source, end, plan, is_back, shop_not_before }
        }
        Err(error) => failed(source, shop, &error, at),
    }
}

fn failed(source: Arc<HeldSource>, shop: &HeldShop, error: &ReadError, at: Moment) -> Ended {
    let judged = judge(error, shop.walls);
    let is_wall = matches!(judged.outcome, Outcome::BotWall { .. });
    let rest =
        |failed: bool| failed.then(|| poll::breaker(shop.failures + 1, source.schedule.interval, at.random)).flatten();
    let wall = is_wall.then(|| poll::wall(shop.walls, at.random));
    let wait = rest(judged.shop_failed).max(wall).max(error.retry_after());
    let failed =
        Failed { fault: judged.fault.to_owned(), error: error.to_string(), shop_failed: judged.shop_failed, is_wall };
    let plan = poll::after(&source.schedule, judged.outcome, at.now, at.random);
    tracing::warn!(url = %source.url, fault = judged.fault, next = %plan.next_poll_at, "{} could not be read: {error}", source.url);
    let shop_not_before = wait.and_then(|wait| at.after(wait));
    Ended { source, end: End::Failed(failed), plan, is_back: false, shop_not_before }
}

/// What a page of a list says anew, as a poll that read no more than that. It concludes nothing of what it lacks.
pub(super) fn part(source: Arc<HeldSource>, part: Part, began_at: DateTime<Utc>, now: DateTime<Utc>) -> Ended {
    let plan = poll::after(&source.schedule, Outcome::Read, now, 0.5);
    let new = NewReading {
        reading: Reading { products: part.products, complete: false, doubts: Vec::new() },
        to_its_end: false,
        same: Vec::new(),
        reader: part.reader.to_owned(),
        began_at,
        read_at: part.received_at,
        body_digest: String::new(),
        etag: None,
        last_modified: None,
        slow: false,
    };
    Ended { source, end: End::Read(Arc::new(new)), plan, is_back: false, shop_not_before: None }
}

fn new_reading(read: Read, began_at: DateTime<Utc>) -> NewReading {
    NewReading {
        reading: read.reading,
        to_its_end: read.to_its_end,
        same: read.same,
        reader: read.reader.as_str().to_owned(),
        began_at,
        read_at: read.received_at,
        body_digest: hex::encode(&read.body_digest),
        etag: read.etag,
        last_modified: read.last_modified,
        slow: read.slow,
    }
}

fn is_unchanged(source: &HeldSource, read: &Read, began_at: DateTime<Utc>) -> bool {
    source.settled
        && !after_gap(source, began_at)
        && source.body_digest.as_deref() == Some(hex::encode(&read.body_digest).as_str())
}

/// May the same as last time be taken for "nothing new"?
pub(super) fn may_skip(source: &HeldSource, now: DateTime<Utc>) -> bool {
    source.settled && !after_gap(source, now)
}

/// After a silence even the same words make a new span: nobody saw what was between.
fn after_gap(source: &HeldSource, now: DateTime<Utc>) -> bool {
    let gap = chrono::Duration::from_std(source.schedule.interval.saturating_mul(3)).unwrap_or(chrono::Duration::MAX);
    source.last_read_at.is_none_or(|last| now - last > gap)
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    hex::decode(text)?.try_into().ok()
}
