//! The schema: its steps, and what the entities say of it.

use std::sync::Arc;

use coatcheck_domain::clock::ManualClock;
use coatcheck_migrations::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, EntityTrait};

use crate::store::db::schema::Standing;
use crate::store::{NoFaults, StoreError, entity};
use crate::testing::{self, Engine, Place};

#[tokio::test]
async fn steps_go_up_down_and_up_again() {
    let place = Place::empty(Engine::of(module_path!()));
    let db = place.open(Arc::new(ManualClock::at(testing::start())), Arc::new(NoFaults)).await;
    let steps = Migrator::migrations().len();
    assert_eq!(db.standing().await.expect("asked"), Standing::Behind(steps));
    assert_eq!(db.migrate().await.expect("up"), steps);
    Migrator::down(db.raw_writer(), None).await.expect("down");
    assert_eq!(db.migrate().await.expect("up again"), steps);
    assert_eq!(db.standing().await.expect("asked"), Standing::Current);
}

#[tokio::test]
async fn a_schema_of_a_newer_version_is_refused() {
    let place = Place::empty(Engine::of(module_path!()));
    let db = place.open(Arc::new(ManualClock::at(testing::start())), Arc::new(NoFaults)).await;
    db.migrate().await.expect("migrated");
    let step = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_future', 0)";
    db.raw_writer().execute_unprepared(step).await.expect("a step of the future");
    assert!(matches!(db.migrate().await, Err(StoreError::Newer { step }) if step == "m9999_future"));
}

/// Every table has exactly the columns its entity names: a query that names them all is understood.
#[tokio::test]
async fn entities_say_what_the_migrations_made() {
    let (db, _place) = testing::db(Engine::of(module_path!())).await;
    macro_rules! all_readable {
        ($($table:ident),* $(,)?) => {
            $(entity::$table::Entity::find().all(db.read()).await.expect(stringify!($table));)*
        };
    }
    all_readable!(
        alias,
        attempt,
        audit,
        challenge,
        consent,
        conversation,
        delivery,
        destination,
        restock,
        inbox,
        incident,
        instance,
        lease,
        product,
        restock,
        room_post,
        setting,
        shop,
        shop_slot,
        source,
        span,
        subscriber,
        variant,
        watch
    );
}
