//! What people say is taken in once, answered in order, and not lost with who held it.

use std::time::Duration;

use crate::store::chats::inbox::{Arrival, HOLD, NewArrival, TakenIn};
use crate::testing::{self, Engine};

fn said<'a>(external_id: &'a str, chat: &'a str) -> NewArrival<'a> {
    NewArrival { platform: "telegram", external_id, chat, payload: external_id }
}

fn held(taken: TakenIn) -> Arrival {
    match taken {
        TakenIn::Held(arrival) => arrival,
        other => panic!("not held: {other:?}"),
    }
}

fn words(arrivals: &[Arrival]) -> Vec<&str> {
    arrivals.iter().map(|arrival| arrival.payload.as_str()).collect()
}

#[tokio::test]
async fn what_comes_twice_is_taken_in_once() {
    let (db, _place) = testing::db(Engine::of(module_path!())).await;
    let first = held(db.take_in(&said("1", "ann")).await.expect("stored"));
    assert_eq!(db.take_in(&said("1", "ann")).await.expect("asked"), TakenIn::Known);
    assert!(db.end_arrival(&first).await.expect("ended"));
    assert_eq!(db.take_in(&said("1", "ann")).await.expect("asked"), TakenIn::Known, "also when it is done");
    assert!(matches!(
        db.take_in(&NewArrival { platform: "discord", ..said("1", "ann") }).await.expect("stored"),
        TakenIn::Held(_)
    ));
}

#[tokio::test]
async fn a_chat_is_answered_in_order_and_holds_up_no_other() {
    let (db, _place) = testing::db(Engine::of(module_path!())).await;
    let first = held(db.take_in(&said("1", "ann")).await.expect("stored"));
    assert_eq!(db.take_in(&said("2", "ann")).await.expect("stored"), TakenIn::Queued);
    assert_eq!(db.take_in(&said("3", "ann")).await.expect("stored"), TakenIn::Queued);
    held(db.take_in(&said("4", "bob")).await.expect("stored"));
    assert_eq!(words(&db.take_arrivals("telegram", 9).await.expect("asked")), Vec::<&str>::new());
    db.end_arrival(&first).await.expect("ended");
    assert_eq!(words(&db.take_arrivals("telegram", 9).await.expect("asked")), ["2"], "one a chat");
}

#[tokio::test]
async fn what_its_holder_left_undone_is_free_after_a_while_and_the_late_end_changes_nothing() {
    let (db, _place, clock) = testing::db_with_clock(Engine::of(module_path!())).await;
    let first = held(db.take_in(&said("1", "ann")).await.expect("stored"));
    clock.advance(HOLD);
    let again = db.take_arrivals("telegram", 9).await.expect("asked");
    assert_eq!((words(&again), again[0].attempts), (vec!["1"], 2));
    assert!(!db.end_arrival(&first).await.expect("asked"), "it is another's now");
    db.put_back_arrival(&first, Duration::ZERO, None).await.expect("asked");
    assert!(db.take_arrivals("telegram", 9).await.expect("asked").is_empty(), "nor is it put back");
    assert!(db.end_arrival(&again[0]).await.expect("ended"));
}

#[tokio::test]
async fn what_was_done_is_known_for_a_while() {
    let (db, _place, clock) = testing::db_with_clock(Engine::of(module_path!())).await;
    let first = held(db.take_in(&said("1", "ann")).await.expect("stored"));
    db.end_arrival(&first).await.expect("ended");
    let week = Duration::from_secs(7 * 24 * 3600);
    assert_eq!(db.delete_old(week).await.expect("cleared"), 0);
    clock.advance(week + Duration::from_secs(1));
    assert_eq!(db.delete_old(week).await.expect("cleared"), 1);
}

#[tokio::test]
async fn an_answer_that_is_owed_holds_up_nothing_and_is_forgotten_once_it_is_given() {
    let (db, _place, clock) = testing::db_with_clock(Engine::of(module_path!())).await;
    let first = held(db.take_in(&said("1", "ann")).await.expect("stored"));
    assert_eq!(db.take_in(&said("2", "ann")).await.expect("stored"), TakenIn::Queued);
    db.put_back_arrival(&first, Duration::from_secs(5), Some("an answer")).await.expect("put back");
    assert_eq!(words(&db.take_arrivals("telegram", 9).await.expect("asked")), ["2"]);
    let third = held(db.take_in(&said("3", "bob")).await.expect("stored"));
    db.end_arrival(&third).await.expect("ended");
    clock.advance(Duration::from_secs(5));
    let owed = db.take_arrivals("telegram", 9).await.expect("asked");
    assert_eq!((words(&owed), owed[0].reply.as_deref()), (vec!["1"], Some("an answer")));
    assert!(db.end_arrival(&owed[0]).await.expect("ended"));
    assert!(db.take_arrivals("telegram", 9).await.expect("asked").is_empty());
}
