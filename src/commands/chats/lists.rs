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
    insta::assert_snapshot!(chat.talk(&["/watches", "[page:w:2]", "[stop:12:2]", "[again:12]"]).await, @"");
}

#[tokio::test]
async fn by_text_a_page_is_short_and_its_numbers_stop() {
    let chat = with_many(7).await.whisper(Who { destination: Destination::Console, may_manage: true });
    assert!(chat.say("/watches").await.contains("no watches"), "they are somebody else's");
    let chat = with_many(7).await;
    insta::assert_snapshot!(chat.talk(&["/watches 2", "/unwatch 3", "/unwatch 99"]).await, @"");
}

#[tokio::test]
async fn got_it_can_be_taken_back_and_so_can_stop() {
    let chat = Chat::with_two_jackets().await;
    insta::assert_snapshot!(chat.talk(&["/watch corps L black", "[got:1]", "[again:1:a]", "/watches", "[stop:2]", "[stop:2]", "[again:2]"]).await, @"");
}

#[tokio::test]
async fn a_chat_is_linked_to_another_by_a_code() {
    let mut chat = Chat::with_two_jackets().await;
    chat.commands.rules.new_link_code = Arc::new(|| "AB12CD34".to_owned());
    let talk = chat.talk(&["/watch corps m", "/link", "/link ab12cd34"]).await;
    insta::assert_snapshot!(talk, @"");
    let chat = chat.whisper(Who { destination: Destination::Telegram { chat: 5, topic: None }, may_manage: true });
    insta::assert_snapshot!(chat.talk(&["/link nonsense", "/link AB12-CD34", "/watches"]).await, @"");
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
    insta::assert_snapshot!(chat.talk(&["/start", "/status"]).await, @"");
    away().await;
    insta::assert_snapshot!(chat.talk(&["[stop:1]"]).await, @"");
}

#[tokio::test]
async fn without_a_size_any_is_watched_and_each_is_offered() {
    let chat = Chat::with_two_jackets().await;
    insta::assert_snapshot!(chat.talk(&["/watch corps every", "[c:1:2]", "/watches"]).await, @"");
    let chat = chat.whisper(Who { destination: Destination::Console, may_manage: true });
    insta::assert_snapshot!(chat.talk(&["corps", "medium"]).await, @"");
}

#[tokio::test]
async fn a_pause_ends_when_it_was_said_to_in_the_zone_that_was_set() {
    let mut chat = Chat::with_two_jackets().await;
    chat.commands = chat.commands.in_zone(chrono_tz::Europe::Berlin);
    insta::assert_snapshot!(chat.talk(&["/pause until tomorrow", "/pause until someday", "/pause 8h"]).await, @"");
}
