//! Once is once, whoever says it how often; and whatever people throw at it, it stays friendly and alive.

use coatcheck_world::{Fault, Order, Place};

use crate::support::until;
use crate::town::{Chat, Step, Town};

fn watches(town: &Town) -> usize {
    town.house.json(&["watch", "list"]).as_array().expect("a list").len()
}

/// How often the bot said something with these words.
fn said(town: &Town, chat: Chat, words: &str) -> usize {
    town.reads(chat).matches(words).count()
}

#[test]
fn the_same_interaction_and_the_same_update_twice_are_one() {
    let town = Town::open().listening();
    let asked = town.discord.slash(town.ann, Place::Dm, "watch", &[("product", "rain jacket"), ("size", "M")]);
    until("an answer", || town.discord.answer_type(asked).is_some());
    town.discord.announce(asked);
    town.plays(Chat::Telegram, &[Step::Says("/watch rain jacket m")]);
    town.telegram.repeat(1);
    town.plays(Chat::Telegram, &[Step::Says("/watches")]);
    town.plays(Chat::Discord, &[Step::Says("/watches")]);
    assert_eq!(watches(&town), 2, "one on each platform");
    assert_eq!(said(&town, Chat::Telegram, "Watching Rain Jacket"), 1, "{}", town.reads(Chat::Telegram));
}

#[test]
fn whatever_people_throw_at_it_it_stays_friendly_and_alive() {
    let town = Town::open().listening();
    let long = "jacket ".repeat(1_400);
    let hostile = [
        long.as_str(),
        "/watch \u{202e}tekcaj\u{202c} \u{0}\u{7}\u{1b}[2J",
        "@everyone @here <@1> <@&2> <#3> **bold** `code` ||spoiler|| [a](http://evil.example)",
        "/watch <b>jacket</b> &amp; <script>alert(1)</script>",
        "/watch @everyone",
        "/watch http://169.254.169.254/latest/meta-data",
        "/shop add http://127.0.0.1:1/",
        "/history ' OR 1=1; DROP TABLE watch; --",
        "/",
        "//",
        "\u{200b}",
    ];
    for text in hostile {
        town.discord.says(town.ann, text);
        town.telegram.say(town.ann_there, "Ann", text);
    }
    for chat in [Chat::Discord, Chat::Telegram] {
        let read = town.plays(chat, &[Step::Says("/watches")]);
        let bots: Vec<&str> = read.lines().filter(|line| !line.starts_with("Ann:")).collect();
        let bots = bots.join("\n");
        assert!(!bots.contains("\u{202e}") && !bots.contains("\u{1b}"), "{bots}");
    }
    // What Discord would turn into a mention is none: nothing is parsed, and nothing is left to parse.
    for message in town.discord.messages(town.discord.dm(town.ann)) {
        if message["author"]["bot"] == true {
            let content = message["content"].as_str().unwrap_or_default();
            assert!(!content.contains("@everyone") && !content.contains("<@1>"), "{content}");
        }
    }
    assert_eq!(watches(&town), 0);
}

