//! A Slack of our own: people, their direct messages with the app, channels, the Web API, `response_url`s and Socket Mode.
//!
//! It keeps the truth: [`Slack::chat`] is what a person sees in a channel, whatever the app believes.

mod check;
mod methods;
mod people;
mod socket;
mod state;
mod transcript;

use std::io;
use std::net::Ipv4Addr;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hmac::{Hmac, Mac};
use serde_json::json;
use sha2::Sha256;

use crate::Fault;
use crate::front::{Front, Honest};
use socket::Socket;
use state::State;

const BOT_TOKEN: &str = "xoxb-fake-bot-token-do-not-show";
const APP_TOKEN: &str = "xapp-fake-app-token-do-not-show";
const SECRET: &str = "5eCr3t-of-slack-do-not-show";

/// The whole platform on a port of loopback, with one workspace and one app.
pub struct Slack {
    front: Front,
    state: Arc<Mutex<State>>,
    socket: Socket,
}

impl Slack {
    /// Opens on a free port of loopback, without people.
    ///
    /// # Errors
    /// There is no port, thread or file handle to be had.
    pub fn open() -> io::Result<Self> {
        let state = Arc::new(Mutex::new(State::default()));
        let socket = Socket::default();
        let honest: Honest = {
            let state = Arc::clone(&state);
            Arc::new(move |heard| methods::answer(&mut locked(&state), heard))
        };
        let front = Front::start_beside((Ipv4Addr::LOCALHOST, 0).into(), honest, socket.routes())?;
        locked(&state).address = front.addr().to_string();
        Ok(Self { front, state, socket })
    }

    /// What `SLACK_API_BASE` must be.
    #[must_use]
    pub fn base(&self) -> String {
        self.front.url("/api")
    }

    /// The bot's token.
    #[must_use]
    pub fn bot_token(&self) -> &'static str {
        BOT_TOKEN
    }

    /// The app's token, for Socket Mode.
    #[must_use]
    pub fn app_token(&self) -> &'static str {
        APP_TOKEN
    }

    /// What requests are signed with.
    #[must_use]
    pub fn signing_secret(&self) -> &'static str {
        SECRET
    }

    /// The signature of a body, as Slack sends it.
    #[must_use]
    pub fn signature(&self, timestamp: &str, body: &str) -> String {
        let mut code = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("HMAC takes keys of any length");
        code.update(format!("v0:{timestamp}:{body}").as_bytes());
        let digits = code.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        format!("v0={digits}")
    }

    /// The path of a method, for orders.
    #[must_use]
    pub fn path(method: &str) -> String {
        format!("/api/{method}")
    }

    /// A fault: Slack's no.
    #[must_use]
    pub fn refusal(error: &str) -> Fault {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Fault::Says { status: 200, headers, body: json!({ "ok": false, "error": error }).to_string() }
    }

    /// A fault: 429 with its wait.
    #[must_use]
    pub fn slow_down(seconds: u32) -> Fault {
        let headers = vec![("retry-after".to_owned(), seconds.to_string())];
        Fault::Says { status: 429, headers, body: json!({ "ok": false, "error": "ratelimited" }).to_string() }
    }

    /// Would Slack take this?
    ///
    /// # Errors
    /// Why it would not, in its words.
    pub fn check(text: &str, blocks: &serde_json::Value) -> Result<(), String> {
        check::message(text, blocks)
    }

    /// What a field that was answered so shows.
    ///
    /// # Errors
    /// Why it would show nothing.
    pub fn options(offered: &serde_json::Value) -> Result<Vec<String>, String> {
        check::options(offered)
    }

    /// The connections of Socket Mode.
    #[must_use]
    pub fn socket(&self) -> &Socket {
        &self.socket
    }

    fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }
}

impl Deref for Slack {
    type Target = Front;

    fn deref(&self) -> &Front {
        &self.front
    }
}

fn locked<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
