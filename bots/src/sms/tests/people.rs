//! Texts of people: stored, done, answered once.

use std::sync::atomic::Ordering;

use coatcheck_world::{Fault, Order};

use super::house::{House, lock};
use super::*;
use crate::{Notice, Reply};

#[tokio::test]
async fn a_conversation_reads_like_one() {
    let world = world();
    let house = House::open(&world, |house| house).await;
    for text in ["Jacket m", "LIST", "watch \"Corps & Jacket\" size L", "2", "shop list", " "] {
        assert_eq!(world.texts(ANN, text).await.expect("answered").status, 200);
    }
    insta::assert_snapshot!(world.seen(ANN), @r#"
    I: Jacket m
    CoatCheck: You said watch Jacket m.
    I: LIST
    CoatCheck: You said watches.
    I: watch "Corps & Jacket" size L
    CoatCheck: You said watch Corps & Jacket size L.
    I: 2
    CoatCheck: You said answer 2.
    I: shop list
    CoatCheck: SHOP isn't available by text message.
    I:  
    CoatCheck: Say HELP to see what I understand.
    "#);
    insta::assert_snapshot!(house.heard(), @"
    +…23: watch Jacket m
    +…23: watches
    +…23: watch Corps & Jacket size L
    +…23: answer 2
    ");
    assert!(world.heard().is_empty(), "all of it stood in the responses");
}

#[tokio::test]
async fn a_question_is_answered_with_its_number() {
    let world = world();
    let house = House::open(&world, |house| house).await;
    let question = Reply::text("Which one?\n1. Men’s Jacket\n2. Women’s Jacket")
        .with_button("1", "c:7:1")
        .with_button("2", "c:7:2")
        .with_picture(vec![1], "two jackets");
    *lock(&house.reply) = Some(question);
    world.texts(ANN, "jacket").await.expect("answered");
    insta::assert_snapshot!(world.seen(ANN), @"
    I: jacket
    CoatCheck: Which one?
      1. Men's Jacket
      2. Women's Jacket
      Reply 1 or 2.
    ");
}

#[tokio::test]
async fn what_is_not_twilios_is_refused_and_changes_nothing() {
    let world = world();
    let house = House::open(&world, |house| house).await;
    for signature in ["", "RSOYDt4T1cUTdK1PDd93/VVr8B8="] {
        assert_eq!(world.forge(ANN, "STOP", signature).await.expect("answered"), 403);
    }
    assert_eq!((house.stored.load(Ordering::SeqCst), house.heard().as_str()), (0, ""));
}

#[tokio::test]
async fn no_number_stands_in_what_is_stored() {
    let world = world();
    let house = House::open(&world, |house| house).await;
    world.texts(ANN, "Jacket m").await.expect("answered");
    let kept = format!("{:?}", lock(&house.kept));
    assert!(!kept.contains("4155550123") && kept.contains("Jacket m"), "{kept}");
}

#[tokio::test]
async fn what_cannot_be_stored_is_not_acknowledged() {
    let world = world();
    let house = House::open(&world, |house| House { closed: true, ..house }).await;
    assert_eq!(world.texts(ANN, "Jacket m").await.expect("answered").status, 503);
    assert_eq!(house.heard(), "");
}

#[tokio::test]
async fn a_text_that_is_brought_twice_is_done_and_answered_once() {
    let world = world();
    // Whoever brings it again waits for an answer that does not come.
    let brief = |house: House| House { bot: house.bot.with_patience(Duration::from_secs(2)), ..house };
    let house = House::open(&world, brief).await;
    let text = world.texts(ANN, "Jacket m").await.expect("answered");
    let again = world.bring(&text.sid).await.expect("answered");
    assert_eq!((again.status, again.said.as_slice()), (200, &[][..]));
    assert_eq!(house.heard(), "+…23: watch Jacket m");
    assert_eq!(world.received(ANN).len(), 1);
}

#[tokio::test]
async fn an_answer_that_is_late_is_a_text_of_its_own() {
    let world = world();
    let house = House::open(&world, |house| house.asleep()).await;
    let answered = world.texts(ANN, "Jacket m").await.expect("answered");
    assert_eq!((answered.status, answered.said.as_slice()), (200, &[][..]));
    house.work().await;
    assert_eq!(world.received(ANN), ["You said watch Jacket m."]);
    assert_eq!(world.heard().len(), 1, "by a request of ours");
}

#[tokio::test]
async fn stop_start_and_help_are_twilios_to_answer_and_are_done_all_the_same() {
    let world = world();
    let house = House::open(&world, |house| house).await;
    for text in ["Stop", "jacket M", "START", " help ", "Please stop texting me", "stop texting me"] {
        world.texts(ANN, text).await.expect("answered");
    }
    insta::assert_snapshot!(world.seen(ANN), @"
    I: Stop
    Twilio: You have successfully been unsubscribed. You will not receive any more messages from this number. Reply START to resubscribe.
    I: jacket M
    I: START
    Twilio: You have successfully been re-subscribed to messages from this number. Reply HELP for help. Reply STOP to unsubscribe.
    I:  help 
    Twilio: Reply STOP to unsubscribe. Msg&Data Rates May Apply.
    I: Please stop texting me
    CoatCheck: You said stop.
    I: stop texting me
    CoatCheck: You said stop.
    ");
    insta::assert_snapshot!(house.heard(), @"
    +…23: stop
    +…23: watch jacket M
    +…23: start
    +…23: help
    +…23: stop
    +…23: stop
    ");
}

#[tokio::test]
async fn what_twilio_was_taught_is_understood_as_it_understood_it() {
    let world = world();
    world.teach("BASTA", "STOP");
    let house = House::open(&world, |house| house).await;
    world.texts(ANN, "basta").await.expect("answered");
    assert_eq!(house.heard(), "+…23: stop");
    assert_eq!(world.received(ANN).len(), 0);
}

#[tokio::test]
async fn where_twilio_keeps_still_we_answer_once() {
    let world = world();
    world.speaks(false);
    let own = |house: House| {
        let public_url = house.bot.public_url.clone();
        let settings = Settings { opt_out: OptOut::Own, public_url, ..settings(&world) };
        House { bot: bot_with(settings, &clock(), LONG), ..house }
    };
    let house = House::open(&world, own).await;
    for text in ["STOP", "start", "help"] {
        world.texts(ANN, text).await.expect("answered");
    }
    insta::assert_snapshot!(world.seen(ANN), @"
    I: STOP
    CoatCheck: You said stop.
    I: start
    CoatCheck: You said start.
    I: help
    CoatCheck: You said help.
    ");
    assert_eq!(house.heard().lines().count(), 3);
}

#[tokio::test]
async fn an_answer_whose_receipt_was_lost_is_read_once() {
    let world = world();
    let house = House::open(&world, |house| house.asleep()).await;
    world.texts(ANN, "Jacket m").await.expect("answered");
    world.order(Order::on(world.path(), Fault::Drop).times(1));
    house.work().await;
    assert_eq!(world.received(ANN), ["You said watch Jacket m."]);
}

#[tokio::test]
async fn who_opted_out_meanwhile_gets_no_answer_and_that_is_done() {
    let world = world();
    let house = House::open(&world, |house| house.asleep()).await;
    world.texts(ANN, "Jacket m").await.expect("answered");
    world.opt_out(ANN);
    house.work().await;
    assert_eq!(world.received(ANN).len(), 0);
    assert_eq!(world.heard().len(), 1, "it is not asked again");
}

#[tokio::test]
async fn it_is_told_what_became_of_each_text() {
    let world = world();
    let house = House::open(&world, |house| house).await;
    world.hold_reports();
    world.loses("+14155550199", 30005);
    let told = |key: &str, number: &str| Envelope {
        key: key.to_owned(),
        destination: Destination::Sms(phone(number)),
        secret: None,
        message: Message::Notice(Notice { text: "Hello.".to_owned() }),
        manage: None,
        buttons: Vec::new(),
    };
    assert_eq!(house.bot.send(&told("n:1:1", ANN)).await.as_str(), "sent");
    assert_eq!(house.bot.send(&told("n:1:2", "+14155550199")).await.as_str(), "sent");
    assert_eq!(lock(&house.statuses).len(), 0);
    world.report().await;
    insta::assert_snapshot!(lock(&house.statuses).join("\n"), @"
    0001 sent
    0001 delivered
    0002 sent
    0002 undelivered 30005
    ");
}

#[tokio::test]
async fn only_a_last_word_about_a_text_waits_until_its_name_is_known() {
    let world = world();
    let house = House::open(&world, |house| house).await;
    world.hold_reports();
    let envelope = Envelope {
        key: "n:1:1".to_owned(),
        destination: Destination::Sms(phone(ANN)),
        secret: None,
        message: Message::Notice(Notice { text: "Hello.".to_owned() }),
        manage: None,
        buttons: Vec::new(),
    };
    assert_eq!(house.bot.send(&envelope).await.as_str(), "sent");
    house.known.store(false, Ordering::SeqCst);
    let learn = async {
        // Once for `sent`, which is answered at once; then again and again for `delivered`.
        while house.asked.load(Ordering::SeqCst) < 4 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        house.known.store(true, Ordering::SeqCst);
    };
    tokio::join!(world.report(), learn);
    assert_eq!(*lock(&house.statuses), ["0001 delivered"]);
}
