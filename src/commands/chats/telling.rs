//! Stock, history, status, help.

use super::*;

#[tokio::test]
async fn stock_is_a_grid_of_sizes_and_styles() {
    let chat = Chat::with_two_jackets().await;
    insta::assert_snapshot!(chat.talk(&["/stock corps", "/stock corps olive", "/stock rain"]).await, @"
    > /stock corps
    Corps Jacket, 129.00 EUR
    Black — in stock: L; sold out: S, M
    Olive — almost gone: L; sold out: M
    Checked just now.
    https://shop.example/products/corps-jacket

    > /stock corps olive
    Corps Jacket, 129.00 EUR
    Olive — almost gone: L; sold out: M
    Checked just now.
    https://shop.example/products/corps-jacket

    > /stock rain
    Rain Jacket, 129.00 EUR
    in stock: L; pre-order: M
    Checked 6 s ago.
    https://shop.example/products/rain-jacket
    ");
}

#[tokio::test]
async fn history_says_what_was_seen_and_what_was_not() {
    let chat = Chat::with_two_jackets().await;
    insta::assert_snapshot!(chat.talk(&["/history corps m black", "/history rain L", "/history rain XS"]).await, @"
    > /history corps m black
    Corps Jacket — M / black
    Last in stock 3 days ago.
    Back in stock once since tracking began.
    It stayed for 10 min.
    No data from 2027-01-15 08:31 to 2027-01-18 08:11 UTC.
    Tracked since 2027-01-15.

    > /history rain L
    Rain Jacket — L
    In stock now.
    It has not come back since tracking began.
    No data from 2027-01-15 08:31 to 2027-01-18 08:11 UTC.
    Tracked since 2027-01-15.

    > /history rain XS
    Rain Jacket — XS
    That was never listed. /stock shows what is.
    ");
}

/// Each day a little after eleven at night in Berlin, which is ten in the evening by the clock of UTC.
#[tokio::test]
async fn a_history_speaks_of_the_zone_that_was_set() {
    let mut chat = Chat::with_two_jackets().await;
    chat.commands = chat.commands.in_zone(chrono_tz::Europe::Berlin);
    let to_ten = 22 * 3600 - chat.db.now().timestamp().rem_euclid(24 * 3600);
    chat.clock.advance(Duration::from_secs(u64::try_from(to_ten).expect("eight in the morning by now")));
    for _ in 0..5 {
        for (black_m, then) in [(OutOfStock, 600), (InStock, 600), (OutOfStock, 23 * 3600 + 2400)] {
            chat.reads(black_m).await;
            chat.passes(Duration::from_secs(then), black_m).await;
        }
    }
    insta::assert_snapshot!(chat.say("/history corps m black").await, @"
    > /history corps m black
    Corps Jacket — M / black
    Last in stock 23 h 40 min ago.
    Back in stock 6 times since tracking began.
    It stayed for 10 min.
    It usually comes back between 22:00 and 00:00 Europe/Berlin time.
    No data from 2027-01-22 23:40 to 2027-01-23 23:00 Europe/Berlin time (the last of 7 such gaps).
    ");
}

#[tokio::test]
async fn a_history_comes_with_a_picture_where_pictures_are_shown() {
    let mut chat = Chat::with_two_jackets().await;
    let said = || parse("/history corps", coatcheck_bots::Platform::Discord).expect("said");
    let reply = chat.commands.said(&chat.who, said()).await;
    let picture = reply.picture.expect("a picture");
    assert!(picture.png.starts_with(b"\x89PNG\r\n") && picture.png.len() < 60_000);
    assert_eq!(picture.alt, reply.text);
    chat.who.destination = "sms:+14155550123".parse().expect("a number");
    assert_eq!(chat.commands.said(&chat.who, said()).await.picture, None);
}

#[tokio::test]
async fn a_test_alert_goes_through_the_outbox() {
    let chat = Chat::with_two_jackets().await;
    insta::assert_snapshot!(chat.talk(&["/test", "/watch corps m black", "/test"]).await, @"
    > /test
    A test alert is on its way.

    > /watch corps m black
    Watching Corps Jacket — M / black.
    Sold out now. I'll notify you when it is back (last in stock 3 days ago).
    [Stop M / black stop:1]

    > /test
    I can send one test alert a minute. Try again in a minute.
    ");
    let deliveries = chat.db.deliveries(None, 10).await.expect("read");
    assert_eq!(deliveries.len(), 1);
    chat.clock.advance(Duration::from_secs(60));
    insta::assert_snapshot!(chat.talk(&["/test"]).await, @"
    > /test
    A test alert is on its way.
    ");
}

#[tokio::test]
async fn help_status_and_what_comes_later() {
    let telegram = Destination::Telegram { chat: 7, topic: None };
    let chat = Chat::with_two_jackets().await.whisper(Who { destination: telegram, may_manage: false, room: None });
    fail(&chat.db, chat.source, "the shop answered 503").await;
    insta::assert_snapshot!(chat.talk(&["/help watch", "/start", "/status", "/phone +14155550123", "/forget", "/shop list"]).await, @"
    > /help watch
    /watch <product or address> [size] [style] [once|every]
    Tell me when it is back in stock
      product: The product's name, or the address of its page
      size: One size or several: M or M,L. Without it, any size
      style: Colour or other option: black. Without it, any
      how: once: one alert (the default). every: an alert each time it is back
    Example: /watch jacket M
    Example: /watch jacket M,L black
    Example: /watch https://shop.example/products/jacket size M every

    > /start
    Hello! I notify you when your size is back in stock.
    Try: /watch jacket M
    /help shows all commands.

    > /status
    Tracking 2 products, last check 6 s ago. 0 watches active.
    Can't check shop.example right now. I keep trying.

    > /phone +14155550123
    Text messages are not set up here, so a phone can't be added.

    > /forget
    Nothing is stored about you.

    > /shop list
    Only admins of this CoatCheck can do that. You can watch any product page yourself: /watch and its address.
    ");
}

#[tokio::test]
async fn by_text_message_nothing_is_stored_where_there_is_no_key() {
    let phone: Destination = "sms:+14155550123".parse().expect("a phone");
    let chat = Chat::with_two_jackets().await.whisper(Who { destination: phone, may_manage: false, room: None });
    insta::assert_snapshot!(chat.talk(&["CORPS M", "LIST", "STOCK RAIN"]).await, @"
    > CORPS M
    I can't keep phone numbers yet, so nothing was saved. Please try again another day.

    > LIST
    I can't keep phone numbers yet, so nothing was saved. Please try again another day.

    > STOCK RAIN
    I can't keep phone numbers yet, so nothing was saved. Please try again another day.
    ");
}