#[test]
fn in_a_channel_the_answer_is_for_who_asked() {
    let town = Town::open().listening();
    let (room, ben) = (town.discord.channel(), town.discord.person("Ben"));
    let asked = town.discord.slash(
        town.ann,
        Place::Channel(room),
        "watch",
        &[("product", "corps jacket"), ("size", "M"), ("style", "Navy")],
    );
    until("an answer", || town.discord.answer_type(asked).is_some());
    insta::assert_snapshot!(town.discord.chat(room, town.ann), @"
    CoatCheck (only you see this): Watching Corps Jacket — M / Navy.
    Sold out now. I'll notify you when it is back (not seen in stock yet).
    [Stop M / Navy]
    ");
    assert_eq!(town.discord.chat(room, ben), "", "others see nothing");
    let typing = town.discord.types(town.ann, Place::Channel(room), "watch", ("product", "cor"), &[]);
    until("completions", || town.discord.choices(typing).is_some());
    assert_eq!(town.discord.choices(typing).unwrap(), ["corps", "Corps Jacket"]);
}

#[test]
fn in_a_group_the_bot_answers_to_its_name_and_obeys_those_who_manage_it() {
    let town = Town::open();
    let group = town.telegram.group("Coats", &["*Ann", "Ben"]);
    town.telegram.say(group, "Ben", "/watch@somebody_else corps m");
    town.telegram.say(group, "Ben", "/watch@CoatBot corps m");
    until("a no", || town.telegram.seen(group).matches("CoatCheck").count() == 1);
    town.telegram.say(group, "Ann", "/watch@CoatBot rain m");
    until("a yes", || town.telegram.seen(group).matches("CoatCheck").count() == 2);
    let press = town.telegram.press(group, "Ben", "Stop M");
    until("the press is answered", || town.telegram.note(&press).is_some());
    let seen = format!("{}\nBen presses Stop: {}", town.telegram.seen(group), town.telegram.note(&press).unwrap());
    insta::assert_snapshot!(seen, @"
    Ben: /watch@somebody_else corps m
    Ben: /watch@CoatBot corps m
    CoatCheck: Only people who manage this chat can do that here. Message me directly to set up your own alerts.
    Ann: /watch@CoatBot rain m
    CoatCheck: Watching Rain Jacket — M.
      Sold out now. I'll notify you when it is back (not seen in stock yet).
      [Stop M]
    Ben presses Stop: Only people who manage this chat can do that here. Message me directly to set up your own alerts.
    ");
    assert_eq!(watches(&town), 1, "what somebody else pressed did nothing");
}

#[test]
fn answers_come_once_through_bad_weather() {
    let town = Town::open().listening();
    let send = town.telegram.path("SendMessage");
    town.telegram.order(Order::on(send.clone(), Fault::status(500)).times(1));
    town.plays(Chat::Telegram, &[Step::Says("/watches")]);
    town.telegram.order(Order::on(send, Fault::too_many(1)).times(1));
    town.plays(Chat::Telegram, &[Step::Says("/watches")]);
    assert_eq!(said(&town, Chat::Telegram, "CoatCheck:"), 2, "{}", town.reads(Chat::Telegram));
    town.discord.gateway().cut();
    until("it is back", || town.discord.gateway().open() > 0);
    town.plays(Chat::Discord, &[Step::Says("/watches")]);
}

#[test]
fn an_alert_whose_answer_is_lost_is_seen_once_on_discord() {
    let town = Town::open().listening();
    town.plays(Chat::Discord, &[Step::Says("/watch corps m black")]);
    let posts = coatcheck_world::Discord::messages_path(town.discord.dm(town.ann));
    town.discord.order(Order::on(posts, Fault::Drop).times(1));
    town.shop.stock("corps", "M", "Black", true);
    town.house.until(&["deliveries"], |all| all[0]["state"] == "sent" && all[0]["attempts"] == 2);
    assert_eq!(said(&town, Chat::Discord, "Back in stock"), 1, "{}", town.reads(Chat::Discord));
}

#[test]
fn answers_do_not_queue_behind_alerts() {
    let town = Town::open();
    for number in 0..80 {
        let to = format!("telegram:{}", town.telegram.person(&format!("Person{number}")));
        town.house.done(&["watch", "add", "corps", "--size", "M", "--to", &to]);
    }
    town.shop.stock("corps", "M", "Black", true);
    town.house.until(&["deliveries", "--state", "sent"], |sent| sent.as_array().is_some_and(|all| !all.is_empty()));
    town.plays(Chat::Telegram, &[Step::Says("/watches")]);
    let waiting = town.house.json(&["deliveries", "--state", "pending"]);
    assert!(waiting.as_array().is_some_and(|all| !all.is_empty()), "all were told before Ann was answered");
    town.house.until(&["deliveries", "--state", "pending"], |left| left.as_array().is_some_and(Vec::is_empty));
}

#[test]
fn status_says_what_is_wrong_with_a_platform() {
    let town = Town::open().listening();
    town.discord.revoke_token(true);
    town.discord.gateway().cut();
    town.service.wait_for_log("discord is not connected");
    let read = town.plays(Chat::Telegram, &[Step::Says("/status")]);
    assert!(read.contains("discord has problems"), "{read}");
}
