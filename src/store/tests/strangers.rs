//! Strangers and what bounds them; closing and opening again; two chats of one person; coming back.

use std::time::Duration;

use coatcheck_domain::Destination;
use coatcheck_domain::watch::{Mode, Wish};

use crate::store::Db;
use crate::store::chats::wish;
use crate::store::db::sql::Sql;
use crate::store::people::allowance::Limit;
use crate::store::people::linking::Linked;
use crate::store::people::watch::{NewWatch, Which};
use crate::store::polls::source::NewSource;
use crate::testing::{self, Engine, fail, follow, product, read};
use coatcheck_domain::Availability::OutOfStock;
use coatcheck_domain::poll::State;

const ANN: Destination = Destination::DiscordUser(7);
const BOB: Destination = Destination::DiscordUser(8);

async fn watches(db: &Db, who: &Destination) -> i64 {
    let source = follow(db, "https://shop.example/products/jacket").await;
    if db.catalogue().await.expect("read").is_empty() {
        read(db, source, vec![product("Jacket", &[("M", "", OutOfStock)])]).await;
    }
    let subscriber_id = db.destination_for(who, || None).await.expect("stored").subscriber_id;
    let product_id = db.catalogue().await.expect("read")[0].id;
    let new = NewWatch { subscriber_id, product_id, wish: Wish::default(), size: None, style: None, mode: Mode::Once };
    db.add_watches(&[new]).await.expect("watched");
    subscriber_id
}

#[tokio::test]
async fn whoever_watched_before_a_word_was_set_is_admitted_and_another_word_expels_nobody() {
    let (db, _place) = testing::db(Engine::of(module_path!())).await;
    watches(&db, &ANN).await;
    assert_eq!(db.begin_admission(false).await.expect("begun"), 0);
    assert!(!db.is_admitted(&ANN).await.expect("asked"), "nobody needs to be");
    assert_eq!(db.begin_admission(true).await.expect("begun"), 1);
    assert!(db.is_admitted(&ANN).await.expect("asked"));
    watches(&db, &BOB).await;
    assert_eq!(db.begin_admission(true).await.expect("begun"), 0, "only the first word lets them in");
    assert!(!db.is_admitted(&BOB).await.expect("asked"));
    db.admit(&BOB).await.expect("admitted");
    assert!(db.is_admitted(&BOB).await.expect("asked"));
}

#[tokio::test]
async fn a_rooms_admission_holds_in_its_topics() {
    let (db, _place) = testing::db(Engine::of(module_path!())).await;
    let topic = |topic| Destination::Telegram { chat: -100, topic };
    db.admit(&topic(Some(3))).await.expect("admitted");
    for place in [topic(Some(3)), topic(Some(9)), topic(None)] {
        assert!(db.is_admitted(&place).await.expect("asked"), "{place}");
    }
    let elsewhere = Destination::Telegram { chat: -200, topic: Some(3) };
    assert!(!db.is_admitted(&elsewhere).await.expect("asked"));
}

#[tokio::test]
async fn tries_are_counted_for_each_and_for_all_and_forgotten_after_their_time() {
    let (db, _place, clock) = testing::db_with_clock(Engine::of(module_path!())).await;
    let hour = Duration::from_secs(3600);
    let each = [Limit { within: hour, most: 2 }];
    let all = Some(Limit { within: hour, most: 3 });
    let mut may = Vec::new();
    for who in [ANN, ANN, ANN, BOB, BOB] {
        may.push(db.allow("invite", &who, &each, all).await.expect("asked"));
    }
    assert_eq!(may, [true, true, false, true, false], "two each, three in all");
    assert!(db.allow("link", &ANN, &each, all).await.expect("asked"), "another thing is counted apart");
    clock.advance(hour);
    assert!(db.allow("invite", &ANN, &each, all).await.expect("asked"));
}

#[tokio::test]
async fn all_topics_of_a_forum_are_one_who_tries() {
    let (db, _place) = testing::db(Engine::of(module_path!())).await;
    let each = [Limit { within: Duration::from_secs(3600), most: 2 }];
    let mut may = Vec::new();
    for topic in [None, Some(2), Some(3)] {
        let place = Destination::Telegram { chat: -100, topic };
        may.push(db.allow("address", &place, &each, None).await.expect("asked"));
    }
    assert_eq!(may, [true, true, false]);
}

#[tokio::test]
async fn what_only_a_forgotten_person_wanted_is_polled_no_more() {
    let (db, _place) = testing::db(Engine::of(module_path!())).await;
    let eve = db.destination_for(&ANN, || None).await.expect("stored").subscriber_id;
    let page = |name: &str| NewSource {
        added_by: Some(eve),
        listed: false,
        ..testing::source(&format!("https://{name}.example/p"))
    };
    let (lone, shared) = (page("lone"), page("shared"));
    for new in [&lone, &shared] {
        let id = db.add_source(new).await.expect("added").0;
        read(&db, id, vec![product(&new.host, &[("M", "", OutOfStock)])]).await;
    }
    let wanted = db.catalogue().await.expect("read").into_iter().map(|product| product.id);
    let bob = db.destination_for(&BOB, || None).await.expect("stored").subscriber_id;
    let watch = |subscriber_id, product_id| NewWatch {
        subscriber_id,
        product_id,
        wish: Wish::default(),
        size: None,
        style: None,
        mode: Mode::Once,
    };
    let products: Vec<i64> = wanted.collect();
    let watches = [watch(eve, products[0]), watch(eve, products[1]), watch(bob, products[1])];
    db.add_watches(&watches).await.expect("watched");
    db.forget(eve).await.expect("forgotten");
    let states: Vec<State> = db.sources().await.expect("read").iter().map(|source| source.state).collect();
    assert_eq!(states, [State::Dormant, State::Idle]);
}

