//! The chat platforms of the town, and those who are notified there: people, rooms and phones.

use std::collections::BTreeMap;
use std::net::TcpListener;

use coatcheck_domain::delivery::State;
use coatcheck_world::{Discord, Fault, Order, Slack, Telegram, Twilio};
use rand::Rng;
use rand::rngs::StdRng;
use tokio::runtime::Runtime;

use crate::books::Books;
use crate::support::{House, until};

/// On Discord and on Telegram each; Slack takes one message a second of each person and has one.
const PEOPLE: usize = 2;
/// Each has its own pages, so that none is texted more often than Twilio's and our limits allow.
const PHONES: [&str; 3] = ["+14155550101", "+14155550102", "+14155550103"];
/// One page in so many is one of a phone's.
const PAGES_EACH: usize = 10;
/// Products that are announced in rooms: a group on Telegram takes twenty messages a minute.
const ANNOUNCED: usize = 20;

pub(crate) struct Chats {
    discord: Discord,
    telegram: Telegram,
    slack: Slack,
    twilio: Twilio,
    runtime: Runtime,
}

impl Chats {
    pub(crate) fn open() -> Self {
        Self {
            discord: Discord::open().expect("a Discord"),
            telegram: Telegram::open().expect("a Telegram"),
            slack: Slack::open().expect("a Slack"),
            twilio: Twilio::open().expect("a Twilio"),
            runtime: Runtime::new().expect("a runtime"),
        }
    }

    pub(crate) fn with_tokens(&self, house: House) -> House {
        let address = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a free port").to_string();
        self.twilio.set_hook(&format!("http://{address}/hooks/twilio/sms"));
        house
            .with("LISTEN_ADDR", &address)
            .with("PUBLIC_URL", &format!("http://{address}"))
            .with("DISCORD_TOKEN", self.discord.token())
            .with("DISCORD_API_BASE", &self.discord.base())
            .with("TELEGRAM_TOKEN", self.telegram.token())
            .with("TELEGRAM_API_URL", &self.telegram.url(""))
            .with("SLACK_BOT_TOKEN", self.slack.bot_token())
            .with("SLACK_API_BASE", &self.slack.base())
            .with("SLACK_APP_TOKEN", self.slack.app_token())
            .with("TWILIO_API_BASE", &self.twilio.base())
            .with("TWILIO_ACCOUNT_SID", self.twilio.account_sid())
            .with("TWILIO_AUTH_TOKEN", self.twilio.auth_token())
            .with("TWILIO_FROM", self.twilio.number())
            .with("SMS_MAX_PER_NUMBER_DAY", "1000")
            .with("SMS_MAX_PER_DAY", "100000")
            .with("SMS_HOURS", "0-24")
    }

    /// The phone that is texted of this page, if one is.
    pub(crate) fn phone(page: usize) -> Option<&'static str> {
        PHONES.get(page % PAGES_EACH).copied()
    }

    /// People wait for every product, rooms for some. Says how many people.
    pub(crate) fn settle(&self, books: &Books) -> usize {
        for number in 0..PEOPLE {
            let name = format!("Person{number}");
            books.waits(&format!("discord:{}", self.discord.person(&name)));
            books.waits(&format!("telegram:{}", self.telegram.person(&name)));
        }
        books.waits(&format!("slack:{}", self.slack.person("Person0")));
        for room in [
            format!("discord:#{}", self.discord.channel()),
            format!("telegram:{}", self.telegram.group("Coats", &["*Person0"])),
            format!("slack:{}", self.slack.channel()),
        ] {
            books.announces(&room, ANNOUNCED);
        }
        2 * PEOPLE + 1
    }

    /// Once the service runs: who is to be texted agrees to it.
    pub(crate) fn agree(&self) {
        until("Socket Mode", || self.slack.socket().now_open() >= 1);
        for phone in PHONES {
            // Somebody who gets no answer texts again.
            until("an answer to START", || {
                self.runtime.block_on(self.twilio.texts(phone, "START")).is_ok_and(|answered| answered.status == 200)
            });
        }
    }

    /// Somebody asks something, or a platform is out of order once.
    pub(crate) fn turn(&self, rng: &mut StdRng, faults: &mut BTreeMap<&'static str, usize>) {
        if rng.random_bool(0.05) {
            let (here, there) = (self.discord.person("Person0"), self.telegram.person("Person0"));
            self.discord.says(here, "/watches");
            self.telegram.say(there, "Person0", "/stock jacket-1");
            let slack = self.slack.person("Person0");
            self.slack.says(&slack, "status");
            // On a busy machine the answer may take longer than Twilio waits; nothing depends on it.
            let _ = self.runtime.block_on(self.twilio.texts(PHONES[0], "STATUS"));
        }
        if rng.random_bool(0.05) {
            let order = || Order::all(Fault::status(503)).times(1);
            let name = match rng.random_range(0..3) {
                0 => {
                    self.discord.order(order());
                    "Discord 503"
                }
                1 => {
                    self.telegram.order(order());
                    "Telegram 503"
                }
                _ => {
                    self.slack.order(order());
                    "Slack 503"
                }
            };
            *faults.entry(name).or_default() += 1;
        }
    }

    pub(crate) fn end_faults(&self) {
        self.discord.lift();
        self.telegram.lift();
        self.slack.lift();
        self.twilio.lift();
    }

    /// Each channel was used, and no post in a room was given up.
    pub(crate) fn all_heard(&self, books: &Books, is_texted: bool) {
        let sent = books.lanes(State::Sent);
        for channel in ["discord", "telegram", "slack", "webhook"].into_iter().chain(is_texted.then_some("sms")) {
            assert!(sent.iter().any(|lane| lane == channel), "nothing was sent by {channel}");
        }
        let dead: Vec<String> = books.keys(State::Dead);
        assert_eq!(dead, Vec::<String>::new());
    }
}
