//! Killed while it tells people on Discord, Slack and Telegram: nobody misses anything, Discord, which knows keys, and
//! Slack, where messages are looked for, show nothing twice, and Telegram only what was on its way.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use coatcheck_domain::delivery::State;
use coatcheck_world::{Discord, Shop, Slack, Telegram};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::books::Books;
use crate::rounds::setting;
use crate::support::{House, until};

/// Slack takes one message a second of each person, and what was on its way is looked for first.
const NOTIFIED_WITHIN: Duration = Duration::from_secs(60);
/// On Discord and on Telegram.
const PEOPLE: usize = 12;
/// Slack takes five messages a second.
const ON_SLACK: usize = 4;

struct Platforms {
    discord: Discord,
    telegram: Telegram,
    slack: Slack,
    here: Vec<u64>,
    there: Vec<i64>,
    on_slack: Vec<String>,
}

impl Platforms {
    fn open() -> Self {
        let (discord, telegram) = (Discord::open().expect("a Discord"), Telegram::open().expect("a Telegram"));
        let names: Vec<String> = (0..PEOPLE).map(|number| format!("Person{number}")).collect();
        let here = names.iter().map(|name| discord.person(name)).collect();
        let there = names.iter().map(|name| telegram.person(name)).collect();
        let slack = Slack::open().expect("a Slack");
        let on_slack = names.iter().take(ON_SLACK).map(|name| slack.person(name)).collect();
        Self { discord, telegram, slack, here, there, on_slack }
    }

    fn addresses(&self) -> Vec<String> {
        let here = self.here.iter().map(|person| format!("discord:{person}"));
        let here = here.chain(self.there.iter().map(|chat| format!("telegram:{chat}")));
        here.chain(self.on_slack.iter().map(|person| format!("slack:{person}"))).collect()
    }

    fn slack_chats(&self) -> Vec<String> {
        self.on_slack.iter().map(|person| self.slack.chat(&self.slack.dm(person), person)).collect()
    }

    /// How often each person was notified of a size, on Discord, on Telegram and on Slack.
    fn told(&self, size: &str) -> [Vec<usize>; 3] {
        let words = format!(" {size} / Black");
        let is_notified =
            |message: &&serde_json::Value| message["content"].as_str().is_some_and(|text| text.contains(&words));
        let here = self.here.iter().map(|person| self.discord.messages(self.discord.dm(*person)));
        let here = here.map(|messages| messages.iter().filter(is_notified).count()).collect();
        let there = self.there.iter().map(|chat| self.telegram.seen(*chat).matches(&words).count()).collect();
        [here, there, self.slack_chats().iter().map(|chat| chat.matches(&words).count()).collect()]
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
        .with("TELEGRAM_API_URL", &people.telegram.url(""))
        .with("SLACK_BOT_TOKEN", people.slack.bot_token())
        .with("SLACK_API_BASE", &people.slack.base())
        .with("SLACK_APP_TOKEN", people.slack.app_token());
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
        told.into_iter().all(|told| told.iter().flatten().all(|times| *times > 0))
    };
    let began = Instant::now();
    while !all_notified() {
        let told: Vec<_> = sizes.iter().map(|size| (size, people.told(size))).collect();
        assert!(
            began.elapsed() < NOTIFIED_WITHIN,
            "on Discord, Telegram, Slack: {told:?}\n{:#?}",
            people.slack_chats()
        );
        std::thread::sleep(Duration::from_millis(100));
    }
    until("every delivery is final", || books.unfinished() == 0);

    let mut doubles = [0; 3];
    for told in sizes.iter().map(|size| people.told(size)) {
        for (doubles, told) in doubles.iter_mut().zip(told) {
            *doubles += told.iter().map(|times| times - 1).sum::<usize>();
        }
    }
    let [here, there, on_slack] = doubles;
    let withheld = sending.get("telegram").copied().unwrap_or_default();
    println!(
        "told {}, lost 0, doubles {here} on Discord, {there} on Telegram, {on_slack} on Slack, sending at kills {sending:?}",
        people.addresses().len() * rounds
    );
    assert_eq!(here, 0, "Discord knows the nonce of what was on its way");
    assert_eq!(on_slack, 0, "what was on its way is looked for on Slack");
    assert!(there <= withheld, "{there} doubles on Telegram, {withheld} were on their way");
}
