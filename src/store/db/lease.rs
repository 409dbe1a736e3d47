//! Leases: who may do what only one may do. Each new holder has a higher epoch, and rows carry it.

use std::time::Duration;

use sea_orm::{DbErr, FromQueryResult};

use crate::store::db::conn::Db;
use crate::store::db::sql::Sql;
use crate::store::db::time::{micros, span};

/// A lease that is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// What is leased, like `lane:send:console`.
    pub name: String,
    /// Who holds it.
    pub holder: String,
    /// The number of this holding; it only grows.
    pub epoch: i64,
}

#[derive(FromQueryResult)]
struct EpochRow {
    epoch: i64,
}

impl Db {
    /// Takes the lease if it is free or already `holder`'s, for `ttl` from now on. A new holder gets a new epoch.
    pub async fn take_lease(&self, name: &str, holder: &str, ttl: Duration) -> Result<Option<Lease>, DbErr> {
        let txn = self.write().await?;
        let now = micros(self.now());
        let sql = "INSERT INTO lease (name, holder, epoch, until) VALUES ($1, $2, 1, $3) \
                   ON CONFLICT (name) DO UPDATE SET \
                     epoch = CASE WHEN lease.holder = excluded.holder THEN lease.epoch ELSE lease.epoch + 1 END, \
                     holder = excluded.holder, until = excluded.until \
                   WHERE lease.holder = excluded.holder OR lease.until <= $4 \
                   RETURNING epoch";
        let values = vec![name.into(), holder.into(), (now + span(ttl)).into(), now.into()];
        let row: Option<EpochRow> = txn.row(sql, values).await?;
        txn.commit().await?;
        Ok(row.map(|row| Lease { name: name.to_owned(), holder: holder.to_owned(), epoch: row.epoch }))
    }

    /// Gives the lease back, so that the next holder need not wait.
    pub async fn release_lease(&self, lease: &Lease) -> Result<(), DbErr> {
        let txn = self.write().await?;
        let sql = "UPDATE lease SET until = 0, holder = '' WHERE name = $1 AND holder = $2 AND epoch = $3";
        txn.run(sql, vec![lease.name.as_str().into(), lease.holder.as_str().into(), lease.epoch.into()]).await?;
        txn.commit().await
    }

    /// Frees every lease and every shop: for the one service of an SQLite file when it starts, and for nobody else.
    pub async fn free_all_leases(&self) -> Result<(), DbErr> {
        let txn = self.write().await?;
        txn.run("UPDATE lease SET until = 0, holder = ''", vec![]).await?;
        txn.run("UPDATE shop SET holder = '' WHERE holder <> ''", vec![]).await?;
        txn.run("DELETE FROM instance", vec![]).await?;
        txn.run("UPDATE inbox SET held_until = 0 WHERE held_until <> 0", vec![]).await?;
        txn.commit().await
    }
}
