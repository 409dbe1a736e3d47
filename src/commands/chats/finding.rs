//! Which product is meant.

use super::*;

#[tokio::test]
async fn of_two_jackets_the_person_chooses() {
    let chat = Chat::with_two_jackets().await;
    insta::assert_snapshot!(chat.talk(&["/watch jacket m", "[c:1:2]", "[c:1:2]"]).await, @"");
}

#[tokio::test]
async fn the_next_command_closes_the_question_and_so_do_ten_minutes() {
    let chat = Chat::with_two_jackets().await;
    insta::assert_snapshot!(chat.talk(&["/stock jacket", "/status", "[c:1:1]", "/history jacket"]).await, @"");
    chat.clock.advance(Duration::from_secs(600));
    insta::assert_snapshot!(chat.press("c:2:1").await, @"");
}

#[tokio::test]
async fn a_number_answers_where_there_are_no_buttons() {
    let chat = Chat::with_two_jackets().await.whisper(Who { destination: Destination::Console, may_manage: true });
    insta::assert_snapshot!(chat.talk(&["jacket M", "9", "1", "1"]).await, @"");
}

#[tokio::test]
async fn near_names_are_offered_and_never_forced() {
    let chat = Chat::with_two_jackets().await;
    insta::assert_snapshot!(chat.talk(&["/watch crops jaket m", "/watch umbrella", "/watch corps purple m", "/watch"]).await, @"");
}

#[tokio::test]
async fn a_button_of_somebody_else_does_nothing() {
    let chat = Chat::with_two_jackets().await;
    chat.say("/watch corps m").await;
    let chat = chat.whisper(Who { destination: Destination::DiscordUser(8), may_manage: true });
    insta::assert_snapshot!(chat.talk(&["[stop:1]", "[again:1]", "[c:1:1]", "[nonsense]"]).await, @"");
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
