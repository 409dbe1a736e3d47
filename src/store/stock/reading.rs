//! Stores readings, several in one transaction: spans, restocks, and each source's next poll. The number of statements
//! does not grow with products or variants, but by the hundred.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use coatcheck_domain::drift::Arrivals;
use coatcheck_domain::{ProductReading, stock};

use crate::store::db::conn::Txn;
use crate::store::db::error::StoreError;
use crate::store::db::sql::{Sql, portions};
use crate::store::db::time::micros;
use crate::store::outbox::news;
use crate::store::stock::beforehand::Basis;
use crate::store::stock::context::{Change, Context, Lack, ReadPoll};
use crate::store::stock::doubt;
use crate::store::stock::identity::{self, Shelf};
use crate::store::stock::new_reading::StoredReading;
use crate::store::stock::observed::{self, ByProduct, Observed, Variants};
use crate::store::stock::products::{self, ProductRow, Seen};
use crate::store::stock::restocks::{self, Back};
use crate::store::stock::rounds::Rounds;

/// Stores readings of different sources, whose shops are held by whoever read them until the end of the transaction.
/// Says what came of each; `None`: somebody changed the source meanwhile, nothing is stored, the next reading says it again.
pub(in crate::store) async fn store_readings(
    txn: &Txn,
    polls: &[ReadPoll<'_>],
    basis: Basis,
    now: DateTime<Utc>,
) -> Result<Vec<Option<StoredReading>>, StoreError> {
    let of = |poll: &&ReadPoll<'_>| basis.current.contains(&poll.source.source_id);
    let mut contexts: Vec<Context<'_>> = polls.iter().filter(of).map(|poll| Context::of(*poll, now)).collect();
    store_products(txn, &mut contexts, basis).await?;
    end_sources(txn, &contexts).await?;
    let mut stored: HashMap<i64, StoredReading> =
        contexts.into_iter().map(|context| (context.poll.source.source_id, context.stored)).collect();
    Ok(polls.iter().map(|poll| stored.remove(&poll.source.source_id)).collect())
}

/// Stores what a reading says of some of its products, ahead of the whole: what came back is notified before all of a long
/// list is written down. What it lacks, and the source's row, wait for the end.
pub(in crate::store) async fn store_part(
    txn: &Txn,
    poll: ReadPoll<'_>,
    part: &[ProductReading],
    basis: Basis,
    now: DateTime<Utc>,
) -> Result<StoredReading, StoreError> {
    if !basis.current.contains(&poll.source.source_id) {
        return Ok(StoredReading::default());
    }
    let mut contexts = [Context { is_part: true, ..Context::of(poll, now) }];
    if contexts[0].odd_shape().is_some() {
        return Ok(StoredReading::default());
    }
    let shelf = Shelf::of_some(txn, poll, part, basis.named).await?;
    let known = shelf.known(txn, poll, part).await?;
    let mut taken = HashSet::new();
    let mut changes = contexts[0].changes(0, part, &known, &mut taken);
    // Whether a product is new, or another one under a new id, only the whole reading says.
    let is_judged = poll.source.last_read_at.is_none();
    changes.retain(|change| is_judged || change.row.is_some());
    observe_all(txn, &mut contexts, changes, basis.variants).await?;
    let [context] = contexts;
    Ok(context.stored)
}

async fn store_products(txn: &Txn, contexts: &mut [Context<'_>], basis: Basis) -> Result<(), StoreError> {
    let mut changes = Vec::new();
    let mut taken = HashSet::new();
    let mut lacks = Vec::new();
    let polls: Vec<_> = contexts.iter().map(|context| context.poll).collect();
    let shelf = Shelf::of(txn, &polls, basis.owned).await?;
    for (index, context) in contexts.iter_mut().enumerate() {
        let ReadPoll { source, new, .. } = context.poll;
        context.doubt = context.odd_shape();
        context.is_odd = context.doubt.is_some();
        if context.is_odd {
            continue;
        }
        let products = &new.reading.products;
        let known = shelf.known(txn, context.poll, products).await?;
        let read_rows: HashSet<i64> = known.values().map(|row| row.id).collect();
        changes.extend(context.changes(index, products, &known, &mut taken));
        let read: HashSet<String> = products.iter().map(ProductReading::key).chain(new.same.iter().cloned()).collect();
        let owned = shelf.owned(source.source_id);
        let is_lacking = |row: &&ProductRow| !read_rows.contains(&row.id) && !identity::is_read(row, &read, owned);
        let lacking: Vec<ProductRow> = owned.iter().filter(is_lacking).cloned().collect();
        let ids: HashSet<i64> = lacking.iter().map(|row| row.id).collect();
        let doubt = doubt::of(txn, source, new, &ids).await?;
        let arrivals = Arrivals {
            known: owned.len(),
            lacking: lacking.iter().filter(|row| row.was_there()).count(),
            arriving: changes.iter().filter(|change| change.context == index && change.row.is_none()).count(),
        };
        context.has_news = context.may_have_news() && doubt.is_none() && arrivals.are_news();
        for row in lacking {
            lacks.extend(context.lack(index, row));
        }
        context.doubt = doubt;
    }
    observe_all(txn, contexts, changes, basis.variants).await?;
    miss_all(txn, contexts, lacks).await
}

/// Decides what each change means, and writes all of it down; `variants`: what is known of some of them already.
async fn observe_all(
    txn: &Txn,
    contexts: &mut [Context<'_>],
    changes: Vec<Change<'_>>,
    mut variants: ByProduct,
) -> Result<(), StoreError> {
    if changes.is_empty() {
        return Ok(());
    }
    let ids = insert_new(txn, contexts, &changes).await?;
    let is_news = |change: &Change<'_>| change.row.is_none() && contexts[change.context].has_news;
    let news: Vec<i64> = changes.iter().zip(&ids).filter(|(change, _)| is_news(change)).map(|(_, id)| *id).collect();
    if let Some(change) = changes.first().filter(|_| !news.is_empty()) {
        news::arrived(txn, &news, micros(contexts[change.context].stored_at)).await?;
    }
    for (change, id) in changes.iter().zip(&ids) {
        let context = &contexts[change.context];
        let old = change.row.as_ref().map(|row| row.source_id);
        if let Some(old) = old.filter(|old| *old != context.poll.source.source_id) {
            observed::hand_over(txn, *id, old, context.moment).await?;
            variants.remove(id);
        }
    }
    let unknown: Vec<i64> = ids.iter().copied().filter(|id| !variants.contains_key(id)).collect();
    variants.extend(observed::load(txn, &unknown).await?);
    let mut observed = Vec::with_capacity(changes.len());
    let mut kept = Vec::with_capacity(changes.len());
    let mut rounds = Rounds::default();
    for (change, id) in changes.into_iter().zip(ids) {
        let context = &mut contexts[change.context];
        let known = change.row.as_ref().map(ProductRow::known).unwrap_or_default();
        let mut known = Variants::known(variants.remove(&id).unwrap_or_default(), known, context.moment)?;
        let of = (context.poll.source, &context.poll.new.reading);
        let may_be_glitch = rounds.judge(txn, of, &mut known.known, change.product, context.moment.read_at).await?;
        if context.is_part && may_be_glitch {
            continue;
        }
        let observation = stock::observe(&known.known, change.product, &context.rules, context.moment.read_at);
        context.take(&change, &observation);
        let (product, moment) = (change.product, context.moment);
        observed.push(Observed { product_id: id, known, product, observation, moment });
        kept.push(change);
    }
    let back = observed::write(txn, &observed).await?;
    write_products(txn, contexts, &kept, &observed, back).await
}

async fn insert_new(txn: &Txn, contexts: &[Context<'_>], changes: &[Change<'_>]) -> Result<Vec<i64>, StoreError> {
    let new = changes.iter().filter(|change| change.row.is_none()).map(|change| {
        let context = &contexts[change.context];
        let source = context.poll.source;
        products::New { source, key: &change.key, title: &change.product.title, created_at: context.stored_at }
    });
    let new = products::insert(txn, &new.collect::<Vec<_>>()).await?;
    let id = |change: &Change<'_>| match &change.row {
        Some(row) => Some(row.id),
        None => new.get(&(contexts[change.context].poll.source.shop_id, change.key.clone())).copied(),
    };
    let missing = || StoreError::corrupt("product", "an insert gave no row");
    changes.iter().map(|change| id(change).ok_or_else(missing)).collect()
}

async fn write_products(
    txn: &Txn,
    contexts: &mut [Context<'_>],
    changes: &[Change<'_>],
    observed: &[Observed<'_>],
    back: Vec<Vec<observed::Restocked>>,
) -> Result<(), StoreError> {
    let mut seen = Vec::with_capacity(changes.len());
    for (change, observed) in changes.iter().zip(observed) {
        let context = &contexts[change.context];
        let title = products::title(txn, &context.poll.source.url, observed.product_id, change.product).await?;
        seen.push(Seen {
            id: observed.product_id,
            source_id: context.poll.source.source_id,
            product: change.product,
            title,
            observation: &observed.observation,
            digest: &change.digest,
        });
    }
    products::update(txn, &seen).await?;
    let mut restocks = Vec::new();
    for ((change, seen), back) in changes.iter().zip(&seen).zip(&back).filter(|(_, back)| !back.is_empty()) {
        let context = &contexts[change.context];
        restocks.push(Back {
            product_id: seen.id,
            title: &seen.title,
            host: &context.poll.source.host,
            product: change.product,
            variants: back,
            read_at: context.poll.new.read_at,
            stored_at: context.stored_at,
        });
    }
    let made = restocks::insert(txn, &restocks).await?;
    let with_back = changes.iter().zip(&back).filter(|(_, back)| !back.is_empty());
    for ((change, _), restock) in with_back.zip(made) {
        contexts[change.context].stored.restocks.push(restock);
    }
    Ok(())
}

async fn miss_all(txn: &Txn, contexts: &mut [Context<'_>], lacks: Vec<Lack>) -> Result<(), StoreError> {
    if lacks.is_empty() {
        return Ok(());
    }
    let ids: Vec<i64> = lacks.iter().map(|lack| lack.row.id).collect();
    let mut variants = observed::load(txn, &ids).await?;
    let (mut missed, mut settled) = (Vec::new(), Vec::new());
    for Lack { context, row, left_alone } in lacks {
        let context = &mut contexts[context];
        let moment = context.moment;
        let known = Variants::known(variants.remove(&row.id).unwrap_or_default(), row.known(), moment)?;
        let mut observation = stock::observe_missing(&known.known, &context.rules, moment.read_at);
        if left_alone {
            for missed in &mut observation.missed {
                missed.change = stock::Change::Silent;
                missed.missing = known.known.variants[missed.known].missing;
                missed.vanished = known.known.variants[missed.known].vanished;
                missed.pending = false;
            }
        }
        let is_settled = observation.is_settled();
        context.settled &= is_settled;
        settled.push((row.id, is_settled));
        missed.push((known, observation.missed, moment));
    }
    observed::write_missed(txn, &missed).await?;
    products::miss(txn, &settled).await
}

/// The sources' rows. A doubted reading is never settled: the same bytes are looked at again.
async fn end_sources(txn: &Txn, contexts: &[Context<'_>]) -> Result<(), StoreError> {
    for chunk in portions(contexts) {
        let sql = format!(
            "WITH done (id, state, scheduled_at, next_poll_at, read_at, body_digest, etag, last_modified, reader, settled, \
               error, error_at, fault, doubts, slow, whole_at, shape) AS (VALUES {}) \
             UPDATE source SET state = done.state, trial_at = NULL, scheduled_at = done.scheduled_at, \
               next_poll_at = done.next_poll_at, failures = 0, gone_since = NULL, last_read_at = done.read_at, \
               readings = source.readings + 1, body_digest = done.body_digest, etag = done.etag, \
               last_modified = done.last_modified, reader = done.reader, settled = done.settled, last_error = done.error, \
               last_error_at = done.error_at, fault = done.fault, doubts = done.doubts, \
               slow = done.slow, shape = done.shape, whole_since = COALESCE(source.whole_since, done.whole_at) FROM done WHERE source.id = done.id",
            txn.only_rows(chunk.len(), 17)
        );
        txn.run_later(&sql, chunk.iter().flat_map(Context::row).collect()).await?;
    }
    Ok(())
}
