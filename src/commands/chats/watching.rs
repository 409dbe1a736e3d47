//! `/watch`.

use super::*;

#[tokio::test]
async fn a_wish_is_answered_with_todays_stock() {
    let chat = Chat::with_two_jackets().await;
    insta::assert_snapshot!(chat.talk(&["/watch corps m black", "/watch corps jacket L", "/watch rain m every"]).await, @"
    > /watch corps m black
    Watching Corps Jacket — M / black.
    Sold out now. I'll notify you when it is back (last in stock 3 days ago).
    [Stop M / black stop:1]

    > /watch corps jacket L
    Watching Corps Jacket — L.
    In stock now: L / Black, 129.00 EUR; L / Olive, 129.00 EUR (almost gone)
    https://shop.example/products/corps-jacket
    [Got it got:2]

    > /watch rain m every
    Watching Rain Jacket — M, every time.
    The shop says: pre-order. I'll notify you when it is in stock (not seen in stock yet).
    [Stop M stop:3]
    ");
}

#[tokio::test]
async fn several_sizes_are_several_watches_in_any_order() {
    let chat = Chat::with_two_jackets().await;
    insta::assert_snapshot!(chat.talk(&["/watch M,large olive \"corps jacket\"", "/watches"]).await, @r#"
    > /watch M,large olive "corps jacket"
    Watching Corps Jacket — M, L / olive.
    M: Sold out now. I'll notify you when it is back (not seen in stock yet).
    L: In stock now: L / Olive, 129.00 EUR (almost gone)
    https://shop.example/products/corps-jacket
    [Stop M stop:1] [Got it L got:2]

    > /watches
    You have 2 watches:
    1. Corps Jacket — M / olive: sold out
    2. Corps Jacket — L / olive: in stock now, 129.00 EUR (almost gone) https://shop.example/products/corps-jacket
    [Stop M / olive stop:1:1] [Stop L / olive stop:2:1]
    "#);
}

#[tokio::test]
async fn a_size_that_is_not_listed_is_accepted() {
    let chat = Chat::with_two_jackets().await;
    insta::assert_snapshot!(chat.talk(&["/watch corps 3XL", "/watch corps size M style purple"]).await, @"
    > /watch corps 3XL
    Watching Corps Jacket — 3XL.
    3XL isn't listed now. I'll notify you if it appears.
    Sizes listed: S, M, L
    Styles listed: Black, Olive
    [Stop 3XL stop:1]

    > /watch corps size M style purple
    Watching Corps Jacket — M / purple.
    M / purple isn't listed now. I'll notify you if it appears.
    Sizes listed: S, M, L
    Styles listed: Black, Olive
    [Stop M / purple stop:2]
    ");
}

#[tokio::test]
async fn what_was_not_read_lately_is_not_said_to_be_there() {
    let chat = Chat::with_two_jackets().await;
    fail(&chat.db, chat.source, "the shop answered 500").await;
    chat.clock.advance(Duration::from_secs(3600));
    insta::assert_snapshot!(chat.talk(&["/watch rain L", "/stock rain"]).await, @"
    > /watch rain L
    Watching Rain Jacket — L.
    It was in stock at the last check, 1 h ago. I'll notify you when it is back.
    I can't check the shop right now (something went wrong at the shop). I keep trying.
    [Stop L stop:1]

    > /stock rain
    Rain Jacket, 129.00 EUR
    in stock: L; pre-order: M
    Checked 1 h ago.
    I can't check the shop right now (something went wrong at the shop). I keep trying.
    https://shop.example/products/rain-jacket
    ");
}

#[tokio::test]
async fn an_address_nobody_follows_is_followed() {
    let jacket = product("Moon Boots", &[("41", "", OutOfStock), ("42", "", InStock)]);
    let chat = Chat::with(Some(Ok(vec![jacket]))).await;
    insta::assert_snapshot!(chat.talk(&["/watch https://boots.example/products/moon-boots 41", "/watch https://intranet.example/x M"]).await, @"
    > /watch https://boots.example/products/moon-boots 41
    Watching Moon Boots — 41.
    Sold out now. I'll notify you when it is back (not seen in stock yet).
    [Stop 41 stop:1]

    > /watch https://intranet.example/x M
    That address can't be tracked. Send the address of a public product page.
    ");
}

#[tokio::test]
async fn an_address_that_cannot_be_read_or_takes_long_is_answered_in_words() {
    let broken = Chat::with(Some(Err("the shop answered 404 Not Found."))).await;
    insta::assert_snapshot!(broken.say("/watch https://boots.example/products/none 41").await, @"
    > /watch https://boots.example/products/none 41
    I couldn't check that page: something went wrong at the shop.
    I keep trying for ten minutes and tell you here what came of it.
    ");
    let slow = Chat::with(None).await;
    insta::assert_snapshot!(slow.say("/watch https://boots.example/products/slow 41").await, @"
    > /watch https://boots.example/products/slow 41
    I'm tracking that page now. Its first check takes longer; I'll answer here when it is done.
    ");
}

#[tokio::test]
async fn a_watched_size_that_comes_back_between_watch_and_answer_is_told_by_either() {
    let chat = Chat::with_two_jackets().await;
    chat.say("/watch corps m black").await;
    let product = chat.db.catalogue().await.expect("read").remove(0);
    let before = chat.db.watches(1, crate::store::people::watch::Which::All).await.expect("read");
    assert!(before[0].armed && before[0].product_id == product.id);
    chat.reads(InStock).await;
    let restock = testing::open_restock(&chat.db).await.expect("a restock that the watch was armed before");
    assert_eq!(chat.db.cases_of(&restock).await.expect("read").len(), 1);
}

#[tokio::test]
async fn a_hostile_title_stays_a_title() {
    let chat = Chat::with(None).await;
    let hostile = product("@everyone\u{202e} https://evil.example Jacket", &[("M", "@here", InStock)]);
    read(&chat.db, chat.source, vec![hostile]).await;
    insta::assert_snapshot!(chat.talk(&["/watch jacket m", "/stock jacket", "/watches", "/unwatch jacket"]).await, @"
    > /watch jacket m
    Watching @ everyone https: //evil.example Jacket — M.
    In stock now: M / @ here, 129.00 EUR
    https://shop.example/products/-everyone--https---evil-example-jacket
    [Got it got:1]

    > /stock jacket
    @ everyone https: //evil.example Jacket, 129.00 EUR
    @ here — in stock: M
    Checked just now.
    https://shop.example/products/-everyone--https---evil-example-jacket

    > /watches
    You have 1 watch:
    1. @ everyone https: //evil.example Jacket — M: in stock now, 129.00 EUR https://shop.example/products/-everyone--https---evil-example-jacket
    [Stop M stop:1:1]

    > /unwatch jacket
    ✓ Stopped: @ everyone https: //evil.example Jacket — M.
    ");
}

#[tokio::test]
async fn in_a_room_only_its_managers_change_anything() {
    let chat = Chat::with_two_jackets().await;
    let room = Who { destination: Destination::DiscordChannel(9), may_manage: false, room: None };
    let chat = chat.whisper(room);
    insta::assert_snapshot!(chat.talk(&["/watch corps m", "/stock rain"]).await, @"
    > /watch corps m
    Only people who manage this chat can do that here. Message me directly to set up your own alerts.

    > /stock rain
    Rain Jacket, 129.00 EUR
    in stock: L; pre-order: M
    Checked just now.
    https://shop.example/products/rain-jacket
    ");
}

#[tokio::test]
async fn sizes_of_which_the_same_is_to_be_said_share_a_line() {
    let chat = Chat::with_two_jackets().await;
    insta::assert_snapshot!(chat.say("/watch corps 2XL,3XL,4XL,S,L").await, @"
    > /watch corps 2XL,3XL,4XL,S,L
    Watching Corps Jacket — 2XL, 3XL, 4XL, S, L.
    2XL, 3XL, 4XL: Not listed now. I'll notify you if it appears.
    S: Sold out now. I'll notify you when it is back (not seen in stock yet).
    L: In stock now: L / Black, 129.00 EUR; L / Olive, 129.00 EUR (almost gone)
    https://shop.example/products/corps-jacket
    Sizes listed: S, M, L. Styles listed: Black, Olive
    [Stop 2XL stop:1] [Stop 3XL stop:2] [Stop 4XL stop:3] [Stop S stop:4] [Got it L got:5]
    ");
}
