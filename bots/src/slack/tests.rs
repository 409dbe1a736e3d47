//! The platform against a Slack of our own, over real HTTP and WebSocket.

#![allow(clippy::unwrap_used, reason = "in a test's own helpers a panic is the verdict")]

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use chrono::DateTime;
use coatcheck_domain::Destination;
use coatcheck_domain::clock::ManualClock;
use coatcheck_domain::delivery::SendOutcome;
use coatcheck_world::{Fault, Order, Slack as World};
use reqwest::header::HeaderMap;
use tokio::task::JoinHandle;

use super::*;
use crate::examples::{alert, variant};
use crate::{
    Alert, Button, Channel, Command, Envelope, Found, InboundEvent, Message, Receipt, Reply, Said, SinkClosed,
    WebhookRequest, Who,
};

/// Longer than anything here takes on the slowest machine.
const LONG: Duration = Duration::from_secs(60);

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(DateTime::from_timestamp(1_800_000_000, 0).unwrap()))
}

fn bot_with(world: &World, by_socket: bool) -> Slack {
    let client = reqwest::Client::builder().no_proxy().timeout(LONG).build().unwrap();
    let settings = Settings {
        api_base: world.base().parse().unwrap(),
        bot_token: world.bot_token().to_owned().into(),
        app_token: by_socket.then(|| world.app_token().to_owned().into()),
        signing_secret: Some(world.signing_secret().to_owned().into()),
    };
    // A clock that stands still gives no permits.
    Slack::new(settings, client, clock()).limited_by(RateLimiter::new(1_000_000, Duration::ZERO))
}

fn bot(world: &World) -> Slack {
    bot_with(world, true)
}

pub(super) fn to(id: &str, alert: Alert) -> Envelope {
    Envelope {
        key: "a:7:1:0".to_owned(),
        destination: Destination::Slack { team: None, id: id.to_owned() },
        secret: None,
        message: Message::Alert(Box::new(alert)),
        manage: None,
        buttons: Button::after_alert(7),
    }
}

pub(super) fn jacket() -> Alert {
    Alert { image: Some("https://shop.example/jacket.jpg".parse().unwrap()), ..alert(vec![variant("M", "Black")]) }
}

/// Says what it was asked.
struct Echo;

#[async_trait]
impl Inbox for Echo {
    async fn said(&self, who: &Who, said: Said) -> Reply {
        let reply = Reply::text(format!("{} {} by {}.", said.command.name(), said.text(), who.destination.channel()));
        match said.command {
            Command::History => reply.with_picture(vec![1, 2, 3], "Stock of 90 days"),
            _ => reply.with_button("Stop", "stop:1"),
        }
    }

    async fn pressed(&self, _: &Who, data: &str) -> Reply {
        match data {
            "again-of:7" => {
                Reply::text("Watching.").with_button("Stop M / Black", "stop:1").with_note("✓ Watching again")
            }
            "stop:1" => Reply::text("Nothing is left.").replacing(),
            _ => Reply::text("That watch is already closed."),
        }
    }

    async fn complete(&self, _: &Who, command: Command, argument: &str, typed: &str) -> Vec<String> {
        let all = [format!("{} {argument}", command.name()), "Corps Jacket".to_owned(), "x".repeat(151)];
        all.into_iter().filter(|it| it.to_lowercase().contains(typed) || it.len() > 150).collect()
    }
}

/// Keeps what arrives, each thing once.
#[derive(Default)]
pub(super) struct Shelf {
    kept: Mutex<Vec<InboundEvent>>,
    /// How often something arrived.
    arrived: AtomicUsize,
    closed: AtomicBool,
    /// Who answers at once what is not kept.
    answers: Mutex<Option<Arc<Slack>>>,
}

#[async_trait]
impl EventSink for Shelf {
    async fn arrived(&self, event: InboundEvent) -> Result<Receipt, SinkClosed> {
        if self.closed.load(Ordering::SeqCst) {
            return Err(SinkClosed("the disk is full".to_owned()));
        }
        if event.fleeting {
            let bot = lock(&self.answers).clone().expect("nobody answers");
            bot.handle(&event.payload, &Echo).await.unwrap();
            return Ok(Receipt::First);
        }
        self.arrived.fetch_add(1, Ordering::SeqCst);
        let mut kept = lock(&self.kept);
        if kept.iter().any(|known| known.external_id == event.external_id) {
            return Ok(Receipt::Again);
        }
        kept.push(event);
        Ok(Receipt::First)
    }
}

