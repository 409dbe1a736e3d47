//! Backup and restore, moving to PostgreSQL and back, and the key: each tried with the real program, up to the next alert.

mod support;

use coatcheck_world::{Cluster, Shop, Sink};
use support::{House, until};

/// A jacket that is sold out, and a hook that waits for it.
struct Care {
    shop: Shop,
    sink: Sink,
    house: House,
}

impl Care {
    fn open() -> Self {
        let (shop, sink) = (Shop::open().expect("a shop"), Sink::open().expect("a sink"));
        shop.stock("jacket", "M", "Black", false);
        let house = House::open(&[shop.host(), sink.host()]).with("COATCHECK_QUIET_FOR", "1ms");
        house.follow(&shop, "jacket");
        house.watch(&["jacket", "--size", "M", "--every"], &sink.url("/hook"));
        Self { shop, sink, house }
    }

    /// The service starts on what there is now, M comes back and sells out again: the hook hears of it once more.
    #[track_caller]
    fn hears_of_the_next_restock(&self) {
        let before = self.sink.distinct();
        let service = self.house.serve();
        support::seen(&self.shop, "jacket");
        self.shop.stock("jacket", "M", "Black", true);
        until("the alert", || self.sink.distinct() == before + 1);
        self.shop.stock("jacket", "M", "Black", false);
        support::seen(&self.shop, "jacket");
        assert!(service.stop().success());
    }
}

#[test]
fn a_restore_drill_ends_with_an_alert() {
    let care = Care::open();
    let copy = care.house.path("backup.db");
    let copy = copy.to_str().expect("UTF-8");
    let service = care.house.serve();
    support::seen(&care.shop, "jacket");
    care.house.done(&["backup", copy]);
    service.kill9();
    for file in ["coatcheck.db", "coatcheck.db-wal", "coatcheck.db-shm"] {
        // The disk is gone; SQLite removes some of them by itself.
        let _ = std::fs::remove_file(care.house.path(file));
    }
    care.house.done(&["restore", copy]);
    care.hears_of_the_next_restock();
}

#[test]
fn without_its_key_a_backup_is_not_restored_and_nothing_changes() {
    let care = Care::open();
    let copy = care.house.path("backup.db");
    let copy = copy.to_str().expect("UTF-8");
    care.house.done(&["backup", copy]);
    let (key, away) = (care.house.path("coatcheck.db.key"), care.house.path("away"));
    std::fs::rename(&key, &away).expect("moved");
    let out = care.house.run(&["restore", copy]);
    assert!(out.status == 1 && out.stderr.contains("encrypted with a key that is not here"), "{out:?}");
    std::fs::rename(&away, &key).expect("moved back");
    care.house.done(&["restore", copy]);
}

#[test]
fn a_house_moves_to_postgresql_and_back_and_misses_nothing() {
    let mut care = Care::open();
    let postgres = Cluster::shared().expect("PostgreSQL").database().expect("a database");
    let service = care.house.serve();
    let out = care.house.run(&["copy", "--to", &postgres]);
    assert!(out.status == 4 && out.stderr.contains("stop it first"), "not while it runs: {out:?}");
    assert!(service.stop().success());
    let said = care.house.done(&["copy", "--to", &postgres]);
    assert!(said.contains("they are the same") && said.contains("Set COATCHECK_KEY_FILE="), "{said}");
    assert_eq!(care.house.run(&["copy", "--to", &postgres]).status, 4, "it is not empty any more");

    let key = care.house.path("coatcheck.db.key").display().to_string();
    care.house = care.house.with("DATABASE_URL", &postgres).with("COATCHECK_KEY_FILE", &key);
    care.hears_of_the_next_restock();

    let back = format!("sqlite://{}", care.house.path("again.db").display());
    care.house.until(&["deliveries"], |all| all[0]["state"] == "sent");
    let said = care.house.done(&["copy", "--to", &back]);
    assert!(said.contains("Keep COATCHECK_KEY as it is"), "{said}");
    care.house = care.house.with("DATABASE_URL", &back);
    care.hears_of_the_next_restock();
}

