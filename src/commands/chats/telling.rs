//! Stock, history, status, help.

use super::*;

#[tokio::test]
async fn stock_is_a_grid_of_sizes_and_styles() {
    let chat = Chat::with_two_jackets().await;
    insta::assert_snapshot!(chat.talk(&["/stock corps", "/stock corps olive", "/stock rain"]).await, @"");
}

#[tokio::test]
async fn history_says_what_was_seen_and_what_was_not() {
    let chat = Chat::with_two_jackets().await;
    insta::assert_snapshot!(chat.talk(&["/history corps m black", "/history rain L", "/history rain XS"]).await, @"");
}

#[tokio::test]
async fn a_test_alert_goes_through_the_outbox() {
    let chat = Chat::with_two_jackets().await;
    insta::assert_snapshot!(chat.talk(&["/test", "/watch corps m black", "/test"]).await, @"");
    let deliveries = chat.db.deliveries(None, 10).await.expect("read");
    assert_eq!(deliveries.len(), 2);
}

#[tokio::test]
async fn help_status_and_what_comes_later() {
    let chat = Chat::with_two_jackets().await;
    fail(&chat.db, chat.source, "the shop answered 503").await;
    insta::assert_snapshot!(chat.talk(&["/help watch", "/start", "/status", "/phone +14155550123", "/forget", "/stop"]).await, @"");
}

#[tokio::test]
async fn by_text_message_nothing_is_stored_yet() {
    let phone: Destination = "sms:+14155550123".parse().expect("a phone");
    let chat = Chat::with_two_jackets().await.whisper(Who { destination: phone, may_manage: false });
    insta::assert_snapshot!(chat.talk(&["CORPS M", "LIST", "STOCK RAIN"]).await, @"");
}
