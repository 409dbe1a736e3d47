//! What the database shows of trouble: shops that fail, messages that die, and what has stopped happening.

use std::time::Duration;

use sea_orm::{DbErr, FromQueryResult};

use super::incident::Seen;
use crate::store::db::conn::Db;
use crate::store::db::sql::Sql;
use crate::store::db::time::{micros, span};

/// The incidents that [`Db::signs`] decides on: what it does not see is over.
pub const SIGNS: [&str; 9] = [
    SHOP_FAILING,
    SHOP_BLOCKED,
    "page_gone",
    "page_failing",
    "reading_doubtful",
    DEAD_LETTERS,
    POLLING_LATE,
    NO_READING,
    RECEIVER_SILENT,
];

const SHOP_FAILING: &str = "shop_failing";
const SHOP_BLOCKED: &str = "shop_blocked";
const DEAD_LETTERS: &str = "dead_letters";
const POLLING_LATE: &str = "polling_late";
const NO_READING: &str = "no_reading";
const RECEIVER_SILENT: &str = "receiver_silent";

/// A shop or page fails when so many polls in a row did.
const FAILURES: i64 = 3;
/// Deliveries that died within [`LATELY`] and are too many.
const DEAD: i64 = 10;
const LATELY: Duration = Duration::from_secs(900);
/// A poll is late after this long, and after three intervals.
const LATE: Duration = Duration::from_secs(120);
/// No shop was read for so long, although some should have been.
const SILENCE: Duration = Duration::from_secs(600);
/// Nobody listens to a platform for so long.
const UNHEARD: Duration = Duration::from_secs(60);

/// Pages of one shop that share a trouble.
#[derive(FromQueryResult)]
struct PagesRow {
    kind: String,
    host: String,
    pages: i64,
    error: Option<String>,
}

#[derive(FromQueryResult)]
struct ShopRow {
    host: String,
    walls: i64,
    error: Option<String>,
}

#[derive(FromQueryResult, Default)]
struct PollingRow {
    polled: i64,
    late: i64,
    latest: Option<i64>,
    last_read: Option<i64>,
    interval: Option<i64>,
    first: Option<i64>,
}

impl Db {
    /// The trouble that is there now.
    pub async fn signs(&self) -> Result<Vec<Seen>, DbErr> {
        let mut signs = self.shop_signs().await?;
        let failing: Vec<String> = signs.iter().map(|seen| seen.subject.clone()).collect();
        signs.extend(self.page_signs().await?.into_iter().filter(|seen| !failing.contains(&seen.subject)));
        signs.extend(self.polling_signs().await?);
        signs.extend(self.dead_letters().await?);
        signs.extend(self.silent_receivers().await?);
        Ok(signs)
    }

    async fn shop_signs(&self) -> Result<Vec<Seen>, DbErr> {
        let sql = "SELECT h.host, CAST(h.walls AS BIGINT) AS walls, (SELECT s.last_error FROM source s WHERE s.shop_id = h.id \
                     AND s.last_error IS NOT NULL ORDER BY s.last_error_at DESC LIMIT 1) AS error \
                   FROM shop h WHERE (h.failures >= $1 OR h.walls > 0) AND EXISTS (SELECT 1 FROM source s \
                     WHERE s.shop_id = h.id AND s.state IN ('idle', 'blocked')) ORDER BY h.host";
        let rows: Vec<ShopRow> = self.read().rows(sql, vec![FAILURES.into()]).await?;
        let seen = |row: ShopRow| {
            let kind = if row.walls > 0 { SHOP_BLOCKED } else { SHOP_FAILING };
            Seen { kind, subject: row.host, text: row.error.unwrap_or_default() }
        };
        Ok(rows.into_iter().map(seen).collect())
    }

