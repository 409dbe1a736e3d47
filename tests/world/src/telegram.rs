//! Telegram's Bot API with the people behind it: chats that show what was said, buttons that can be pressed, and the
//! rules that real chats have.

mod answers;
mod form;
mod hook;
mod html;
mod people;
mod posts;
mod rules;
mod state;
mod updates;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Deref;
use std::sync::Arc;

use crate::Fault;
use crate::front::{Front, Honest};

pub use rules::Limits;
use state::Shared;

/// A Telegram for one bot.
///
/// - Methods under `/bot<token>/<Method>`, in any case, with JSON or forms: `getMe`, `getUpdates`, webhooks, `sendMessage`,
///   `sendPhoto`, `sendDocument`, edits, `answerCallbackQuery`, `setMyCommands`, `getChatMember`.
/// - People: [`Telegram::person`], [`Telegram::group`], [`Telegram::say`], [`Telegram::press`], …
/// - The truth: [`Telegram::seen`] is what a chat shows.
///
/// Faults and what was heard: [`Front`], on the paths of [`Telegram::path`].
pub struct Telegram {
    front: Front,
    shared: Arc<Shared>,
}

/// The bot's token. Nothing but requests may ever hold it.
const TOKEN: &str = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw";

impl Telegram {
    /// Opens on a free port of loopback.
    ///
    /// # Errors
    /// There is no port, thread or file handle to be had.
    pub fn open() -> io::Result<Self> {
        Self::open_at((Ipv4Addr::LOCALHOST, 0).into())
    }

    /// Opens where another one was before, with nobody in it.
    ///
    /// # Errors
    /// The port is taken, or nothing is to be had.
    pub fn open_at(addr: SocketAddr) -> io::Result<Self> {
        let shared = Arc::<Shared>::default();
        let behind = Arc::clone(&shared);
        let honest: Honest = Arc::new(move |heard| answers::answer(&behind, heard, TOKEN));
        Ok(Self { front: Front::start(addr, honest)?, shared })
    }

    /// The bot's token.
    #[must_use]
    pub fn token(&self) -> &'static str {
        TOKEN
    }

    /// The path of a method as the client asks for it, for [`crate::Order::on`]: `SendMessage`.
    #[must_use]
    pub fn path(&self, method: &str) -> String {
        format!("/bot{TOKEN}/{method}")
    }

    /// A refusal in Telegram's form, to be ordered: 429 with its wait, 500, …
    #[must_use]
    pub fn refusal(status: u16, description: &str, retry_after: Option<u32>) -> Fault {
        Fault::Says {
            status,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: answers::refused_body(status, description, retry_after, None).to_string(),
        }
    }

    /// The page of a gateway whose Bot API is away.
    #[must_use]
    pub fn bad_gateway() -> Fault {
        let body = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>";
        let headers = vec![("content-type".to_owned(), "text/html".to_owned())];
        Fault::Says { status: 502, headers, body: body.to_owned() }
    }
}

impl Deref for Telegram {
    type Target = Front;

    fn deref(&self) -> &Front {
        &self.front
    }
}
