//! What people say, on every platform, and the watches that follow: the table is `utterances.txt`.

use std::sync::Arc;

use coatcheck_bots::commands::{parse, parse_to_us};
use coatcheck_bots::{Inbox, Platform, Who};
use coatcheck_domain::Availability::OutOfStock;
use coatcheck_domain::watch::Mode;
use coatcheck_domain::{Destination, ProductReading};

use super::{Catalogue, Commands, Follow, Rules};
use crate::store::Db;
use crate::store::people::watch::{Watch, Which};
use crate::store::polls::source::NewSource;
use crate::testing::{self, Engine, Place, follow, product, read};

/// Titles, sizes and styles; each size in the first style, and the first size in each style.
const SHELF: &[Shelved] = &[
    ("Corps Jacket", &["S", "M", "L", "XL"], &["Black", "Olive", "Navy Blue"]),
    ("Trail Hat", &["7", "7 1/8", "7 1/4", "7 3/8"], &[]),
    ("Court Shoe", &["10", "10 1/2", "11"], &[]),
    ("Cloud Runner", &["US 8 / UK 7 / EU 41", "US 9 / UK 8 / EU 42", "US 10 / UK 9 / EU 43"], &[]),
    ("Field Boot", &["EU 41", "EU 42", "EU 42.5", "EU 43"], &["Black", "Tan"]),
    ("Lace Bra", &["32D", "32DD", "34DD", "34E"], &[]),
    ("Baby Romper", &["0-3 Months", "3-6 Months", "6-12 Months"], &[]),
    ("Kids Parka", &["104 cm", "110 cm", "116 cm"], &[]),
    ("School Shirt", &["3-4 Years", "4-5 Years", "5-6 Years"], &[]),
    ("Raw Jeans", &["30/32", "32/32", "32/34", "34/34"], &[]),
    ("Work Pants", &["28, Long", "28, Reg", "30, Long"], &[]),
    ("Plus Tee", &["XL", "1X", "2X", "3X"], &[]),
    ("Big Hoodie", &["L", "XL", "2XL", "3XL"], &[]),
    ("Clog", &["M 10.5 / W 12", "M 11 / W 12.5", "M 12 / W 13.5"], &[]),
    ("Wrap Dress", &["XS (0-2)", "S (4-6)", "M (8-10)"], &[]),
    ("Wool Cap", &["One Size"], &[]),
    ("Desk Lamp", &[], &["White", "Brass"]),
    ("Every Day Tote", &["One Size"], &["Red", "Sand"]),
    ("Number 30", &["28", "30", "32"], &[]),
    ("Snow_Coat", &["S", "M", "L"], &[]),
    ("Half Glove", &["S", "M", "L", "L 1/2"], &[]),
    ("Куртка Север", &["S", "M", "L"], &["Чёрный", "Синий"]),
    ("風ジャケット", &["S", "M", "L"], &["黒", "白"]),
    ("패딩 코트", &["90", "95", "100"], &[]),
    ("سترة جلدية", &["S", "M", "L"], &["أسود", "بني"]),
    ("מעיל גשם", &["38", "40", "42"], &[]),
    ("เสื้อกันหนาว", &["S", "M", "L"], &["สีดำ", "สีแดง"]),
    ("Μπουφάν Βουνού", &["S", "M", "L"], &[]),
    ("जैकेट ऊनी", &["S", "M", "L"], &[]),
];

struct Nobody;

impl Follow for Nobody {
    fn source(&self, _url: &url::Url, _by_admin: bool) -> Result<NewSource, String> {
        Err("no address is said here".to_owned())
    }
}

struct Town {
    commands: Commands,
    db: Db,
    _place: Place,
}

impl Town {
    async fn open() -> Self {
        let (db, place, clock) = testing::db_with_clock(Engine::Sqlite).await;
        let db = db.with_keys(testing::keys(&[1]));
        let source = follow(&db, "https://shop.example/collections/all").await;
        read(&db, source, SHELF.iter().enumerate().map(shelved).collect()).await;
        let catalogue = Arc::new(Catalogue::new(db.clone(), clock.clone()));
        let commands = Commands::new(db.clone(), clock, catalogue, Arc::new(Nobody), Rules::default());
        Self { commands, db, _place: place }
    }