#[tokio::test]
async fn a_closed_watch_waits_for_nothing_and_can_be_opened_again() {
    let (db, _place) = testing::db(Engine::of(module_path!())).await;
    let ann = watches(&db, &ANN).await;
    let id = db.watches(ann, Which::All).await.expect("read")[0].id;
    assert_eq!(db.close_watches(ann, &[id]).await.expect("closed"), 1);
    assert!(db.watches(ann, Which::All).await.expect("read").is_empty());
    let bob = watches(&db, &BOB).await;
    assert!(db.reopen(bob, Which::Watch(id)).await.expect("asked").is_empty(), "it is not theirs");
    assert_eq!(db.reopen(ann, Which::Watch(id)).await.expect("opened").len(), 1);
    assert!(db.watches(ann, Which::All).await.expect("read")[0].armed);
    assert!(db.reopen(ann, Which::Watch(id)).await.expect("asked").is_empty(), "once");
}

#[tokio::test]
async fn a_wish_can_be_answered_once_its_source_was_read_or_its_time_is_over() {
    let (db, _place, clock) = testing::db_with_clock(Engine::of(module_path!())).await;
    let ann = db.destination_for(&ANN, || None).await.expect("stored").destination_id;
    let source = follow(&db, "https://shop.example/products/jacket").await;
    let slow = follow(&db, "https://shop.example/products/hat").await;
    let id = db.wish(source, ann, "[]").await.expect("wished").expect("few");
    assert_eq!(db.wish(source, ann, "[]").await.expect("wished"), Some(id), "said twice, it is one");
    db.wish(slow, ann, "[]").await.expect("wished");
    let patience = Duration::from_secs(25);
    read(&db, source, vec![product("Jacket", &[("M", "", OutOfStock)])]).await;
    assert!(db.ripe_wishes(patience, 10).await.expect("read").is_empty(), "somebody still waits for the answer");
    clock.advance(patience);
    let ripe = db.ripe_wishes(patience, 10).await.expect("read");
    assert_eq!(ripe.iter().map(|wish| (wish.id, wish.is_read)).collect::<Vec<_>>(), [(id, true)]);
    assert!(db.end_wish(id).await.expect("ended") && !db.end_wish(id).await.expect("ended"), "one of two answers");
    fail(&db, slow, "the shop answered 500").await;
    clock.advance(wish::LASTS);
    let ripe = db.ripe_wishes(patience, 10).await.expect("read");
    assert!(matches!(ripe.as_slice(), [late] if !late.is_read && late.source_id == slow), "{ripe:?}");
}

#[tokio::test]
async fn a_link_code_joins_two_chats_once() {
    let (db, _place, clock) = testing::db_with_clock(Engine::of(module_path!())).await;
    let (ann, bob) = (watches(&db, &ANN).await, watches(&db, &BOB).await);
    db.offer_link(ann, "AB12-CD34").await.expect("offered");
    assert_eq!(db.take_link(ann, "ab12cd34").await.expect("asked"), Linked::Same);
    assert_eq!(db.take_link(bob, "wrong").await.expect("asked"), Linked::NoSuchCode);
    let linked = db.take_link(bob, "ab12 cd34").await.expect("asked");
    assert!(matches!(linked, Linked::Joined { watches: 1, .. }), "{linked:?}");
    assert_eq!(db.destination_for(&BOB, || None).await.expect("known").subscriber_id, ann);
    let carl = db.destination_for(&Destination::DiscordUser(9), || None).await.expect("stored").subscriber_id;
    assert_eq!(db.take_link(carl, "AB12CD34").await.expect("asked"), Linked::NoSuchCode, "a code is good once");
    db.offer_link(ann, "ZZ").await.expect("offered");
    clock.advance(Duration::from_secs(600));
    assert_eq!(db.take_link(carl, "ZZ").await.expect("asked"), Linked::NoSuchCode, "and for ten minutes");
}

#[tokio::test]
async fn whoever_comes_back_is_active_again_and_hears_it_once() {
    let (db, _place) = testing::db(Engine::of(module_path!())).await;
    watches(&db, &ANN).await;
    assert_eq!(db.returned(&ANN).await.expect("asked"), None, "nobody was away");
    let txn = db.write().await.expect("begun");
    txn.run("UPDATE destination SET state = 'gone', gone_at = 0", vec![]).await.expect("gone");
    txn.commit().await.expect("committed");
    assert_eq!(db.returned(&ANN).await.expect("asked"), Some(Vec::new()));
    assert!(db.known_destination(&ANN).await.expect("asked").is_some());
    assert_eq!(db.returned(&ANN).await.expect("asked"), None);
}
