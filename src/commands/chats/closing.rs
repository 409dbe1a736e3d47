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
    I know nothing of you.

    > /watch corps m black
    Watching Corps Jacket — M / black.
    I will tell you the moment it is back (last in stock 3 days ago).
    [Stop stop:1]

    > /watch rain xs
    Watching Rain Jacket — xs.
    xs is not listed now; I will tell you if it appears.
    Sizes I know of: M, L
    [Stop stop:2]

    > /forget
    This deletes your 2 watches, for good. What I told you so far stays counted, without your name.
    [Forget me forget:1]
    ");
    let subscriber =
        chat.db.known_destination(&alice().destination).await.expect("asked").expect("known").subscriber_id;
    let talk =
        chat.talk(&[&format!("[forget:{}]", subscriber + 1), &format!("[forget:{subscriber}]"), "/watches"]).await;
    insta::assert_snapshot!(talk, @"
    > [forget:2]
    I know nothing of you.

    > [forget:1]
    Done: I know nothing of you any more. Goodbye!

    > /watches
    You wait for nothing. /watch with a product and a size makes me tell you when it is back.
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
    insta::assert_snapshot!(reply.text, @"Everything I know of you: 1 watch, 0 messages.");
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
    1. https://shop.example/collections/all — 2 products, read just now

    > /shop add https://other.example/products/hat
    Following https://other.example/products/hat as number 2. /shop list shows what it reads.

    > /shop pause 1
    https://shop.example/collections/all is not read until /shop resume.

    > /shop resume https://shop.example/collections/all
    https://shop.example/collections/all is read now.

    > /shop remove
    Which one? /shop remove with the number or the address that /shop list shows.

    > /shop remove 1
    This forgets https://shop.example/collections/all with its history and the 0 watches on it.
    [Remove it unfollow:1]

    > [unfollow:1]
    https://shop.example/collections/all is not followed any more.

    > /shop list
    2. https://other.example/products/hat — 0 products, never read
    ");
}
