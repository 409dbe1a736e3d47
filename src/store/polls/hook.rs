//! Where shops push to: their secrets, and what is to be read because of a push.

use std::time::Duration;

use chrono::{DateTime, Utc};
use coatcheck_domain::push::{self, Hint, Named};
use sea_orm::{DbErr, FromQueryResult, Value};
use secrecy::{ExposeSecret, SecretString};

use crate::store::db::conn::{Db, Txn};
use crate::store::db::error::StoreError;
use crate::store::db::sql::{Sql, list_of};
use crate::store::db::time::{at, micros, span};
use crate::store::db::wake::Topic;
use crate::store::people::keys::{Keys, Sealed, is_sealed};

/// A secret that was replaced is believed for so long.
pub const FORMER_FOR: Duration = Duration::from_secs(24 * 3600);
/// Pushes are remembered for so long: no platform repeats one later.
const REMEMBERED: Duration = Duration::from_secs(24 * 3600);

/// Sources that are read because of a push: a page that is not found comes back by one; what a bot wall, a person or
/// nobody's wish keeps from being read is left alone.
const READ: &str = "s.state IN ('candidate', 'idle', 'gone')";

/// A shop's hook, without its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// The shop.
    pub shop_id: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Until when its former secret is believed, too, if it is.
    pub former_until: Option<DateTime<Utc>>,
    /// The last push that was believed.
    pub pushed_at: Option<DateTime<Utc>>,
}

/// What came of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushed {
    /// So many sources are read because of it.
    New(usize),
    /// It came before, and changes nothing.
    Known,
}

#[derive(FromQueryResult)]
struct SecretRow {
    secret: String,
    former_secret: Option<String>,
    former_until: i64,
}

#[derive(FromQueryResult)]
struct HookRow {
    former_until: i64,
    pushed_at: Option<i64>,
    created_at: i64,
}

impl Db {
    /// The secrets that a shop's pushes may be signed with, the newest first. None: it has no hook.
    ///
    /// # Errors
    /// When the database fails, or they are sealed by another key.
    pub async fn hook_secrets(&self, shop_id: i64) -> Result<Vec<SecretString>, StoreError> {
        let sql = "SELECT secret, former_secret, former_until FROM shop_hook WHERE shop_id = $1";
        let Some(row): Option<SecretRow> = self.read().row(sql, vec![shop_id.into()]).await? else {
            return Ok(Vec::new());
        };
        let is_former = row.former_until > micros(self.now());
        let texts = std::iter::once(row.secret).chain(row.former_secret.filter(|_| is_former));
        texts.map(|text| opened(self.keys().ok(), text)).collect()
    }

    /// A shop's hook, if it has one.
    pub async fn hook(&self, shop_id: i64) -> Result<Option<Hook>, DbErr> {
        let sql = "SELECT former_until, pushed_at, created_at FROM shop_hook WHERE shop_id = $1";
        let row: Option<HookRow> = self.read().row(sql, vec![shop_id.into()]).await?;
        let now = micros(self.now());
        Ok(row.map(|row| Hook {
            shop_id,
            created_at: at(row.created_at),
            former_until: (row.former_until > now).then(|| at(row.former_until)),
            pushed_at: row.pushed_at.map(at),
        }))
    }

    /// Gives a shop a secret. One that it had is believed for another day.
    pub async fn set_hook_secret(&self, shop_id: i64, secret: &SecretString) -> Result<(), StoreError> {
        let (now, plain) = (micros(self.now()), secret.expose_secret());
        let stored = self.keys().map_or_else(|_| plain.to_owned(), |keys| keys.seal(Sealed::Secret, plain));
        let txn = self.write().await?;
        let sql = "INSERT INTO shop_hook (shop_id, secret, former_until, created_at) VALUES ($1, $2, 0, $3) \
                   ON CONFLICT (shop_id) DO UPDATE SET former_secret = shop_hook.secret, former_until = $4, secret = excluded.secret \
                   WHERE shop_hook.secret <> excluded.secret";
        let values = vec![shop_id.into(), stored.into(), now.into(), (now + span(FORMER_FOR)).into()];
        txn.run(sql, values).await?;
        Ok(txn.commit().await?)
    }

    /// Nothing that a shop pushes is believed any more. Says whether anything was.
    pub async fn remove_hook(&self, shop_id: i64) -> Result<bool, DbErr> {
        let txn = self.write().await?;
        let removed = txn.run("DELETE FROM shop_hook WHERE shop_id = $1", vec![shop_id.into()]).await?;
        txn.run("DELETE FROM shop_push WHERE shop_id = $1", vec![shop_id.into()]).await?;
        txn.commit().await?;
        Ok(removed == 1)
    }