    /// Somebody who was never heard of says it; what they watch then, or what was answered instead.
    async fn hears(&self, platform: Platform, stranger: usize, text: &str) -> (String, String) {
        let who = Who { destination: address(platform, stranger), may_manage: true, room: None };
        let said = match platform {
            Platform::Discord | Platform::Telegram => parse_to_us(text, platform),
            _ => parse(text, platform),
        };
        let reply = match said {
            Ok(said) => self.commands.said(&who, said).await,
            Err(error) => coatcheck_bots::Reply::text(error.to_string()),
        };
        let watches = match self.db.known_destination(&who.destination).await.expect("asked") {
            Some(address) => self.db.watches(address.subscriber_id, Which::All).await.expect("read"),
            None => Vec::new(),
        };
        let outcome = match watches.first() {
            Some(first) => format!("{}: {}", first.product, watches.iter().map(shown).collect::<Vec<_>>().join("; ")),
            None if reply.buttons.iter().any(|button| button.data.starts_with("c:")) => "?".to_owned(),
            None => "~".to_owned(),
        };
        let each = watches.iter().any(|watch| watch.mode == Mode::Every);
        (format!("{outcome}{}", if each { " every" } else { "" }), reply.text)
    }
}

type Shelved = (&'static str, &'static [&'static str], &'static [&'static str]);

fn shelved((number, (title, sizes, styles)): (usize, &Shelved)) -> ProductReading {
    let some = |words: &'static [&'static str]| if words.is_empty() { &[""][..] } else { words };
    let (sizes, styles) = (some(sizes), some(styles));
    let in_first_style = sizes.iter().map(|size| (*size, styles[0], OutOfStock));
    let in_first_size = styles.iter().skip(1).map(|style| (sizes[0], *style, OutOfStock));
    let variants: Vec<_> = in_first_style.chain(in_first_size).collect();
    let number = Some(number.to_string());
    ProductReading { external_id: number, handle: None, url: None, ..product(title, &variants) }
}

fn address(platform: Platform, stranger: usize) -> Destination {
    let number = u64::try_from(stranger).expect("few") + 1;
    match platform {
        Platform::Discord => Destination::DiscordUser(number),
        Platform::Sms => format!("sms:+1415555{:04}", number + 1000).parse().expect("a number"),
        Platform::Telegram => format!("telegram:{number}").parse().expect("a chat"),
        _ => Destination::Console,
    }
}

fn shown(watch: &Watch) -> String {
    let any = |key: &str| if key.is_empty() { "*".to_owned() } else { key.to_owned() };
    let style = watch.wish.style.as_str();
    let style = if style.is_empty() { String::new() } else { format!("/{style}") };
    format!("{}{style}", any(watch.wish.size.as_str()))
}

fn rows() -> Vec<(&'static str, &'static str)> {
    let lines = include_str!("utterances.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once(" => ").expect(line)).collect()
}

/// None watches a size that was not meant, and what was meant is watched, however and wherever it is said.
#[tokio::test]
async fn what_people_say_is_what_they_watch_on_every_platform() {
    let rows = rows();
    assert!(rows.len() >= 150, "{} utterances", rows.len());
    let town = Town::open().await;
    let mut wrong = Vec::new();
    for platform in [Platform::Discord, Platform::Telegram, Platform::Sms, Platform::Console] {
        for (number, (text, expected)) in rows.iter().enumerate() {
            if platform == Platform::Console {
                // There is one console only.
                forget(&town).await;
            }
            let (outcome, reply) = town.hears(platform, number, text).await;
            if outcome != *expected {
                wrong.push(format!(
                    "{platform}: {text} => {outcome}\n    not {expected}; it answered: {}",
                    reply.replace('\n', " | ")
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

async fn forget(town: &Town) {
    if let Some(address) = town.db.known_destination(&Destination::Console).await.expect("asked") {
        let watches = town.db.watches(address.subscriber_id, Which::All).await.expect("read");
        let ids: Vec<i64> = watches.iter().map(|watch| watch.id).collect();
        town.db.remove_watches(address.subscriber_id, &ids).await.expect("removed");
    }
}