#[test]
fn a_copy_to_the_same_or_to_no_database_says_what_to_do() {
    let house = House::open(&[]);
    let same = format!("sqlite://{}", house.path("coatcheck.db").display());
    let out = house.run(&["copy", "--to", &same]);
    assert!(out.status == 2 && out.stderr.contains("name another one"), "{out:?}");
    let out = house.run(&["copy", "--to", "mysql://x"]);
    assert!(out.status == 2 && out.stderr.contains("must be like sqlite://"), "{out:?}");
    let out = house.run(&["copy", "--to", "postgres://nobody@127.0.0.1:1/x"]);
    assert!(out.status == 1 && out.stderr.contains("127.0.0.1:1"), "{out:?}");
}

#[test]
fn after_a_rekey_nothing_that_the_old_key_encrypted_is_left_in_the_file() {
    let care = Care::open();
    let read = |end: &str| std::fs::read(care.house.path(&format!("coatcheck.db{end}"))).unwrap_or_default();
    // What is sealed begins with its key's id, eight letters and a colon.
    let bytes = read("");
    let canary = bytes.windows(10).position(|part| part == b"key_canary").expect("it is signed") + 10;
    let sealed = bytes[canary..canary + 9].to_vec();
    assert_eq!(sealed[8], b':');
    care.house.done(&["rekey"]);
    for end in ["", "-wal"] {
        assert!(!read(end).windows(9).any(|part| part == sealed), "the old key is in coatcheck.db{end}");
    }
    care.hears_of_the_next_restock();
}

/// What docs/ops/data.md has `sqlite3` do.
fn recipe() -> &'static str {
    let page = include_str!("../docs/ops/data.md");
    let (_, rest) = page.split_once("sqlite3 $coatcheck_db \"").expect("the recipe");
    rest.split('"').next().expect("its end")
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_key_is_lost_the_recipe_keeps_the_rest() {
    let care = Care::open();
    care.house.done(&["watch", "add", "jacket", "--size", "M", "--every", "--to", "console:"]);
    care.house.done(&["shop", "hook", &care.shop.host()]);
    care.hears_of_the_next_restock();
    let key = care.house.path("coatcheck.db.key");
    std::fs::remove_file(&key).expect("removed");
    let refused = care.house.run(&["watch", "list"]);
    assert!(refused.status == 1 && refused.stderr.contains("coatcheck.db.key is missing"), "{refused:?}");

    let file = format!("sqlite://{}", care.house.path("coatcheck.db").display());
    let db = sea_orm::Database::connect(file).await.expect("opened");
    for statement in recipe().split(';').filter(|statement| !statement.trim().is_empty()) {
        sea_orm::ConnectionTrait::execute_unprepared(&db, statement).await.expect(statement);
    }
    db.close().await.expect("closed");

    let left = care.house.json(&["watch", "list"]);
    let left: Vec<&str> = left.as_array().expect("a list").iter().filter_map(|watch| watch["to"].as_str()).collect();
    assert_eq!((left, care.house.restocks("jacket")), (vec!["console:"], 1));
    care.house.done(&["shop", "hook", &care.shop.host()]);
    care.house.watch(&["jacket", "--size", "M", "--every"], &care.sink.url("/hook"));
    care.hears_of_the_next_restock();
}

#[test]
fn a_house_moves_to_another_machine_with_its_backup_and_its_key() {
    let Care { shop, sink, house: old } = Care::open();
    let new = House::open(&[shop.host(), sink.host()]).with("COATCHECK_QUIET_FOR", "1ms");
    let copy = old.path("coatcheck-move.db");
    old.done(&["backup", copy.to_str().expect("UTF-8")]);
    std::fs::copy(&copy, new.path("coatcheck-move.db")).expect("copied");
    std::fs::copy(old.path("coatcheck.db.key"), new.path("coatcheck.db.key")).expect("copied");
    drop(old);
    new.done(&["restore", "coatcheck-move.db"]);
    let care = Care { shop, sink, house: new };
    care.hears_of_the_next_restock();
    assert_eq!(care.sink.distinct(), 1, "its secret could be read, or nothing could be signed");
}
