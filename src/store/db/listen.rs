//! Bells between processes on one PostgreSQL, by LISTEN and NOTIFY.
//!
//! A ring is passed on from here, after the transaction that it is about, and rings that come together are one: NOTIFY
//! within a transaction would make all commits of the whole server wait for each other. A ring that gets lost, because
//! the process died in between or the listener was reconnecting, costs the half second until somebody looks anyway.

use std::time::Duration;

use sea_orm::sqlx::postgres::PgListener;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

use crate::store::db::conn::Db;
use crate::store::db::timekeeper::AGAIN;
use crate::store::db::wake::Topic;

/// The name under which bells are rung on the server, within one database.
const CHANNEL: &str = "coatcheck";
/// Before it is tried again to listen.
const RETRY_AFTER: Duration = Duration::from_secs(1);

impl Db {
    /// Carries bells between this process and the others on the same PostgreSQL, and keeps to the database's time. On
    /// SQLite there is nothing to carry, and it never ends either.
    pub async fn keep_in_touch(self) {
        if self.backend() != DbBackend::Postgres {
            return std::future::pending().await;
        }
        loop {
            if let Err(error) = self.forward_notifications().await {
                tracing::warn!(%error, "bells of other instances are not heard until the database is back: {error}");
            }
            tokio::time::sleep(RETRY_AFTER).await;
        }
    }

    async fn forward_notifications(&self) -> Result<(), DbErr> {
        let lost = |error: sea_orm::sqlx::Error| DbErr::Custom(error.to_string());
        let pool = self.raw_writer().get_postgres_connection_pool();
        let mut listener = PgListener::connect_with(pool).await.map_err(lost)?;
        listener.listen(CHANNEL).await.map_err(lost)?;
        let mut time = tokio::time::interval(AGAIN);
        loop {
            tokio::select! {
                heard = listener.recv() => {
                    if let Some(topic) = Topic::named(heard.map_err(lost)?.payload()) {
                        self.wake().ring_here(topic);
                    }
                }
                topics = self.wake().rung() => self.pass_on(&topics).await?,
                _ = time.tick() => self.ask_time_again().await?,
            }
        }
    }

    async fn pass_on(&self, topics: &[Topic]) -> Result<(), DbErr> {
        for topic in topics {
            let values = [CHANNEL.into(), topic.name().into()];
            let statement = Statement::from_sql_and_values(DbBackend::Postgres, "SELECT pg_notify($1, $2)", values);
            self.read().query_one_raw(statement).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use coatcheck_domain::Availability::{InStock, OutOfStock};
    use coatcheck_domain::clock::ManualClock;

    use super::*;
    use crate::store::NoFaults;
    use crate::testing::{self, Engine, Place};

    /// Longer than any test may take: only a bell ends such a wait in time.
    const FOR_EVER: Duration = Duration::from_secs(3600);

    async fn process(place: &Place) -> Db {
        let db = place.open(Arc::new(ManualClock::at(testing::start())), Arc::new(NoFaults)).await;
        tokio::spawn(db.clone().keep_in_touch());
        db
    }

    /// Until both hear each other: a bell while a listener connects is lost, and may be.
    async fn in_touch(one: &Db, other: &Db) {
        for (from, to) in [(one, other), (other, one)] {
            let mut waker = to.wake().subscribe(Topic::Deliveries);
            while tokio::time::timeout(Duration::from_millis(100), waker.wait(FOR_EVER)).await.is_err() {
                from.wake().ring(Topic::Deliveries);
            }
        }
    }

    #[tokio::test]
    async fn a_drop_stored_by_one_process_wakes_the_fan_out_of_another() {
        let place = Place::migrated(Engine::Postgres).await;
        let (poller, fanout) = (process(&place).await, process(&place).await);
        in_touch(&poller, &fanout).await;
        let mut waker = fanout.wake().subscribe(Topic::Restocks);
        let source = testing::follow(&poller, "https://shop.example/products/jacket").await;
        for availability in [OutOfStock, InStock] {
            testing::read(&poller, source, vec![testing::product("Jacket", &[("M", "Black", availability)])]).await;
        }
        let woken = tokio::time::timeout(FOR_EVER / 60, waker.wait(FOR_EVER)).await;
        assert!(woken.is_ok(), "no bell was heard");
        assert!(testing::open_restock(&fanout).await.is_some());
    }

    #[tokio::test]
    async fn after_its_connection_was_cut_a_process_hears_bells_again() {
        let place = Place::migrated(Engine::Postgres).await;
        let (one, other) = (process(&place).await, process(&place).await);
        in_touch(&one, &other).await;
        let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() \
                   AND pid <> pg_backend_pid() AND query LIKE 'LISTEN%'";
        one.read().execute_unprepared(cut).await.expect("cut");
        in_touch(&one, &other).await;
    }
}
