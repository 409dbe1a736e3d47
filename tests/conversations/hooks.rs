//! Webhooks: who cannot prove who they are changes nothing, and what is brought twice happens once.

use std::net::TcpListener;

use coatcheck::app::SystemClock;
use coatcheck_domain::Clock;
use coatcheck_world::Place;

use crate::support::until;
use crate::town::{Chat, Step, Town};

const SECRET: &str = "s3cret-of-the-hook";

/// An address that is free now.
fn free() -> String {
    TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a free port").to_string()
}

#[test]
fn telegram_brings_updates_to_the_hook_and_nobody_else_does() {
    let address = free();
    let town = Town::open_with(|house| {
        house
            .with("LISTEN_ADDR", &address)
            .with("PUBLIC_URL", &format!("http://{address}"))
            .with("TELEGRAM_WEBHOOK_SECRET", SECRET)
    });
    until("the hook", || town.telegram.webhook().is_some());
    assert_eq!(town.telegram.webhook().unwrap(), format!("http://{address}/hooks/telegram"));
    town.plays(Chat::Telegram, &[Step::Says("/watch rain m")]);
    let update = r#"{"update_id":900001,"message":{"message_id":900001,"date":1800000000,"chat":{"id":ID,"type":"private","first_name":"Ann"},"from":{"id":ID,"is_bot":false,"first_name":"Ann"},"text":"/watch rain l"}}"#;
    let update = update.replace("ID", &town.ann_there.to_string());
    let header = "x-telegram-bot-api-secret-token";
    for (secret, status) in [("wrong", "403"), ("", "403"), (SECRET, "200"), (SECRET, "200")] {
        let (line, _) = town.service.post("/hooks/telegram", &[(header, secret)], &update);
        assert!(line.contains(status), "{secret}: {line}");
    }
    assert!(town.service.post("/hooks/telegram", &[(header, SECRET)], "{}").0.contains("400"));
    until("both watches", || town.house.json(&["watch", "list"]).as_array().is_some_and(|all| all.len() == 2));
    town.plays(Chat::Telegram, &[Step::Says("/watches")]);
    assert_eq!(town.reads(Chat::Telegram).matches("Watching Rain Jacket").count(), 2, "{}", town.reads(Chat::Telegram));
}

#[test]
fn discord_is_answered_in_the_response_and_only_when_it_signed() {
    let world = std::cell::OnceCell::new();
    let town = Town::open_with(|house| {
        // The key is the same in every world.
        let key = world.get_or_init(|| coatcheck_world::Discord::open().unwrap()).public_key();
        house.with("DISCORD_PUBLIC_KEY", &key)
    });
    let asked = town.discord.slash(town.ann, Place::Dm, "watch", &[("product", "rain jacket"), ("size", "M")]);
    let body = town.discord.interaction_payload(asked).to_string();
    let now = SystemClock::start().now().timestamp();
    let post = |time: i64, signed: &str, sent: &str| {
        let (time, signature) = (time.to_string(), town.discord.signature(&time.to_string(), signed));
        town.service.post(
            "/hooks/discord",
            &[("x-signature-ed25519", &signature), ("x-signature-timestamp", &time)],
            sent,
        )
    };
    assert!(post(now, "another body", &body).0.contains("401"));
    assert!(post(now - 301, &body, &body).0.contains("401"), "a copy");
    assert_eq!(town.house.json(&["watch", "list"]), serde_json::json!([]));
    let (line, answer) = post(now, &body, &body);
    assert!(line.contains("200"), "{line} {answer}");
    town.discord.answered_by_http(asked, &serde_json::from_str(&answer).expect("JSON")).expect("taken");
    assert!(post(now, &body, &body).0.contains("200"), "the same once more");
    let ping = r#"{"type":1,"id":"1","application_id":"2","token":"t"}"#;
    assert_eq!(post(now, ping, ping).1.trim(), r#"{"type":1}"#);
    insta::assert_snapshot!(town.reads(Chat::Discord), @"
    CoatCheck: Watching Rain Jacket — M.
    Sold out now. I'll notify you when it is back (not seen in stock yet).
    [Stop M]
    ");
    assert_eq!(town.house.json(&["watch", "list"]).as_array().map(Vec::len), Some(1));
}
