//! Pages that have been missing for a day: those who wait for their products are told, once. Where many of a shop are, the
//! shop has changed, and only operators hear of it (the incident `page_gone`).

use std::collections::BTreeMap;
use std::time::Duration;

use coatcheck_bots::message::{Message, Notice};
use coatcheck_bots::words;
use coatcheck_domain::delivery::Kind;
use sea_orm::{DbErr, FromQueryResult, Value};

use crate::store::db::conn::{Db, Txn};
use crate::store::db::error::StoreError;
use crate::store::db::sql::{Sql, list_of};
use crate::store::db::time::{micros, span};
use crate::store::db::wake::Topic;

/// Pages looked at in one transaction.
const PAGES: usize = 100;
/// People told in one transaction.
const PEOPLE: usize = 200;
/// So many pages of one shop did not end by chance at the same time.
const TOGETHER: i64 = 3;

#[derive(FromQueryResult)]
struct GonePage {
    id: i64,
    gone_since: i64,
    gone_here: i64,
    all_here: i64,
}

#[derive(FromQueryResult)]
struct Waiting {
    subscriber_id: i64,
    title: String,
    url: String,
}

impl GonePage {
    /// Did much of its shop end together with it?
    fn is_one_of_many(&self) -> bool {
        self.gone_here >= TOGETHER || (self.all_here > TOGETHER && self.gone_here * 2 >= self.all_here)
    }
}

impl Db {
    /// Tells of pages that have been missing for `age`. Says how many people were told.
    ///
    /// # Errors
    /// When the database fails; who was not told yet is told by the next call.
    pub async fn tell_of_gone_pages(&self, age: Duration) -> Result<u64, StoreError> {
        let mut told = 0;
        loop {
            let pages = self.gone_pages(age).await?;
            let alone: Vec<&GonePage> = pages.iter().filter(|page| !page.is_one_of_many()).collect();
            told += self.tell_people(&alone).await?;
            self.are_told(&pages).await?;
            if pages.len() < PAGES {
                break;
            }
        }
        if told > 0 {
            self.wake().ring(Topic::Deliveries);
        }
        Ok(told)
    }

    async fn gone_pages(&self, age: Duration) -> Result<Vec<GonePage>, DbErr> {
        let sql = format!(
            "SELECT s.id, s.gone_since, \
               (SELECT count(*) FROM source o WHERE o.shop_id = s.shop_id AND o.gone_since IS NOT NULL) AS gone_here, \
               (SELECT count(*) FROM source o WHERE o.shop_id = s.shop_id) AS all_here \
             FROM source s WHERE s.gone_since < $1 AND s.state <> 'paused' AND s.readings > 0 \
               AND (s.gone_told_at IS NULL OR s.gone_told_at < s.gone_since) ORDER BY s.id LIMIT {PAGES}"
        );
        self.read().rows(&sql, vec![(micros(self.now()) - span(age)).into()]).await
    }

    /// In portions, each in a transaction of its own; the key of a message says whether it was written already.
    async fn tell_people(&self, pages: &[&GonePage]) -> Result<u64, StoreError> {
        let Some(first) = pages.first() else { return Ok(0) };
        let waiting = self.waiting_for(pages).await?;
        let waiting: Vec<_> = waiting.into_iter().collect();
        let mut told = 0;
        for portion in waiting.chunks(PEOPLE) {
            let txn = self.write().await?;
            for (subscriber, products) in portion {
                let key = format!("gone:{subscriber}:{}:{}", first.id, first.gone_since);
                told += tell(&txn, *subscriber, &key, products, micros(self.now())).await?;
            }
            txn.commit().await?;
        }
        Ok(told)
    }

    /// Each with what it waits for on these pages.
    async fn waiting_for(&self, pages: &[&GonePage]) -> Result<BTreeMap<i64, Vec<(String, String)>>, DbErr> {
        let mut values: Vec<Value> = vec![];
        let these = list_of(&mut values, pages.iter().map(|page| page.id));
        let sql = format!(
            "SELECT DISTINCT w.subscriber_id, p.title, COALESCE(p.url, s.url) AS url FROM source s \
             JOIN product p ON p.source_id = s.id JOIN watch w ON w.product_id = p.id AND w.armed \
             WHERE s.id IN ({these}) ORDER BY w.subscriber_id, p.title"
        );
        let mut waiting: BTreeMap<i64, Vec<(String, String)>> = BTreeMap::new();
        for row in self.read().rows::<Waiting>(&sql, values).await? {
            waiting.entry(row.subscriber_id).or_default().push((row.title, row.url));
        }
        Ok(waiting)
    }

    /// They are not told of again before they were there in between.
    async fn are_told(&self, pages: &[GonePage]) -> Result<(), DbErr> {
        if pages.is_empty() {
            return Ok(());
        }
        let mut values: Vec<Value> = vec![micros(self.now()).into()];
        let these = list_of(&mut values, pages.iter().map(|page| page.id));
        let txn = self.write().await?;
        txn.run(&format!("UPDATE source SET gone_told_at = $1 WHERE id IN ({these})"), values).await?;
        txn.commit().await
    }
}

/// At the first address that can be reached; nobody who is paused.
async fn tell(
    txn: &Txn,
    subscriber: i64,
    key: &str,
    products: &[(String, String)],
    now: i64,
) -> Result<u64, StoreError> {
    let message = Message::Notice(Notice { text: words::gone_pages(products) });
    let payload = serde_json::to_string(&message).map_err(|why| StoreError::corrupt("delivery.payload", why))?;
    let sql = "INSERT INTO delivery (kind, dedupe_key, subscriber_id, destination_id, hop, lane, payload, state, attempts, \
               next_attempt_at, epoch, expires_at, created_at) \
               SELECT $1, $2, t.subscriber_id, t.id, 0, t.lane, $3, 'pending', 0, $4, 0, $5, $4 FROM destination t \
               JOIN subscriber b ON b.id = t.subscriber_id \
               WHERE t.subscriber_id = $6 AND t.state = 'active' AND b.paused_until <= $4 AND b.kind = 'person' \
               ORDER BY t.rank, t.id LIMIT 1 ON CONFLICT (dedupe_key) DO NOTHING";
    let expires = now + span(Kind::Notice.expires_after(Duration::ZERO));
    let values =
        vec![Kind::Notice.as_str().into(), key.into(), payload.into(), now.into(), expires.into(), subscriber.into()];
    Ok(txn.run(sql, values).await?)
}
