//! Saying goodbye, what is known, and what only admins may.

use coatcheck_domain::watch::Mode;

use super::*;
use crate::store::people::watch::Which;

#[tokio::test]
async fn whoever_wants_to_be_forgotten_is_asked_once_and_forgotten() {
    let chat = Chat::with_two_jackets().await;
    let talk = chat.talk(&["/forget", "/watch corps m black", "/watch rain xs", "/forget"]).await;
    insta::assert_snapshot!(talk, @"
    > /forget
    Nothing is stored about you.

    > /watch corps m black
    Watching Corps Jacket — M / black.
    Sold out now. I'll notify you when it is back (last in stock 3 days ago).
    [Stop M / black stop:1]

    > /watch rain xs
    Watching Rain Jacket — xs.
    xs isn't listed now. I'll notify you if it appears.
    Sizes listed: M, L
    [Stop xs stop:2]

    > /forget
    This deletes your 2 watches. It can't be undone. Past alerts stay in the statistics, without your name.
    [Delete everything forget:1]
    ");
    let subscriber =
        chat.db.known_destination(&alice().destination).await.expect("asked").expect("known").subscriber_id;
    let talk =
        chat.talk(&[&format!("[forget:{}]", subscriber + 1), &format!("[forget:{subscriber}]"), "/watches"]).await;
    insta::assert_snapshot!(talk, @"
    > [forget:2]
    Nothing is stored about you.

    > [forget:1]
    Done. Everything stored about you is deleted.

    > /watches
    You have no watches yet. Try: /watch jacket M
    ");
    assert!(chat.db.watches(subscriber, Which::All).await.expect("asked").is_empty());
}

#[tokio::test]
async fn an_export_is_a_file_with_all_there_is() {
    let chat = Chat::with_two_jackets().await;
    chat.say("/watch corps m black every").await;
    let said = parse("/export", crate::commands::platform(&chat.who)).expect("a command");
    let reply = chat.commands.said(&chat.who, said).await;
    let file: serde_json::Value = serde_json::from_str(&reply.file.expect("a file").content).expect("JSON");
    assert_eq!(file["destinations"], serde_json::json!(["discord:7"]));
    assert_eq!(file["watches"][0]["mode"], Mode::Every.as_str());
    insta::assert_snapshot!(reply.text, @"Everything stored about you: 1 watch, 0 messages.");
}

#[tokio::test]
async fn only_admins_change_what_is_followed() {
    let mut chat = Chat::with_two_jackets().await;
    insta::assert_snapshot!(chat.talk(&["/shop list", "[unfollow:1]"]).await, @"
    > /shop list
    Only admins of this CoatCheck can do that. You can watch any product page yourself: /watch and its address.

    > [unfollow:1]
    Only admins of this CoatCheck can do that. You can watch any product page yourself: /watch and its address.
    ");
    chat.commands.rules.admins = vec![alice().destination];
    let talk = chat
        .talk(&[
            "/shop list",
            "/shop add https://other.example/products/hat",
            "/shop pause 1",
            "/shop resume https://shop.example/collections/all",
            "/shop remove",
            "/shop remove 1",
            "[unfollow:1]",
            "/shop list",
        ])
        .await;
    insta::assert_snapshot!(talk, @"
    > /shop list
    1 source:
    1. https://shop.example/collections/all — 2 products, checked just now

    > /shop add https://other.example/products/hat
    Tracking https://other.example/products/hat as number 2. /shop list shows what was found.

    > /shop pause 1
    https://shop.example/collections/all is paused. /shop resume 1 continues.

    > /shop resume https://shop.example/collections/all
    https://shop.example/collections/all is checked again now.

    > /shop remove
    Which one? Say /shop remove and a number or address from /shop list.

    > /shop remove 1
    This deletes https://shop.example/collections/all with its history and the 0 watches on it. It can't be undone.
    [Delete it unfollow:1]

    > [unfollow:1]
    https://shop.example/collections/all is no longer tracked.

    > /shop list
    1 source:
    2. https://other.example/products/hat — 0 products, never checked
    ");
}
