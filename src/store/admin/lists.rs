//! Lists of all there is, newest first, a page at a time: each goes on before the number of the last row shown.

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect};

use crate::store::db::conn::Db;
use crate::store::db::sql::{Sql, limited};
use crate::store::db::time::at;
pub use crate::store::entities::audit::Model as AuditLine;
use crate::store::entities::audit::{self, Entity as Audit};

/// Trouble, past or present.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct IncidentLine {
    /// The row.
    pub id: i64,
    /// `shop_failing`, …
    pub kind: String,
    /// Which shop, lane or platform.
    pub subject: String,
    /// What is wrong, for people.
    pub text: String,
    opened_at: i64,
    closed_at: Option<i64>,
    /// How often it came back.
    pub flaps: i64,
}

/// A running process.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct InstanceLine {
    /// Its host and pid.
    pub name: String,
    /// Does it poll?
    pub polls: bool,
    started_at: i64,
    until: i64,
    /// Shops it holds.
    pub shops: i64,
}

/// A sending identity.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct LaneLine {
    /// Its name.
    pub lane: String,
    /// Deliveries that wait or are being sent.
    pub waiting: i64,
    oldest: Option<i64>,
    /// Who holds its lease; nobody for none.
    pub holder: Option<String>,
    until: Option<i64>,
    /// What is wrong with it.
    pub trouble: Option<String>,
}

/// A room, and what it wants announced.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct RoomLine {
    /// The subscriber.
    pub id: i64,
    /// Where, as stored.
    pub address: Option<String>,
    /// `active`, `gone` or `unverified`.
    pub state: Option<String>,
    /// Why it cannot be reached.
    pub gone_why: Option<String>,
    /// Announcements.
    pub announcements: i64,
    /// Watches.
    pub watches: i64,
    created_at: i64,
}

impl IncidentLine {
    /// When it began.
    #[must_use]
    pub fn opened_at(&self) -> DateTime<Utc> {
        at(self.opened_at)
    }

    /// When it ended; nothing while it lasts.
    #[must_use]
    pub fn closed_at(&self) -> Option<DateTime<Utc>> {
        self.closed_at.map(at)
    }
}

impl InstanceLine {
    /// When it started.
    #[must_use]
    pub fn started_at(&self) -> DateTime<Utc> {
        at(self.started_at)
    }

    /// Until when what it holds is its own.
    #[must_use]
    pub fn until(&self) -> DateTime<Utc> {
        at(self.until)
    }
}

impl LaneLine {
    /// Since when the oldest delivery waits.
    #[must_use]
    pub fn oldest(&self) -> Option<DateTime<Utc>> {
        self.oldest.map(at)
    }

    /// Until when its holder may send.
    #[must_use]
    pub fn until(&self) -> Option<DateTime<Utc>> {
        self.until.map(at)
    }
}

impl RoomLine {
    /// Since when it is known.
    #[must_use]
    pub fn created_at(&self) -> DateTime<Utc> {
        at(self.created_at)
    }
}

impl Db {
    /// Who changed what.
    pub async fn audit_lines(&self, before: i64, most: i64) -> Result<Vec<AuditLine>, DbErr> {
        let earlier = Audit::find().filter(audit::Column::Id.lt(before)).order_by_desc(audit::Column::Id);
        earlier.limit(u64::try_from(most).unwrap_or_default()).all(self.read()).await
    }

    /// Incidents.
    pub async fn incidents(&self, before: i64, most: i64) -> Result<Vec<IncidentLine>, DbErr> {
        let sql = format!(
            "SELECT id, kind, subject, text, opened_at, closed_at, flaps FROM incident WHERE id < $1 ORDER BY id DESC {}",
            limited(2)
        );
        self.read().rows(&sql, vec![before.into(), most.into()]).await
    }

    /// All instances, also those that did not stop properly.
    pub async fn instance_lines(&self) -> Result<Vec<InstanceLine>, DbErr> {
        let sql = "SELECT i.name, i.polls, i.started_at, i.until, \
                   (SELECT COUNT(*) FROM shop h WHERE h.holder = i.name) AS shops FROM instance i ORDER BY i.name";
        self.read().rows(sql, vec![]).await
    }

    /// The lanes for which something waits, that are held, or that get nothing through; so many at most.
    pub async fn lanes(&self, most: i64) -> Result<Vec<LaneLine>, DbErr> {
        let half = |state: &str| {
            format!(
                "SELECT lane, COUNT(*) AS waiting, MIN(created_at) AS oldest FROM delivery WHERE state = '{state}' GROUP BY lane"
            )
        };
        let (pending, sending) = (half("pending"), half("sending"));
        let sql = format!(
            "WITH queue AS (SELECT lane, CAST(SUM(waiting) AS BIGINT) AS waiting, MIN(oldest) AS oldest FROM \
                 ({pending} UNION ALL {sending}) AS halves GROUP BY lane), \
             held AS (SELECT substr(name, 11) AS lane, holder, until FROM lease WHERE name LIKE 'lane:send:%'), \
             down AS (SELECT subject AS lane, text FROM incident WHERE kind = 'lane_down' AND closed_at IS NULL), \
             named AS (SELECT lane FROM queue UNION SELECT lane FROM held UNION SELECT lane FROM down) \
             SELECT n.lane, COALESCE(q.waiting, 0) AS waiting, q.oldest, h.holder, h.until, d.text AS trouble \
             FROM named n LEFT JOIN queue q ON q.lane = n.lane LEFT JOIN held h ON h.lane = n.lane \
             LEFT JOIN down d ON d.lane = n.lane ORDER BY CASE WHEN d.text IS NULL THEN 1 ELSE 0 END, waiting DESC, n.lane {}",
            limited(1)
        );
        self.read().rows(&sql, vec![most.into()]).await
    }

    /// Rooms.
    pub async fn rooms(&self, before: i64, most: i64) -> Result<Vec<RoomLine>, DbErr> {
        let first = "(SELECT MIN(d.id) FROM destination d WHERE d.subscriber_id = s.id)";
        let sql = format!(
            "SELECT s.id, t.address, t.state, t.gone_why, s.created_at, \
             (SELECT COUNT(*) FROM announcement a WHERE a.subscriber_id = s.id) AS announcements, \
             (SELECT COUNT(*) FROM watch w WHERE w.subscriber_id = s.id) AS watches \
             FROM subscriber s LEFT JOIN destination t ON t.id = {first} WHERE s.kind = 'room' AND s.id < $1 \
             ORDER BY s.id DESC {}",
            limited(2)
        );
        self.read().rows(&sql, vec![before.into(), most.into()]).await
    }
}
