//! Is the schema the one this version knows? And making it so.

use coatcheck_domain::fold::FOLD_VERSION;
use coatcheck_migrations::{Migrator, MigratorTrait, SchemaManager};
use sea_orm::sqlx::{self, Connection, PgConnection};
use sea_orm::{DbBackend, DbErr, FromQueryResult};

use crate::store::db::conn::Db;
use crate::store::db::error::StoreError;
use crate::store::db::sql::Sql;

/// The first step of databases that were made before the first release. Nothing leads from there to here.
const BEFORE_RELEASE: &str = "m0001_first";

/// Where the schema stands against this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Exactly what is known.
    Current,
    /// Steps are missing; this many.
    Behind(usize),
}

impl Db {
    /// Where the schema stands.
    pub async fn standing(&self) -> Result<Standing, StoreError> {
        let writer = self.raw_writer();
        if !SchemaManager::new(writer).has_table("seaql_migrations").await? {
            return Ok(Standing::Behind(Migrator::migrations().len()));
        }
        let applied = Migrator::get_migration_models(writer).await?;
        let known: Vec<String> = Migrator::migrations().iter().map(|step| step.name().to_owned()).collect();
        if applied.iter().any(|step| step.version == BEFORE_RELEASE) {
            return Err(StoreError::BeforeRelease);
        }
        if let Some(strange) = applied.iter().find(|step| !known.contains(&step.version)) {
            return Err(StoreError::Newer { step: strange.version.clone() });
        }
        let missing = known.len() - applied.len();
        Ok(if missing == 0 { Standing::Current } else { Standing::Behind(missing) })
    }

    /// Is the schema the known one? Asks as a reader, so that it can be asked at any time.
    pub async fn is_current(&self) -> Result<bool, StoreError> {
        #[derive(FromQueryResult)]
        struct Step {
            version: String,
        }
        let steps: Vec<Step> = self.read().rows("SELECT version FROM seaql_migrations", vec![]).await?;
        let known = Migrator::migrations();
        Ok(steps.len() == known.len()
            && steps.iter().all(|step| known.iter().any(|known| known.name() == step.version)))
    }

    /// Takes all missing steps and says how many there were.
    pub async fn migrate(&self) -> Result<usize, StoreError> {
        let turn = self.turn_to_migrate().await?;
        let steps = match self.standing().await? {
            Standing::Current => 0,
            Standing::Behind(steps) => {
                Migrator::up(self.raw_writer(), None).await?;
                steps
            }
        };
        let folded = self.refold().await?;
        if folded > 0 {
            tracing::info!(rows = folded, version = FOLD_VERSION, "stored words folded by the new rules");
        }
        if let Some(turn) = turn {
            turn.close().await.map_err(lost)?;
        }
        Ok(steps)
    }

    /// Waits until no other process migrates the same PostgreSQL. The turn lasts as long as the connection it is held on,
    /// which is therefore not the pool's: it ends also with a process that dies. An SQLite file is locked as a whole.
    async fn turn_to_migrate(&self) -> Result<Option<PgConnection>, StoreError> {
        if self.backend() != DbBackend::Postgres {
            return Ok(None);
        }
        let pool = self.raw_writer().get_postgres_connection_pool();
        let mut connection = pool.acquire().await.map_err(lost)?.detach();
        sqlx::query("SELECT pg_advisory_lock($1)").bind(MIGRATING).execute(&mut connection).await.map_err(lost)?;
        Ok(Some(connection))
    }
}

/// The lock of those who migrate, within one database. Any number, as long as it stays the same.
const MIGRATING: i64 = 0x636f_6174_6368_6563;

fn lost(error: sqlx::Error) -> StoreError {
    DbErr::Custom(error.to_string()).into()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use coatcheck_domain::clock::ManualClock;

    use super::*;
    use crate::store::NoFaults;
    use crate::testing::{self, Engine, Place};

    #[tokio::test]
    async fn of_two_who_migrate_at_once_one_waits_and_finds_it_done() {
        let place = Place::empty(Engine::Postgres);
        let process = || place.open(Arc::new(ManualClock::at(testing::start())), Arc::new(NoFaults));
        let (one, other) = (process().await, process().await);
        let turn = one.turn_to_migrate().await.expect("asked").expect("on PostgreSQL");
        let ended = async {
            let (first, second) = tokio::join!(one.migrate(), other.migrate());
            let mut steps = [first.expect("migrated"), second.expect("waited")];
            steps.sort_unstable();
            steps
        };
        let at_last = async {
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
            let current = one.standing().await.expect("asked");
            turn.close().await.expect("given back");
            current
        };
        let (steps, meanwhile) = tokio::join!(ended, at_last);
        let all = Migrator::migrations().len();
        assert_eq!(meanwhile, Standing::Behind(all), "a third one holds the turn");
        assert_eq!(steps, [0, all]);
    }
}
