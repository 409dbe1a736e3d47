//! Whose clock judges leases: with many processes on one PostgreSQL, the database's; on SQLite the one process's own.
//!
//! All that the store compares (leases, what is due, quiet times) is told by one clock, [`Db::now`], and that one is
//! measured against the database's. Asking the database in each statement would cost a round trip where a decider needs
//! the time before it writes.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::{DbBackend, DbErr};

use crate::store::db::conn::Db;
use crate::store::db::database_clock::DatabaseClock;

/// How often the database is asked for its time again: clocks drift apart by some milliseconds in a minute at worst.
pub const AGAIN: Duration = Duration::from_secs(60);

impl Db {
    /// From now on the time is the database's where processes on several machines share one, on PostgreSQL. SQLite
    /// stays with its process.
    pub async fn by_database_clock(mut self) -> Result<Self, DbErr> {
        if self.backend() == DbBackend::Postgres {
            let shared = Arc::new(DatabaseClock::ask(self.clock(), self.read()).await?);
            self.set_clock(Arc::clone(&shared));
        }
        Ok(self)
    }

    /// Asks the database for its time once more.
    pub async fn ask_time_again(&self) -> Result<(), DbErr> {
        match self.shared_clock() {
            Some(clock) => clock.ask_again(self.read()).await,
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use coatcheck_domain::Clock;
    use coatcheck_domain::clock::ManualClock;

    use super::*;
    use crate::store::NoFaults;
    use crate::testing::{self, Engine, Place};

    const TTL: Duration = Duration::from_secs(15);

    /// A process whose wall clock is wrong by this much.
    async fn process(place: &Place, wrong_by: i64) -> Db {
        let clock = Arc::new(ManualClock::at(testing::start() + chrono::Duration::seconds(wrong_by)));
        let db = place.open(clock, Arc::new(NoFaults)).await;
        db.by_database_clock().await.expect("its time is told")
    }

    #[tokio::test]
    async fn p3_processes_whose_clocks_differ_by_an_hour_do_not_take_what_the_other_holds() {
        let place = Place::migrated(Engine::Postgres).await;
        let (slow, fast) = (process(&place, -3600).await, process(&place, 3600).await);
        let source = testing::follow(&slow, "https://shop.example/products/jacket").await;
        let shop = slow.shop_of(source).await.expect("asked").expect("there");
        slow.join("slow", true, &[]).await.expect("joined");
        assert_eq!(slow.take_shops("slow", &[shop]).await.expect("taken").0.len(), 1);
        assert_eq!(fast.free_shops().await.expect("asked"), []);
        assert!(slow.take_lease("lane:send:x", "slow", TTL).await.expect("asked").is_some());
        assert_eq!(fast.take_lease("lane:send:x", "fast", TTL).await.expect("asked"), None);
    }

    #[tokio::test]
    async fn a_wall_clock_that_jumps_does_not_move_the_shared_time_and_what_passes_does() {
        let place = Place::migrated(Engine::Postgres).await;
        let clock = Arc::new(ManualClock::at(testing::start()));
        let db = place.open(Arc::clone(&clock) as Arc<dyn Clock>, Arc::new(NoFaults)).await;
        let db = db.by_database_clock().await.expect("its time is told");
        let before = db.now();
        clock.jump(chrono::Duration::hours(24));
        assert_eq!(db.now(), before);
        clock.advance(TTL);
        assert_eq!(db.now(), before + TTL);
        db.ask_time_again().await.expect("its time is told");
        assert_ne!(db.now(), before + TTL, "measured anew");
    }
}
