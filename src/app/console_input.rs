//! The commands for all channels, and the prompt of the terminal.

use std::io::IsTerminal;
use std::sync::Arc;

use coatcheck_bots::Who;
use coatcheck_bots::console::{Output, prompt};
use coatcheck_domain::Destination;
use tokio::io::BufReader;
use url::Url;

use super::{App, SourceOptions};
use crate::commands::{Commands, Follow, Rules, Texting};
use crate::store::polls::source::NewSource;

/// What an address that somebody gave would be tracked as: at the usual interval.
struct Following(App);

/// What strangers hear of any address that is not let through: nothing of our network.
const NOT_PUBLIC: &str =
    "That address can't be tracked. Send the address of a public product page, starting with https://.";

impl Follow for Following {
    fn source(&self, url: &Url, by_admin: bool) -> Result<NewSource, String> {
        // One's own shops are for admins to add.
        if !by_admin && self.0.guard.is_allowed_host(url) {
            return Err(NOT_PUBLIC.to_owned());
        }
        let new = self.0.tracking().source(url.clone(), SourceOptions::default());
        new.map_err(|why| if by_admin { why.to_string() } else { NOT_PUBLIC.to_owned() })
    }
}

impl App {
    /// The commands of chats.
    #[must_use]
    pub fn inbox(&self) -> Commands {
        let follow = Arc::new(Following(self.clone()));
        let (db, clock, catalogue) = (self.db.clone(), Arc::clone(&self.clock), Arc::clone(&self.catalogue));
        let commands = Commands::new(db, clock, catalogue, follow, self.rules())
            .in_zone(self.settings.time_zone)
            .heard_by(self.platforms.receivers());
        match self.settings.twilio {
            Some(_) => commands.texting(self.texting()),
            None => commands,
        }
    }

    fn rules(&self) -> Rules {
        let mut admins = vec![Destination::Console];
        admins.extend(self.settings.admins.0.iter().cloned());
        let rng = Arc::clone(&self.rng);
        Rules {
            admins,
            operators: self.settings.operators.0.clone(),
            invite: self.settings.invite.clone(),
            max_watches: self.settings.max_watches,
            max_addresses: self.settings.max_addresses,
            max_sources: self.settings.max_sources,
            public_url: self.settings.public_url.clone(),
            new_link_code: Arc::new(move || rng.word()),
        }
    }

    fn texting(&self) -> Texting {
        let rng = Arc::clone(&self.rng);
        Texting {
            countries: self.settings.texting.countries.clone(),
            hours: self.settings.texting.hours,
            per_day: self.settings.texting.per_day,
            new_code: Arc::new(move || rng.digits()),
        }
    }
}

/// Answers what is typed or piped in, as `console:`, until its end.
pub async fn read_console(app: App, output: Output) {
    if !may_read_input() {
        return;
    }
    let who = Who { destination: Destination::Console, may_manage: true, room: None };
    let inbox = app.inbox();
    if let Err(error) = prompt(BufReader::new(tokio::io::stdin()), &output, &inbox, &who).await {
        tracing::warn!(%error, "console prompt ended");
    }
}

/// A background job that reads its terminal is stopped by the shell: then there is no prompt.
fn may_read_input() -> bool {
    let stdin = std::io::stdin();
    !stdin.is_terminal() || rustix::termios::tcgetpgrp(&stdin).is_ok_and(|group| group == rustix::process::getpgrp())
}
