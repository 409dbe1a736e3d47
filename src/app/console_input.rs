//! The commands behind every channel, and the prompt of the terminal.

use std::io::IsTerminal;
use std::sync::Arc;

use async_trait::async_trait;
use coatcheck_bots::Who;
use coatcheck_bots::console::{Output, prompt};
use coatcheck_domain::Destination;
use tokio::io::BufReader;
use url::Url;

use super::{App, How};
use crate::commands::{Commands, Follow, Followed, Texting};

/// Follows what people name in `/watch <URL>` and admins in `/shop add`: at the usual pace.
struct Following(App);

#[async_trait]
impl Follow for Following {
    async fn follow(&self, url: &Url, _who: &Who, listed: bool) -> Result<Followed, String> {
        let followed = self.0.follow(url.clone(), How { listed, ..How::default() }).await;
        followed.map(|(source_id, _)| Followed { source_id }).map_err(|why| why.to_string())
    }
}

impl App {
    /// What people's words come to.
    #[must_use]
    pub fn inbox(&self) -> Commands {
        let follow = Arc::new(Following(self.clone()));
        let mut admins = vec![Destination::Console];
        admins.extend(self.settings.admins.0.iter().cloned());
        let commands =
            Commands::new(self.db.clone(), Arc::clone(&self.clock), Arc::clone(&self.catalogue), follow, admins)
                .in_zone(self.settings.time_zone)
                .heard_by(self.platforms.receivers());
        match self.settings.twilio {
            Some(_) => commands.texting(self.texting()),
            None => commands,
        }
    }

    fn texting(&self) -> Texting {
        let rng = Arc::clone(&self.rng);
        Texting {
            invite: self.settings.invite.clone(),
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
    let who = Who { destination: Destination::Console, may_manage: true };
    let inbox = app.inbox();
    if let Err(error) = prompt(BufReader::new(tokio::io::stdin()), &output, &inbox, &who).await {
        tracing::warn!(%error, "the prompt ended: {error}");
    }
}

/// A background job that reads its terminal is stopped by the shell: then there is no prompt.
fn may_read_input() -> bool {
    let stdin = std::io::stdin();
    !stdin.is_terminal() || rustix::termios::tcgetpgrp(&stdin).is_ok_and(|group| group == rustix::process::getpgrp())
}
