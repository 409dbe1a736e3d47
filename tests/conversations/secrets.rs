//! Tokens are nowhere to be read: not in the logs at their most talkative, not in errors, not in the database.

use coatcheck_world::{Fault, Order, Slack};

use crate::slack::with_slack;
use crate::support::until;
use crate::town::{Chat, Step, Town};

#[test]
fn no_token_is_ever_written_down() {
    let slack = Slack::open().expect("a Slack");
    let town = Town::open_with(|house| with_slack(&slack, house).with("COATCHECK_LOG", "trace")).listening();
    let ann = slack.person("Ann");
    until("Socket Mode", || slack.socket().now_open() == 1);
    for chat in [Chat::Discord, Chat::Telegram] {
        town.plays(chat, &[Step::Says("/watch corps m black"), Step::Restock("M"), Step::Gone("M")]);
    }
    for fault in [Fault::status(500), Fault::html(), Fault::Drop, Fault::status(401)] {
        town.telegram.order(Order::all(fault.clone()).times(1));
        slack.order(Order::all(fault.clone()).times(1));
        town.discord.order(Order::all(fault).times(1));
        slack.says(&ann, "list");
        town.discord.says(town.ann, "/watches");
        town.telegram.say(town.ann_there, "Ann", "/watches");
        std::thread::sleep(std::time::Duration::from_millis(500));
    }
    town.discord.lift();
    town.telegram.lift();
    slack.lift();
    town.discord.revoke_token(true);
    town.telegram.revoke_token();
    slack.revoke();
    slack.socket().cut();
    town.discord.gateway().cut();
    for platform in ["discord", "slack", "telegram"] {
        town.service.wait_for_log(&format!("{platform} is not connected"));
    }
    assert!(town.service.get("/readyz").0.contains("200"), "the service lives");
    let mut written = town.service.err().join("\n") + &town.service.out().join("\n");
    written += &town.house.run(&["doctor"]).stdout;
    for file in std::fs::read_dir(town.house.folder()).expect("its folder") {
        let path = file.expect("a file").path();
        written += &String::from_utf8_lossy(&std::fs::read(&path).unwrap_or_default());
    }
    assert!(written.len() > 10_000, "there is something to search");
    let of_slack = [slack.bot_token(), slack.app_token(), "ticket=do-not-show"];
    for token in [town.discord.token(), town.telegram.token()].into_iter().chain(of_slack) {
        let line = written.lines().find(|line| line.contains(token));
        assert_eq!(line, None, "a token was written down");
    }
}
