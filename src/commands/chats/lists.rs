//! Long lists, the buttons below them, and numbers that answer.

use super::*;

async fn with_many(count: usize) -> Chat {
    let chat = Chat::with(None).await;
    let sizes: Vec<String> = (1..=count).map(|n| format!("{}", 20 + n)).collect();
    let variants: Vec<(&str, &str, coatcheck_domain::Availability)> =
        sizes.iter().map(|size| (size.as_str(), "", OutOfStock)).collect();
    read(&chat.db, chat.source, vec![product("Moon Boots", &variants)]).await;
    for size in &sizes {
        chat.say(&format!("/watch boots size {size}")).await;
    }
    chat
}

#[tokio::test]
async fn a_long_list_has_pages_and_a_press_leaves_what_is_left() {
    let chat = with_many(12).await;
    insta::assert_snapshot!(chat.talk(&["/watches", "[page:w:2]", "[stop:12:2]", "[again:12]"]).await, @"
    > /watches
    You have 12 watches (page 1 of 2):
    1. Moon Boots — 21: sold out
    2. Moon Boots — 22: sold out
    3. Moon Boots — 23: sold out
    4. Moon Boots — 24: sold out
    5. Moon Boots — 25: sold out
    6. Moon Boots — 26: sold out
    7. Moon Boots — 27: sold out
    8. Moon Boots — 28: sold out
    9. Moon Boots — 29: sold out
    10. Moon Boots — 30: sold out
    [Stop 21 stop:1:1] [Stop 22 stop:2:1] [Stop 23 stop:3:1] [Stop 24 stop:4:1] [Stop 25 stop:5:1] [Stop 26 stop:6:1] [Stop 27 stop:7:1] [Stop 28 stop:8:1] [Stop 29 stop:9:1] [Stop 30 stop:10:1] [Next page page:w:2]

    > [page:w:2]
    You have 12 watches (page 2 of 2):
    11. Moon Boots — 31: sold out
    12. Moon Boots — 32: sold out
    [Stop 31 stop:11:2] [Stop 32 stop:12:2] [Previous page page:w:1]

    > [stop:12:2]
    ✓ Stopped: Moon Boots — 32.
    You have 11 left (page 2 of 2):
    11. Moon Boots — 31: sold out
    [Stop 31 stop:11:2] [Previous page page:w:1]

    > [again:12]
    Watching Moon Boots — 32.
    Sold out now. I'll notify you when it is back (not seen in stock yet).
    [Stop 32 stop:13]
    ");
}

#[tokio::test]
async fn by_text_a_page_is_short_and_its_numbers_stop() {
    let chat = with_many(7).await.whisper(Who { destination: Destination::Console, may_manage: true, room: None });
    assert!(chat.say("/watches").await.contains("no watches"), "they are somebody else's");
    let chat = with_many(7).await;
    insta::assert_snapshot!(chat.talk(&["/watches 2", "/unwatch 3", "/unwatch 99"]).await, @"
    > /watches 2
    You have 7 watches:
    1. Moon Boots — 21: sold out
    2. Moon Boots — 22: sold out
    3. Moon Boots — 23: sold out
    4. Moon Boots — 24: sold out
    5. Moon Boots — 25: sold out
    6. Moon Boots — 26: sold out
    7. Moon Boots — 27: sold out
    [Stop 21 stop:1:1] [Stop 22 stop:2:1] [Stop 23 stop:3:1] [Stop 24 stop:4:1] [Stop 25 stop:5:1] [Stop 26 stop:6:1] [Stop 27 stop:7:1]

    > /unwatch 3
    ✓ Stopped: Moon Boots — 23.
    [Watch again again:3]

    > /unwatch 99
    You have 6 watches. Please give a number from 1 to 6.
    ");
}

#[tokio::test]
async fn got_it_can_be_taken_back_and_so_can_stop() {
    let chat = Chat::with_two_jackets().await;
    insta::assert_snapshot!(chat.talk(&["/watch corps L black", "[got:1]", "[again:1:a]", "/watches", "[stop:2]", "[stop:2]", "[again:2]"]).await, @"
    > /watch corps L black
    Watching Corps Jacket — L / black.
    In stock now: L / Black, 129.00 EUR
    https://shop.example/products/corps-jacket
    [Got it got:1]

    > [got:1]
    ✓ Got it. No longer watching Corps Jacket — L / black.
    [Watch again again:1:a]

    > [again:1:a]
    Watching Corps Jacket — L / black.
    In stock now: L / Black, 129.00 EUR
    https://shop.example/products/corps-jacket
    [Stop L / black stop:2:a]

    > /watches
    You have 1 watch:
    1. Corps Jacket — L / black: in stock now, 129.00 EUR https://shop.example/products/corps-jacket
    [Stop L / black stop:2:1]

    > [stop:2]
    ✓ Stopped: Corps Jacket — L / black.
    [Watch again again:2]

    > [stop:2]
    That watch is already closed.

    > [again:2]
    Watching Corps Jacket — L / black.
    In stock now: L / Black, 129.00 EUR
    https://shop.example/products/corps-jacket
    [Got it got:3]
    ");
}

#[tokio::test]
async fn a_chat_is_linked_to_another_by_a_code() {
    let mut chat = Chat::with_two_jackets().await;
    chat.commands.rules.new_link_code = Arc::new(|| "AB12CD34".to_owned());
    let talk = chat.talk(&["/watch corps m", "/link", "/link ab12cd34"]).await;
    insta::assert_snapshot!(talk, @"
    > /watch corps m
    Watching Corps Jacket — M.
    Sold out now. I'll notify you when it is back (last in stock 3 days ago).
    [Stop M stop:1]

    > /link
    In your other chat with me, say /link AB12CD34 within ten minutes.
    Alerts still come here first. They go there when this chat can't be reached.

    > /link ab12cd34
    This is the chat that asked for the code. Say it in your other chat.
    ");
    let chat =
        chat.whisper(Who { destination: Destination::Telegram { chat: 5, topic: None }, may_manage: true, room: None });
    insta::assert_snapshot!(chat.talk(&["/link nonsense", "/link AB12-CD34", "/watches"]).await, @"
    > /link nonsense
    That code is wrong or has expired. Say /link in your other chat to get a new one.

    > /link AB12-CD34
    Linked. Alerts come here when your first chat can't be reached. You have 1 watch in both.

    > /watches
    You have 1 watch:
    1. Corps Jacket — M: sold out, last in stock 3 days ago
    [Stop M stop:1:1]
    ");
}

#[tokio::test]
async fn whoever_is_back_hears_what_was_missed_whatever_they_say_or_press() {
    use crate::store::db::sql::Sql;
    let chat = Chat::with_two_jackets().await;
    chat.say("/watch corps m black").await;
    let away = async || {
        let txn = chat.db.write().await.expect("begun");
        let values = vec![crate::store::db::time::micros(chat.db.now()).into()];
        txn.run("UPDATE destination SET state = 'gone', gone_at = $1", values).await.expect("gone");
        txn.commit().await.expect("committed");
    };
    away().await;
    chat.reads(InStock).await;
    chat.reads(OutOfStock).await;
    insta::assert_snapshot!(chat.talk(&["/resume", "/status"]).await, @"
    > /resume
    I couldn't reach you for a while. You missed:
    • Corps Jacket was back in stock just now
    You are notified of them again when they come back.

    Alerts were not paused. Nothing on your list is in stock now.

    > /status
    Tracking 2 products, last check just now. 1 watch active.
    Everything works. /watches shows your watches.
    ");
    away().await;
    insta::assert_snapshot!(chat.talk(&["[stop:1]"]).await, @"
    > [stop:1]
    I couldn't reach you for a while. You missed:
    • Corps Jacket was back in stock just now
    You are notified of them again when they come back.

    ✓ Stopped: Corps Jacket — M / black.
    [Watch again again:1]
    ");
}

#[tokio::test]
async fn without_a_size_any_is_watched_and_each_is_offered() {
    let chat = Chat::with_two_jackets().await;
    insta::assert_snapshot!(chat.talk(&["/watch corps every", "[c:1:2]", "/watches"]).await, @"
    > /watch corps every
    Watching Corps Jacket — any size, every time.
    In stock now: L / Black, 129.00 EUR; L / Olive, 129.00 EUR (almost gone)
    https://shop.example/products/corps-jacket
    Only one size? Pick it:
    [Got it got:1] [Only S c:1:1] [Only M c:1:2] [Only L c:1:3]

    > [c:1:2]
    Watching Corps Jacket — M, every time.
    Sold out now. I'll notify you when it is back (last in stock 3 days ago).
    [Stop M stop:2]

    > /watches
    You have 1 watch:
    1. Corps Jacket — M, every time: sold out, last in stock 3 days ago
    [Stop M stop:2:1]
    ");
    let chat = chat.whisper(Who { destination: Destination::Console, may_manage: true, room: None });
    insta::assert_snapshot!(chat.talk(&["corps", "medium"]).await, @"
    > corps
    Watching Corps Jacket — any size.
    In stock now: L / Black, 129.00 EUR; L / Olive, 129.00 EUR (almost gone)
    https://shop.example/products/corps-jacket
    Only one size? Pick it:
    [Got it got:3] [Only S c:3:1] [Only M c:3:2] [Only L c:3:3]

    > medium
    Watching Corps Jacket — M.
    Sold out now. I'll notify you when it is back (last in stock 3 days ago).
    [Stop M stop:4]
    ");
}

#[tokio::test]
async fn a_pause_ends_when_it_was_said_to_in_the_zone_that_was_set() {
    let mut chat = Chat::with_two_jackets().await;
    chat.commands = chat.commands.in_zone(chrono_tz::Europe::Berlin);
    insta::assert_snapshot!(chat.talk(&["/pause until tomorrow", "/pause until someday", "/pause 8h"]).await, @"
    > /pause until tomorrow
    Alerts are paused until 2027-01-19 08:00 Europe/Berlin. /resume ends the pause sooner.

    > /pause until someday
    I didn't understand that time. Try 30m, 8h, 2d or until tomorrow. Nothing is paused.

    > /pause 8h
    Alerts are paused until 2027-01-18 17:11 Europe/Berlin. /resume ends the pause sooner.
    ");
}
