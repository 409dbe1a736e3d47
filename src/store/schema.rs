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
