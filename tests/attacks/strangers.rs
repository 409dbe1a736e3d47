//! Strangers in chats who want more than anybody needs.

use std::process::Stdio;
use std::time::Duration;

use coatcheck_world::{Sink, Telegram};
use serde_json::json;

use crate::healthy::Healthy;
use crate::hostile::{Answer, HONEST, Hostile};
use crate::support::{PATIENCE, until};

/// Those who attack together, and what each of them says.
const STRANGERS: usize = 20;
const ADDRESSES: usize = 15;
/// More than SQLite takes terms of a UNION.
const SIZES: usize = 510;

/// A healthy service that a platform is connected to.
fn with_telegram(hosts: &[String], platform: &Telegram) -> Healthy {
    Healthy::beside(hosts).with("TELEGRAM_TOKEN", platform.token()).with("TELEGRAM_API_URL", &platform.url(""))
}

/// All of them say all of that. Gives their chats.
fn crowd(platform: &Telegram, word: impl Fn(usize, usize) -> String) -> Vec<i64> {
    let chats: Vec<i64> = (0..STRANGERS).map(|nth| platform.person(&format!("Eve{nth}"))).collect();
    for said in 0..ADDRESSES {
        for (nth, chat) in chats.iter().enumerate() {
            platform.say(*chat, &format!("Eve{nth}"), &word(nth, said));
        }
    }
    chats
}

fn sources(healthy: &Healthy) -> Vec<String> {
    let listed = healthy.house.json(&["shop", "list"]);
    let rows = listed.as_array().expect("a list").iter();
    rows.map(|row| row["url"].as_str().expect("an address").to_owned()).collect()
}

/// Each of them has heard something.
async fn all_answered(platform: &Telegram, chats: &[i64]) {
    for chat in chats {
        let seen = platform.wait_seen(*chat, 1, PATIENCE).await;
        assert!(seen.contains("CoatCheck:"), "{seen}");
    }
}

#[tokio::test]
async fn without_the_invite_word_nothing_is_polled() {
    let platform = Telegram::open().expect("a Telegram");
    let healthy = with_telegram(&[], &platform).with("COATCHECK_INVITE_CODE", "raincoat");
    let running = healthy.serve(Stdio::null());
    let chats = crowd(&platform, |nth, said| match said % 3 {
        0 => format!("/watch https://shop{nth}-{said}.example/products/p M"),
        1 => format!("/join word{said}"),
        _ => format!("/stock jacket{said}"),
    });
    healthy.is_served(&running).await;
    all_answered(&platform, &chats).await;
    assert_eq!(sources(&healthy).len(), 1, "{:?}", sources(&healthy));
}

#[tokio::test]
async fn a_crowd_with_made_up_addresses_is_bounded_and_holds_up_nobody() {
    let platform = Telegram::open().expect("a Telegram");
    let healthy = with_telegram(&[], &platform);
    let running = healthy.serve(Stdio::null());
    let chats = crowd(&platform, |nth, said| format!("/watch https://shop{nth}-{said}.example/products/p M"));
    until("the first of them are tracked", || sources(&healthy).len() > STRANGERS / 2);
    healthy.is_served(&running).await;
    all_answered(&platform, &chats).await;
    // Three a minute and person.
    assert!(sources(&healthy).len() <= 1 + 6 * STRANGERS, "{}", sources(&healthy).len());
}

#[tokio::test]
async fn no_spelling_of_an_address_leads_strangers_into_our_network() {
    let inside = Hostile::open(Answer::json(HONEST));
    let platform = Telegram::open().expect("a Telegram");
    let healthy = with_telegram(&[inside.host()], &platform);
    let running = healthy.serve(Stdio::null());
    let port = inside.host().rsplit(':').next().expect("a port").to_owned();
    let spellings = [
        format!("http://127.0.0.1:{port}/stock.json"),
        format!("HTTP://127.0.0.1:{port}/stock.json#x"),
        format!("http://127.1:{port}/stock.json"),
        format!("http://2130706433:{port}/stock.json"),
        format!("http://0x7f.0.0.1:{port}/stock.json"),
        format!("http://0177.0.0.01:{port}/stock.json"),
        format!("http://127.0.0.1.:{port}/stock.json"),
        format!("http://[::ffff:127.0.0.1]:{port}/stock.json"),
        format!("http://localhost:{port}/stock.json"),
        format!("http://localhost.:{port}/stock.json"),
        format!("http://shop@127.0.0.1:{port}/stock.json"),
        format!("http://①②⑦.0.0.1:{port}/stock.json"),
        format!("http:\\\\127.0.0.1:{port}/stock.json"),
        format!("http://127.0.0.1:{port}/stock.json?utm_source=x"),
        "http://127.0.0.1.nip.io/stock.json".to_owned(),
    ];
    for (nth, spelling) in spellings.iter().enumerate() {
        let name = format!("Eve{nth}");
        let chat = platform.person(&name);
        platform.say(chat, &name, &format!("/watch {spelling} M"));
        let seen = platform.wait_seen(chat, 1, PATIENCE).await;
        assert!(!seen.contains("127.0.0.1:") || seen.matches("127.0.0.1:").count() == 1, "only what was said: {seen}");
        assert!(!seen.contains("Watching"), "{seen}");
    }
    healthy.is_served(&running).await;
    assert_eq!(inside.asked(), 0);
}

/// A product with hundreds of sizes, each wished for: fulfilled by one restock.
#[tokio::test]
async fn hundreds_of_kinds_of_wishes_on_one_product_hold_up_no_other() {
    let wall = |there: bool| {
        let sizes: Vec<_> = (0..SIZES).map(|n| json!({ "size": format!("Z{n}"), "available": there })).collect();
        Answer::json(&json!({ "Black": sizes }).to_string())
    };
    let (shop, crowd) = (Hostile::open(wall(false)), Sink::open().expect("a sink"));
    let healthy = Healthy::beside(&[shop.host(), crowd.host()]);
    healthy.house.done(&["shop", "add", &shop.url(), "--name", "wall", "--interval", "1s"]);
    let sizes: Vec<String> = (0..SIZES).map(|n| format!("Z{n}")).collect();
    for some in sizes.chunks(50) {
        healthy.house.watch(&["wall", "--size", &some.join(",")], &crowd.url("/hook"));
    }
    let running = healthy.serve(Stdio::null());
    until("the wall is polled", || shop.asked() > 1);
    shop.turn(wall(true));
    until("the restock is found", || shop.asked() > 1);
    healthy.is_served(&running).await;
    let told = crowd.wait_for(1, Duration::from_secs(60)).await;
    assert!(told.is_ok(), "whoever wished is notified");
}
