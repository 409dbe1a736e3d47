//! Chats that are not where they were: groups that grew, and people who were away.

use coatcheck_domain::Clock;

use crate::support::{seen, until};
use crate::town::{Chat, Step, Town};

#[test]
fn a_group_that_grew_keeps_its_watches_over_a_restart_and_can_stop_them() {
    let town = Town::open();
    let team = town.telegram.group("Team", &["*Ann"]);
    town.telegram.say(team, "Ann", "/watch corps m black every");
    until("the watch", || town.telegram.seen(team).contains("Watching"));
    let grown = town.telegram.migrate(team);
    until("the move", || town.house.json(&["watch", "list"]).to_string().contains(&grown.to_string()));
    let Town { shop, telegram, house, service, .. } = town;
    service.kill9();
    let service = house.serve();
    seen(&shop, "corps");
    shop.stock("corps", "M", "Black", true);
    until("the alert in the grown group", || telegram.seen(grown).contains("Back in stock"));
    telegram.say(grown, "Ann", "/unwatch corps");
    until("it is stopped", || house.json(&["watch", "list"]) == serde_json::json!([]));
    assert!(telegram.seen(grown).contains("Stopped"), "{}", telegram.seen(grown));
    drop(service);
}

#[test]
fn a_group_that_grew_unheard_is_followed_by_its_next_alert() {
    let town = Town::open();
    let team = town.telegram.group("Team", &["*Ann"]);
    town.telegram.say(team, "Ann", "/watch corps m black every");
    until("the watch", || town.telegram.seen(team).contains("Watching"));
    let grown = town.telegram.migrate_unheard(team);
    town.shop.stock("corps", "M", "Black", true);
    until("the alert in the grown group", || town.telegram.seen(grown).contains("Back in stock"));
    assert!(town.house.json(&["watch", "list"]).to_string().contains(&grown.to_string()), "the move is stored");
}

/// Whatever the first word is: it proves that the chat can be reached.
#[test]
fn whoever_was_unreachable_is_back_with_their_first_word_and_hears_what_they_missed() {
    let town = Town::open().listening();
    for (chat, words) in [(Chat::Discord, "help"), (Chat::Telegram, "/start")] {
        town.plays(chat, &[Step::Shelf("M", false), Step::Says("/watch corps m black")]);
        let channel = if chat == Chat::Discord { "discord" } else { "telegram" };
        match chat {
            Chat::Discord => town.discord.close_dms(town.ann, true),
            Chat::Telegram => town.telegram.block(town.ann_there),
        }
        town.shop.stock("corps", "M", "Black", true);
        let is_dead = |all: &serde_json::Value| {
            let all = all.as_array().cloned().unwrap_or_default();
            all.iter().any(|it| it["state"] == "dead" && it["to"].to_string().contains(channel))
        };
        town.house.until(&["deliveries"], is_dead);
        match chat {
            Chat::Discord => town.discord.close_dms(town.ann, false),
            Chat::Telegram => town.telegram.unblock(town.ann_there),
        }
        let read = town.plays(chat, &[Step::Says(words)]);
        assert!(read.contains("couldn't reach you"), "{read}");
        town.plays(chat, &[Step::Shelf("M", false), Step::Restock("M")]);
        assert!(town.reads(chat).contains("Back in stock: Corps Jacket — M / Black"), "{}", town.reads(chat));
    }
}

/// An hour of the day that is at least four away from now, at UTC-8 and UTC-7.
pub(crate) fn another_hour() -> u8 {
    let hour = coatcheck::app::SystemClock::start().now().timestamp() / 3600 + 16;
    u8::try_from((hour + 8) % 23).expect("an hour")
}
