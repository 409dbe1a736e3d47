//! Alerts: what people see, notified once, changed, refused.

use coatcheck_world::{Fault, Order};
use serde_json::json;

use super::*;

#[tokio::test]
async fn an_alert_reads_well_and_calls_nobody() {
    let world = World::open().unwrap();
    let ann = world.person("Ann");
    let mut told = jacket();
    told.variants[0].quantity = Some(3);
    told.variants[0].cart_url = Some("https://shop.example/cart/1:1".parse().unwrap());
    let sent = bot(&world).send(&to(Destination::DiscordUser(ann), told)).await;
    assert_eq!(sent.as_str(), "sent", "{sent:?}");
    insta::assert_snapshot!(world.chat(world.dm(ann), ann), @r"
    CoatCheck: Back in stock: Corps Jacket — M / Black, 129.00 EUR (3 left)
    ┃ Corps Jacket → https://shop.example/products/jacket?size=M
    ┃ Size: M
    ┃ Style: Black
    ┃ Price: 129.00 EUR
    ┃ Left: 3
    ┃ shop.example
    [Open in shop → https://shop.example/products/jacket?size=M] [Add to cart → https://shop.example/cart/1:1] [Watch again] [Got it]
    ");
    assert_eq!(world.messages(world.dm(ann))[0]["allowed_mentions"], json!({ "parse": [], "users": [], "roles": [] }));
}

#[tokio::test]
async fn several_sizes_have_a_button_each_and_a_room_hears_them_too() {
    let world = World::open().unwrap();
    let room = world.channel();
    let told = alert(vec![variant("M", "Black"), variant("L", "Black")]);
    let sent = bot(&world).send(&to(Destination::DiscordChannel(room), told)).await;
    assert_eq!(sent.as_str(), "sent", "{sent:?}");
    insta::assert_snapshot!(world.chat(room, 0), @"
    CoatCheck: Back in stock: Corps Jacket, 129.00 EUR — 2 variants
    ┃ Corps Jacket → https://shop.example/products/jacket
    ┃ • M / Black
    ┃ • L / Black
    ┃ shop.example
    [M / Black → https://shop.example/products/jacket?size=M] [L / Black → https://shop.example/products/jacket?size=L] [Watch again] [Got it]
    ");
}

#[tokio::test]
async fn a_message_whose_answer_was_lost_is_seen_once() {
    let world = World::open().unwrap();
    let ann = world.person("Ann");
    let (bot, envelope) = (bot(&world), to(Destination::DiscordUser(ann), jacket()));
    world.order(Order::on(World::messages_path(world.dm(ann)), Fault::Drop).times(1));
    assert_eq!(bot.send(&envelope).await.as_str(), "unknown");
    assert_eq!(bot.send(&envelope).await.as_str(), "sent");
    assert_eq!(world.messages(world.dm(ann)).len(), 1);
    let mut other = envelope;
    other.key = "a:8:1:0".into();
    assert_eq!(bot.send(&other).await.as_str(), "sent");
    assert_eq!(world.messages(world.dm(ann)).len(), 2, "another restock is another message");
}

#[tokio::test]
async fn a_message_whose_answer_was_lost_is_found() {
    let world = World::open().unwrap();
    let ann = world.person("Ann");
    let (bot, envelope) = (bot(&world), to(Destination::DiscordUser(ann), jacket()));
    assert_eq!(bot.find(&envelope).await, Found::NotHere);
    world.order(Order::on(World::messages_path(world.dm(ann)), Fault::Drop).times(1));
    bot.send(&envelope).await;
    let id = world.messages(world.dm(ann))[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(bot.find(&envelope).await, Found::Here { provider_ref: format!("{}/{id}", world.dm(ann)) });
    let mut later = jacket();
    later.at += chrono::Duration::days(1);
    assert_eq!(
        bot.find(&to(Destination::DiscordUser(ann), later)).await,
        Found::NotHere,
        "the next restock looks alike"
    );
}

#[tokio::test]
async fn what_is_sold_out_again_is_changed_and_nobody_told_anew() {
    let world = World::open().unwrap();
    let ann = world.person("Ann");
    let bot = bot(&world);
    let SendOutcome::Sent { provider_ref: Some(place) } = bot.send(&to(Destination::DiscordUser(ann), jacket())).await
    else {
        panic!("not sent")
    };
    let mut gone = jacket();
    gone.gone_after = Some(250);
    let gone = to(Destination::DiscordUser(ann), gone);
    assert_eq!(bot.edit(&gone, &place).await.as_str(), "sent");
    insta::assert_snapshot!(world.chat(world.dm(ann), ann), @"
    CoatCheck (edited): ~~Back in stock: Corps Jacket — M / Black, 129.00 EUR~~
    Sold out again after 4 min
    ┃ Corps Jacket → https://shop.example/products/jacket?size=M
    ┃ Size: M
    ┃ Style: Black
    ┃ Price: 129.00 EUR
    ┃ shop.example
    [Watch again] [Got it]
    ");
    world.delete_message(place.split_once('/').unwrap().1.parse().unwrap());
    assert_eq!(bot.edit(&gone, &place).await.as_str(), "give_up", "a deleted message stays deleted");
    assert_eq!(bot.edit(&gone, "nonsense").await.as_str(), "give_up");
}

#[tokio::test]
async fn each_refusal_over_the_wire_has_its_verdict() {
    let world = World::open().unwrap();
    let (ann, bob, room) = (world.person("Ann"), world.person("Bob"), world.channel());
    let posts = World::messages_path(world.dm(ann));
    let time = clock();
    let bot = bot_at(&world.base(), world.token(), None, LONG, Arc::clone(&time));
    world.close_dms(bob, true);
    let mut said = Vec::new();
    for (what, fault) in [
        ("slow down here", World::slow_down(Duration::from_millis(350), false)),
        ("slow down all", World::slow_down(Duration::from_secs(3), true)),
        ("500", Fault::status(500)),
        ("a page", Fault::html()),
        ("a page with 502", Fault::Says { status: 502, headers: Vec::new(), body: "<html>".into() }),
        ("DMs too fast", World::refusal(400, 40003, "You are opening direct messages too fast.")),
    ] {
        world.order(Order::on(posts.clone(), fault).times(1));
        said.push((what, bot.send(&to(Destination::DiscordUser(ann), jacket())).await));
    }
    assert!(world.messages(world.dm(ann)).len() <= 1, "only the page hid a message");
    time.advance(Duration::from_secs(4));
    said.push(("closed DMs", bot.send(&to(Destination::DiscordUser(bob), jacket())).await));
    world.delete_channel(room);
    said.push(("a deleted channel", bot.send(&to(Destination::DiscordChannel(room), jacket())).await));
    world.revoke_token(true);
    said.push(("a revoked token", bot.send(&to(Destination::DiscordUser(ann), jacket())).await));
    let lines = said.iter().map(|(what, outcome)| format!("{what}: {outcome:?}"));
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r#"
    slow down here: Retry { after: Some(350ms), why: "Discord answered 429 Too Many Requests: You are being rate limited." }
    slow down all: Hold { after: Some(3s), why: "Discord answered 429 Too Many Requests: You are being rate limited." }
    500: Retry { after: None, why: "Discord answered 500 Internal Server Error" }
    a page: Unknown { why: "no answer: 200 OK, but no JSON" }
    a page with 502: Retry { after: None, why: "Discord answered 502 Bad Gateway" }
    DMs too fast: Retry { after: None, why: "Discord answered 400 Bad Request: You are opening direct messages too fast." }
    closed DMs: AddressGone { why: "Discord answered 403 Forbidden: Cannot send messages to this user" }
    a deleted channel: AddressGone { why: "Discord answered 404 Not Found: Unknown Channel" }
    a revoked token: Hold { after: None, why: "Discord answered 401 Unauthorized: 401: Unauthorized; is DISCORD_TOKEN still right?" }
    "#);
}

#[tokio::test]
async fn silence_after_the_request_is_unknown_and_nobody_there_is_not() {
    let world = World::open().unwrap();
    let ann = world.person("Ann");
    let quick = bot_at(&world.base(), world.token(), None, Duration::from_millis(500), clock());
    quick.send(&to(Destination::DiscordUser(ann), jacket())).await;
    world.order(Order::on(World::messages_path(world.dm(ann)), Fault::Hang));
    assert_eq!(quick.send(&to(Destination::DiscordUser(ann), jacket())).await.as_str(), "unknown");
    drop(world);
    assert_eq!(quick.send(&to(Destination::DiscordUser(ann), jacket())).await.as_str(), "retry");
}

#[tokio::test]
async fn a_person_s_channel_is_opened_once() {
    let world = World::open().unwrap();
    let ann = world.person("Ann");
    let bot = bot(&world);
    for n in 0..3 {
        let mut envelope = to(Destination::DiscordUser(ann), jacket());
        envelope.key = format!("a:{n}:1:0");
        bot.send(&envelope).await;
    }
    assert_eq!(world.heard_on("/api/v10/users/@me/channels").len(), 1);
    assert_eq!(world.messages(world.dm(ann)).len(), 3);
}

#[tokio::test]
async fn near_a_ban_nothing_is_asked_any_more() {
    let world = World::open().unwrap();
    let (ann, clock) = (world.person("Ann"), clock());
    let bot = bot_at(&world.base(), world.token(), None, LONG, clock.clone());
    (0..4_999).for_each(|_| bot.invalid().note(Duration::ZERO));
    world.close_dms(ann, true);
    assert_eq!(bot.send(&to(Destination::DiscordUser(ann), jacket())).await.as_str(), "address_gone");
    world.close_dms(ann, false);
    let heard = world.heard().len();
    assert_eq!(bot.send(&to(Destination::DiscordUser(ann), jacket())).await.as_str(), "hold");
    assert_eq!(world.heard().len(), heard);
    clock.advance(Duration::from_secs(601));
    assert_eq!(bot.send(&to(Destination::DiscordUser(ann), jacket())).await.as_str(), "sent");
}

#[tokio::test]
async fn hostile_and_endless_words_fit_and_stay_words() {
    let world = World::open().unwrap();
    let ann = world.person("Ann");
    let hostile = "\u{202e}**@everyone** <@1> [x](https://evil.example) ||`_~\u{0}\n# ".repeat(170);
    let mut told = alert((0..40).map(|_| variant(&hostile, &hostile)).collect());
    (told.product, told.shop) = (hostile.clone(), hostile.clone());
    let mut envelope = to(Destination::DiscordUser(ann), told.clone());
    envelope.buttons = (0..60).map(|n| Button { label: hostile.clone(), data: format!("b:{n}") }).collect();
    let sent = bot(&world).send(&envelope).await;
    assert_eq!(sent.as_str(), "sent", "{sent:?}");
    told.variants.truncate(1);
    envelope.message = Message::Alert(Box::new(told));
    envelope.key = "a:9:1:0".into();
    let sent = bot(&world).send(&envelope).await;
    assert_eq!(sent.as_str(), "sent", "{sent:?}");
    let chat = world.chat(world.dm(ann), ann);
    assert!(!chat.contains("@everyone") && !chat.contains("<@") && !chat.contains('\u{202e}'), "{chat}");
}

#[tokio::test]
async fn no_verdict_and_no_debug_tells_the_token() {
    let world = World::open().unwrap();
    let ann = world.person("Ann");
    let mut seen = vec![format!("{:?}", bot(&world))];
    for token in [world.token().to_owned(), "wrong.do-not-show".into(), "two\nlines.do-not-show".into()] {
        let bot = bot_at(&world.base(), &token, None, LONG, clock());
        world.revoke_token(true);
        seen.push(format!("{:?}", bot.send(&to(Destination::DiscordUser(ann), jacket())).await));
        seen.push(format!("{:?}", bot.register().await));
        seen.push(format!("{:?} {:?}", bot.api, bot.trouble()));
    }
    assert!(!seen.join("\n").contains("do-not-show"), "{seen:#?}");
}

#[tokio::test]
async fn at_our_pace_nothing_is_refused_and_without_one_it_is() {
    let world = World::open().unwrap();
    let bot = bot(&world).limited_by(RateLimiter::new(PER_SECOND, Duration::ZERO));
    let (limiter, room) = (bot.rate_limiter().unwrap(), world.channel());
    let started = tokio::time::Instant::now();
    let hasty = async |key: String| {
        let mut envelope = to(Destination::DiscordChannel(room), jacket());
        envelope.key = key;
        bot.send(&envelope).await.as_str()
    };
    world.limit(50);
    for n in 0..60 {
        while limiter.alerts(started.elapsed(), 1) == 0 {
            tokio::time::sleep(limiter.until_alert(started.elapsed())).await;
        }
        assert_eq!(hasty(format!("paced:{n}")).await, "sent");
    }
    assert_eq!(world.too_fast(), 0);
    world.limit(0);
    assert_eq!((hasty("hasty".into()).await, world.too_fast()), ("hold", 1));
}
