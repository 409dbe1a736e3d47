//! The Discord channel against a Discord of our own, over real HTTP and WebSocket.

#![allow(clippy::unwrap_used, reason = "in a test's own helpers a panic is the outcome")]

mod gateway;
mod people;
mod telling;

use std::time::Duration;

use chrono::DateTime;
use coatcheck_domain::Destination;
use coatcheck_domain::clock::ManualClock;
use coatcheck_world::Discord as World;

use super::*;
use crate::examples::{alert, variant};
use crate::message::{Alert, Message};
use crate::{Button, Command, Reply, Said, Who};

/// Longer than anything here takes on the slowest machine.
const LONG: Duration = Duration::from_secs(60);

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(DateTime::from_timestamp(1_800_000_000, 0).unwrap()))
}

fn bot_at(
    base: &str,
    token: &str,
    public_key: Option<PublicKey>,
    timeout: Duration,
    clock: Arc<ManualClock>,
) -> Discord {
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(timeout)
        .build()
        .unwrap();
    let settings =
        Settings { token: token.to_owned().into(), base: base.parse().unwrap(), public_key, shows: |_| true };
    // A clock that stands still gives no permits.
    Discord::new(settings, client, clock).limited_by(RateLimiter::new(1_000_000, Duration::ZERO))
}

fn bot(world: &World) -> Discord {
    bot_at(&world.base(), world.token(), None, LONG, clock())
}

fn jacket() -> Alert {
    alert(vec![variant("M", "Black")])
}

fn to(destination: Destination, alert: Alert) -> Envelope {
    Envelope {
        key: "a:7:1:0".to_owned(),
        destination,
        secret: None,
        message: Message::Alert(Box::new(alert)),
        manage: None,
        buttons: vec![
            Button { label: "Watch again".into(), data: "again:7".into() },
            Button { label: "Got it".into(), data: "done:7".into() },
        ],
    }
}

/// Says what it was asked, after a while if it should.
#[derive(Default)]
struct Echo {
    slow: Duration,
    picture: bool,
}

#[async_trait]
impl Inbox for Echo {
    async fn said(&self, who: &Who, said: Said) -> Reply {
        tokio::time::sleep(self.slow).await;
        let words: Vec<&str> = said.words.iter().map(|word| word.text.as_str()).collect();
        let manager = if who.may_manage { " You manage this." } else { "" };
        let reply = Reply::text(format!("{} {}.{manager}", said.command.name(), words.join("|")));
        let reply = reply.with_button("Stop", "stop:1");
        if self.picture { reply.with_picture(vec![1, 2, 3], "a chart") } else { reply }
    }

    async fn pressed(&self, who: &Who, data: &str) -> Reply {
        tokio::time::sleep(self.slow).await;
        let reply = Reply::text(format!("pressed {data} by {}", who.destination.channel()));
        match data {
            "again:7" => reply.with_button("Stop M / Black", "stop:1").with_note("✓ Watching again"),
            "stop:1" => reply.with_note("✓ Stopped *M*"),
            "list" => Reply::text("Nothing is left.").replacing(),
            _ => reply,
        }
    }

    async fn complete(&self, _: &Who, command: Command, argument: &str, typed: &str) -> Vec<String> {
        vec![format!("{} {argument} {typed}et", command.name())]
    }
}
