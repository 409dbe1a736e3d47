//! The life of Socket Mode: connections that leave, fall silent, overlap, and cannot be opened for a while.

#![allow(clippy::unwrap_used, reason = "in a test's own helpers a panic is the verdict")]

use coatcheck_world::{Order, Slack as World};

use super::tests::{jacket, listening, listening_with, to, until};
use super::*;
use crate::Channel;

#[tokio::test]
async fn a_connection_that_leaves_is_replaced_whatever_the_reason() {
    let it = listening();
    until("hello", || it.bot.trouble().is_none()).await;
    for (round, reason) in ["warning", "refresh_requested"].into_iter().enumerate() {
        it.world.socket().send_away(reason);
        until("the next one", || it.world.socket().opened() == 2 + round).await;
    }
    let asked = it.world.says(&it.world.person("Ann"), "list");
    until("heard", || it.shelf.ids() == [asked.clone()]).await;
    it.world.socket().send_away("link_disabled");
    let ended = it.ended().await;
    assert!(ended.why.contains("link_disabled"), "{ended}");
}

#[tokio::test]
async fn a_connection_that_falls_silent_is_given_up() {
    let it = listening_with(Duration::from_secs(2));
    until("hello", || it.bot.trouble().is_none()).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(it.bot.trouble().is_none(), "pings are no silence");
    it.world.socket().fall_silent();
    let ended = it.ended().await;
    assert!(!ended.fatal && ended.why.contains("silent"), "{ended}");
}

#[tokio::test]
async fn what_two_connections_bring_has_one_effect_and_both_are_acknowledged() {
    let it = listening();
    until("hello", || it.bot.trouble().is_none()).await;
    let ann = it.world.person("Ann");
    it.bot.send(&to(&ann, jacket())).await;
    it.world.socket().bring_by_all();
    it.world.socket().send_away("warning");
    let pressed = it.world.presses(&ann, &it.world.dm(&ann), "Got it").unwrap();
    until("two connections", || it.world.socket().now_open() == 2).await;
    let said = it.world.says(&ann, "list");
    until("brought twice", || it.shelf.arrived() == 4).await;
    assert_eq!(it.shelf.ids(), [pressed, said]);
    it.task.abort();
}

#[tokio::test]
async fn while_the_next_connection_cannot_be_opened_the_old_one_is_read() {
    let it = listening();
    until("hello", || it.bot.trouble().is_none()).await;
    let open = World::path("apps.connections.open");
    it.world.order(Order::on(&open, World::refusal("internal_error")).times(2));
    it.world.socket().send_away("warning");
    until("a failed try", || it.world.heard_on(&open).len() >= 2).await;
    let asked = it.world.says(&it.world.person("Ann"), "list");
    until("heard", || it.shelf.ids() == [asked.clone()]).await;
    assert_eq!((it.world.socket().opened(), it.bot.trouble()), (1, None));
    until("the next one", || it.world.socket().opened() == 2).await;
    it.task.abort();
}

#[tokio::test]
async fn a_token_that_is_taken_back_ends_the_connection() {
    let it = listening();
    until("hello", || it.bot.trouble().is_none()).await;
    it.world.revoke();
    it.world.socket().send_away("refresh_requested");
    assert!(it.ended().await.fatal);
}
