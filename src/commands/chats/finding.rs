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
    [1 c:1:1] [2 c:1:2]

    > [c:1:2]
    Watching Rain Jacket — M.
    The shop says: pre-order. I will tell you the moment it is in stock (I have not seen it in stock yet).
    [Stop stop:1]

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
    [1 c:1:1] [2 c:1:2]

    > /status
    I follow 2 products of 1 source, last read just now. 0 watches armed.

    > [c:1:1]
    That question is no longer open. Please say it again.

    > /history jacket
    Which one?
    1. Corps Jacket
    2. Rain Jacket
    [1 c:2:1] [2 c:2:2]
    ");
    chat.clock.advance(Duration::from_secs(600));
    insta::assert_snapshot!(chat.press("c:2:1").await, @"
    > [c:2:1]
    No question of mine is open here. Please say it again.
    ");
}

#[tokio::test]
async fn a_number_answers_where_there_are_no_buttons() {
    let chat = Chat::with_two_jackets().await.whisper(Who { destination: Destination::Console, may_manage: true });
    insta::assert_snapshot!(chat.talk(&["jacket M", "9", "1", "1"]).await, @"
    > jacket M
    Which one?
    1. Corps Jacket
    2. Rain Jacket
    [1 c:1:1] [2 c:1:2]

    > 9
    Please answer with a number from 1 to 2.

    > 1
    Watching Corps Jacket — M.
    I will tell you the moment it is back (last in stock 3 days ago).
    [Stop stop:1]

    > 1
    That question is no longer open. Please say it again.
    ");
}

#[tokio::test]
async fn near_names_are_offered_and_never_forced() {
    let chat = Chat::with_two_jackets().await;
    insta::assert_snapshot!(chat.talk(&["/watch crops jaket m", "/watch umbrella", "/watch corps purple m", "/watch"]).await, @"
    > /watch crops jaket m
    I know no product of that name. Is it this?
    1. Corps Jacket
    2. Rain Jacket
    [1 c:1:1] [2 c:1:2]

    > /watch umbrella
    I know no product of that name. /watch with the address of its page follows it.

    > /watch corps purple m
    I do not know “purple” there. What is meant?
    1. Corps Jacket — m / any style
    2. Corps Jacket — m / purple
    [1 c:2:1] [2 c:2:2]

    > /watch
    Which product?
    1. Corps Jacket
    2. Rain Jacket
    [1 c:3:1] [2 c:3:2]
    ");
}

#[tokio::test]
async fn a_button_of_somebody_else_does_nothing() {
    let chat = Chat::with_two_jackets().await;
    chat.say("/watch corps m").await;
    let chat = chat.whisper(Who { destination: Destination::DiscordUser(8), may_manage: true });
    insta::assert_snapshot!(chat.talk(&["[stop:1]", "[again:1]", "[c:1:1]", "[nonsense]"]).await, @"
    > [stop:1]
    I find no such watch of yours; it may be closed already.

    > [again:1]
    I find no such watch of yours; it may be closed already.

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