impl Shelf {
    pub(super) fn arrived(&self) -> usize {
        self.arrived.load(Ordering::SeqCst)
    }

    pub(super) fn ids(&self) -> Vec<String> {
        lock(&self.kept).iter().map(|event| event.external_id.clone()).collect()
    }
}

pub(super) struct Listening {
    pub(super) world: World,
    pub(super) bot: Arc<Slack>,
    pub(super) shelf: Arc<Shelf>,
    pub(super) task: JoinHandle<Result<(), Trouble>>,
}

impl Listening {
    /// Why it ended.
    pub(super) async fn ended(self) -> Trouble {
        tokio::time::timeout(LONG, self.task).await.unwrap().unwrap().unwrap_err()
    }
}

pub(super) fn listening() -> Listening {
    listening_with(LONG)
}

/// A connection that is silent for so long is dead.
pub(super) fn listening_with(silence: Duration) -> Listening {
    let world = World::open().unwrap();
    let (bot, shelf) = (Arc::new(bot(&world).patient_for(silence)), Arc::new(Shelf::default()));
    *lock(&shelf.answers) = Some(Arc::clone(&bot));
    let task = {
        let (bot, shelf) = (Arc::clone(&bot), Arc::clone(&shelf));
        tokio::spawn(async move { bot.listen(shelf.as_ref()).await })
    };
    Listening { world, bot, shelf, task }
}

