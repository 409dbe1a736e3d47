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
    Which watch should I stop:
    1. Corps Jacket — M: sold out, last in stock 3 days ago
    2. Corps Jacket — L: in stock now (2 variants) https://shop.example/products/corps-jacket
    3. Rain Jacket — any size: in stock now, 129.00 EUR https://shop.example/products/rain-jacket
    [Stop Corps Jacket M stop:1:1] [Stop Corps Jacket L stop:2:1] [Stop Rain Jacket any size stop:3:1]

    > [stop:1]
    ✓ Stopped: Corps Jacket — M.
    [Watch again again:1]

    > [stop:1]
    That watch is already closed.

    > /unwatch corps XL
    You aren't watching Corps Jacket — XL. You watch: L.

    > /unwatch jacket L
    Which one?
    1. Corps Jacket
    2. Rain Jacket
    [Corps Jacket c:3:1] [Rain Jacket c:3:2]

    > /unwatch all
    Stopped 2 watches.

    > /unwatch
    You have no watches yet. Try: /watch jacket M
    ");
}

#[tokio::test]
async fn what_was_told_waits_again_when_asked() {
    let chat = Chat::with_two_jackets().await;
    chat.talk(&["/watch corps M black", "/watch rain M"]).await;
    tell_all(&chat).await;
    insta::assert_snapshot!(chat.talk(&["/watches", "[again:1]", "/again rain", "/again"]).await, @"
    > /watches
    You have 2 watches:
    1. Corps Jacket — M / black: sold out, last in stock 3 days ago; you were notified just now
    2. Rain Jacket — M: pre-order; you were notified just now
    /again watches again what you were already notified of.
    [Stop Corps Jacket M / black stop:1:1] [Stop Rain Jacket M stop:2:1]

    > [again:1]
    Watching Corps Jacket — M / black.
    Sold out now. I'll notify you when it is back (last in stock 3 days ago).
    [Stop M / black stop:1]

    > /again rain
    Watching 1 again. Your watches:
    1. Rain Jacket — M: pre-order
    [Stop M stop:2:1]

    > /again
    You were already watching everything:
    1. Corps Jacket — M / black: sold out, last in stock 3 days ago
    2. Rain Jacket — M: pre-order
    [Stop Corps Jacket M / black stop:1:1] [Stop Rain Jacket M stop:2:1]
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
    In stock now: M / Black, 129.00 EUR
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
    In stock now: L / Black, 129.00 EUR
    https://shop.example/products/corps-jacket
    [Got it got:1]

    > [got:1]
    ✓ Got it. No longer watching Corps Jacket — L / black.
    [Watch again again:1:a]

    > /watches
    You have no watches yet. Try: /watch jacket M
    ");
}

#[tokio::test]
async fn quiet_ends_with_what_is_there() {
    let chat = Chat::with_two_jackets().await;
    insta::assert_snapshot!(chat.talk(&["/pause soon", "/pause 8h", "/resume", "/watch rain", "/pause", "/resume"]).await, @"
    > /pause soon
    I didn't understand that time. Try 30m, 8h, 2d or until tomorrow. Nothing is paused.

    > /pause 8h
    Alerts are paused until 2027-01-18 16:11 UTC. /resume ends the pause sooner.

    > /resume
    Alerts are on again. Nothing on your list is in stock now.

    > /watch rain
    Watching Rain Jacket — any size.
    In stock now: L, 129.00 EUR
    https://shop.example/products/rain-jacket
    Only one size? Pick it:
    [Got it got:1] [Only M c:1:1] [Only L c:1:2]

    > /pause
    Alerts are paused until you say /resume.

    > /resume
    Alerts are on again. In stock now:
    • Rain Jacket — any size: in stock now, 129.00 EUR https://shop.example/products/rain-jacket
    ");
    let address: Option<Address> = chat.db.known_destination(&chat.who.destination).await.expect("read");
    assert_eq!(chat.db.paused_until(address.expect("known").subscriber_id).await.expect("read"), None);
}
