//! Stopping, waiting again, being quiet.

use super::*;
use crate::store::subscriber::Address;

/// As the fan-out does when it tells a `once` watch.
async fn tell_all(chat: &Chat) {
    use crate::store::sql::Sql;
    let txn = chat.db.write().await.expect("begun");
    let values = vec![crate::store::time::micros(chat.db.now()).into()];
    txn.run("UPDATE watch SET armed = FALSE, told_at = $1 WHERE mode = 'once'", values).await.expect("told");
    txn.commit().await.expect("committed");
}

#[tokio::test]
async fn watches_are_stopped_by_button_or_by_name() {
    let chat = Chat::with_two_jackets().await;
    chat.talk(&["/watch corps M,L", "/watch rain"]).await;
    insta::assert_snapshot!(chat.talk(&["/unwatch", "[stop:1]", "[stop:1]", "/unwatch corps XL", "/unwatch jacket L", "/unwatch all", "/unwatch"]).await, @"");
}

#[tokio::test]
async fn what_was_told_waits_again_when_asked() {
    let chat = Chat::with_two_jackets().await;
    chat.talk(&["/watch corps M black", "/watch rain M"]).await;
    tell_all(&chat).await;
    insta::assert_snapshot!(chat.talk(&["/watches", "[again:1]", "/again rain", "/again"]).await, @"");
    assert_eq!(chat.db.watch_counts().await.expect("read").armed, 2);
}

#[tokio::test]
async fn watch_again_is_armed_after_the_drop_it_was_told_of() {
    let chat = Chat::with_two_jackets().await;
    chat.say("/watch corps M black").await;
    chat.reads(InStock).await;
    tell_all(&chat).await;
    insta::assert_snapshot!(chat.press("again:1").await, @"");
    let drop = chat.db.open_drop().await.expect("read").expect("a drop");
    let rules = crate::store::fanout::FanoutRules {
        chunk: 100,
        quiet_for: Duration::from_secs(900),
        expire_after: Duration::from_secs(7200),
    };
    let cases = chat.db.cases_of(&drop).await.expect("read");
    let chunk = chat.db.fan_out_chunk(&drop, &cases, &rules).await.expect("fanned out");
    assert_eq!(chunk.alerts, 0, "the answer told it already");
}

#[tokio::test]
async fn got_it_closes_the_watch() {
    let chat = Chat::with_two_jackets().await;
    insta::assert_snapshot!(chat.talk(&["/watch corps L black", "[got:1]", "/watches"]).await, @"");
}

#[tokio::test]
async fn quiet_ends_with_what_is_there() {
    let chat = Chat::with_two_jackets().await;
    insta::assert_snapshot!(chat.talk(&["/pause soon", "/pause 8h", "/resume", "/watch rain", "/pause", "/resume"]).await, @"");
    let address: Option<Address> = chat.db.known_destination(&chat.who.destination).await.expect("read");
    assert_eq!(chat.db.paused_until(address.expect("known").subscriber_id).await.expect("read"), None);
}
