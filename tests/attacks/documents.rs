//! Documents and programs that cost more than they weigh.

use std::process::Stdio;

use crate::healthy::{Healthy, Running};
use crate::hostile::{Answer, HONEST, Hostile};
use crate::support::until;

/// As many as there are places for large documents, and more.
const SHOPS: usize = 6;

struct Attack {
    healthy: Healthy,
    running: Running,
    hostile: Vec<Hostile>,
}

/// Honest shops that are followed, with a program or without, while the service runs.
fn followed(honest: Answer, program: Option<&str>) -> Attack {
    let hostile: Vec<Hostile> = (0..SHOPS).map(|_| Hostile::open(honest.clone())).collect();
    let healthy = Healthy::beside(&hostile.iter().map(Hostile::host).collect::<Vec<_>>());
    for shop in &hostile {
        let url = shop.url();
        let mut arguments = vec!["shop", "add", &url, "--interval", "100ms"];
        arguments.extend(program.iter().flat_map(|program| ["--jq", program]));
        healthy.house.done(&arguments);
    }
    let running = healthy.serve(Stdio::null());
    Attack { healthy, running, hostile }
}

impl Attack {
    /// All turn at once. The healthy shop is served all the same, and `shop list` names a culprit in these words.
    async fn survived(self, answer: Answer, words: &str) {
        self.hostile.iter().for_each(|shop| shop.turn(answer.clone()));
        until("each hostile shop is asked", || self.hostile.iter().all(|shop| shop.asked() > 0));
        self.healthy.is_served(&self.running).await;
        // One is enough: the others may still wait for their turn with the slow worker.
        until(words, || self.healthy.house.done(&["shop", "list"]).contains(words));
    }
}

#[tokio::test]
async fn json_that_would_fill_the_memory_is_refused() {
    let empties = format!("[{}{{}}]", r#"{"":0},"#.repeat(2_300_000));
    followed(Answer::json(HONEST), None).survived(Answer::json(&empties), "too many values").await;
}

#[tokio::test]
async fn json_without_bottom_is_refused() {
    followed(Answer::json(HONEST), None).survived(Answer::json(&"[".repeat(8_000_000)), "nested deeper").await;
    let deep = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    followed(Answer::json(HONEST), Some(".Black[] | {size, in_stock: .available}"))
        .survived(Answer::json(&deep), "nested deeper")
        .await;
}

#[tokio::test]
async fn pages_without_end_are_refused() {
    let honest = Answer::html(&format!("<!doctype html><script type=\"application/json\">{HONEST}</script>"));
    let program = ".scripts[].json.Black[] | {size, in_stock: .available}";
    let page = Answer::html(&format!("<!doctype html>{}", "<div>".repeat(1_000_000)));
    followed(honest, Some(program)).survived(page, "the web page has more than").await;
}

#[tokio::test]
async fn programs_that_never_end_are_stopped() {
    let program = "if type == \"array\" then last(repeat(1)) else .Black[] | {size, in_stock: .available} end";
    followed(Answer::json(HONEST), Some(program)).survived(Answer::json("[1]"), "the jq program took more than").await;
}

#[tokio::test]
async fn programs_that_eat_memory_are_stopped() {
    let program = "if type == \"array\" then [range(1e12)] else .Black[] | {size, in_stock: .available} end";
    followed(Answer::json(HONEST), Some(program)).survived(Answer::json("[1]"), "the jq program took").await;
}

#[tokio::test]
async fn bombs_are_not_unpacked() {
    followed(Answer::json(HONEST), None).survived(Answer::bomb(1024), "larger than 16 MiB").await;
}

#[tokio::test]
async fn large_answers_that_drip_hold_up_their_like_alone() {
    let large = format!(r#"{{"Black":[{{"size":"M","available":false,"words":"{}"}}]}}"#, noise(12 * 1024 * 1024));
    followed(Answer::json(HONEST), None).survived(Answer::dripping(&large), "no memory for a large answer").await;
}

/// Letters that gzip makes nothing of.
fn noise(length: usize) -> String {
    let mut state = 1_u32;
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        char::from(b'a' + u8::try_from(state % 26).expect("less than 26"))
    };
    (0..length).map(next).collect()
}