pub(super) async fn until(what: &str, enough: impl Fn() -> bool) {
    let wait = async {
        while !enough() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(LONG, wait).await.unwrap_or_else(|_| panic!("not in time: {what}"));
}

async fn handed(world: &World, bot: &Slack, id: &str) {
    bot.handle(&world.payload(id).to_string(), &Echo).await.unwrap();
}

#[tokio::test]
async fn an_alert_has_its_picture_price_and_link_and_says_when_it_is_over() {
    let world = World::open().unwrap();
    let (ann, bot) = (world.person("Ann"), bot(&world));
    let SendOutcome::Sent { provider_ref: Some(place) } = bot.send(&to(&ann, jacket())).await else { panic!("no") };
    insta::assert_snapshot!(world.chat(&world.dm(&ann), &ann), @"
    CoatCheck: # Back in stock: Corps Jacket — M / Black, 129.00 EUR
      Size: M | Style: Black | Price: 129.00 EUR (picture https://shop.example/jacket.jpg)
      [Open in shop → https://shop.example/products/jacket?size=M] [Watch again] [Got it]
      ┃ shop.example
    ");
    let gone = to(&ann, Alert { gone_after: Some(250), ..jacket() });
    assert_eq!(bot.edit(&gone, &place).await.as_str(), "sent");
    insta::assert_snapshot!(world.chat(&world.dm(&ann), &ann), @"
    CoatCheck (edited): # Sold out again after 4 min
      # Back in stock: Corps Jacket — M / Black, 129.00 EUR
      Size: M | Style: Black | Price: 129.00 EUR (picture https://shop.example/jacket.jpg)
      [Watch again] [Got it]
      ┃ shop.example
    ");
}

#[tokio::test]
async fn each_refusal_over_the_wire_has_its_meaning() {
    let world = World::open().unwrap();
    let (ann, room, bot) = (world.person("Ann"), world.channel(), bot(&world));
    let post = World::path("chat.postMessage");
    world.order(Order::on(&post, World::slow_down(7)).times(1));
    let mut lines = vec![bot.send(&to(&ann, jacket())).await];
    world.order(Order::on(&post, Fault::Drop).times(1));
    lines.push(bot.send(&to(&ann, jacket())).await);
    world.order(Order::on(&post, World::refusal("internal_error")).times(1));
    lines.push(bot.send(&to(&ann, jacket())).await);
    world.close(&room, "is_archived");
    lines.push(bot.send(&to(&room, jacket())).await);
    lines.push(bot.send(&to("C0NONE", jacket())).await);
    world.revoke();
    lines.push(bot.send(&to(&ann, jacket())).await);
    let lines: Vec<&str> = lines.iter().map(SendOutcome::as_str).collect();
    assert_eq!(lines, ["retry", "unknown", "unknown", "address_gone", "address_gone", "hold"]);
}

#[tokio::test]
async fn an_alert_whose_answer_was_lost_is_found_by_its_key() {
    let world = World::open().unwrap();
    let (ann, bot) = (world.person("Ann"), bot(&world));
    assert_eq!(bot.find(&to(&ann, jacket())).await, Found::NotHere);
    world.order(Order::on(World::path("chat.postMessage"), Fault::Drop).times(1));
    assert_eq!(bot.send(&to(&ann, jacket())).await.as_str(), "unknown");
    assert!(matches!(bot.find(&to(&ann, jacket())).await, Found::Here { .. }));
    let other = Envelope { key: "a:8:1:0".to_owned(), ..to(&ann, jacket()) };
    assert_eq!(bot.find(&other).await, Found::NotHere, "another restock looks alike");
    world.order(Order::on(World::path("conversations.history"), World::slow_down(60)).times(1));
    assert!(matches!(bot.find(&to(&ann, jacket())).await, Found::NotYet { .. }));
}

#[tokio::test]
async fn what_is_asked_is_answered_to_who_asked_alone() {
    let world = World::open().unwrap();
    let (ann, bob, room, bot) = (world.person("Ann"), world.person("Bob"), world.channel(), bot(&world));
    for (command, text) in [("/watch", "jacket size M"), ("/coatcheck", "list"), ("/coatcheck", "history jacket")] {
        handed(&world, &bot, &world.command(&ann, &room, command, text)).await;
    }
    handed(&world, &bot, &world.mentions(&ann, &room, "jacket M")).await;
    handed(&world, &bot, &world.says(&ann, "jacket L")).await;
    insta::assert_snapshot!(world.chat(&room, &ann), @"
    CoatCheck (only you see this): watch jacket size M by slack.
      [Stop]
    CoatCheck (only you see this): watches  by slack.
      [Stop]
    CoatCheck (only you see this): history jacket by slack.
    Ann: <@U0BOT> jacket M
    CoatCheck (in thread): watch jacket M by slack.
      [Stop]
    ");
    assert_eq!(world.chat(&room, &bob).matches("CoatCheck").count(), 1, "others see what was said in the open");
    insta::assert_snapshot!(world.chat(&world.dm(&ann), &ann), @"
    CoatCheck: (file: Stock of 90 days, 3 bytes)
    Ann: jacket L
    CoatCheck: watch jacket L by slack.
      [Stop]
    ");
}

#[tokio::test]
async fn a_pressed_message_says_what_became_of_it_and_keeps_its_links() {
    let world = World::open().unwrap();
    let (ann, bot) = (world.person("Ann"), bot(&world));
    let dm = world.dm(&ann);
    bot.send(&to(&ann, jacket())).await;
    for label in ["Got it", "Watch again"] {
        handed(&world, &bot, &world.presses(&ann, &dm, label).unwrap()).await;
    }
    insta::assert_snapshot!(world.chat(&dm, &ann), @"
    CoatCheck (edited): # Back in stock: Corps Jacket — M / Black, 129.00 EUR
      Size: M | Style: Black | Price: 129.00 EUR (picture https://shop.example/jacket.jpg)
      ┃ shop.example
      ┃ ✓ Watching again
      [Open in shop → https://shop.example/products/jacket?size=M] [Stop M / Black]
    CoatCheck (only you see this): That watch is already closed.
    ");
    handed(&world, &bot, &world.presses(&ann, &dm, "Stop M / Black").unwrap()).await;
    assert!(world.presses(&ann, &dm, "Stop M / Black").is_none(), "no dead button is left");
}

#[tokio::test]
async fn an_answer_goes_only_where_slack_is() {
    let world = World::open().unwrap();
    let (ann, bot) = (world.person("Ann"), bot(&world));
    let mut payload = world.payload(&world.command(&ann, &world.dm(&ann), "/watch", "jacket"));
    for address in ["http://192.168.0.1/x", "https://hooks.slack.com.evil.example/x", "http://hooks.slack.com/x", "x"] {
        payload["response_url"] = address.into();
        assert!(bot.handle(&payload.to_string(), &Echo).await.is_err(), "{address}");
    }
}

#[tokio::test]
async fn what_arrives_by_socket_is_stored_and_acknowledged_and_twice_is_once() {
    let it = listening();
    until("hello", || it.bot.trouble().is_none()).await;
    let (ann, room) = (it.world.person("Ann"), it.world.channel());
    let first = it.world.command(&ann, &room, "/watch", "jacket M");
    let second = it.world.says(&ann, "list");
    it.world.bring(&first);
    until("three acknowledged", || it.world.socket().acknowledged() == 3).await;
    assert_eq!(it.shelf.ids(), [first, second]);
    it.task.abort();
}

#[tokio::test]
async fn a_connection_that_leaves_is_replaced_before_it_ends_and_nothing_is_lost() {
    let it = listening();
    until("hello", || it.bot.trouble().is_none()).await;
    let (ann, room) = (it.world.person("Ann"), it.world.channel());
    it.world.socket().send_away("warning");
    until("the next one", || it.world.socket().opened() == 2).await;
    assert_eq!(it.world.socket().now_open(), 2, "the old one is still read");
    let asked = it.world.command(&ann, &room, "/watch", "jacket M");
    until("heard", || it.shelf.ids() == [asked.clone()]).await;
    it.world.socket().cut();
    let ended = tokio::time::timeout(LONG, it.task).await.unwrap().unwrap();
    assert!(!ended.unwrap_err().fatal, "it is connected again");
    assert!(it.bot.trouble().is_some());
}

#[tokio::test]
async fn what_could_not_be_stored_is_not_acknowledged() {
    let it = listening();
    until("hello", || it.bot.trouble().is_none()).await;
    it.shelf.closed.store(true, Ordering::SeqCst);
    it.world.says(&it.world.person("Ann"), "list");
    let ended = tokio::time::timeout(LONG, it.task).await.unwrap().unwrap();
    assert!(ended.unwrap_err().why.contains("the disk is full"));
    assert_eq!(it.world.socket().acknowledged(), 0);
}

#[tokio::test]
async fn a_connection_that_cannot_be_opened_says_so_without_its_secrets() {
    let world = World::open().unwrap();
    world.order(Order::on(World::path("apps.connections.open"), World::refusal("internal_error")).times(1));
    let (bot, shelf) = (bot(&world), Shelf::default());
    let failed = bot.listen(&shelf).await.unwrap_err();
    assert!(!failed.fatal, "{failed}");
    world.revoke();
    let failed = bot.listen(&shelf).await.unwrap_err();
    assert!(failed.fatal && bot.trouble() == Some(failed.why.clone()), "{failed}");
    for secret in [world.app_token(), world.bot_token(), "ticket"] {
        assert!(!failed.why.contains(secret) && !format!("{bot:?}").contains(secret), "{failed}");
    }
}

/// A request as Slack makes it, and the status of its answer.
async fn by_http(world: &World, bot: &Slack, id: &str, shelf: &Shelf, age: i64, signed: bool) -> (u16, String) {
    let (kind, body) = world.request(id);
    let timestamp = (bot.clock.now().timestamp() - age).to_string();
    let signature = if signed { world.signature(&timestamp, &body) } else { world.signature(&timestamp, "another") };
    let headers =
        [("content-type", kind), ("x-slack-signature", &signature), ("x-slack-request-timestamp", &timestamp)];
    let headers: HeaderMap =
        headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
    if let Err(refusal) = bot.precheck(&headers) {
        return (refusal.status, refusal.body);
    }
    let request = WebhookRequest { path: "/hooks/slack", query: None, headers: &headers, body: body.as_bytes() };
    let answer = bot.answer(request, shelf, &Echo).await;
    (answer.status, answer.body)
}

#[tokio::test]
async fn what_arrives_by_http_is_believed_when_signed_and_fresh_and_twice_is_once() {
    let world = World::open().unwrap();
    let (ann, room, shelf) = (world.person("Ann"), world.channel(), Shelf::default());
    let bot = bot_with(&world, false);
    let asked = world.command(&ann, &room, "/watch", "jacket M");
    for (age, signed, status) in [(0, false, 403), (301, true, 403), (-301, true, 403), (0, true, 200), (5, true, 200)]
    {
        assert_eq!(by_http(&world, &bot, &asked, &shelf, age, signed).await.0, status, "{age} {signed}");
    }
    bot.send(&to(&ann, jacket())).await;
    let pressed = world.presses(&ann, &world.dm(&ann), "Got it").unwrap();
    let said = world.mentions(&ann, &room, "list");
    for id in [&pressed, &said] {
        assert_eq!(by_http(&world, &bot, id, &shelf, 0, true).await, (200, String::new()));
    }
    assert_eq!(shelf.ids(), [asked, pressed, said.clone()]);
    shelf.closed.store(true, Ordering::SeqCst);
    assert_eq!(by_http(&world, &bot, &said, &shelf, 0, true).await.0, 503, "Slack brings it again");
}

#[tokio::test]
async fn a_watch_without_words_is_asked_for_by_a_form() {
    let world = World::open().unwrap();
    let (ann, room, bot) = (world.person("Ann"), world.channel(), bot(&world));
    handed(&world, &bot, &world.command(&ann, &room, "/watch", " ")).await;
    let filled = world.submits(&ann, &[("product", "corps jacket"), ("size", "M"), ("how", "every")]);
    handed(&world, &bot, &filled).await;
    assert_eq!(world.chat(&room, &ann), "", "the form is all");
    insta::assert_snapshot!(world.chat(&world.dm(&ann), &ann), @"
    CoatCheck: watch corps jacket size M every by slack.
      [Stop]
    ");
    world.order(Order::on(World::path("views.open"), World::refusal("expired_trigger_id")).times(1));
    handed(&world, &bot, &world.command(&ann, &room, "/watch", "")).await;
    assert!(world.chat(&room, &ann).contains("watch"), "too late for a form: {}", world.chat(&room, &ann));
}

#[tokio::test]
async fn the_home_lists_the_watches_and_follows_its_buttons() {
    let world = World::open().unwrap();
    let (ann, bot) = (world.person("Ann"), bot(&world));
    handed(&world, &bot, &world.opens_home(&ann)).await;
    insta::assert_snapshot!(world.home(&ann), @"
    watches  by slack.
    [Stop]
    ");
    handed(&world, &bot, &world.presses_at_home(&ann, "Stop").unwrap()).await;
    assert_eq!(world.heard_on(&World::path("views.publish")).len(), 2, "it shows what is so afterwards");
}

#[tokio::test]
async fn the_form_offers_what_fits_what_is_typed_and_the_typed_words_themselves() {
    let it = listening();
    until("hello", || it.bot.trouble().is_none()).await;
    let ann = it.world.person("Ann");
    for (field, typed) in
        [("product", ""), ("product", "corps"), ("size", "xl long"), ("product", "https://shop.example/p")]
    {
        it.world.types(&ann, field, typed);
    }
    until("four answers", || it.world.socket().brought().len() == 4).await;
    let offered: Vec<String> =
        it.world.socket().brought().iter().map(|it| World::options(it).unwrap().join(" | ")).collect();
    insta::assert_snapshot!(offered.join("\n"), @"
    watch product | Corps Jacket
    Corps Jacket | corps
    xl long
    https://shop.example/p
    ");
    assert_eq!((it.shelf.ids().len(), it.world.socket().acknowledged()), (0, 4), "nothing of it is stored");
    it.task.abort();
}

#[tokio::test]
async fn by_http_the_form_is_answered_in_the_response() {
    let world = World::open().unwrap();
    let bot = bot_with(&world, false);
    let typed = world.types(&world.person("Ann"), "product", "corps");
    let (status, body) = by_http(&world, &bot, &typed, &Shelf::default(), 0, true).await;
    assert_eq!(status, 200);
    assert_eq!(World::options(&body.parse().unwrap()).unwrap(), ["Corps Jacket", "corps"]);
}
