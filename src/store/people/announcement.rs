//! What rooms want announced: adding, listing, stopping; and rooms that can no longer be reached.

use coatcheck_bots::message::{Message, Notice};
use coatcheck_domain::Destination;
use coatcheck_domain::delivery::Kind;
use coatcheck_domain::watch::Wish;
use sea_orm::{DbErr, FromQueryResult};

use crate::store::db::conn::Db;
use crate::store::db::error::StoreError;
use crate::store::db::sql::Sql;
use crate::store::db::time::micros;
use crate::store::db::wake::Topic;
use crate::store::outbox::deliveries::enqueue;
use crate::store::polls::ends::wake_sources_of;

/// What is announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// A product.
    Product(i64),
    /// All products of a shop.
    Shop(i64),
}

/// What a room wants announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAnnouncement {
    /// The room.
    pub subscriber_id: i64,
    /// Of what.
    pub about: About,
    /// Size and style, folded.
    pub wish: Wish,
    /// The size as it was said.
    pub size: Option<String>,
    /// The style as it was said.
    pub style: Option<String>,
    /// Whom a new post calls, by the platform's id.
    pub mention: Option<String>,
    /// Who set it up.
    pub added_by: Option<Destination>,
}

/// The same as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Announcement {
    /// The row.
    pub id: i64,
    /// Of which product.
    pub product_id: Option<i64>,
    /// The product's title or the shop's host. A stranger's words.
    pub name: String,
    /// The size as it was said.
    pub size: Option<String>,
    /// The style as it was said.
    pub style: Option<String>,
    /// Whom a new post calls.
    pub mention: Option<String>,
    /// New products of a shop, and not what is back?
    pub news: bool,
}

/// A room that can no longer be reached.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct LostRoom {
    destination_id: i64,
    address: String,
    gone_at: i64,
    gone_why: Option<String>,
    added_by: String,
}

impl Db {
    /// Announces something in a room from now on. Said again, it changes whom a new post calls.
    pub async fn announce(&self, new: &NewAnnouncement) -> Result<(), StoreError> {
        let (product, shop) = match new.about {
            About::Product(id) => (Some(id), None),
            About::Shop(id) => (None, Some(id)),
        };
        let txn = self.write().await?;
        let now = micros(self.now());
        let sql = "INSERT INTO announcement (subscriber_id, product_id, shop_id, size_key, style_key, size, style, mention, \
                     added_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
                   ON CONFLICT (subscriber_id, COALESCE(product_id, 0), COALESCE(shop_id, 0), size_key, style_key, news) \
                   DO UPDATE SET mention = excluded.mention, added_by = excluded.added_by";
        let values = vec![
            new.subscriber_id.into(),
            product.into(),
            shop.into(),
            new.wish.size.as_str().into(),
            new.wish.style.as_str().into(),
            new.size.as_deref().into(),
            new.style.as_deref().into(),
            new.mention.as_deref().into(),
            new.added_by.as_ref().map(Destination::to_stored).into(),
            now.into(),
        ];
        txn.run(sql, values).await?;
        wake_sources_of(&txn, &product.into_iter().collect(), now).await?;
        txn.commit().await?;
        self.wake().ring(Topic::Sources);
        Ok(())
    }

    /// What a room has announced, the oldest first.
    pub async fn announcements(&self, subscriber_id: i64) -> Result<Vec<Announcement>, DbErr> {
        let sql = "SELECT a.id, a.product_id, COALESCE(p.title, h.host, '') AS name, a.size, a.style, a.mention, a.news \
                   FROM announcement a LEFT JOIN product p ON p.id = a.product_id LEFT JOIN shop h ON h.id = a.shop_id \
                   WHERE a.subscriber_id = $1 ORDER BY a.id";
        self.read().rows(sql, vec![subscriber_id.into()]).await
    }

    /// Stops an announcement of a room, and leaves its posts as they are. Says whether it was one.
    pub async fn stop_announcement(&self, subscriber_id: i64, id: i64) -> Result<bool, DbErr> {
        let txn = self.write().await?;
        let sql = "DELETE FROM announcement WHERE id = $1 AND subscriber_id = $2";
        let stopped = txn.run(sql, vec![id.into(), subscriber_id.into()]).await? > 0;
        txn.commit().await?;
        Ok(stopped)
    }

    /// Stops what a room has announced of a product or shop: these wishes, or all of it. Says how many.
    pub async fn stop_announcements(&self, subscriber_id: i64, about: About, wishes: &[Wish]) -> Result<u64, DbErr> {
        let (column, id) = match about {
            About::Product(id) => ("product_id", id),
            About::Shop(id) => ("shop_id", id),
        };
        let txn = self.write().await?;
        let sql = format!("DELETE FROM announcement WHERE subscriber_id = $1 AND {column} = $2");
        let mut stopped = 0;
        if wishes.is_empty() {
            stopped = txn.run(&sql, vec![subscriber_id.into(), id.into()]).await?;
        }
        for wish in wishes {
            let sql = format!("{sql} AND size_key = $3 AND style_key = $4");
            let keys = [wish.size.as_str().into(), wish.style.as_str().into()];
            stopped += txn.run(&sql, [subscriber_id.into(), id.into()].into_iter().chain(keys).collect()).await?;
        }
        txn.commit().await?;
        Ok(stopped)
    }

    /// The shop with this host.
    pub async fn shop_at(&self, host: &str) -> Result<Option<i64>, DbErr> {
        self.read().id("SELECT id FROM shop WHERE host = $1", vec![host.into()]).await
    }

    /// Rooms that are gone, and who set up what was announced there, where that person does not know yet.
    pub async fn lost_rooms(&self) -> Result<Vec<(LostRoom, String)>, DbErr> {
        let sql = "SELECT t.id AS destination_id, t.address, t.gone_at, t.gone_why, max(a.added_by) AS added_by \
                   FROM announcement a JOIN destination t ON t.subscriber_id = a.subscriber_id \
                   WHERE t.state = 'gone' AND t.gone_at IS NOT NULL AND a.added_by IS NOT NULL AND NOT EXISTS \
                     (SELECT 1 FROM delivery d WHERE d.dedupe_key = 'n:room:' || t.id || ':' || t.gone_at) \
                   GROUP BY t.id, t.address, t.gone_at, t.gone_why ORDER BY t.id LIMIT 20";
        let rows: Vec<LostRoom> = self.read().rows(sql, vec![]).await?;
        Ok(rows.into_iter().map(|row| (row.clone(), row.added_by)).collect())
    }

    /// Tells whoever set up the room's announcements that it is gone, once.
    pub async fn tell_of_lost_room(&self, room: &LostRoom, to: i64) -> Result<(), StoreError> {
        let why = room.gone_why.as_deref().unwrap_or("refused");
        let text = format!(
            "I can no longer post in {}: {why}. Nothing is announced there now. To go on, add me again and say anything to \
             me there; to stop for good, you need not do anything.",
            room.address
        );
        let txn = self.write().await?;
        let key = format!("n:room:{}:{}", room.destination_id, room.gone_at);
        let message = Message::Notice(Notice { text });
        enqueue(&txn, Kind::Notice, &key, to, &message, std::time::Duration::ZERO, self.now()).await?;
        txn.commit().await?;
        self.wake().ring(Topic::Deliveries);
        Ok(())
    }
}
