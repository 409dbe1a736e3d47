//! Killed while it tells rooms: each room has one post of a product and an episode, and the post's last edit is true.

use std::time::Duration;

use coatcheck_domain::delivery::State;
use coatcheck_world::{Discord, Shop, Slack, Telegram};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::books::Books;
use crate::rounds::setting;
use crate::support::{House, until};

/// A room on each platform.
struct Rooms {
    discord: Discord,
    telegram: Telegram,
    slack: Slack,
    here: u64,
    group: i64,
    channel: String,
    /// Who reads along.
    reader: (u64, String),
}

impl Rooms {
    fn open() -> Self {
        let (discord, telegram) = (Discord::open().expect("a Discord"), Telegram::open().expect("a Telegram"));
        let slack = Slack::open().expect("a Slack");
        let reader = (discord.person("Ann"), slack.person("Ann"));
        let (here, group, channel) = (discord.channel(), telegram.group("Coats", &["*Ann"]), slack.channel());
        Self { discord, telegram, slack, here, group, channel, reader }
    }

    fn addresses(&self) -> [String; 3] {
        [format!("discord:#{}", self.here), format!("telegram:{}", self.group), format!("slack:{}", self.channel)]
    }

    fn with_tokens(&self, house: House) -> House {
        house
            .with("DISCORD_TOKEN", self.discord.token())
            .with("DISCORD_API_BASE", &self.discord.base())
            .with("TELEGRAM_TOKEN", self.telegram.token())
            .with("TELEGRAM_API_URL", &self.telegram.url(""))
            .with("SLACK_BOT_TOKEN", self.slack.bot_token())
            .with("SLACK_API_BASE", &self.slack.base())
            .with("SLACK_APP_TOKEN", self.slack.app_token())
    }

    /// What can be read in each.
    fn chats(&self) -> [String; 3] {
        let discord = self.discord.chat(self.here, self.reader.0);
        [discord, self.telegram.seen(self.group), self.slack.chat(&self.channel, &self.reader.1)]
    }

    /// Messages in each: every post has one such button.
    fn posts(&self) -> [usize; 3] {
        self.chats().map(|chat| chat.matches("Watch my size").count())
    }
}

#[test]
fn killed_while_it_tells_rooms_each_has_one_post_whose_last_edit_is_true() {
    let rounds = setting("KILL_ROUNDS").map_or(6, |rounds| usize::try_from(rounds).expect("a number of rounds"));
    let seed = setting("KILL_SEED").unwrap_or_else(|| StdRng::from_os_rng().random());
    println!("KILL_ROUNDS={rounds} KILL_SEED={seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let (shop, rooms) = (Shop::open().expect("a shop"), Rooms::open());
    let sizes: Vec<String> = (0..rounds).map(|round| (30 + round).to_string()).collect();
    sizes.iter().for_each(|size| shop.stock("parka", size, "Black", false));
    let house = rooms.with_tokens(House::open(&[shop.host()]));
    house.follow(&shop, "parka");
    let books = Books::open(&format!("sqlite://{}", house.path("coatcheck.db").display()));
    rooms.addresses().iter().for_each(|address| books.announces(address, usize::MAX));

    let mut on_telegram = 0;
    let mut service = house.serve();
    for size in &sizes {
        shop.stock("parka", size, "Black", true);
        std::thread::sleep(Duration::from_millis(rng.random_range(0..1500)));
        service.kill9();
        on_telegram += books.lanes(State::Sending).iter().filter(|lane| *lane == "telegram").count();
        service = house.serve();
    }
    // The last word: one of them is gone again.
    until("all of it", || rooms.chats().iter().all(|chat| chat.contains(&format!("{rounds} variants"))));
    shop.stock("parka", &sizes[0], "Black", false);
    let last = format!("{} variants", rounds - 1);
    until("the last edit", || rooms.chats().iter().all(|chat| chat.contains(&last)));
    until("every delivery is final", || books.unfinished() == 0);
    let [here, there, slack] = rooms.posts();
    println!(
        "posts: {here} on Discord, {there} on Telegram, {slack} on Slack; {on_telegram} on their way there at kills"
    );
    assert_eq!((here, slack), (1, 1), "{:#?}", rooms.chats());
    assert!((1..=1 + on_telegram).contains(&there), "{there} posts on Telegram, {on_telegram} were on their way");
}
