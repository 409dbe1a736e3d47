//! Doing what a person asked, and answering: for them alone where Slack lets us.

use std::time::Duration;

use coatcheck_domain::Destination;
use serde_json::{Value, json};

use super::api::Failure;
use super::payload::{Deed, Heard, read};
use super::{Slack, blocks, channel, outcome, views};
use crate::words::sentence;
use crate::{Command, Inbox, Pressed, Reply, Said, Trouble, Who};

/// A permit that takes longer is waited for elsewhere.
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// A moment for Slack to recover before an answer is tried again.
const A_MOMENT: Duration = Duration::from_secs(1);
/// `response_url`s end after half an hour or five answers: then a message says it.
const ENDED: &[&str] = &["expired_url", "used_url", "invalid_url", "no_active_hooks"];

impl Slack {
    /// See [`crate::Receiver::handle`].
    pub(super) async fn handled(&self, payload: &str, inbox: &dyn Inbox) -> Result<(), Trouble> {
        let Some(heard) = serde_json::from_str(payload).ok().as_ref().and_then(read) else { return Ok(()) };
        let who = self.who(&heard).await;
        let reply = match &heard.deed {
            Deed::Say(Ok(said)) => inbox.said(&who, said.clone()).await,
            Deed::Say(Err(error)) => Reply::text(sentence(&error.to_string())),
            // Slack sends no more of a message for one person than where to answer.
            Deed::Press { data, message } if message.is_some() || heard.response_url.is_some() => {
                inbox.pressed(&who, data).await
            }
            Deed::Press { data, .. } => {
                // The home shows what is so afterwards.
                inbox.pressed(&heard.who(), data).await;
                return self.show_home(&heard, inbox).await;
            }
            Deed::Home => return self.show_home(&heard, inbox).await,
            Deed::Complete { envelope, argument, typed } => {
                let options = self.offered(&heard.person, argument, typed, inbox).await;
                self.offer(envelope.as_deref(), options);
                return Ok(());
            }
            Deed::Form { trigger } => {
                let opened = json!({ "trigger_id": trigger, "view": views::form() });
                match self.api.call("views.open", &opened).await {
                    Ok(_) => return Ok(()),
                    // Too late for a form: what it would ask for is said in words.
                    Err(_) => inbox.said(&heard.who(), Said::bare(Command::Watch)).await,
                }
            }
        };
        self.answer(&heard, &reply).await.map_err(|failure| {
            let trouble = outcome::trouble(&failure);
            let passes = !matches!(failure, Failure::Refused(_) | Failure::Unmade(_)) || trouble.after.is_some();
            Trouble { after: trouble.after.or(passes.then_some(A_MOMENT)), ..trouble }
        })
    }

    /// What a field of the form offers `person`, who typed this.
    pub(super) async fn offered(&self, person: &str, argument: &str, typed: &str, inbox: &dyn Inbox) -> Value {
        let destination = Destination::Slack { team: None, id: person.to_owned() };
        let who = Who { destination, may_manage: false, room: None };
        views::offered(&inbox.complete(&who, Command::Watch, argument, typed).await, typed)
    }

    async fn who(&self, heard: &Heard) -> Who {
        let who = heard.who();
        if who.room.is_none() || !heard.is_for_managers() {
            return who;
        }
        let may_manage = self.manages(&heard.channel, &heard.person).await.unwrap_or_else(|failure| {
            tracing::warn!(channel = heard.channel, %failure, "Slack does not say who manages a channel");
            false
        });
        Who { may_manage, ..who }
    }

    /// Who made the channel, and who runs the workspace.
    async fn manages(&self, channel: &str, person: &str) -> Result<bool, Failure> {
        let user = self.api.get("users.info", &[("user", person)]).await?;
        let is = |what: &str| user["user"][what] == true;
        if is("is_admin") || is("is_owner") || is("is_primary_owner") {
            return Ok(true);
        }
        let info = self.api.get("conversations.info", &[("channel", channel)]).await?;
        Ok(info["channel"]["creator"] == person)
    }

    async fn show_home(&self, heard: &Heard, inbox: &dyn Inbox) -> Result<(), Trouble> {
        let watches = inbox.said(&heard.who(), Said::bare(Command::Watches)).await;
        let view = json!({ "user_id": heard.person, "view": views::home(&watches) });
        self.api.call("views.publish", &view).await.map(drop).map_err(|failure| outcome::trouble(&failure))
    }

    async fn answer(&self, heard: &Heard, reply: &Reply) -> Result<(), Failure> {
        match &heard.response_url {
            Some(address) => match self.api.respond(address, &response(heard, reply)).await {
                Err(Failure::Refused(refusal)) if refusal.error.as_deref().is_some_and(|it| ENDED.contains(&it)) => {
                    self.write(&heard.person, None, reply).await?;
                }
                other => other?,
            },
            None => self.write(&heard.channel, heard.thread.as_deref(), reply).await?,
        }
        self.attach(heard, reply).await
    }

    /// A message of its own.
    async fn write(&self, channel: &str, thread: Option<&str>, reply: &Reply) -> Result<(), Failure> {
        let permitted = self.limiter.answer_within(self.clock.as_ref(), LONGEST_WAIT).await;
        permitted.map_err(|_| Failure::NotConnected("Slack asked for silence".to_owned()))?;
        let mut body = channel::body(&blocks::reply(reply));
        body["channel"] = channel.into();
        if let Some(ts) = thread {
            body["thread_ts"] = ts.into();
        }
        self.api.call("chat.postMessage", &body).await.map(drop)
    }

    /// A file cannot be for one person in a channel: what was asked there comes by direct message.
    async fn attach(&self, heard: &Heard, reply: &Reply) -> Result<(), Failure> {
        let picture = reply.picture.as_ref().map(|it| ("history.png", it.alt.as_str(), it.png.to_vec()));
        let file = reply.file.as_ref().map(|it| (it.name.as_str(), it.name.as_str(), it.content.as_bytes().to_vec()));
        for (name, title, bytes) in picture.into_iter().chain(file) {
            let channel = self.channel_of(&heard.person).await?;
            let length = bytes.len().to_string();
            let place = self.api.get("files.getUploadURLExternal", &[("filename", name), ("length", &length)]).await?;
            self.api.upload(place["upload_url"].as_str().unwrap_or_default(), bytes).await?;
            let files = json!([{ "id": place["file_id"], "title": title }]);
            let done = json!({ "files": files, "channel_id": channel });
            self.api.call("files.completeUploadExternal", &done).await?;
        }
        Ok(())
    }
}

/// What a `response_url` is told.
fn response(heard: &Heard, reply: &Reply) -> Value {
    let shown = blocks::reply(reply);
    match (&heard.deed, &reply.pressed) {
        (Deed::Press { message: Some(message), .. }, Pressed::Note(note)) => {
            let text = message["text"].as_str().unwrap_or_default();
            let blocks = blocks::noted(message, note, &reply.buttons);
            json!({ "replace_original": true, "text": text, "blocks": blocks })
        }
        (Deed::Press { .. }, Pressed::Replace) => {
            json!({ "replace_original": true, "text": shown.text, "blocks": shown.blocks })
        }
        _ => json!({
            "response_type": "ephemeral", "replace_original": false, "text": shown.text, "blocks": shown.blocks,
        }),
    }
}
