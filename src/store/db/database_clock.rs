//! The database's clock, as this process knows it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use coatcheck_domain::Clock;
use sea_orm::DbErr;

use crate::store::db::sql::Sql;
use crate::store::db::time::at;

/// The database's time: as it was when last asked, and what this process's monotonic clock says has passed since. So
/// the process's wall clock, right or wrong or jumping, does not matter.
#[derive(Debug)]
pub(in crate::store) struct DatabaseClock {
    process: Arc<dyn Clock>,
    asked: Mutex<(DateTime<Utc>, Duration)>,
}

impl DatabaseClock {
    pub(super) async fn ask(process: Arc<dyn Clock>, db: &impl Sql) -> Result<Self, DbErr> {
        let asked = Mutex::new(time_of(&*process, db).await?);
        Ok(Self { process, asked })
    }

    pub(super) async fn ask_again(&self, db: &impl Sql) -> Result<(), DbErr> {
        let time = time_of(&*self.process, db).await?;
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = time;
        Ok(())
    }
}

impl Clock for DatabaseClock {
    fn now(&self) -> DateTime<Utc> {
        let (then, moment) = *self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = u64::try_from(self.process.monotonic().saturating_sub(moment).as_micros()).unwrap_or(u64::MAX);
        then + Duration::from_micros(passed)
    }

    fn monotonic(&self) -> Duration {
        self.process.monotonic()
    }
}

/// What the database's clock says, and the moment of this process it belongs to: half way between question and answer.
async fn time_of(process: &dyn Clock, db: &impl Sql) -> Result<(DateTime<Utc>, Duration), DbErr> {
    let asked = process.monotonic();
    let sql = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::BIGINT";
    let micros = db.id(sql, vec![]).await?.unwrap_or_default();
    let answered = process.monotonic();
    Ok((at(micros), asked + answered.saturating_sub(asked) / 2))
}
