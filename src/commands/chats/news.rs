//! `shop.example new`: new products of a shop, in a channel and for oneself.

use coatcheck_bots::Room;

use super::*;

#[tokio::test]
async fn somebody_watches_what_is_new_at_a_shop() {
    let chat = Chat::with_two_jackets().await;
    insta::assert_snapshot!(chat.talk(&[
        "/watch shop.example new",
        "/watch https://shop.example/collections/all NEW",
        "/watches",
        "/unwatch shop.example new",
        "/unwatch shop.example new",
        "/watches",
        "/watch other.example new",
    ]).await, @"
    > /watch shop.example new
    I'll tell you here what is new at shop.example, once a minute at most. Its lists that I track have 2 products now; I read up to 100 pages of each.

    > /watch https://shop.example/collections/all NEW
    I already tell you here what is new at shop.example, once a minute at most. Its lists that I track have 2 products now; I read up to 100 pages of each.

    > /watches
    New products of shop.example

    > /unwatch shop.example new
    ✓ Stopped: new products of shop.example.

    > /unwatch shop.example new
    New products of shop.example are not announced here. Nothing was changed.

    > /watches
    You have no watches yet. Try: /watch jacket M

    > /watch other.example new
    I don't know a product by that name. To track a new one, send /watch and the address of its page.
    ");
}

#[tokio::test]
async fn a_channel_announces_what_is_new_at_a_shop() {
    let room = Room { destination: Destination::DiscordChannel(9), person: Some(Destination::DiscordUser(7)) };
    let chat = Chat::with_two_jackets().await.whisper(Who { room: Some(room), may_manage: true, ..alice() });
    insta::assert_snapshot!(chat.talk(&[
        "/announce add shop.example new",
        "/announce add shop.example",
        "/announce list",
        "/announce stop shop.example new",
        "/announce list",
    ]).await, @"
    > /announce add shop.example new
    I'll tell you here what is new at shop.example, once a minute at most. Its lists that I track have 2 products now; I read up to 100 pages of each.

    > /announce add shop.example
    Announcing everything at shop.example — any size here. I post when it is back and edit the post as sizes come and go.

    > /announce list
    Announced here:
    • shop.example — new products
    • shop.example — any size
    [Stop shop.example — new products unannounce:1] [Stop shop.example — any size unannounce:2]

    > /announce stop shop.example new
    ✓ Stopped: new products of shop.example.

    > /announce list
    Announced here:
    • shop.example — any size
    [Stop shop.example — any size unannounce:2]
    ");
}