    /// Pages that fail while the rest of their shop does well.
    async fn page_signs(&self) -> Result<Vec<Seen>, DbErr> {
        let sql = "SELECT k.kind, h.host, count(*) AS pages, max(k.error) AS error FROM \
                     (SELECT s.shop_id, s.last_error AS error, CASE WHEN s.state = 'gone' THEN 'page_gone' \
                        WHEN s.failures >= $1 THEN 'page_failing' WHEN s.fault = 'drift' THEN 'reading_doubtful' END AS kind \
                      FROM source s WHERE s.last_error IS NOT NULL AND s.state IN ('idle', 'gone')) AS k \
                   JOIN shop h ON h.id = k.shop_id WHERE k.kind IS NOT NULL GROUP BY k.kind, h.host ORDER BY h.host, k.kind";
        let rows: Vec<PagesRow> = self.read().rows(sql, vec![FAILURES.into()]).await?;
        Ok(rows.into_iter().filter_map(PagesRow::seen).collect())
    }

    /// Polls that do not happen, or bring nothing.
    async fn polling_signs(&self) -> Result<Vec<Seen>, DbErr> {
        let sql = "SELECT count(*) AS polled, \
                     CAST(COALESCE(sum(CASE WHEN s.next_poll_at < $1 AND s.next_poll_at < $2 - 3 * s.interval_us \
                       AND h.not_before < $1 THEN 1 ELSE 0 END), 0) AS BIGINT) AS late, \
                     min(CASE WHEN h.not_before < $1 THEN s.next_poll_at END) AS latest, \
                     max(s.last_read_at) AS last_read, min(s.interval_us) AS interval, min(s.created_at) AS first \
                   FROM source s JOIN shop h ON h.id = s.shop_id WHERE s.state = 'idle'";
        let now = micros(self.now());
        let row = self.read().row(sql, vec![(now - span(LATE)).into(), now.into()]).await?;
        let row: PollingRow = row.unwrap_or_default();
        let minutes = |at: Option<i64>| now.saturating_sub(at.unwrap_or(now)) / 60_000_000;
        let mut signs = Vec::new();
        if row.late > 0 {
            let (late, polled, by) = (row.late, row.polled, minutes(row.latest));
            let text = format!("{late} of {polled} pages are polled late, by up to {by} min");
            signs.push(Seen { kind: POLLING_LATE, subject: "polling".to_owned(), text });
        }
        let silence = span(SILENCE).max(3 * row.interval.unwrap_or_default());
        let last = row.last_read.max(row.first);
        if row.polled > 0 && last.is_some_and(|at| now - at > silence) {
            let text = format!("no shop was read for {} min", minutes(last));
            signs.push(Seen { kind: NO_READING, subject: "polling".to_owned(), text });
        }
        Ok(signs)
    }

    async fn dead_letters(&self) -> Result<Option<Seen>, DbErr> {
        let sql = "SELECT count(*) FROM delivery WHERE ended_at IS NOT NULL AND ended_at > $1 AND state = 'dead'";
        let dead = self.read().id(sql, vec![(micros(self.now()) - span(LATELY)).into()]).await?.unwrap_or_default();
        let text = format!("{dead} messages could not be delivered in the last 15 min");
        Ok((dead >= DEAD).then(|| Seen { kind: DEAD_LETTERS, subject: "deliveries".to_owned(), text }))
    }

    /// Platforms to which nobody listens: whoever did has not given that back.
    async fn silent_receivers(&self) -> Result<Vec<Seen>, DbErr> {
        #[derive(FromQueryResult)]
        struct LeaseRow {
            name: String,
        }
        let sql =
            "SELECT name FROM lease WHERE name LIKE 'lane:receive:%' AND holder <> '' AND until < $1 ORDER BY name";
        let rows: Vec<LeaseRow> = self.read().rows(sql, vec![(micros(self.now()) - span(UNHEARD)).into()]).await?;
        let seen = |row: LeaseRow| {
            let subject = row.name.trim_start_matches("lane:receive:").to_owned();
            Seen { kind: RECEIVER_SILENT, subject, text: "no process listens".to_owned() }
        };
        Ok(rows.into_iter().map(seen).collect())
    }
}

impl PagesRow {
    fn seen(self) -> Option<Seen> {
        let kind = *SIGNS.iter().find(|kind| **kind == self.kind)?;
        let error = self.error.unwrap_or_default();
        let text = if self.pages == 1 { error } else { format!("{} pages: {error}", self.pages) };
        Some(Seen { kind, subject: self.host, text })
    }
}