    /// A push that is believed: what it names is due now, unless it was read within the floor. A product that no source
    /// has may be new in a list.
    ///
    /// # Errors
    /// When the database fails; then the shop should push again.
    pub async fn push(&self, shop_id: i64, key: &str, hint: &Hint) -> Result<Pushed, DbErr> {
        let now = micros(self.now());
        let txn = self.write().await?;
        if !is_new(&txn, shop_id, key, now).await? {
            return Ok(Pushed::Known);
        }
        txn.run("UPDATE shop_hook SET pushed_at = $2 WHERE shop_id = $1", vec![shop_id.into(), now.into()]).await?;
        let sources = match hint {
            Hint::Product(named) => sources_of(&txn, shop_id, named).await?,
            Hint::Shop => all_sources(&txn, shop_id).await?,
        };
        make_due(&txn, &sources, now).await?;
        txn.commit().await?;
        self.wake().ring(Topic::Sources);
        Ok(Pushed::New(sources.len()))
    }

    /// The sources of the holder's shops that were pushed, and when each is due; each is named once.
    ///
    /// # Errors
    /// When the database fails; then they are named the next time.
    pub async fn pushed_sources(&self, holder: &str) -> Result<Vec<(i64, DateTime<Utc>)>, DbErr> {
        #[derive(FromQueryResult)]
        struct Due {
            id: i64,
            next_poll_at: i64,
        }
        let txn = self.write().await?;
        let sql = "UPDATE source SET pushed = FALSE WHERE pushed \
                   AND shop_id IN (SELECT h.id FROM shop h WHERE h.holder = $1) RETURNING id, next_poll_at";
        let due: Vec<Due> = txn.rows(sql, vec![holder.into()]).await?;
        txn.commit().await?;
        Ok(due.into_iter().map(|due| (due.id, at(due.next_poll_at))).collect())
    }
}

/// Without keys a secret is kept as it is.
fn opened(keys: Option<&Keys>, text: String) -> Result<SecretString, StoreError> {
    if !is_sealed(&text) {
        return Ok(text.into());
    }
    let plain = keys.and_then(|keys| keys.open(Sealed::Secret, &text));
    plain.map(SecretString::from).ok_or_else(|| StoreError::corrupt("shop_hook.secret", "it is sealed by another key"))
}

/// Remembers a push. Says whether it is the first of its key.
async fn is_new(txn: &Txn, shop_id: i64, key: &str, now: i64) -> Result<bool, DbErr> {
    let sql = "DELETE FROM shop_push WHERE shop_id = $1 AND at < $2";
    txn.run(sql, vec![shop_id.into(), (now - span(REMEMBERED)).into()]).await?;
    let sql = "INSERT INTO shop_push (shop_id, key, at) VALUES ($1, $2, $3) ON CONFLICT (shop_id, key) DO NOTHING";
    Ok(txn.run(sql, vec![shop_id.into(), key.into(), now.into()]).await? == 1)
}

/// The sources that read a product, or else those that may: the ones that read several, or none yet.
async fn sources_of(txn: &Txn, shop_id: i64, named: &Named) -> Result<Vec<i64>, DbErr> {
    let mut values: Vec<Value> = vec![shop_id.into(), named.url().into()];
    let names = named.names().iter().map(|name| {
        values.push(name.as_str().into());
        format!("${}", values.len())
    });
    let names: Vec<String> = names.collect();
    let by_name = if names.is_empty() {
        String::new()
    } else {
        let names = names.join(",");
        format!("p.external_id IN ({names}) OR p.handle IN ({names}) OR ")
    };
    let sql = format!(
        "SELECT DISTINCT s.id FROM source s LEFT JOIN product p ON p.source_id = s.id \
         WHERE s.shop_id = $1 AND {READ} AND ({by_name} p.url = $2 OR s.url = $2) ORDER BY s.id"
    );
    let known = txn.ids(&sql, values).await?;
    if !known.is_empty() {
        return Ok(known);
    }
    let sql = format!(
        "SELECT s.id FROM source s WHERE s.shop_id = $1 AND {READ} \
         AND (SELECT count(*) FROM product p WHERE p.source_id = s.id) <> 1 ORDER BY s.id"
    );
    txn.ids(&sql, vec![shop_id.into()]).await
}

async fn all_sources(txn: &Txn, shop_id: i64) -> Result<Vec<i64>, DbErr> {
    txn.ids(&format!("SELECT s.id FROM source s WHERE s.shop_id = $1 AND {READ} ORDER BY s.id"), vec![shop_id.into()])
        .await
}

/// They are read as soon as the floor allows. One that is being read is read again afterwards: its answer may be from
/// before the push. Nobody's edit: what is being read is stored.
async fn make_due(txn: &Txn, sources: &[i64], now: i64) -> Result<(), DbErr> {
    let floor = span(push::floor(sources.len()));
    for chunk in sources.chunks(500) {
        let mut values: Vec<Value> = vec![now.into(), floor.into()];
        let these = list_of(&mut values, chunk.iter().copied());
        let due = "CASE WHEN last_read_at + $2 > $1 THEN last_read_at + $2 ELSE $1 END";
        let sooner = |column: &str| format!("{column} = CASE WHEN {column} < {due} THEN {column} ELSE {due} END");
        let sql = format!(
            "UPDATE source SET pushed = TRUE, {}, {} WHERE id IN ({these})",
            sooner("scheduled_at"),
            sooner("next_poll_at")
        );
        txn.run(&sql, values).await?;
    }
    Ok(())
}
