//! A database is copied into the other kind: whole, or not at all.

use std::sync::Arc;

use sea_orm::ConnectionTrait;

use super::filled::fill;
use super::scene::Scene;
use crate::store::db::copy::NotTransferred;
use crate::store::db::sql::Sql;
use crate::store::db::tables::tables;
use crate::store::{Db, NoFaults};
use crate::testing::{Engine, Place};

/// An empty database of the other kind.
async fn other(scene: &Scene) -> (Db, Place) {
    let place = Place::empty(if scene.is_sqlite() { Engine::Postgres } else { Engine::Sqlite });
    let db = place.open(scene.db.clock(), Arc::new(NoFaults)).await;
    (db, place)
}

#[tokio::test]
async fn every_row_of_every_table_arrives() {
    let scene = Scene::new().await;
    scene.run("DELETE FROM setting").await;
    fill(&scene.db, 1).await;
    fill(&scene.db, 2).await;
    let (target, _place) = other(&scene).await;
    let copied = scene.db.transfer_to(&target).await.expect("copied");
    assert_eq!(copied.rows, 2 * copied.tables as u64);
    for table in tables(target.read()).await.expect("asked") {
        let count = format!("SELECT count(*) FROM {}", table.name);
        assert_eq!(target.read().id(&count, vec![]).await.expect("counted"), Some(2), "{}", table.name);
        let shape = table.key().len();
        assert!(shape > 0, "{} has no key to go by", table.name);
    }
}

#[tokio::test]
async fn more_rows_than_travel_at_once_arrive_in_whatever_order_their_names_sort() {
    let scene = Scene::new().await;
    scene.run("DELETE FROM setting").await;
    for number in 0..1001 {
        let names = ["a", "A", "ä", "_", "Z", "1"];
        let name = format!("{}{number}", names[number % names.len()]);
        scene.run(&format!("INSERT INTO setting (name, value) VALUES ('{name}', 'x')")).await;
    }
    let (target, _place) = other(&scene).await;
    assert_eq!(scene.db.transfer_to(&target).await.expect("copied").rows, 1001);
}

#[tokio::test]
async fn a_number_that_was_given_once_is_not_given_again_after_a_copy() {
    let scene = Scene::new().await;
    for _ in 0..3 {
        scene.run("INSERT INTO subscriber (kind, paused_until, created_at) VALUES ('person', 0, 0)").await;
    }
    scene.run("DELETE FROM subscriber WHERE id = 3").await;
    scene.run("INSERT INTO allowance (what, who, at) VALUES ('link', 'x', 0)").await;
    scene.run("DELETE FROM allowance").await;
    let (target, _place) = other(&scene).await;
    scene.db.transfer_to(&target).await.expect("copied");
    for (sql, next) in [
        ("INSERT INTO subscriber (kind, paused_until, created_at) VALUES ('person', 0, 0) RETURNING id", 4),
        ("INSERT INTO allowance (what, who, at) VALUES ('link', 'x', 0) RETURNING id", 2),
        ("INSERT INTO audit (at, who, what, subject) VALUES (0, 'a', 'b', 'c') RETURNING id", 1),
    ] {
        let txn = target.write().await.expect("begun");
        assert_eq!(txn.id(sql, vec![]).await.expect("inserted"), Some(next), "{sql}");
        txn.commit().await.expect("committed");
    }
}

#[tokio::test]
async fn a_database_that_holds_something_is_not_copied_to() {
    let scene = Scene::new().await;
    fill(&scene.db, 1).await;
    let (target, _place) = other(&scene).await;
    target.migrate().await.expect("migrated");
    target
        .raw_writer()
        .execute_unprepared("INSERT INTO setting (name, value) VALUES ('a', 'b')")
        .await
        .expect("filled");
    let refused = scene.db.transfer_to(&target).await;
    assert!(matches!(&refused, Err(NotTransferred::NotEmpty(table)) if table == "setting"), "{refused:?}");
    assert_eq!(target.read().id("SELECT count(*) FROM shop", vec![]).await.expect("counted"), Some(0));
}

#[tokio::test]
async fn a_row_that_arrives_otherwise_is_named_and_nothing_is_kept() {
    let scene = Scene::new().await;
    fill(&scene.db, 1).await;
    fill(&scene.db, 2).await;
    let (target, _place) = other(&scene).await;
    target.migrate().await.expect("migrated");
    // As if a value changed on its way.
    let changes = if scene.is_sqlite() {
        "CREATE FUNCTION spoil() RETURNS trigger AS 'BEGIN IF NEW.id = 2 THEN NEW.sku = ''other''; END IF; RETURN NEW; END' \
         LANGUAGE plpgsql; CREATE TRIGGER spoils BEFORE INSERT ON variant FOR EACH ROW EXECUTE FUNCTION spoil()"
    } else {
        "CREATE TRIGGER spoils AFTER INSERT ON variant WHEN NEW.id = 2 BEGIN UPDATE variant SET sku = 'other' WHERE id = 2; END"
    };
    target.raw_writer().execute_unprepared(changes).await.expect("made");
    let failed = scene.db.transfer_to(&target).await;
    assert!(matches!(&failed, Err(NotTransferred::Differs { table, row: 2 }) if table == "variant"), "{failed:?}");
    assert_eq!(target.read().id("SELECT count(*) FROM shop", vec![]).await.expect("counted"), Some(0));
}
