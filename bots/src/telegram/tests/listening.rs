//! How updates come in: stored before they are acknowledged, fetched or brought.

use coatcheck_world::Sink;

use super::*;

async fn all_acknowledged(world: &World) {
    let gone = async {
        while world.waiting() > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(LONG, gone).await.expect("acknowledged in time");
}

#[tokio::test]
async fn what_could_not_be_stored_comes_again() {
    let world = world();
    let (ann, bot, shelf) = (world.person("Ann"), bot(&world), Shelf::default());
    shelf.refuses.store(1, Ordering::SeqCst);
    world.say(ann, "Ann", "/watches");
    let ended = bot.listen(&shelf).await.expect_err("the sink was closed");
    insta::assert_snapshot!(ended, @"the inbound event cannot be stored: the disk is full");
    assert_eq!(bot.trouble().as_deref(), Some("the inbound event cannot be stored: the disk is full"));
    assert_eq!(world.waiting(), 1, "not acknowledged");
    shelf.fill(&bot, 1).await;
    assert_eq!(lock(&shelf.kept)[0].chat, ann.to_string());
}

#[tokio::test]
async fn what_was_stored_is_acknowledged_by_the_next_fetch_alone() {
    let world = world();
    let (ann, bot, shelf) = (world.person("Ann"), bot(&world), Shelf::default());
    world.say(ann, "Ann", "/watches");
    shelf.fill(&bot, 1).await;
    let listening = bot.listen(&shelf);
    tokio::select! {
        ended = listening => panic!("listening ended: {ended:?}"),
        () = all_acknowledged(&world) => {}
    }
    assert_eq!(lock(&shelf.kept).len(), 1);
    assert_eq!(bot.trouble(), None);
}

#[tokio::test]
async fn repeated_and_disordered_updates_are_kept_once_each() {
    let world = world();
    let (ann, bot, shelf) = (world.person("Ann"), bot(&world), Shelf::default());
    for text in ["/watches", "/stock jacket", "/help"] {
        world.say(ann, "Ann", text);
    }
    world.repeat(2);
    shelf.fill(&bot, 3).await;
    assert!(shelf.knocks.load(Ordering::SeqCst) >= 4, "they did come again");
    let ids: Vec<String> = lock(&shelf.kept).iter().map(|arrived| arrived.external_id.clone()).collect();
    assert_eq!(ids, ["2", "3", "1"]);
    tokio::select! {
        ended = bot.listen(&shelf) => panic!("listening ended: {ended:?}"),
        () = all_acknowledged(&world) => {}
    }
}

#[tokio::test]
async fn an_old_webhook_is_removed_before_updates_are_fetched() {
    let world = world();
    let (ann, bot, shelf) = (world.person("Ann"), bot(&world), Shelf::default());
    world.set_webhook("http://127.0.0.1:9/old", "old");
    world.say(ann, "Ann", "/watches");
    shelf.fill(&bot, 1).await;
    assert_eq!(world.webhook(), None);
}

#[tokio::test]
async fn with_a_webhook_updates_are_brought_with_its_secret() {
    let (world, sink) = (world(), Sink::open().expect("a sink"));
    let url = Url::parse(&sink.url("/hooks/telegram")).expect("an address");
    let hook = Hook::new(url.clone(), "s3cret_-A".to_owned().into()).expect("a secret");
    let (ann, bot, shelf) = (world.person("Ann"), bot_with(&world, LONG, Some(hook.clone())), Shelf::default());
    let brought = async {
        while world.webhook().as_deref() != Some(url.as_str()) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        world.say(ann, "Ann", "/watches");
        sink.wait_for(1, LONG).await.expect("brought")
    };
    let heard = tokio::select! {
        ended = bot.listen(&shelf) => panic!("listening ended: {ended:?}"),
        heard = brought => heard,
    };
    assert!(hook.verify(heard[0].header(webhook::SECRET_HEADER).map(str::as_bytes)));
    let arrived = webhook::arrived(&heard[0].body).expect("an update");
    assert_eq!((arrived.external_id.as_str(), arrived.chat), ("1", ann.to_string()));
    let inbox = Echo::answering(Reply::text("Nothing yet."));
    bot.handle(&arrived.payload, &inbox).await.expect("answered");
    insta::assert_snapshot!(world.seen(ann), @"
    Ann: /watches
    CoatCheck: Nothing yet.
    ");
}

#[tokio::test]
async fn a_second_listener_and_a_revoked_token_are_troubles_with_a_name() {
    let world = world();
    let (first, second, shelf) = (bot(&world), bot(&world), Shelf::default());
    let ended = tokio::select! {
        ended = first.listen(&shelf) => ended,
        ended = async { tokio::time::sleep(Duration::from_millis(100)).await; second.listen(&shelf).await } => ended,
    };
    insta::assert_snapshot!(ended.expect_err("a conflict"), @"Telegram answered 409: Conflict: terminated by other getUpdates request; make sure that only one bot instance is running; somebody else fetches for the same bot, or has set its webhook");
    world.revoke_token();
    let ended = first.listen(&shelf).await.expect_err("no token");
    insta::assert_snapshot!(ended, @"Telegram answered 401: Unauthorized; is TELEGRAM_TOKEN right, or was it revoked?");
    assert!(ended.fatal);
}

#[tokio::test]
async fn the_commands_are_those_of_the_table_that_are_shown() {
    let world = world();
    let bot = bot(&world);
    bot.register().await.expect("registered");
    bot.register().await.expect("registered again");
    insta::assert_snapshot!(world.commands(), @"
    all_chat_administrators: watch, unwatch, watches, stock, history, again, pause, resume, test, export, forget, link, join, announce, status, help, start
    all_private_chats: watch, unwatch, watches, stock, history, again, pause, resume, test, export, forget, link, join, announce, status, help, start
    default: watches, stock, history, export, link, status, help, start
    ");
}
