//! Which product is meant.

use super::*;

#[tokio::test]
async fn of_two_jackets_the_person_chooses() {
    let chat = Chat::with_two_jackets().await;
    insta::assert_snapshot!(chat.talk(&["/watch jacket m", "[c:1:2]", "[c:1:2]"]).await, @"
    > /watch jacket m
    Which one?
    1. Corps Jacket
    2. Rain Jacket
    [Corps Jacket c:1:1] [Rain Jacket c:1:2]

    > [c:1:2]
    Watching Rain Jacket — M.
    The shop says: pre-order. I'll notify you when it is in stock (not seen in stock yet).
    [Stop M stop:1]

    > [c:1:2]
    That question is no longer open. Please say it again.
    ");
}

#[tokio::test]
async fn the_next_command_closes_the_question_and_so_do_ten_minutes() {
    let chat = Chat::with_two_jackets().await;
    insta::assert_snapshot!(chat.talk(&["/stock jacket", "/status", "[c:1:1]", "/history jacket"]).await, @"
    > /stock jacket
    Which one?
    1. Corps Jacket
    2. Rain Jacket
    [Corps Jacket c:1:1] [Rain Jacket c:1:2]

    > /status
    Tracking 2 products, last check just now. 0 watches active.
    Everything works. /watches shows your watches.

    > [c:1:1]
    That question is no longer open. Please say it again.

    > /history jacket
    Which one?
    1. Corps Jacket
    2. Rain Jacket
    [Corps Jacket c:2:1] [Rain Jacket c:2:2]
    ");
    chat.clock.advance(Duration::from_secs(600));
    insta::assert_snapshot!(chat.press("c:2:1").await, @"
    > [c:2:1]
    That question is no longer open. Please say it again.
    ");
}

#[tokio::test]
async fn a_number_answers_where_there_are_no_buttons() {
    let chat =
        Chat::with_two_jackets().await.whisper(Who { destination: Destination::Console, may_manage: true, room: None });
    insta::assert_snapshot!(chat.talk(&["jacket M", "9", "1", "1"]).await, @"
    > jacket M
    Which one?
    1. Corps Jacket
    2. Rain Jacket
    [Corps Jacket c:1:1] [Rain Jacket c:1:2]

    > 9
    Please answer with a number from 1 to 2.

    > 1
    Watching Corps Jacket — M.
    Sold out now. I'll notify you when it is back (last in stock 3 days ago).
    [Stop M stop:1]

    > 1
    That question is no longer open. Please say it again.
    ");
}

#[tokio::test]
async fn near_names_are_offered_and_never_forced() {
    let chat = Chat::with_two_jackets().await;
    insta::assert_snapshot!(chat.talk(&["/watch crops jaket m", "/watch umbrella", "/watch corps purple m", "/watch"]).await, @"
    > /watch crops jaket m
    I don't know a product by that name. Did you mean:
    1. Corps Jacket
    [Corps Jacket c:1:1]

    > /watch umbrella
    I don't know a product by that name. To track a new one, send /watch and the address of its page.

    > /watch corps purple m
    Corps Jacket has no “purple”. Did you mean:
    1. M / Black
    2. M / Olive
    3. M, any style
    [M / Black c:2:1] [M / Olive c:2:2] [M, any style c:2:3]

    > /watch
    Which product?
    1. Corps Jacket
    2. Rain Jacket
    [Corps Jacket c:3:1] [Rain Jacket c:3:2]
    ");
}

#[tokio::test]
async fn a_button_of_somebody_else_does_nothing() {
    let chat = Chat::with_two_jackets().await;
    chat.say("/watch corps m").await;
    let chat = chat.whisper(Who { destination: Destination::DiscordUser(8), may_manage: true, room: None });
    insta::assert_snapshot!(chat.talk(&["[stop:1]", "[again:1]", "[c:1:1]", "[nonsense]"]).await, @"
    > [stop:1]
    That watch is already closed.

    > [again:1]
    That watch is already closed.

    > [c:1:1]
    That question is no longer open. Please say it again.

    > [nonsense]
    This button no longer works. Please type the command instead.
    ");
    assert_eq!(chat.db.watch_counts().await.expect("read").armed, 1);
}

#[tokio::test]
async fn words_are_completed_from_the_catalogue() {
    let chat = Chat::with_two_jackets().await;
    let complete = async |argument, typed| {
        chat.commands.complete(&chat.who, coatcheck_bots::Command::Watch, argument, typed).await.join(" | ")
    };
    assert_eq!(complete("product", "jack").await, "Corps Jacket | Rain Jacket");
    assert_eq!(complete("product", "ra").await, "Rain Jacket");
    assert_eq!(complete("size", "").await, "S | M | L");
    assert_eq!(complete("size", "M,").await, "M,S | M,M | M,L");
    assert_eq!(complete("style", "o").await, "Olive");
    assert_eq!(complete("how", "e").await, "");
}

#[tokio::test]
async fn a_question_among_many_products_has_pages() {
    let chat = Chat::with(None).await;
    let jackets = (1..=18).map(|n| product(&format!("Jacket {n:02}"), &[("M", "", OutOfStock)])).collect();
    read(&chat.db, chat.source, jackets).await;
    insta::assert_snapshot!(chat.talk(&["/watch jacket M", "/unwatch jacket"]).await.lines().take(12).collect::<Vec<_>>().join("\n"), @"
    > /watch jacket M
    Which one? 18 products match. Add more of the name to narrow it down.
    1. Jacket 01
    2. Jacket 02
    3. Jacket 03
    4. Jacket 04
    5. Jacket 05
    6. Jacket 06
    7. Jacket 07
    8. Jacket 08
    9. More
    [Jacket 01 c:1:1] [Jacket 02 c:1:2] [Jacket 03 c:1:3] [Jacket 04 c:1:4] [Jacket 05 c:1:5] [Jacket 06 c:1:6] [Jacket 07 c:1:7] [Jacket 08 c:1:8] [More c:1:9]
    ");
    insta::assert_snapshot!(chat.talk(&["/watch jacket M", "[c:2:9]", "[c:3:9]", "[c:4:2]"]).await.lines().skip(26).collect::<Vec<_>>().join("\n"), @"
    > [c:3:9]
    Which one?
    1. Jacket 17
    2. Jacket 18
    [Jacket 17 c:4:1] [Jacket 18 c:4:2]

    > [c:4:2]
    Watching Jacket 18 — M.
    Sold out now. I'll notify you when it is back (not seen in stock yet).
    [Stop M stop:1]
    ");
}
