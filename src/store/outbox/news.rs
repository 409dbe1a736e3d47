//! New products of shops: who wants to hear of them, and one message for all that came since the last one.

use std::time::Duration;

use coatcheck_bots::message::{Message, Notice};
use coatcheck_bots::words;
use coatcheck_domain::delivery::Kind;
use sea_orm::{DbErr, FromQueryResult, Value};

use super::deliveries::enqueue;
use crate::store::db::conn::{Db, Txn};
use crate::store::db::error::StoreError;
use crate::store::db::sql::{Sql, list_of};
use crate::store::db::time::{micros, span};
use crate::store::db::wake::Topic;

/// One message about a shop's new products in so long, wherever they are announced.
pub const APART: Duration = Duration::from_secs(60);
/// What could not be told for so long (the person is paused, or cannot be reached) is old.
const OLD: Duration = Duration::from_secs(24 * 3600);
/// Messages written at one look.
const AT_ONCE: usize = 100;

#[derive(FromQueryResult)]
struct Due {
    announcement_id: i64,
    host: String,
    destination_id: i64,
}

#[derive(FromQueryResult)]
struct New {
    title: String,
    url: Option<String>,
}

impl Db {
    /// Has a subscriber told of a shop's new products from now on. `false`: it is already.
    pub async fn announce_news(&self, subscriber_id: i64, shop_id: i64) -> Result<bool, DbErr> {
        let txn = self.write().await?;
        let sql = "INSERT INTO announcement (subscriber_id, shop_id, size_key, style_key, news, news_told_at, created_at) \
                   VALUES ($1, $2, '', '', TRUE, 0, $3) ON CONFLICT DO NOTHING";
        let new = txn.run(sql, vec![subscriber_id.into(), shop_id.into(), micros(self.now()).into()]).await?;
        txn.commit().await?;
        self.wake().ring(Topic::Sources);
        Ok(new == 1)
    }

    /// Ends that. Says whether there was anything to end.
    pub async fn stop_news(&self, subscriber_id: i64, shop_id: i64) -> Result<bool, DbErr> {
        let txn = self.write().await?;
        let sql = "DELETE FROM announcement WHERE subscriber_id = $1 AND shop_id = $2 AND news";
        let stopped = txn.run(sql, vec![subscriber_id.into(), shop_id.into()]).await?;
        txn.commit().await?;
        Ok(stopped > 0)
    }

    /// How many products the shop's lists have; `None`: no list of it is tracked, so nothing new can be found.
    pub async fn listed_products(&self, shop_id: i64) -> Result<Option<i64>, DbErr> {
        let sql = "SELECT CAST(sum(l.products) AS BIGINT) FROM (SELECT count(*) AS products FROM source s \
                   JOIN product p ON p.source_id = s.id WHERE s.shop_id = $1 AND s.state <> 'paused' GROUP BY s.id HAVING count(*) > 1) AS l \
                   HAVING count(*) > 0";
        self.read().id(sql, vec![shop_id.into()]).await
    }

    /// Writes the messages about new products that are due: at most one a minute for each place where they are announced,
    /// with all that came since. A product is named once, however this ends. Says how many messages.
    ///
    /// # Errors
    /// When the database fails; then what is not written yet is due.
    pub async fn tell_news(&self) -> Result<u64, StoreError> {
        let now = micros(self.now());
        let Some(oldest) = self.read().id("SELECT at FROM newcomer ORDER BY at LIMIT 1", vec![]).await? else {
            return Ok(0);
        };
        if oldest < now - span(OLD) {
            let txn = self.write().await?;
            txn.run("DELETE FROM newcomer WHERE at < $1", vec![(now - span(OLD)).into()]).await?;
            txn.commit().await?;
        }
        let sql = format!(
            "SELECT a.id AS announcement_id, h.host, t.id AS destination_id FROM announcement a JOIN shop h ON h.id = a.shop_id \
             JOIN subscriber b ON b.id = a.subscriber_id JOIN destination t ON t.id = (SELECT d.id FROM destination d \
               WHERE d.subscriber_id = a.subscriber_id AND d.state = 'active' ORDER BY d.rank, d.id LIMIT 1) \
             WHERE a.id IN (SELECT n.announcement_id FROM newcomer n) AND a.news_told_at <= $1 AND b.paused_until <= $2 \
             ORDER BY a.id LIMIT {AT_ONCE}"
        );
        let due: Vec<Due> = self.read().rows(&sql, vec![(now - span(APART)).into(), now.into()]).await?;
        let mut told = 0;
        for due in &due {
            told += u64::from(self.tell(due, now).await?);
        }
        if told > 0 {
            self.wake().ring(Topic::Deliveries);
        }
        Ok(told)
    }

    async fn tell(&self, due: &Due, now: i64) -> Result<bool, StoreError> {
        let txn = self.write().await?;
        // Of two who find the same due, one takes it.
        let sql = "UPDATE announcement SET news_told_at = $2 WHERE id = $1 AND news_told_at <= $3";
        let values = vec![due.announcement_id.into(), now.into(), (now - span(APART)).into()];
        if txn.run(sql, values).await? == 0 {
            return Ok(false);
        }
        let sql = "DELETE FROM newcomer WHERE announcement_id = $1 RETURNING product_id";
        let mut products = txn.ids(sql, vec![due.announcement_id.into()]).await?;
        products.sort_unstable();
        let Some(first) = products.first() else { return Ok(false) };
        let key = format!("new:{}:{first}", due.announcement_id);
        let message = Message::Notice(Notice { text: words::new_products(&due.host, &named(&txn, &products).await?) });
        enqueue(&txn, Kind::Notice, &key, due.destination_id, &message, Duration::ZERO, self.now()).await?;
        txn.commit().await?;
        Ok(true)
    }
}

async fn named(txn: &Txn, products: &[i64]) -> Result<Vec<(String, Option<String>)>, DbErr> {
    let mut named = Vec::new();
    for chunk in products.chunks(500) {
        let mut values: Vec<Value> = Vec::new();
        let these = list_of(&mut values, chunk.iter().copied());
        let rows: Vec<New> =
            txn.rows(&format!("SELECT title, url FROM product WHERE id IN ({these}) ORDER BY id"), values).await?;
        named.extend(rows.into_iter().map(|row| (row.title, row.url)));
    }
    Ok(named)
}

/// These products are new at their shops: whoever wants to hear of that will, from this transaction on.
pub(in crate::store) async fn arrived(txn: &Txn, products: &[i64], now: i64) -> Result<(), DbErr> {
    for chunk in products.chunks(500) {
        let mut values: Vec<Value> = vec![now.into()];
        let these = list_of(&mut values, chunk.iter().copied());
        let sql = format!(
            "INSERT INTO newcomer (announcement_id, product_id, at) SELECT a.id, p.id, $1 FROM product p \
             JOIN announcement a ON a.shop_id = p.shop_id WHERE a.news AND p.id IN ({these}) \
             ON CONFLICT (announcement_id, product_id) DO NOTHING"
        );
        txn.run(&sql, values).await?;
    }
    Ok(())
}
