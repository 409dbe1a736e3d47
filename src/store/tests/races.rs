//! Pairs that come at the same moment, many times: on PostgreSQL they truly run beside each other.

use std::time::Duration;

use coatcheck_domain::Destination;
use coatcheck_domain::watch::Mode;
use futures_util::future::join_all;

use super::phones::number;
use super::scene::{IN, OUT, Scene, jacket};
use crate::store::chats::inbox::{NewArrival, TakenIn};
use crate::store::people::allowance::Limit;
use crate::store::people::consent::{ConsentSource, ConsentWord};

const TIMES: u64 = 25;

#[tokio::test]
async fn two_first_messages_of_one_person_make_one_subscriber() {
    let scene = Scene::new().await;
    let other = scene.another().await;
    for number in 1..=TIMES {
        let ann = Destination::DiscordUser(number);
        let (one, two) = tokio::join!(scene.db.destination_for(&ann, || None), other.destination_for(&ann, || None));
        assert_eq!(one.expect("stored").subscriber_id, two.expect("stored").subscriber_id);
    }
    let people = i64::try_from(TIMES).expect("few");
    assert_eq!(scene.number("SELECT count(*) FROM subscriber").await, people, "nobody is left without a destination");
}

#[tokio::test]
async fn one_address_added_by_two_people_is_followed_once() {
    let scene = Scene::new().await;
    let other = scene.another().await;
    for number in 1..=TIMES {
        let new = Scene::new_source(&format!("https://shop.example/products/{number}"));
        let (one, two) = tokio::join!(scene.db.add_source(&new), other.add_source(&new));
        let (one, two) = (one.expect("added"), two.expect("found"));
        assert!(one.0 == two.0 && one.1 != two.1, "{one:?} {two:?}");
    }
}

#[tokio::test]
async fn of_two_messages_in_one_chat_one_is_held_and_the_other_waits() {
    let scene = Scene::new().await;
    let other = scene.another().await;
    for number in 0..TIMES {
        let (chat, first, second) = (format!("chat {number}"), format!("{number} a"), format!("{number} b"));
        let said = |external_id| NewArrival { platform: "telegram", external_id, chat: &chat, payload: "hi" };
        let (first, second) = (said(first.as_str()), said(second.as_str()));
        let (one, two) = tokio::join!(scene.db.take_in(&first), other.take_in(&second));
        let both = [one.expect("taken in"), two.expect("taken in")];
        let held = both.iter().filter(|taken| matches!(taken, TakenIn::Held(_))).count();
        assert_eq!(held, 1, "{both:?}");
    }
}

#[tokio::test]
async fn of_many_tries_at_once_no_more_than_allowed_count() {
    let scene = Scene::new().await;
    let other = scene.another().await;
    let each = [Limit { within: Duration::from_secs(3600), most: 3 }];
    for number in 1..=TIMES {
        let eve = Destination::DiscordUser(number);
        let tries = (0..8).map(|nth| if nth % 2 == 0 { &scene.db } else { &other });
        let tries = tries.map(|db| db.allow("invite", &eve, &each, None));
        let passed = join_all(tries).await.into_iter().filter(|may| *may.as_ref().expect("asked")).count();
        assert_eq!(passed, 3);
    }
}

#[tokio::test]
async fn who_is_forgotten_while_a_restock_is_fanned_out_gets_nothing_and_breaks_nothing() {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT)]).await;
    let other = scene.another().await;
    for number in 1..=TIMES {
        let (ann, ben) = (scene.person(2 * number).await, scene.person(2 * number + 1).await);
        for person in [ann, ben] {
            scene.watch(person, product, "M", Mode::Once).await;
        }
        scene.read(source, &jacket(&[("M", IN)])).await;
        let (alerts, forgotten) = tokio::join!(scene.fan_out(), other.forget(ann));
        forgotten.expect("forgotten");
        assert!((1..=2).contains(&alerts), "{alerts}");
        let waiting = format!("SELECT count(*) FROM delivery WHERE state = 'pending' AND subscriber_id = {ben}");
        assert_eq!(scene.number(&waiting).await, 1);
        scene.run("UPDATE delivery SET state = 'sent' WHERE state = 'pending' AND subscriber_id IS NOT NULL").await;
        assert_eq!(
            scene.number("SELECT count(*) FROM delivery WHERE state = 'pending'").await,
            0,
            "nothing is left of Ann"
        );
        scene.read(source, &jacket(&[("M", OUT)])).await;
    }
}

#[tokio::test]
async fn start_and_stop_of_one_number_at_once_are_both_written_down() {
    let scene = Scene::new().await;
    let other = scene.another().await;
    for _ in 0..TIMES {
        let phone = number();
        let there = Destination::Sms(phone.clone());
        let (one, two, three) = tokio::join!(
            scene.db.consent(&phone, ConsentWord::Start, ConsentSource::Text),
            other.consent(&phone, ConsentWord::Stop, ConsentSource::Text),
            other.destination_for(&there, || None),
        );
        one.expect("written down");
        two.expect("written down");
        three.expect("stored");
    }
    assert_eq!(scene.number("SELECT count(*) FROM destination").await, 1);
    assert_eq!(scene.number("SELECT count(*) FROM consent").await, 2 * i64::try_from(TIMES).expect("few"));
}

#[tokio::test]
async fn a_statement_of_ours_that_fails_is_not_taken_for_a_database_that_is_away() {
    let scene = Scene::new().await;
    scene.person(1).await;
    let txn = scene.db.write().await.expect("begun");
    let sql = "INSERT INTO destination (subscriber_id, channel, address, lane, rank, state, created_at) \
               SELECT subscriber_id, channel, address, lane, rank, state, created_at FROM destination";
    let error = crate::store::db::sql::Sql::run(&txn, sql, vec![]).await.expect_err("the address is there already");
    assert_eq!(scene.db.trouble().now(), None, "{error}");
    let words = crate::store::StoreError::from(error).to_string();
    assert!(words.contains("bug in coatcheck"), "{words}");
}
