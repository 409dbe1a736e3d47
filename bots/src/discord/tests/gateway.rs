//! The connection people are heard by: kept, renewed, given up in time.

use std::sync::PoisonError;

use coatcheck_world::{Fault, Order, Place};
use tokio::task::JoinHandle;

use super::*;
use crate::{InboundEvent, Receipt, SinkClosed};

/// Keeps what arrived.
#[derive(Default)]
struct Hall(Mutex<Vec<InboundEvent>>);

#[async_trait]
impl EventSink for Hall {
    async fn arrived(&self, arrived: InboundEvent) -> Result<Receipt, SinkClosed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(arrived);
        Ok(Receipt::First)
    }
}

impl Hall {
    fn ids(&self) -> Vec<u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().map(|a| a.external_id.parse().unwrap()).collect()
    }
}

struct Listening {
    world: World,
    bot: Arc<Discord>,
    hall: Arc<Hall>,
    task: JoinHandle<Result<(), Trouble>>,
}

fn listening(world: World) -> Listening {
    listening_by(world, clock())
}

fn listening_by(world: World, clock: Arc<ManualClock>) -> Listening {
    let bot = Arc::new(bot_at(&world.base(), world.token(), None, LONG, clock));
    let hall = Arc::new(Hall::default());
    let task = {
        let (bot, hall) = (Arc::clone(&bot), Arc::clone(&hall));
        tokio::spawn(async move { bot.listen(hall.as_ref()).await })
    };
    Listening { world, bot, hall, task }
}

