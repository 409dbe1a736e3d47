//! Posts in a channel of each platform: the real binary, from `/announce` to the last edit.

use std::time::Duration;

use coatcheck_world::{Place, Slack};
use serde_json::Value;

use crate::slack::with_slack;
use crate::support::{seen, until};
use crate::town::{Town, steady};

/// The shop has this size of the corps jacket, or sells out of it, and that was read.
fn shelf(town: &Town, size: &str, there: bool) {
    std::thread::sleep(Duration::from_millis(1100));
    town.shop.stock("corps", size, "Black", there);
    seen(&town.shop, "corps");
}

/// What the bot posted there for all to see (64 is Discord's flag for what only one person sees).
fn posts(town: &Town, room: u64) -> Vec<Value> {
    let is_post = |it: &Value| it["author"]["bot"] == true && it["flags"].as_u64().unwrap_or_default() & 64 == 0;
    town.discord.messages(room).into_iter().filter(is_post).collect()
}

#[test]
fn a_discord_channel_has_one_post_that_is_edited() {
    let town = Town::open().listening();
    let room = town.discord.channel();
    let refused =
        town.discord.slash(town.ann, Place::Channel(room), "announce", &[("action", "add"), ("product", "corps")]);
    until("a no", || town.discord.answer_type(refused).is_some());
    let options = [("action", "add"), ("product", "Corps Jacket"), ("style", "Black"), ("mention", "<@&77>")];
    let asked = town.discord.slash(town.ann, Place::Managed(room), "announce", &options);
    until("an answer", || town.discord.answer_type(asked).is_some());
    let ben = town.discord.person("Ben");
    let post = || town.discord.chat(room, ben);
    shelf(&town, "M", true);
    until("the post", || post().contains("Back in stock"));
    let message = &posts(&town, room)[0];
    assert_eq!(message["allowed_mentions"]["roles"], serde_json::json!(["77"]), "{message}");
    shelf(&town, "L", true);
    until("the second size", || post().contains("2 variants"));
    shelf(&town, "M", false);
    until("one of them gone", || post().contains("M / Black sold out again after"));
    let id = posts(&town, room)[0]["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
    let pressed = town.discord.presses(ben, id, "Watch my size").expect("a button");
    until("the sizes", || town.discord.answer_type(pressed).is_some());
    assert!(post().contains("Which size of Corps Jacket?"), "{}", post());
    assert!(!town.discord.chat(room, town.ann).contains("Which size"), "only Ben sees it");
    shelf(&town, "L", false);
    until("all of it gone", || post().contains("Sold out again after"));
    assert_eq!(posts(&town, room).len(), 1, "{}", post());
}

#[test]
fn a_telegram_topic_has_one_post_and_who_set_it_up_hears_when_the_bot_is_removed() {
    let town = Town::open();
    let group = town.telegram.group("Coats", &["*Ann", "Ben"]);
    town.telegram.say(group, "Ben", "/announce@CoatBot add corps black");
    until("a no", || town.telegram.seen(group).contains("Only people who manage this channel"));
    town.telegram.say(group, "Ann", "/announce@CoatBot add corps black");
    until("a yes", || town.telegram.seen(group).contains("Announcing Corps Jacket"));
    shelf(&town, "M", true);
    until("the post", || town.telegram.seen(group).contains("Back in stock"));
    shelf(&town, "L", true);
    until("the edit", || town.telegram.seen(group).contains("2 variants"));
    assert_eq!(town.telegram.seen(group).matches("Back in stock").count(), 1);
    let press = town.telegram.press(group, "Ben", "Watch my size");
    until("a link", || town.telegram.note(&press).is_some_and(|note| note.contains("t.me/CoatBot?start=p-")));
    town.telegram.kick(group);
    shelf(&town, "L", false);
    until("Ann hears of it", || town.telegram.seen(town.ann_there).contains("I can no longer post in"));
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(town.telegram.seen(town.ann_there).matches("I can no longer post in").count(), 1);
}

/// A workspace that Ann runs, in which Ben is as well, and a channel of it.
fn workspace() -> (Slack, Town, [String; 3]) {
    let slack = Slack::open().expect("a Slack");
    let town = Town::open_with(|house| with_slack(&slack, house));
    let (ann, ben, room) = (slack.person("Ann"), slack.person("Ben"), slack.channel());
    slack.runs(&ann);
    until("Socket Mode", || slack.socket().now_open() == 1);
    (slack, town, [ann, ben, room])
}

#[test]
fn a_slack_channel_has_one_post_that_only_who_runs_the_place_can_ask_for() {
    let (slack, town, [ann, ben, room]) = workspace();
    slack.command(&ben, &room, "/coatcheck", "announce add corps black");
    until("a no", || slack.chat(&room, &ben).contains("Only people who manage this channel"));
    slack.command(&ann, &room, "/coatcheck", "announce add corps black");
    until("a yes", || slack.chat(&room, &ann).contains("Announcing Corps Jacket"));
    shelf(&town, "M", true);
    until("the post", || slack.chat(&room, &ben).contains("Back in stock"));
    shelf(&town, "L", true);
    until("the edit", || slack.chat(&room, &ben).contains("2 variants"));
    shelf(&town, "M", false);
    until("one of them gone", || slack.chat(&room, &ben).contains("M / Black sold out again after"));
    slack.presses(&ben, &room, "Watch my size").expect("a button");
    until("the sizes", || slack.chat(&room, &ben).contains("Which size of Corps Jacket?"));
    slack.presses(&ben, &room, "M").expect("a size");
    until("the watch", || slack.chat(&room, &ben).contains("Watching Corps Jacket"));
    assert!(!steady(&slack.chat(&room, &ann)).contains("Watching Corps Jacket"), "only Ben sees it");
    assert_eq!(slack.chat(&room, &ben).matches("# Back in stock").count(), 1);
}

#[test]
fn ten_sizes_within_a_minute_are_one_post_that_is_edited_at_the_platforms_pace() {
    let (slack, town, [ann, _, room]) = workspace();
    let sizes: Vec<String> = (30..40).map(|size| size.to_string()).collect();
    sizes.iter().for_each(|size| town.shop.stock("corps", size, "Black", false));
    seen(&town.shop, "corps");
    slack.command(&ann, &room, "/coatcheck", "announce add corps black");
    until("a yes", || slack.chat(&room, &ann).contains("Announcing Corps Jacket"));
    let answered = slack.chat(&room, &ann).len();
    for size in &sizes {
        town.shop.stock("corps", size, "Black", true);
        std::thread::sleep(Duration::from_millis(300));
    }
    until("all ten", || slack.chat(&room, &ann)[answered..].contains("10 variants"));
    town.shop.stock("corps", "30", "Black", false);
    until("the last word", || slack.chat(&room, &ann)[answered..].contains("9 variants"));
    let posted = slack.heard_on(&Slack::path("chat.postMessage")).len();
    let edits = slack.heard_on(&Slack::path("chat.update"));
    assert_eq!(posted, 1, "{}", slack.chat(&room, &ann));
    assert!((1..=8).contains(&edits.len()), "{} edits", edits.len());
    let gaps = edits.windows(2).map(|two| two[1].at - two[0].at);
    assert!(gaps.clone().all(|gap| gap > Duration::from_millis(900)), "{:?}", gaps.collect::<Vec<_>>());
}

#[test]
fn who_set_a_slack_channel_up_hears_once_when_the_app_is_removed() {
    let (slack, town, [ann, _, room]) = workspace();
    slack.command(&ann, &room, "/coatcheck", "announce add corps black");
    until("a yes", || slack.chat(&room, &ann).contains("Announcing Corps Jacket"));
    shelf(&town, "M", true);
    until("the post", || slack.chat(&room, &ann).contains("Back in stock"));
    slack.close(&room, "not_in_channel");
    shelf(&town, "L", true);
    let dm = slack.dm(&ann);
    until("Ann hears of it", || slack.chat(&dm, &ann).contains("I can no longer post in"));
    shelf(&town, "S", true);
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(slack.chat(&dm, &ann).matches("I can no longer post in").count(), 1);
}

#[test]
fn a_hostile_title_calls_nobody_and_breaks_no_message_on_any_platform() {
    let (slack, town, [ann, _, room]) = workspace();
    let group = town.telegram.group("Coats", &["*Ann"]);
    let channel = town.discord.channel();
    slack.command(&ann, &room, "/coatcheck", "announce add corps");
    town.telegram.say(group, "Ann", "/announce@CoatBot add corps");
    let options = [("action", "add"), ("product", "corps")];
    town.discord.slash(town.ann, Place::Managed(channel), "announce", &options);
    until("three rooms", || {
        let answers = [slack.chat(&room, &ann), town.telegram.seen(group), town.discord.chat(channel, town.ann)];
        answers.iter().all(|chat| chat.contains("Announcing"))
    });
    let evil =
        "Coat <!channel> @everyone <@1> [here](https://evil.example) <https://evil.example|here> *b* `c` </b> \u{202e}";
    town.shop.title("corps", &evil.repeat(40)[..3000]);
    seen(&town.shop, "corps");
    shelf(&town, "M", true);
    until("three posts", || {
        let posts = [slack.chat(&room, &ann), town.telegram.seen(group), town.discord.chat(channel, town.ann)];
        posts.iter().all(|chat| chat.contains("Back in stock"))
    });
    let posted = &slack.heard_on(&Slack::path("chat.postMessage"))[0].json().expect("JSON");
    let on_discord = &posts(&town, channel)[0];
    for text in [posted.to_string(), on_discord.to_string(), town.telegram.seen(group)] {
        for evil in ["<!channel>", "@everyone", "<@1>", "](https://evil", "https://evil.example", "\u{202e}"] {
            assert!(!text.contains(evil), "{evil} in {text}");
        }
    }
    assert_eq!(on_discord["allowed_mentions"]["parse"], serde_json::json!([]), "{on_discord}");
}
