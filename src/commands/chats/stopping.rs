//! Stopping, waiting again, being quiet.

use super::*;
use crate::store::people::subscriber::Address;

/// As the fan-out does when it tells a `once` watch.
async fn tell_all(chat: &Chat) {
    use crate::store::db::sql::Sql;
    let txn = chat.db.write().await.expect("begun");
    let values = vec![crate::store::db::time::micros(chat.db.now()).into()];
    txn.run("UPDATE watch SET armed = FALSE, notified_at = $1 WHERE mode = 'once'", values).await.expect("told");
    txn.commit().await.expect("committed");
}

#[tokio::test]
async fn watches_are_stopped_by_button_or_by_name() {
    let chat = Chat::with_two_jackets().await;
    chat.talk(&["/watch corps M,L", "/watch rain"]).await;
    insta::assert_snapshot!(chat.talk(&["/unwatch", "[stop:1]", "[stop:1]", "/unwatch corps XL", "/unwatch jacket L", "/unwatch all", "/unwatch"]).await, @"
    > /unwatch
    Which one shall I stop?
    1. Corps Jacket — M: sold out, last in stock 3 days ago
    2. Corps Jacket — L: in stock now (2 variants)
    3. Rain Jacket — any size: in stock now, 129.00 EUR
    [Stop 1 stop:1] [Stop 2 stop:2] [Stop 3 stop:3]

    > [stop:1]
    Stopped. I no longer watch Corps Jacket — M.

    > [stop:1]
    I find no such watch of yours; it may be closed already.

    > /unwatch corps XL
    You do not wait for Corps Jacket — XL. Of it you wait for: L.

    > /unwatch jacket L
    Which one?
    1. Corps Jacket
    2. Rain Jacket
    [1 c:1:1] [2 c:1:2]

    > /unwatch all
    Stopped: 2 watches.

    > /unwatch
    You wait for nothing. /watch with a product and a size makes me tell you when it is back.
    ");
}

#[tokio::test]
async fn what_was_told_waits_again_when_asked() {
    let chat = Chat::with_two_jackets().await;
    chat.talk(&["/watch corps M black", "/watch rain M"]).await;
    tell_all(&chat).await;
    insta::assert_snapshot!(chat.talk(&["/watches", "[again:1]", "/again rain", "/again"]).await, @"
    > /watches
    You wait for 2 things:
    1. Corps Jacket — M / black: sold out, last in stock 3 days ago; told just now
    2. Rain Jacket — M: pre-order; told just now
    /again waits again for what I told you about.
    [Stop 1 stop:1] [Stop 2 stop:2]

    > [again:1]
    Watching Corps Jacket — M / black.
    I will tell you the moment it is back (last in stock 3 days ago).
    [Stop stop:1]

    > /again rain
    I wait again for one thing. All you wait for:
    1. Rain Jacket — M: pre-order
    [Stop 1 stop:2]

    > /again
    I was waiting for everything already:
    1. Corps Jacket — M / black: sold out, last in stock 3 days ago
    2. Rain Jacket — M: pre-order
    [Stop 1 stop:1] [Stop 2 stop:2]
    ");
    assert_eq!(chat.db.watch_counts().await.expect("read").armed, 2);
}

#[tokio::test]
async fn watch_again_is_armed_after_the_drop_it_was_told_of() {
    let chat = Chat::with_two_jackets().await;
    chat.say("/watch corps M black").await;
    chat.reads(InStock).await;
    tell_all(&chat).await;
    insta::assert_snapshot!(chat.press("again:1").await, @"
    > [again:1]
    Watching Corps Jacket — M / black.
    It is in stock right now: M / Black, 129.00 EUR
    https://shop.example/products/corps-jacket
    [Got it got:1]
    ");
    let restock = testing::open_restock(&chat.db).await.expect("a restock");
    let rules = crate::store::outbox::fanout::FanoutRules {
        chunk: 100,
        quiet_for: Duration::from_secs(900),
        expire_after: Duration::from_secs(7200),
    };
    let chunk = testing::fan_out_chunk(&chat.db, &restock, &rules).await;
    assert_eq!(chunk.alerts, 0, "the answer told it already");
}

#[tokio::test]
async fn got_it_closes_the_watch() {
    let chat = Chat::with_two_jackets().await;
    insta::assert_snapshot!(chat.talk(&["/watch corps L black", "[got:1]", "/watches"]).await, @"
    > /watch corps L black
    Watching Corps Jacket — L / black.
    It is in stock right now: L / Black, 129.00 EUR
    https://shop.example/products/corps-jacket
    [Got it got:1]

    > [got:1]
    Enjoy it! I no longer watch Corps Jacket — L / black.

    > /watches
    You wait for nothing. /watch with a product and a size makes me tell you when it is back.
    ");
}

#[tokio::test]
async fn quiet_ends_with_what_is_there() {
    let chat = Chat::with_two_jackets().await;
    insta::assert_snapshot!(chat.talk(&["/pause soon", "/pause 8h", "/resume", "/watch rain", "/pause", "/resume"]).await, @"
    > /pause soon
    I do not understand that: a time is written like 30m, 8h or 2d, and is a year at most. Nothing is paused.

    > /pause 8h
    Quiet for 8 h, until 2027-01-18 16:11 UTC. /resume ends it sooner.

    > /resume
    I speak again. Nothing you wait for is in stock now.

    > /watch rain
    Watching Rain Jacket — any size.
    It is in stock right now: L, 129.00 EUR
    https://shop.example/products/rain-jacket
    [Got it got:1]

    > /pause
    Quiet until you say /resume.

    > /resume
    I speak again. In stock now:
    • Rain Jacket — any size: in stock now, 129.00 EUR https://shop.example/products/rain-jacket
    ");
    let address: Option<Address> = chat.db.known_destination(&chat.who.destination).await.expect("read");
    assert_eq!(chat.db.paused_until(address.expect("known").subscriber_id).await.expect("read"), None);
}
