//! Slack: the real binary between a shop and a workspace, by Socket Mode and by signed requests.

use std::time::Duration;

use coatcheck::app::SystemClock;
use coatcheck_domain::Clock;
use coatcheck_world::Slack;

use crate::support::{House, until};
use crate::town::Town;

/// A service that speaks on this Slack by Socket Mode.
pub(crate) fn with_slack(slack: &Slack, house: House) -> House {
    with_bot(slack, house).with("SLACK_APP_TOKEN", slack.app_token())
}

fn with_bot(slack: &Slack, house: House) -> House {
    house.with("SLACK_BOT_TOKEN", slack.bot_token()).with("SLACK_API_BASE", &slack.base())
}

#[test]
fn on_slack_from_the_first_word_to_sold_out_again() {
    let slack = Slack::open().expect("a Slack");
    let town = Town::open_with(|house| with_slack(&slack, house));
    let (ann, room) = (slack.person("Ann"), slack.channel());
    let dm = slack.dm(&ann);
    until("Socket Mode", || slack.socket().now_open() == 1);
    let asked = slack.command(&ann, &room, "/watch", "corps M black");
    until("the answer", || slack.chat(&room, &ann).contains("Watching Corps Jacket"));
    slack.bring(&asked);
    slack.says(&ann, "list");
    until("the list", || slack.chat(&dm, &ann).contains("1. Corps Jacket"));
    assert_eq!(town.house.json(&["watch", "list"]).as_array().map(Vec::len), Some(1), "twice is once");
    town.shop.stock("corps", "M", "Black", true);
    until("the alert", || slack.chat(&dm, &ann).contains("# Back in stock: Corps Jacket — M / Black"));
    slack.presses(&ann, &dm, "Watch again").expect("a button");
    until("the note", || slack.chat(&dm, &ann).contains("✓"));
    std::thread::sleep(Duration::from_millis(1100));
    town.shop.stock("corps", "M", "Black", false);
    until("the edit", || slack.chat(&dm, &ann).contains("# Sold out again after"));
    slack.socket().bring_by_all();
    slack.socket().send_away("refresh_requested");
    slack.presses(&ann, &dm, "Watch again");
    slack.command(&ann, &room, "/watch", "rain L");
    until("the second watch", || slack.chat(&room, &ann).contains("Watching Rain Jacket"));
    until("two connections", || slack.socket().now_open() == 2);
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(slack.chat(&room, &ann).matches("Watching Rain Jacket").count(), 1, "brought by two, done once");
    slack.socket().cut();
    until("another connection", || slack.socket().opened() == 3 && slack.socket().now_open() == 1);
    slack.says(&ann, "list");
    until("the list again", || slack.chat(&dm, &ann).matches("1. Corps Jacket").count() == 2);
}

#[test]
fn by_http_only_what_slack_signed_is_done_and_only_once() {
    let slack = Slack::open().expect("a Slack");
    let town = Town::open_with(|house| {
        let house = with_bot(&slack, house).with("SLACK_SIGNING_SECRET", slack.signing_secret());
        house.with("PUBLIC_URL", "http://127.0.0.1:9")
    });
    let (ann, room) = (slack.person("Ann"), slack.channel());
    let asked = slack.command(&ann, &room, "/watch", "corps M black");
    let (kind, body) = slack.request(&asked);
    let now = SystemClock::start().now().timestamp();
    let post = |time: i64, signed: &str| {
        let (time, signature) = (time.to_string(), slack.signature(&time.to_string(), signed));
        let headers = [("content-type", kind), ("x-slack-signature", &signature), ("x-slack-request-timestamp", &time)];
        // As Slack marks what it brings again.
        let headers = [&headers[..], &[("x-slack-retry-num", "1"), ("x-slack-retry-reason", "http_timeout")]].concat();
        town.service.post("/hooks/slack", &headers, &body).0
    };
    assert!(post(now, "another body").contains("403"));
    assert!(post(now - 301, &body).contains("403"), "a copy");
    assert_eq!(town.house.json(&["watch", "list"]), serde_json::json!([]));
    for _ in 0..2 {
        let line = post(now, &body);
        assert!(line.contains("200"), "{line}");
    }
    until("the answer", || slack.chat(&room, &ann).contains("Watching Corps Jacket"));
    assert_eq!(town.house.json(&["watch", "list"]).as_array().map(Vec::len), Some(1));
    assert_eq!(slack.chat(&room, &ann).matches("Watching").count(), 1);
}
