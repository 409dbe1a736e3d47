//! Conversations: what people say and press, where, and what they see.

use coatcheck_world::{Fault, Order};

use super::*;
use crate::examples::{alert, variant};
use crate::{Button, Envelope, Message};

#[tokio::test]
async fn a_conversation_in_private() {
    let world = world();
    let (ann, bot) = (world.person("Ann"), bot(&world));
    let inbox = Echo::answering(Reply::text("Which one?\n1. Corps <Jacket>").with_button("1", "c:7:1"));
    world.say(ann, "Ann", "/start ref_7");
    world.say(ann, "Ann", "/watch jacket M");
    world.say(ann, "Ann", "/wacth jacket M");
    converse(&bot, &inbox, 3).await;
    *lock(&inbox.reply) = Reply::text("You will be told.");
    let press = world.press(ann, "Ann", "1");
    converse(&bot, &inbox, 4).await;
    insta::assert_snapshot!(inbox.heard().replace(&ann.to_string(), "Ann"), @"
    telegram:Ann (manages): /start ref_7
    telegram:Ann (manages): /watch jacket M
    telegram:Ann (manages): [c:7:1]
    ");
    assert_eq!(world.note(&press).as_deref(), Some(""), "the button waits no more");
    insta::assert_snapshot!(world.seen(ann), @r#"
    Ann: /start ref_7
    Ann: /watch jacket M
    Ann: /wacth jacket M
    CoatCheck: Which one?
      1. Corps <Jacket>
      [1]
    CoatCheck: Which one?
      1. Corps <Jacket>
      [1]
    CoatCheck: I don't know "/wacth". Did you mean /watch? /help lists what I understand.
    CoatCheck: You will be told.
    "#);
}

#[tokio::test]
async fn hostile_words_get_a_friendly_answer_and_call_nobody() {
    let world = world();
    let (eve, bot) = (world.person("Eve"), bot(&world));
    let inbox = Echo::answering(Reply::text("\u{202e}I heard <b>&\u{7} that"));
    let ten_kilobytes = "/watch ".to_owned() + &"M".repeat(10_000);
    let texts = [&ten_kilobytes, "\u{202e}\u{0}\u{7}", "</b><script>@everyone", "/\u{202e}watch", "/watch <b>&M</i>"];
    for text in texts {
        world.say(eve, "Eve", text);
    }
    converse(&bot, &inbox, texts.len()).await;
    let answers: Vec<String> =
        world.seen(eve).lines().filter(|l| l.starts_with("CoatCheck")).map(str::to_owned).collect();
    insta::assert_snapshot!(answers.join("\n"), @r#"
    CoatCheck: That is too long for me: 2000 characters at most.
    CoatCheck: Say /help to see what I understand.
    CoatCheck: I heard <b>&  that
    CoatCheck: I heard <b>&  that
    CoatCheck: I heard <b>&  that
    "#);
}

#[tokio::test]
async fn in_a_group_only_what_is_meant_for_us_is_answered_and_managers_are_known() {
    let world = world();
    let (team, bot) = (world.group("Team", &["*Ann", "Bob"]), bot(&world));
    let inbox = Echo::answering(Reply::text("Done."));
    for (name, text) in [
        ("Ann", "/watch@CoatBot jacket M"),
        ("Bob", "/watch jacket M"),
        ("Bob", "/watch@OtherBot jacket M"),
        ("Bob", "did you see the jacket?"),
        ("Bob", "/roll 20"),
        ("Bob", "/roll@CoatBot 20"),
        ("Ann", "/watches"),
    ] {
        world.say(team, name, text);
    }
    converse(&bot, &inbox, 7).await;
    insta::assert_snapshot!(inbox.heard().replace(&team.to_string(), "Team"), @"
    telegram:Team (manages): /watch jacket M
    telegram:Team (does not manage): /watch jacket M
    telegram:Team (manages): /watches 
    ");
    assert_eq!(world.seen(team).matches("CoatCheck:").count(), 4, "{}", world.seen(team));
    assert_eq!(world.heard_on(&world.path("GetChatMember")).len(), 2, "asked once for each");
}

#[tokio::test]
async fn an_invite_word_does_not_stay_where_others_read_it() {
    let world = world();
    let (team, ann, bot) = (world.group("Team", &["*Ann", "Bob"]), world.person("Ann"), bot(&world));
    let inbox = Echo::answering(Reply::text("Done."));
    let said = ["/join raincoat", "@CoatBot join raincoat", "/start@CoatBot j-raincoat", "/start", "/join"];
    said.iter().for_each(|text| world.say(team, "Bob", text));
    world.say(ann, "Ann", "/join raincoat");
    converse(&bot, &inbox, said.len() + 1).await;
    insta::assert_snapshot!(world.seen(team), @"
    Bob: /start
    Bob: /join
    CoatCheck: Done.
    CoatCheck: Done.
    CoatCheck: Done.
    CoatCheck: Done.
    CoatCheck: Done.
    ");
    assert!(world.seen(ann).contains("/join raincoat"), "it is Ann's own chat");
}

#[tokio::test]
async fn a_topic_is_answered_in_itself_and_a_post_in_a_channel_proves_who_manages_it() {
    let world = world();
    let (forum, news, bot) = (world.forum("Forum", &["Bob"], &[3]), world.channel("News"), bot(&world));
    let inbox = Echo::answering(Reply::text("Done."));
    world.say_in(forum, Some(3), "Bob", "/stock jacket");
    world.say(news, "News", "/watch jacket M");
    converse(&bot, &inbox, 2).await;
    let heard = inbox.heard().replace(&forum.to_string(), "Forum").replace(&news.to_string(), "News");
    insta::assert_snapshot!(heard, @"
    telegram:Forum/3 (does not manage): /stock jacket
    telegram:News (manages): /watch jacket M
    ");
    insta::assert_snapshot!(world.seen(forum), @"
    Bob in 3: /stock jacket
    CoatCheck in 3: Done.
    ");
}

#[tokio::test]
async fn a_press_in_a_group_is_answered_to_who_pressed_alone() {
    let world = world();
    let (team, bot) = (world.group("Team", &["*Ann", "Bob"]), bot(&world));
    let inbox = Echo::answering(Reply::text("Which?").with_button("Stop", "stop:1"));
    world.say(team, "Ann", "/watches");
    converse(&bot, &inbox, 1).await;
    *lock(&inbox.reply) = Reply::text("Only managers do that.");
    let press = world.press(team, "Bob", "Stop");
    converse(&bot, &inbox, 2).await;
    assert_eq!(world.note(&press).as_deref(), Some("Only managers do that."));
    assert_eq!(world.seen(team).matches("CoatCheck:").count(), 1, "the group reads nothing of it");
    insta::assert_snapshot!(inbox.heard().replace(&team.to_string(), "Team"), @"
    telegram:Team (manages): /watches 
    telegram:Team (does not manage): [stop:1]
    ");
}

#[tokio::test]
async fn pictures_and_files_come_with_their_words() {
    let world = world();
    let (ann, bot) = (world.person("Ann"), bot(&world));
    let chart = Reply::text("Last in stock: <today>").with_picture(vec![0x89, b'P', 0, 0xff], "Stock of 90 days");
    let inbox = Echo::answering(chart.with_button("Watch", "again:1").with_file("coatcheck.json", "{\"ä\": 1}"));
    world.say(ann, "Ann", "/history jacket");
    converse(&bot, &inbox, 1).await;
    insta::assert_snapshot!(world.seen(ann), @"
    Ann: /history jacket
    CoatCheck: (picture) Last in stock: <today>
      [Watch]
    CoatCheck: (coatcheck.json)
    ");
    let photo = &world.heard_on(&world.path("SendPhoto"))[0];
    assert!(photo.body.windows(4).any(|bytes| bytes == [0x89, b'P', 0, 0xff]), "the picture is sent whole");
}

#[tokio::test]
async fn an_answer_outlives_what_goes_wrong_on_its_way() {
    let world = world();
    let (ann, bot) = (world.person("Ann"), bot(&world));
    let inbox = Echo::answering(Reply::text("Done."));
    world.flood(ann, 1, 1);
    world.say(ann, "Ann", "/watches");
    converse(&bot, &inbox, 1).await;
    insta::assert_snapshot!(world.seen(ann), @"
    Ann: /watches
    CoatCheck: Done.
    ");
    assert_eq!(inbox.heard().lines().count(), 1, "the command itself was done once");
    world.order(Order::on(world.path("SendMessage"), Fault::Drop).times(1));
    world.say(ann, "Ann", "/watches");
    converse(&bot, &inbox, 2).await;
    assert_eq!(
        world.seen(ann).matches("Done.").count(),
        3,
        "what may not have arrived is said again: twice, not never"
    );
    world.order(Order::on(world.path("SendMessage"), World::bad_gateway()).times(2));
    let payload = lock(&inbox.shelf.kept)[0].payload.clone();
    let later = bot.handle(&payload, &inbox).await.expect_err("it is put back instead of being waited for");
    assert_eq!((later.after, later.fatal), (Some(Duration::from_secs(1)), false));
    world.block(ann);
    world.say(ann, "Ann", "/watches");
    converse(&bot, &inbox, 3).await;
}

#[tokio::test]
async fn a_group_that_grows_keeps_being_answered_and_its_new_address_is_learnt_either_way() {
    let world = world();
    let (team, bot) = (world.group("Team", &["*Ann"]), bot(&world));
    let inbox = Echo::answering(Reply::text("Done."));
    world.say(team, "Ann", "/watches");
    let new = world.migrate(team);
    converse(&bot, &inbox, 2).await;
    let heard = inbox.heard().replace(&new.to_string(), "New").replace(&team.to_string(), "Old");
    insta::assert_snapshot!(heard, @"
    telegram:Old (manages): /watches 
    telegram:Old is now telegram:New
    telegram:Old is now telegram:New
    ");
    insta::assert_snapshot!(world.seen(new), @"CoatCheck: Done.");
}

#[tokio::test]
async fn a_pressed_message_says_what_became_of_it_and_keeps_its_links() {
    let world = world();
    let (ann, bot) = (world.person("Ann"), bot(&world));
    let jacket = |key: &str| Envelope {
        key: key.to_owned(),
        destination: Destination::Telegram { chat: ann, topic: None },
        secret: None,
        message: Message::Alert(Box::new(alert(vec![variant("M", "Black")]))),
        manage: None,
        buttons: Button::after_alert(7),
    };
    bot.send(&jacket("a:7:1:0")).await;
    let stop = Reply::text("Watching it again.").with_button("Stop M / Black", "stop:1");
    let inbox = Echo::answering(stop.with_note("✓ Watching again"));
    world.press(ann, "Ann", "Watch again");
    converse(&bot, &inbox, 1).await;
    *lock(&inbox.reply) = Reply::text("Stopped.").with_note("✓ Stopped <M>");
    let press = world.press(ann, "Ann", "Stop M / Black");
    converse(&bot, &inbox, 2).await;
    assert_eq!(world.note(&press).as_deref(), Some(""), "the button waits no more");
    bot.send(&jacket("a:8:1:0")).await;
    *lock(&inbox.reply) = Reply::text("You have no watches.").replacing();
    world.press(ann, "Ann", "Got it");
    converse(&bot, &inbox, 3).await;
    insta::assert_snapshot!(world.seen(ann), @"
    CoatCheck: *Back in stock: Corps Jacket — M / Black, 129.00 EUR*
      ✓ Stopped <M>
      [Open in shop → https://shop.example/products/jacket?size=M]
      (edited)
    CoatCheck: You have no watches.
      (edited)
    ");
}