async fn until(what: &str, enough: impl Fn() -> bool) {
    let wait = async {
        while !enough() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(LONG, wait).await.unwrap_or_else(|_| panic!("not in time: {what}"));
}

#[tokio::test]
async fn what_people_do_arrives_and_can_be_answered() {
    let it = listening(World::open().unwrap());
    assert!(it.bot.trouble().is_some(), "not READY yet");
    until("READY", || it.bot.trouble().is_none()).await;
    let (ann, room) = (it.world.person("Ann"), it.world.channel());
    let asked = it.world.slash(ann, Place::Managed(room), "watch", &[("product", "jacket"), ("size", "M")]);
    let typing = it.world.types(ann, Place::Dm, "watch", ("product", "jack"), &[]);
    let said = it.world.says(ann, "watches");
    it.bot.send(&to(Destination::DiscordUser(ann), jacket())).await;
    let alert = it.world.messages(it.world.dm(ann)).pop().unwrap()["id"].as_str().unwrap().parse().unwrap();
    let pressed = it.world.presses(ann, alert, "Watch again").unwrap();
    until("four arrivals", || it.hall.ids().len() == 4).await;
    let arrived = it.hall.0.lock().unwrap().clone();
    let mut fleeting: Vec<(u64, bool)> = arrived.iter().map(|a| (a.external_id.parse().unwrap(), a.fleeting)).collect();
    fleeting.sort_unstable();
    assert_eq!(fleeting, [(asked, false), (typing, true), (said, false), (pressed, false)]);
    assert!(arrived.iter().all(|a| a.chat == ann.to_string()));
    for one in &arrived {
        it.bot.handle(&one.payload, &Echo::default()).await.unwrap();
    }
    insta::assert_snapshot!(it.world.chat(room, ann), @r"
    CoatCheck (only you see this): watch jacket\|size\|M. You manage this.
    [Stop]
    ");
    insta::assert_snapshot!(it.world.chat(it.world.dm(ann), ann), @"
    Ann: watches
    CoatCheck (edited): Back in stock: Corps Jacket — M / Black, 129.00 EUR
    ✓ Watching again
    ┃ Corps Jacket → https://shop.example/products/jacket?size=M
    ┃ Size: M
    ┃ Style: Black
    ┃ Price: 129.00 EUR
    ┃ shop.example
    [Open in shop → https://shop.example/products/jacket?size=M] [Stop M / Black]
    CoatCheck: watches .
    [Stop]
    ");
    assert_eq!(it.world.choices(typing), Some(vec!["watch product jacket".to_owned()]));
    it.task.abort();
}

#[tokio::test]
async fn an_invite_word_does_not_stay_where_others_read_it() {
    let it = listening(World::open().unwrap());
    until("READY", || it.bot.trouble().is_none()).await;
    let (ann, room, us) = (it.world.person("Ann"), it.world.channel(), it.world.mention());
    it.world.says_in(ann, room, &format!("{us} join raincoat"));
    it.world.says(ann, "join raincoat");
    until("both", || it.hall.ids().len() == 2).await;
    let payloads: Vec<String> = it.hall.0.lock().unwrap().iter().map(|arrived| arrived.payload.clone()).collect();
    for payload in payloads {
        it.bot.handle(&payload, &Echo::default()).await.unwrap();
    }
    assert!(!it.world.chat(room, ann).contains(&us), "{}", it.world.chat(room, ann));
    assert!(it.world.chat(it.world.dm(ann), ann).contains("Ann: join raincoat"));
    it.task.abort();
}

#[tokio::test]
async fn in_a_server_only_what_begins_by_mentioning_us_is_heard_and_answered_there() {
    let it = listening(World::open().unwrap());
    until("READY", || it.bot.trouble().is_none()).await;
    let (ann, room, us) = (it.world.person("Ann"), it.world.channel(), it.world.mention());
    for text in ["jacket M", "<@1> jacket M", &format!("thanks {us}"), &format!("{us} watch jacket M")] {
        it.world.says_in(ann, room, text);
    }
    until("the mention", || it.hall.ids().len() == 1).await;
    let payload = it.hall.0.lock().unwrap()[0].payload.clone();
    it.bot.handle(&payload, &Echo::default()).await.unwrap();
    insta::assert_snapshot!(it.world.chat(room, ann).replace(&us, "@us"), @r"
    Ann: jacket M
    Ann: <@1> jacket M
    Ann: thanks @us
    Ann: @us watch jacket M
    CoatCheck: watch jacket\|M.
    [Stop]
    ");
    it.task.abort();
}

#[tokio::test]
async fn after_a_cut_nothing_is_lost_and_a_repetition_has_its_id() {
    let it = listening(World::open().unwrap());
    until("READY", || it.bot.trouble().is_none()).await;
    let ann = it.world.person("Ann");
    let first = it.world.slash(ann, Place::Dm, "watches", &[]);
    until("the first", || it.hall.ids() == [first]).await;
    it.world.gateway().cut();
    until("cut", || it.world.gateway().resumed() + it.world.gateway().open() != 1).await;
    let second = it.world.slash(ann, Place::Dm, "watches", &[]);
    until("resumed", || it.world.gateway().resumed() == 1).await;
    until("the second", || it.hall.ids().contains(&second)).await;
    it.world.announce(second);
    until("the repetition", || it.hall.ids().len() == 3).await;
    assert_eq!(it.hall.ids(), [first, second, second]);
    it.task.abort();
}

#[tokio::test]
async fn a_gateway_that_wants_us_elsewhere_is_followed() {
    let it = listening(World::open().unwrap());
    until("READY", || it.bot.trouble().is_none()).await;
    it.world.gateway().send_away();
    until("resumed", || it.world.gateway().resumed() == 1).await;
    it.world.gateway().invalidate();
    until("identified anew", || it.world.gateway().identified() == 2).await;
    let ann = it.world.person("Ann");
    let asked = it.world.slash(ann, Place::Dm, "watches", &[]);
    until("it hears", || it.hall.ids() == [asked]).await;
    it.task.abort();
}

#[tokio::test]
async fn heartbeats_without_an_answer_end_the_connection() {
    let world = World::open().unwrap();
    world.gateway().beat_each(Duration::from_millis(200));
    world.gateway().deafen(true);
    let it = listening(world);
    until("another connection", || it.world.gateway().identified() + it.world.gateway().resumed() >= 2).await;
    it.task.abort();
}

#[tokio::test]
async fn a_resume_without_an_answer_ends_the_connection_and_the_next_one_identifies() {
    let (world, clock) = (World::open().unwrap(), clock());
    world.gateway().beat_each(Duration::from_millis(200));
    world.gateway().ignore_resumes(true);
    let it = listening_by(world, Arc::clone(&clock));
    until("READY", || it.bot.trouble().is_none()).await;
    it.world.gateway().cut();
    until("resumed", || it.world.gateway().resumed() >= 1).await;
    until("noticed", || it.bot.trouble().is_some()).await;
    assert!(!it.task.is_finished());
    clock.advance(Duration::from_secs(31));
    let ended = tokio::time::timeout(LONG, it.task).await.unwrap().unwrap().unwrap_err();
    assert_eq!(ended.why, "the gateway has not answered IDENTIFY or RESUME for 31 s");
    let (bot, hall) = (Arc::clone(&it.bot), Arc::clone(&it.hall));
    let again = tokio::spawn(async move { bot.listen(hall.as_ref()).await });
    until("READY again", || it.bot.trouble().is_none()).await;
    assert_eq!(it.world.gateway().identified(), 2);
    again.abort();
}

#[tokio::test]
async fn who_stops_listening_hangs_up() {
    let it = listening(World::open().unwrap());
    until("READY", || it.bot.trouble().is_none()).await;
    it.task.abort();
    until("hung up", || it.world.gateway().open() == 0).await;
}

#[tokio::test]
async fn a_token_that_is_not_taken_is_fatal_and_no_other_host_is_asked() {
    let world = World::open().unwrap();
    world.revoke_token(true);
    let it = listening(world);
    let ended = tokio::time::timeout(LONG, it.task).await.unwrap().unwrap().unwrap_err();
    assert!(ended.fatal, "{ended:?}");
    assert_eq!(it.bot.trouble(), Some(ended.why.clone()));
    assert!(!ended.why.contains(it.world.token()), "{ended:?}");
    let asked: Vec<String> = it.world.heard().iter().map(|heard| heard.path.clone()).collect();
    assert_eq!(asked, ["/api/v10/gateway/bot"]);
}

#[tokio::test]
async fn a_token_revoked_later_ends_it_for_good() {
    let it = listening(World::open().unwrap());
    until("READY", || it.bot.trouble().is_none()).await;
    it.world.revoke_token(true);
    it.world.gateway().close(4004);
    let ended = tokio::time::timeout(LONG, it.task).await.unwrap().unwrap().unwrap_err();
    assert!(ended.fatal, "{ended:?}");
}

#[tokio::test]
async fn a_closed_door_ends_the_listening() {
    struct Closed;
    #[async_trait]
    impl EventSink for Closed {
        async fn arrived(&self, _: InboundEvent) -> Result<Receipt, SinkClosed> {
            Err(SinkClosed("the database is gone".into()))
        }
    }
    let world = World::open().unwrap();
    let (ann, bot) = (world.person("Ann"), bot(&world));
    let listen = tokio::time::timeout(LONG, bot.listen(&Closed));
    let speak = async {
        until("READY", || bot.trouble().is_none()).await;
        world.slash(ann, Place::Dm, "watches", &[]);
    };
    let (ended, ()) = tokio::join!(listen, speak);
    assert!(ended.unwrap().unwrap_err().why.contains("the database is gone"));
}

#[tokio::test]
async fn a_gateway_address_that_is_not_notified_twice_is_not_replaced_by_a_public_one() {
    let world = World::open().unwrap();
    world.order(Order::on("/api/v10/gateway", Fault::status(500)));
    let it = listening(world);
    until("READY", || it.bot.trouble().is_none()).await;
    assert_eq!(it.world.gateway().identified(), 1);
    it.task.abort();
}
