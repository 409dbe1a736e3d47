//! The platform against a fake Twilio over real HTTP.

mod house;
mod people;
mod telling;

use chrono::DateTime;
use coatcheck_domain::Destination;
use coatcheck_domain::clock::ManualClock;
use coatcheck_world::Twilio as World;

use super::find::short_code;
use super::*;
use crate::{Channel, Envelope, Found, Message};

/// Nothing here takes so long, on any machine.
const LONG: Duration = Duration::from_secs(60);
const ANN: &str = "+14155550123";

fn world() -> World {
    World::open().expect("a Twilio")
}

fn phone(number: &str) -> Phone {
    number.parse().expect("a number")
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(DateTime::from_timestamp(1_800_000_000, 0).expect("a date")))
}

fn settings(world: &World) -> Settings {
    Settings {
        api_base: Url::parse(&world.base()).expect("an address"),
        account_sid: world.account_sid().to_owned(),
        auth_token: world.auth_token().to_owned().into(),
        api_key: None,
        sender: Sender::Number(phone(world.number())),
        public_url: Some(Url::parse("https://coat.example/").expect("an address")),
        opt_out: OptOut::Twilio,
    }
}

fn client(timeout: Duration) -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(timeout)
        .build()
        .expect("a client")
}

/// A clock that stands still gives no permits.
fn unpaced() -> RateLimiter {
    RateLimiter::new(1_000_000, Duration::ZERO)
}

fn bot_with(settings: Settings, clock: &Arc<ManualClock>, timeout: Duration) -> Sms {
    let clock = Arc::clone(clock) as Arc<dyn Clock>;
    Sms::new(settings, client(timeout), clock, Arc::<Safe>::default()).limited_by(unpaced())
}

fn bot(world: &World) -> Sms {
    bot_with(settings(world), &clock(), LONG)
}

/// Seals by remembering.
#[derive(Default)]
struct Safe(Mutex<Vec<Phone>>);

impl Seal for Safe {
    fn seal(&self, phone: &Phone) -> String {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push(phone.clone());
        format!("sealed-{}", kept.len() - 1)
    }

    fn open(&self, sealed: &str) -> Option<Phone> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(sealed.strip_prefix("sealed-")?.parse::<usize>().ok()?).cloned()
    }

    fn chat(&self, phone: &Phone) -> String {
        format!("chat-{}", short_code(phone.expose()))
    }

    fn link(&self, variant: i64) -> String {
        variant.to_string()
    }
}
