//! `/watch`.

use super::*;

#[tokio::test]
async fn a_wish_is_answered_with_todays_stock() {
    let chat = Chat::with_two_jackets().await;
    insta::assert_snapshot!(chat.talk(&["/watch corps m black", "/watch corps jacket L", "/watch rain m every"]).await, @"");
}

#[tokio::test]
async fn several_sizes_are_several_watches_in_any_order() {
    let chat = Chat::with_two_jackets().await;
    insta::assert_snapshot!(chat.talk(&["/watch M,large olive \"corps jacket\"", "/watches"]).await, @"");
}

#[tokio::test]
async fn a_size_that_is_not_listed_is_accepted() {
    let chat = Chat::with_two_jackets().await;
    insta::assert_snapshot!(chat.talk(&["/watch corps 3XL", "/watch corps size M style purple"]).await, @"");
}

#[tokio::test]
async fn what_was_not_read_lately_is_not_said_to_be_there() {
    let chat = Chat::with_two_jackets().await;
    fail(&chat.db, chat.source, "the shop answered 500").await;
    chat.clock.advance(Duration::from_secs(3600));
    insta::assert_snapshot!(chat.talk(&["/watch rain L", "/stock rain"]).await, @"");
}

#[tokio::test]
async fn an_address_nobody_follows_is_followed() {
    let jacket = product("Moon Boots", &[("41", "", OutOfStock), ("42", "", InStock)]);
    let chat = Chat::with(Some(Ok(vec![jacket]))).await;
    insta::assert_snapshot!(chat.talk(&["/watch https://boots.example/products/moon-boots 41", "/watch https://intranet.example/x M"]).await, @"");
}

#[tokio::test]
async fn an_address_that_cannot_be_read_or_takes_long_is_answered_in_words() {
    let broken = Chat::with(Some(Err("the shop answered 404 Not Found."))).await;
    insta::assert_snapshot!(broken.say("/watch https://boots.example/products/none 41").await, @"");
    let slow = Chat::with(None).await;
    insta::assert_snapshot!(slow.say("/watch https://boots.example/products/slow 41").await, @"");
}

#[tokio::test]
async fn a_watched_size_that_comes_back_between_watch_and_answer_is_told_by_either() {
    let chat = Chat::with_two_jackets().await;
    chat.say("/watch corps m black").await;
    let product = chat.db.catalogue().await.expect("read").remove(0);
    let before = chat.db.watches(1, crate::store::watch::Which::All).await.expect("read");
    assert!(before[0].armed && before[0].product_id == product.id);
    chat.reads(InStock).await;
    let drop = chat.db.open_drop().await.expect("read").expect("a drop that the watch was armed before");
    assert_eq!(chat.db.cases_of(&drop).await.expect("read").len(), 1);
}

#[tokio::test]
async fn a_hostile_title_stays_a_title() {
    let chat = Chat::with(None).await;
    let hostile = product("@everyone\u{202e} https://evil.example Jacket", &[("M", "@here", InStock)]);
    read(&chat.db, chat.source, vec![hostile]).await;
    insta::assert_snapshot!(chat.talk(&["/watch jacket m", "/stock jacket", "/watches", "/unwatch jacket"]).await, @"");
}

#[tokio::test]
async fn in_a_room_only_its_managers_change_anything() {
    let chat = Chat::with_two_jackets().await;
    let room = Who { destination: Destination::DiscordChannel(9), may_manage: false };
    let chat = chat.whisper(room);
    insta::assert_snapshot!(chat.talk(&["/watch corps m", "/stock rain"]).await, @"");
}
