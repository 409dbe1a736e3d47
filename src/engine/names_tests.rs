//! Stories of names that lead nowhere for a while: one shop's, one receiver's. Over real HTTP, with a resolver in hand.

use std::collections::HashMap;
use std::error::Error;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::routing::{get, post};
use coatcheck_bots::Channel;
use coatcheck_bots::webhook::{self, Webhook};
use coatcheck_domain::delivery::State;
use coatcheck_domain::watch::Mode;
use coatcheck_domain::{Clock, Destination};
use url::Url;

use super::Rng;
use super::poll::Poller;
use super::send::{Channels, Sender};
use crate::shops::{
    ClientOptions, FetchLimits, Fetcher, Guard, Refused, Resolver, Shops, WorkerLimits, Workers, client, user_agent,
};
use crate::store::polls::shown::Source;
use crate::store::tests::sqlite::scene::{IN, INTERVAL, OUT, Scene, jacket};

/// Knows every name, but those that are lost now; all lead to this machine.
#[derive(Default)]
struct Names(Mutex<Vec<&'static str>>);

impl Names {
    fn lose(&self, name: &'static str) {
        self.0.lock().expect("no panic").push(name);
    }

    fn find_all(&self) {
        self.0.lock().expect("no panic").clear();
    }
}

#[async_trait]
impl Resolver for Names {
    async fn resolve(&self, host: &str) -> std::io::Result<Vec<IpAddr>> {
        if self.0.lock().expect("no panic").contains(&host) {
            return Err(std::io::Error::other("the name server does not answer"));
        }
        Ok(vec![Ipv4Addr::LOCALHOST.into()])
    }
}

/// The service's guard before webhooks, as the service has it.
struct Gate(Arc<Guard>);

impl webhook::Gate for Gate {
    fn check(&self, url: &Url) -> Result<(), String> {
        self.0.check_url(url).map_err(|why| why.to_string())
    }

    fn is_refusal(&self, error: &(dyn Error + 'static)) -> bool {
        error.is::<Refused>()
    }
}

/// A machine that is every shop and every receiver, and the service's way to it.
struct World {
    port: u16,
    names: Arc<Names>,
    is_in_stock: Arc<AtomicBool>,
    told: Arc<AtomicUsize>,
    guard: Arc<Guard>,
    client: reqwest::Client,
}

impl World {
    async fn open() -> Self {
        let (is_in_stock, told) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let (shown, heard) = (Arc::clone(&is_in_stock), Arc::clone(&told));
        // Each connection is for one request: a name is asked for anew each time.
        let parka = move || {
            let available = shown.load(Ordering::SeqCst);
            let body = format!(
                r#"{{"id":11,"title":"Parka","handle":"parka","options":["Size"],"variants":[{{"id":1,"option1":"M","available":{available},"price":12900}}]}}"#
            );
            async move { ([("content-type", "application/json"), ("connection", "close")], body) }
        };
        let hook = move || {
            heard.fetch_add(1, Ordering::SeqCst);
            async { [("connection", "close")] }
        };
        let router = Router::new().route("/products/parka.js", get(parka)).route("/hook", post(hook));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        tokio::spawn(async move { axum::serve(listener, router).await });
        let names = Arc::new(Names::default());
        let allowed = ["lost", "found", "hook"].map(|name| format!("{name}.example:{port}")).join(",");
        let guard = Arc::new(Guard::new(allowed.parse().expect("hosts")));
        let options = ClientOptions::new(user_agent(None));
        let client = client(Arc::clone(&guard), Arc::<Names>::clone(&names), &options).expect("a client");
        Self { port, names, is_in_stock, told, guard, client }
    }

    fn poller(&self, scene: &Scene) -> Poller {
        let clock = Arc::clone(&scene.clock) as Arc<dyn Clock>;
        let fetcher = Fetcher::new(self.client.clone(), Arc::clone(&self.guard), clock, FetchLimits::default());
        let shops = Shops::new(fetcher, Workers::new(PathBuf::from("no-such-program"), WorkerLimits::default()));
        Poller::new(scene.db.clone(), Arc::new(shops), Arc::new(Rng::seeded(1)))
    }

    fn sender(&self, scene: &Scene) -> Sender {
        let clock = Arc::clone(&scene.clock) as Arc<dyn Clock>;
        let hooks = Webhook::new(self.client.clone(), Arc::new(Gate(Arc::clone(&self.guard))), Arc::clone(&clock));
        let channels: Channels = HashMap::from([("webhook", Arc::new(hooks) as Arc<dyn Channel>)]);
        Sender::new(scene.db.clone(), channels, Arc::new(Rng::seeded(2)), clock, "a".to_owned())
    }

    async fn follow(&self, scene: &Scene, host: &str) -> i64 {
        scene.source(&format!("http://{host}.example:{}/products/parka", self.port)).await
    }
}

async fn source(scene: &Scene, id: i64) -> Source {
    scene.db.source(id).await.expect("asked").expect("there")
}

async fn restocks(scene: &Scene) -> i64 {
    scene.number("SELECT count(*) FROM restock").await
}

#[tokio::test]
async fn p9_a_shop_whose_name_is_lost_waits_longer_and_longer_and_the_others_are_read_as_ever() {
    let (world, scene) = (World::open().await, Scene::new().await);
    let poller = world.poller(&scene);
    let (lost, found) = (world.follow(&scene, "lost").await, world.follow(&scene, "found").await);
    assert_eq!(poller.tick().await.expect("ticked"), 2);
    assert_eq!((source(&scene, lost).await.readings, source(&scene, found).await.readings), (1, 1));

    world.names.lose("lost.example");
    world.is_in_stock.store(true, Ordering::SeqCst);
    scene.pass(70);
    poller.tick().await.expect("ticked");
    assert_eq!(restocks(&scene).await, 1, "the other shop's restock is found");
    let failed = source(&scene, lost).await;
    let said = failed.last_error.expect("it failed").replace(&world.port.to_string(), "PORT");
    insta::assert_snapshot!(said, @"lost.example:PORT/products/parka.js: lost.example has no address: the name server does not answer; check the spelling of the host");

    let mut waits = Vec::new();
    for _ in 0..4 {
        let next = source(&scene, lost).await.next_poll_at;
        let wait = (next - scene.db.now()).to_std().expect("later");
        waits.push(wait);
        scene.clock.advance(wait);
        poller.tick().await.expect("ticked");
    }
    assert!(waits.iter().all(|wait| *wait > INTERVAL) && waits[3] > 3 * waits[0], "{waits:?}");
    assert_eq!(source(&scene, lost).await.readings, 1, "no failure is a reading");
}

#[tokio::test]
async fn p1_what_came_back_while_a_shops_name_was_lost_is_found_at_the_first_poll_after_that() {
    let (world, scene) = (World::open().await, Scene::new().await);
    let poller = world.poller(&scene);
    let lost = world.follow(&scene, "lost").await;
    poller.tick().await.expect("ticked");
    world.names.lose("lost.example");
    world.is_in_stock.store(true, Ordering::SeqCst);
    scene.pass(70);
    poller.tick().await.expect("ticked");
    assert_eq!((source(&scene, lost).await.failures, restocks(&scene).await), (1, 0));

    world.names.find_all();
    let next = source(&scene, lost).await.next_poll_at;
    scene.clock.advance((next - scene.db.now()).to_std().expect("later"));
    poller.tick().await.expect("ticked");
    assert_eq!((source(&scene, lost).await.failures, restocks(&scene).await), (0, 1));
}

#[tokio::test]
async fn p1_a_receiver_whose_name_is_lost_is_notified_once_it_is_found() {
    let world = World::open().await;
    let (scene, shop, product) = Scene::with_jacket(&[("M", OUT)]).await;
    let hook: Destination = format!("webhook:http://hook.example:{}/hook", world.port).parse().expect("a hook");
    let secret = || Some(secrecy::ExposeSecret::expose_secret(&webhook::signature::new_secret([7; 32])).to_owned());
    let person = scene.db.destination_for(&hook, secret).await.expect("stored").subscriber_id;
    scene.watch(person, product, "M", Mode::Once).await;
    scene.read(shop, &jacket(&[("M", IN)])).await;
    scene.fan_out().await;

    world.names.lose("hook.example");
    let sender = world.sender(&scene);
    assert_eq!(sender.tick().await.expect("ticked"), 1);
    assert_eq!(scene.state(1).await, (State::Pending, None));
    // It certainly did not arrive, so that there is nothing to doubt.
    assert_eq!(scene.number("SELECT count(*) FROM attempt WHERE outcome = 'retry'").await, 1);
    let why = scene.deliveries().await.remove(0).last_error.expect("it failed");
    assert!(why.contains("hook.example has no address"), "{why}");

    world.names.find_all();
    scene.clock.advance(Duration::from_secs(10));
    assert_eq!(sender.tick().await.expect("ticked"), 1);
    assert_eq!((scene.state(1).await.0, world.told.load(Ordering::SeqCst)), (State::Sent, 1));
}
