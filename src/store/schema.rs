//! Is the schema the one this version knows? And making it so.

use coatcheck_migrations::{Migrator, MigratorTrait};

use sea_orm::FromQueryResult;

use super::db::Db;
use super::error::StoreError;
use super::sql::Sql;

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
    ///
    /// # Errors
    /// [`StoreError::Newer`] when it has a step that this version does not know.
    pub async fn standing(&self) -> Result<Standing, StoreError> {
        let writer = self.raw_writer();
        Migrator::install(writer).await?;
        let applied = Migrator::get_migration_models(writer).await?;
        let known: Vec<String> = Migrator::migrations().iter().map(|step| step.name().to_owned()).collect();
        if let Some(strange) = applied.iter().find(|step| !known.contains(&step.version)) {
            return Err(StoreError::Newer { step: strange.version.clone() });
        }
        let missing = known.len() - applied.len();
        Ok(if missing == 0 { Standing::Current } else { Standing::Behind(missing) })
    }

    /// Is the schema the known one? Asks as a reader, so that it can be asked at any time.
    ///
    /// # Errors
    /// When the database does not answer, or knows no steps at all.
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
    ///
    /// # Errors
    /// [`StoreError::Newer`], or what the database said; each step is whole or not there.
    pub async fn migrate(&self) -> Result<usize, StoreError> {
        match self.standing().await? {
            Standing::Current => Ok(0),
            Standing::Behind(steps) => {
                Migrator::up(self.raw_writer(), None).await?;
                Ok(steps)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::ConnectionTrait;

    use super::*;
    use crate::testing;

    #[tokio::test]
    async fn steps_go_up_down_and_up_again() {
        let (db, _folder) = testing::empty_db().await;
        assert_eq!(db.standing().await.expect("asked"), Standing::Behind(2));
        assert_eq!(db.migrate().await.expect("up"), 2);
        Migrator::down(db.raw_writer(), None).await.expect("down");
        assert_eq!(db.migrate().await.expect("up again"), 2);
        assert_eq!(db.standing().await.expect("asked"), Standing::Current);
    }

    #[tokio::test]
    async fn a_schema_of_a_newer_version_is_refused() {
        let (db, _folder) = testing::db().await;
        let step = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_future', 0)";
        db.raw_writer().execute_unprepared(step).await.expect("a step of the future");
        assert!(matches!(db.migrate().await, Err(StoreError::Newer { step }) if step == "m9999_future"));
    }
}
