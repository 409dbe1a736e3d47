//! A shop, both platforms, and a service that speaks on them; and Ann, who has a chat on each.

use std::time::{Duration, Instant};

use coatcheck_world::{Discord, Shop, Telegram};

use crate::support::{House, PATIENCE, Service, seen, until};

/// Ann's direct messages with the bot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chat {
    Discord,
    Telegram,
}

/// Something that happens.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step {
    /// Ann writes, and reads the answer.
    Says(&'static str),
    /// Ann presses the newest button with this label, and reads what follows.
    Presses(&'static str),
    /// The shop sells out of this size, or has it again: nobody is notified.
    Shelf(&'static str, bool),
    /// The shop has this size again, and Ann is told.
    Restock(&'static str),
    /// This size is gone, and what Ann was told says so.
    Gone(&'static str),
}

/// Everything there is.
pub(crate) struct Town {
    pub(crate) shop: Shop,
    pub(crate) discord: Discord,
    pub(crate) telegram: Telegram,
    pub(crate) house: House,
    pub(crate) service: Service,
    pub(crate) ann: u64,
    pub(crate) ann_there: i64,
}

impl Town {
    /// A town whose shop has two jackets, and a service that runs.
    pub(crate) fn open() -> Self {
        Self::open_with(|house| house)
    }

    /// The same with other settings.
    pub(crate) fn open_with(set: impl FnOnce(House) -> House) -> Self {
        let (shop, discord, telegram) = (Shop::open(), Discord::open(), Telegram::open());
        let (shop, discord) = (shop.expect("a shop"), discord.expect("a Discord"));
        let telegram = telegram.expect("a Telegram");
        for (handle, title, styles) in
            [("corps", "Corps Jacket", &["Black", "Navy"][..]), ("rain", "Rain Jacket", &["Olive"][..])]
        {
            for style in styles {
                ["S", "M", "L"].iter().for_each(|size| shop.stock(handle, size, style, false));
            }
            shop.title(handle, title);
        }
        let house = House::open(&[shop.host()])
            .with("DISCORD_TOKEN", discord.token())
            .with("DISCORD_API_BASE", &discord.base())
            .with("TELEGRAM_TOKEN", telegram.token())
            .with("TELEGRAM_API_URL", &telegram.url(""));
        let house = set(house);
        for handle in ["corps", "rain"] {
            house.follow(&shop, handle);
        }
        let (ann, ann_there) = (discord.person("Ann"), telegram.person("Ann"));
        let service = house.serve();
        let town = Self { shop, discord, telegram, house, service, ann, ann_there };
        seen(&town.shop, "corps");
        town
    }

    /// Waits until the gateway listens.
    pub(crate) fn listening(self) -> Self {
        until("the gateway", || self.discord.gateway().open() > 0);
        self
    }

    /// What Ann reads, without what is another in each run.
    pub(crate) fn reads(&self, chat: Chat) -> String {
        let text = match chat {
            Chat::Discord => self.discord.chat(self.discord.dm(self.ann), self.ann),
            Chat::Telegram => self.telegram.seen(self.ann_there),
        };
        steady(&text.replace(&self.shop.host(), "shop.example"))
    }

    /// Lets it happen, one step after the other, and gives the whole chat.
    pub(crate) fn plays(&self, chat: Chat, steps: &[Step]) -> String {
        for step in steps {
            self.play(chat, *step);
        }
        self.reads(chat)
    }

    fn play(&self, chat: Chat, step: Step) {
        let before = answers(&self.reads(chat));
        match step {
            Step::Says(text) => match chat {
                Chat::Discord => drop(self.discord.says(self.ann, text)),
                Chat::Telegram => self.telegram.say(self.ann_there, "Ann", text),
            },
            Step::Presses(label) => self.press(chat, label),
            Step::Shelf(size, there) => {
                self.shop.stock("corps", size, "Black", there);
                seen(&self.shop, "corps");
                return;
            }
            Step::Restock(size) => self.shop.stock("corps", size, "Black", true),
            Step::Gone(size) => {
                // So that it stayed for a time one can speak of.
                std::thread::sleep(Duration::from_millis(1100));
                self.shop.stock("corps", size, "Black", false);
            }
        }
        self.answered(chat, &before, step);
    }

    fn press(&self, chat: Chat, label: &str) {
        if chat == Chat::Telegram {
            self.telegram.press(self.ann_there, "Ann", label);
            return;
        }
        let messages = self.discord.messages(self.discord.dm(self.ann));
        let ids = messages.iter().rev().filter_map(|message| message["id"].as_str()?.parse().ok());
        let pressed = ids.into_iter().find_map(|message| self.discord.presses(self.ann, message, label));
        assert!(pressed.is_some(), "there is no button {label:?}:\n{}", self.reads(chat));
    }

    /// Waits until the bot has said something more, and nothing more comes.
    fn answered(&self, chat: Chat, before: &str, step: Step) {
        let started = Instant::now();
        let mut last = (answers(&self.reads(chat)), Instant::now());
        while last.0 == before || last.1.elapsed() < Duration::from_millis(200) {
            assert!(started.elapsed() < PATIENCE, "nothing came of {step:?}:\n{}", self.reads(chat));
            std::thread::sleep(Duration::from_millis(10));
            let now = answers(&self.reads(chat));
            if now != last.0 {
                last = (now, Instant::now());
            }
        }
    }
}

/// Everything but what Ann wrote.
fn answers(chat: &str) -> String {
    chat.lines().filter(|line| !line.starts_with("Ann:")).collect::<Vec<_>>().join("\n")
}

/// Times are other ones in each run: `3 s ago` reads `some s ago`, and today's date is no day.
pub(crate) fn steady(text: &str) -> String {
    let units = ["s", "ms", "min", "h"];
    let line = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let some = |(at, word): (usize, &&str)| {
            let unit = words.get(at + 1).map(|unit| unit.trim_end_matches(|c: char| !c.is_alphanumeric()));
            let is_number = !word.is_empty() && word.chars().all(|c| c.is_ascii_digit() || c == '.');
            let is_day = word.trim_end_matches('.').len() == 10 && word.starts_with("20") && word.contains('-');
            let is_hour = word.len() == 5 && word.as_bytes()[2] == b':';
            match () {
                () if is_number && unit.is_some_and(|unit| units.contains(&unit)) => "some".to_owned(),
                () if is_day => "today".to_owned(),
                () if is_hour => "some hour".to_owned(),
                () => (*word).to_owned(),
            }
        };
        words.iter().enumerate().map(some).collect::<Vec<_>>().join(" ")
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}
