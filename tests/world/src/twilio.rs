//! Twilio's Messages API with the phones behind it: what each received, what its owner texts, and the word STOP.

mod answers;
mod cost;
mod hook;
mod people;
mod state;
mod twiml;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Deref;
use std::sync::Arc;

use crate::Fault;
use crate::front::{Front, Honest};

pub use people::Answered;
use state::Shared;

/// The account, and what proves that one is it. Nothing but requests may ever hold the secrets.
const ACCOUNT: &str = "ACa1b2c3d4e5f60718293a4b5c6d7e8f90";
const TOKEN: &str = "f1e2d3c4b5a697887766554433221100";
const KEY: (&str, &str) = ("SKa1b2c3d4e5f60718293a4b5c6d7e8f90", "Zk3vQ9wXyT7uR5sP1oN8mL6kJ4hG2fD0");
/// The account's number and its Messaging Service.
const NUMBER: &str = "+15005550006";
const SERVICE: &str = "MGa1b2c3d4e5f60718293a4b5c6d7e8f90";

/// A Twilio with one account.
///
/// - `POST` and `GET /2010-04-01/Accounts/<sid>/Messages.json`, `GET …/Messages/<sid>.json`, with Basic authentication.
/// - Phones: [`Twilio::texts`], [`Twilio::loses`], [`Twilio::landline`], … Any number is somebody's phone.
/// - Webhooks: texts are brought to [`Twilio::set_hook`]'s address, statuses to each message's own; both are signed.
/// - The truth: [`Twilio::seen`] and [`Twilio::received`] are what a phone shows.
///
/// Faults and what was heard: [`Front`], on [`Twilio::path`]. `Fault::Drop` there accepts, then restocks.
pub struct Twilio {
    front: Front,
    shared: Arc<Shared>,
}

impl Twilio {
    /// Opens on a free port of loopback.
    ///
    /// # Errors
    /// There is no port, thread or file handle to be had.
    pub fn open() -> io::Result<Self> {
        Self::open_at((Ipv4Addr::LOCALHOST, 0).into())
    }

    /// Opens where another one was before, with no message in it.
    ///
    /// # Errors
    /// The port is taken, or nothing is to be had.
    pub fn open_at(addr: SocketAddr) -> io::Result<Self> {
        let shared = Arc::<Shared>::default();
        let behind = Arc::clone(&shared);
        let honest: Honest = Arc::new(move |heard| answers::answer(&behind, heard));
        Ok(Self { front: Front::start(addr, honest)?, shared })
    }

    /// `TWILIO_API_BASE`.
    #[must_use]
    pub fn base(&self) -> String {
        self.url("")
    }

    /// `TWILIO_ACCOUNT_SID`.
    #[must_use]
    pub fn account_sid(&self) -> &'static str {
        ACCOUNT
    }

    /// `TWILIO_AUTH_TOKEN`.
    #[must_use]
    pub fn auth_token(&self) -> &'static str {
        TOKEN
    }

    /// `TWILIO_API_KEY_SID` and `TWILIO_API_KEY_SECRET`.
    #[must_use]
    pub fn api_key(&self) -> (&'static str, &'static str) {
        KEY
    }

    /// `TWILIO_FROM`.
    #[must_use]
    pub fn number(&self) -> &'static str {
        NUMBER
    }

    /// `TWILIO_MESSAGING_SERVICE_SID`.
    #[must_use]
    pub fn service(&self) -> &'static str {
        SERVICE
    }

    /// The path on which messages are sent and listed, for [`crate::Order::on`].
    #[must_use]
    pub fn path(&self) -> String {
        format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json")
    }

    /// The signature of a form brought to `url`.
    #[must_use]
    pub fn signature(&self, url: &str, form: &str) -> String {
        hook::signature(url, form)
    }

    /// What a text costs: `2 × GSM-7`.
    #[must_use]
    pub fn cost(text: &str) -> String {
        cost::of(text)
    }

    /// A refusal in Twilio's form, to be ordered: `(400, 21610, …)`, `(429, 20429, …)`, …
    #[must_use]
    pub fn refusal(status: u16, code: u32, message: &str, retry_after: Option<u32>) -> Fault {
        let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        headers.extend(retry_after.map(|seconds| ("retry-after".to_owned(), seconds.to_string())));
        Fault::Says { status, headers, body: answers::refused_body(status, code, message).to_string() }
    }

    /// The page of a gateway whose API is away.
    #[must_use]
    pub fn bad_gateway() -> Fault {
        let body = "<html><head><title>502 Bad Gateway</title></head></html>".to_owned();
        Fault::Says { status: 502, headers: vec![("content-type".to_owned(), "text/html".to_owned())], body }
    }
}

impl Deref for Twilio {
    type Target = Front;

    fn deref(&self) -> &Front {
        &self.front
    }
}
