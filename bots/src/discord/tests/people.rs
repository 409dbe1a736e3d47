//! What people say and press, answered once, in time and to them alone.

use coatcheck_world::{Fault, Order, Place};

use reqwest::header::HeaderMap;

use crate::{InboundEvent, Receipt, SinkClosed, WebhookRequest};

use super::*;

/// Hands the bot what the gateway would have brought.
async fn handed(world: &World, bot: &Discord, interaction: u64, inbox: &Echo) {
    let payload = world.interaction_payload(interaction).to_string();
    bot.handle(&payload, inbox).await.unwrap();
}

#[tokio::test]
async fn a_conversation_reads_like_one() {
    let world = World::open().unwrap();
    let (ann, room) = (world.person("Ann"), world.channel());
    let (bot, inbox) = (bot(&world), Echo::default());
    let options = [("size", "M,L"), ("product", "Corps Jacket"), ("how", "every")];
    handed(&world, &bot, world.slash(ann, Place::Dm, "watch", &options), &inbox).await;
    let message: u64 = world.messages(world.dm(ann))[0]["id"].as_str().unwrap().parse().unwrap();
    handed(&world, &bot, world.presses(ann, message, "Stop").unwrap(), &inbox).await;
    handed(&world, &bot, world.slash(ann, Place::Dm, "frobnicate", &[]), &inbox).await;
    insta::assert_snapshot!(world.chat(world.dm(ann), ann), @r"
    CoatCheck (edited): watch Corps Jacket\|size\|M,L\|every.
    ✓ Stopped \*M\*
    CoatCheck: This command is no longer available. /help lists all commands.
    ");
    handed(&world, &bot, world.slash(ann, Place::Channel(room), "watches", &[]), &inbox).await;
    handed(&world, &bot, world.slash(ann, Place::Managed(room), "watches", &[]), &inbox).await;
    insta::assert_snapshot!(world.chat(room, ann), @"
    CoatCheck (only you see this): watches .
    [Stop]
    CoatCheck (only you see this): watches . You manage this.
    [Stop]
    ");
    assert_eq!(world.chat(room, 0), "", "others in the room see nothing");
}

#[tokio::test]
async fn a_text_in_the_direct_messages_is_understood_too() {
    let world = World::open().unwrap();
    let ann = world.person("Ann");
    let bot = bot(&world);
    for text in ["watch jacket m", "hello <@1>", &"x".repeat(10_000)] {
        let id = world.says(ann, text).to_string();
        let payload = world.messages(world.dm(ann)).into_iter().find(|m| m["id"] == id).unwrap().to_string();
        for _ in 0..2 {
            bot.handle(&payload, &Echo::default()).await.unwrap();
        }
    }
    let chat = world.chat(world.dm(ann), ann).replace(&"x".repeat(10_000), "xxx…");
    insta::assert_snapshot!(chat.replace('\u{200b}', ""), @r#"
    Ann: watch jacket m
    CoatCheck: watch jacket\|m.
    [Stop]
    Ann: hello <@1>
    CoatCheck: watch hello\|\<@1>.
    [Stop]
    Ann: xxx…
    CoatCheck: That is too long for me: 2000 characters at most.
    "#);
}

#[tokio::test]
async fn slow_work_is_deferred_and_the_answer_comes() {
    let world = World::open().unwrap();
    let (ann, room) = (world.person("Ann"), world.channel());
    let slow = Echo { slow: Duration::from_secs(2), picture: true };
    let asked = world.slash(ann, Place::Channel(room), "history", &[("product", "jacket")]);
    handed(&world, &bot(&world), asked, &slow).await;
    assert_eq!(world.answer_type(asked), Some(5));
    insta::assert_snapshot!(world.chat(room, ann), @"
    CoatCheck (only you see this): history jacket.
    ┃ file history.png
    [Stop]
    ");
}

#[tokio::test]
async fn what_is_handled_again_after_a_crash_is_answered_once() {
    let world = World::open().unwrap();
    let ann = world.person("Ann");
    let (bot, inbox) = (bot(&world), Echo::default());
    let asked = world.slash(ann, Place::Dm, "watches", &[]);
    for _ in 0..2 {
        handed(&world, &bot, asked, &inbox).await;
    }
    assert_eq!(world.messages(world.dm(ann)).len(), 1);
}

#[tokio::test]
async fn an_answer_whose_receipt_was_lost_is_seen_once() {
    let world = World::open().unwrap();
    let ann = world.person("Ann");
    let asked = world.slash(ann, Place::Dm, "watches", &[]);
    let path = format!("/api/v10/interactions/{asked}/interaction-token-{asked}/callback");
    world.order(Order::on(path, Fault::Drop).times(1));
    handed(&world, &bot(&world), asked, &Echo::default()).await;
    assert_eq!(world.messages(world.dm(ann)).len(), 1);
}

#[tokio::test]
async fn who_asked_too_long_ago_is_answered_in_private() {
    let world = World::open().unwrap();
    let (ann, room) = (world.person("Ann"), world.channel());
    let asked = world.slash(ann, Place::Channel(room), "watches", &[]);
    world.let_expire(asked);
    for _ in 0..2 {
        handed(&world, &bot(&world), asked, &Echo::default()).await;
    }
    assert_eq!((world.messages(room).len(), world.messages(world.dm(ann)).len()), (0, 1));
}

#[tokio::test]
async fn completions_come_while_people_type() {
    let world = World::open().unwrap();
    let ann = world.person("Ann");
    let typing = world.types(ann, Place::Dm, "watch", ("product", "jack"), &[("size", "M")]);
    handed(&world, &bot(&world), typing, &Echo::default()).await;
    assert_eq!(world.choices(typing), Some(vec!["watch product jacket".to_owned()]));
}

#[tokio::test]
async fn interactions_by_http_are_believed_when_signed_and_fresh() {
    let world = World::open().unwrap();
    let (key, now) = (PublicKey::parse(&world.public_key()).unwrap(), clock().now());
    let at = |seconds: i64| (now.timestamp() + seconds).to_string();
    let check = |timestamp: &str, signed: &str, body: &str| {
        key.verify(&world.signature(timestamp, signed), timestamp, body.as_bytes(), now)
    };
    assert_eq!(check(&at(0), "{}", "{}"), Ok(()));
    assert_eq!(check(&at(-300), "{}", "{}"), Ok(()));
    assert_eq!(check(&at(-301), "{}", "{}"), Err(Unverified::Stale));
    assert_eq!(check(&at(301), "{}", "{}"), Err(Unverified::Stale));
    assert_eq!(check(&at(0), "{}", "{ }"), Err(Unverified::Signature));
    assert_eq!(key.verify("zz", &at(0), b"{}", now), Err(Unverified::Signature));
    for bad in ["", "00", &"g".repeat(64), &"é".repeat(32)] {
        assert_eq!(PublicKey::parse(bad).unwrap_err(), BadKey, "{bad}");
    }
}

/// A signed request to the webhook, and its answer.
async fn by_http(world: &World, bot: &Discord, payload: &str, inbox: &dyn Inbox, sink: &dyn EventSink) -> (u16, Value) {
    let timestamp = clock().now().timestamp().to_string();
    let signature = world.signature(&timestamp, payload);
    let headers = [("x-signature-ed25519", signature), ("x-signature-timestamp", timestamp)];
    let headers: HeaderMap =
        headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
    bot.precheck(&headers).unwrap();
    let request = WebhookRequest { path: "/hooks/discord", query: None, headers: &headers, body: payload.as_bytes() };
    let answer = bot.answer(request, sink, inbox).await;
    (answer.status, serde_json::from_str(&answer.body).unwrap_or_default())
}

/// Says when something has arrived.
#[derive(Default)]
struct Lobby(tokio::sync::Notify);

#[async_trait]
impl EventSink for Lobby {
    async fn arrived(&self, _: InboundEvent) -> Result<Receipt, SinkClosed> {
        self.0.notify_one();
        Ok(Receipt::First)
    }
}

/// Shut.
struct Shut;

#[async_trait]
impl EventSink for Shut {
    async fn arrived(&self, _: InboundEvent) -> Result<Receipt, SinkClosed> {
        Err(SinkClosed("the disk is full".to_owned()))
    }
}

#[tokio::test]
async fn by_http_the_answer_is_in_the_response_or_follows_it() {
    let world = World::open().unwrap();
    let ann = world.person("Ann");
    let bot = bot_at(&world.base(), world.token(), PublicKey::parse(&world.public_key()).ok(), LONG, clock());
    let (quick, drawn) = (Echo::default(), Echo { picture: true, ..Echo::default() });
    for (inbox, at_once) in [(&quick, true), (&quick, false), (&drawn, true)] {
        let asked = world.slash(ann, Place::Dm, "watches", &[]);
        let (payload, lobby) = (world.interaction_payload(asked).to_string(), Lobby::default());
        let request = async {
            let body = by_http(&world, &bot, &payload, inbox, &lobby).await.1;
            world.answered_by_http(asked, &body).unwrap();
            body["type"].clone()
        };
        let work = async {
            lobby.0.notified().await;
            if at_once {
                bot.handle(&payload, inbox).await.unwrap();
            }
        };
        let (kind, ()) = tokio::join!(request, work);
        assert_eq!(kind, if at_once && !inbox.picture { 4 } else { 5 });
        if !at_once {
            bot.handle(&payload, inbox).await.unwrap();
        }
    }
    insta::assert_snapshot!(world.chat(world.dm(ann), ann), @"
    CoatCheck: watches .
    [Stop]
    CoatCheck: watches .
    [Stop]
    CoatCheck: watches .
    ┃ file history.png
    [Stop]
    ");
}

#[tokio::test]
async fn by_http_only_what_changes_something_is_stored() {
    let world = World::open().unwrap();
    let (ann, inbox) = (world.person("Ann"), Echo::default());
    let bot = bot_at(&world.base(), world.token(), PublicKey::parse(&world.public_key()).ok(), LONG, clock());
    let ping = r#"{"type":1,"id":"1","application_id":"2","token":"t"}"#;
    assert_eq!(by_http(&world, &bot, ping, &inbox, &Shut).await, (200, serde_json::json!({ "type": 1 })));
    assert_eq!(by_http(&world, &bot, "[]", &inbox, &Shut).await.0, 400);
    let typing = world.types(ann, Place::Dm, "watch", ("product", "jack"), &[]);
    let payload = world.interaction_payload(typing).to_string();
    let body = by_http(&world, &bot, &payload, &inbox, &Shut).await.1;
    world.answered_by_http(typing, &body).unwrap();
    assert_eq!(world.choices(typing), Some(vec!["watch product jacket".to_owned()]));
    let asked = world.interaction_payload(world.slash(ann, Place::Dm, "watches", &[])).to_string();
    assert_eq!(by_http(&world, &bot, &asked, &inbox, &Shut).await.0, 503, "what is not stored is not acknowledged");
}

#[tokio::test]
async fn the_platform_takes_the_commands() {
    let world = World::open().unwrap();
    bot(&world).register().await.unwrap();
    assert_eq!(world.commands().len(), Command::on(Platform::Discord).count());
}

#[tokio::test]
async fn a_pressed_message_says_what_became_of_it_and_keeps_its_links() {
    let world = World::open().unwrap();
    let ann = world.person("Ann");
    let (bot, dm) = (bot(&world), world.dm(ann));
    let mut alert = to(Destination::DiscordUser(ann), jacket());
    bot.send(&alert).await;
    let message: u64 = world.messages(dm)[0]["id"].as_str().unwrap().parse().unwrap();
    let slow = Echo { slow: answer::DEFER_AFTER * 11 / 10, ..Echo::default() };
    for (label, inbox) in [("Watch again", &Echo::default()), ("Stop M / Black", &slow)] {
        handed(&world, &bot, world.presses(ann, message, label).unwrap(), inbox).await;
    }
    alert.key = "a:8:1:0".to_owned();
    alert.buttons =
        vec![Button { label: "List".into(), data: "list".into() }, Button { label: "Lost".into(), data: "x".into() }];
    bot.send(&alert).await;
    let message: u64 = world.messages(dm)[1]["id"].as_str().unwrap().parse().unwrap();
    for (label, inbox) in [("Lost", &Echo::default()), ("Lost", &slow), ("List", &Echo::default())] {
        handed(&world, &bot, world.presses(ann, message, label).unwrap(), inbox).await;
    }
    insta::assert_snapshot!(world.chat(dm, ann), @r"
    CoatCheck (edited): Back in stock: Corps Jacket — M / Black, 129.00 EUR
    ✓ Stopped \*M\*
    ┃ Corps Jacket → https://shop.example/products/jacket?size=M
    ┃ Size: M
    ┃ Style: Black
    ┃ Price: 129.00 EUR
    ┃ shop.example
    [Open in shop → https://shop.example/products/jacket?size=M]
    CoatCheck (edited): Nothing is left.
    CoatCheck: pressed x by discord
    CoatCheck: pressed x by discord
    ");
}
