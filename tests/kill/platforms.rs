//! Killed while it tells people on Discord and Telegram: nobody misses anything, Discord shows nothing twice, and
//! Telegram, which knows no keys, only what was on its way.

use std::collections::BTreeMap;
use std::time::Duration;

use coatcheck_domain::delivery::State;
use coatcheck_world::{Discord, Shop, Telegram};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::books::Books;
use crate::rounds::setting;
use crate::support::{House, until};

/// On each platform.
const PEOPLE: usize = 12;

struct Platforms {
    discord: Discord,
    telegram: Telegram,
    here: Vec<u64>,
    there: Vec<i64>,
}

impl Platforms {
    fn open() -> Self {
        let (discord, telegram) = (Discord::open().expect("a Discord"), Telegram::open().expect("a Telegram"));
        let names: Vec<String> = (0..PEOPLE).map(|number| format!("Person{number}")).collect();
        let here = names.iter().map(|name| discord.person(name)).collect();
        let there = names.iter().map(|name| telegram.person(name)).collect();
        Self { discord, telegram, here, there }
    }

    fn addresses(&self) -> Vec<String> {
        let here = self.here.iter().map(|person| format!("discord:{person}"));
        here.chain(self.there.iter().map(|chat| format!("telegram:{chat}"))).collect()
    }

    /// How often each person was notified of a size, on Discord and on Telegram.
    fn told(&self, size: &str) -> (Vec<usize>, Vec<usize>) {
        let words = format!(" {size} / Black");
        let is_notified =
            |message: &&serde_json::Value| message["content"].as_str().is_some_and(|text| text.contains(&words));
        let here = self.here.iter().map(|person| self.discord.messages(self.discord.dm(*person)));
        let here = here.map(|messages| messages.iter().filter(is_notified).count()).collect();
        let there = self.there.iter().map(|chat| self.telegram.seen(*chat).matches(&words).count()).collect();
        (here, there)
    }
}

#[test]
fn killed_while_it_tells_people_on_platforms_it_loses_nothing() {
    let rounds = setting("KILL_ROUNDS").map_or(6, |rounds| usize::try_from(rounds).expect("a number of rounds"));
    let seed = setting("KILL_SEED").unwrap_or_else(|| StdRng::from_os_rng().random());
    println!("KILL_ROUNDS={rounds} KILL_SEED={seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let (shop, people) = (Shop::open().expect("a shop"), Platforms::open());
    let sizes: Vec<String> = (0..rounds).map(|round| (30 + round).to_string()).collect();
    sizes.iter().for_each(|size| shop.stock("parka", size, "Black", false));
    let house = House::open(&[shop.host()])
        .with("COATCHECK_QUIET_FOR", "1ms")
        .with("DISCORD_TOKEN", people.discord.token())
        .with("DISCORD_API_BASE", &people.discord.base())
        .with("TELEGRAM_TOKEN", people.telegram.token())
        .with("TELEGRAM_API_URL", &people.telegram.url(""));
    house.follow(&shop, "parka");
    let books = Books::open(&format!("sqlite://{}", house.path("coatcheck.db").display()));
    people.addresses().iter().for_each(|address| books.waits(address));

    let mut sending: BTreeMap<String, usize> = BTreeMap::new();
    let mut service = house.serve();
    for size in &sizes {
        shop.stock("parka", size, "Black", true);
        std::thread::sleep(Duration::from_millis(rng.random_range(0..1200)));
        service.kill9();
        for lane in books.lanes(State::Sending) {
            *sending.entry(lane).or_default() += 1;
        }
        service = house.serve();
    }
    let all_notified = || {
        let told = sizes.iter().map(|size| people.told(size));
        told.into_iter().all(|(here, there)| here.iter().chain(&there).all(|times| *times > 0))
    };
    until("everybody was notified of everything", all_notified);
    until("every delivery is final", || books.unfinished() == 0);

    let (mut here, mut there) = (0, 0);
    for (on_discord, on_telegram) in sizes.iter().map(|size| people.told(size)) {
        here += on_discord.iter().map(|times| times - 1).sum::<usize>();
        there += on_telegram.iter().map(|times| times - 1).sum::<usize>();
    }
    let withheld = sending.get("telegram").copied().unwrap_or_default();
    println!(
        "told {}, lost 0, doubles {here} on Discord and {there} on Telegram, sending at kills {sending:?}",
        2 * PEOPLE * rounds
    );
    assert_eq!(here, 0, "Discord knows the nonce of what was on its way");
    assert!(there <= withheld, "{there} doubles on Telegram, {withheld} were on their way");
}
