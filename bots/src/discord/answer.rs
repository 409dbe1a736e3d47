//! Doing what a person asked, and answering within the three seconds that Discord gives.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use serde_json::{Value, json};
use serenity::http::{LightMethod, Route};
use serenity::model::id::{ApplicationId, InteractionId};

use super::Discord;
use super::failure::{ALREADY_ANSWERED, Failure, UNKNOWN_INTERACTION, UNKNOWN_WEBHOOK};
use super::payload::{self, Deed, Heard};
use super::reply::{self, PICTURE};
use super::send::nonce;
use crate::commands::{Command, Said};
use crate::{Inbox, Pressed, Reply, Trouble};

/// After this long "is thinking…" is shown. Half of what Discord gives: the way there and back takes time too.
pub(super) const DEFER_AFTER: Duration = Duration::from_millis(1_500);

/// The response is in flight while its answer is edited in: Discord says so until it has it.
const IN_FLIGHT: [Duration; 4] =
    [Duration::from_millis(250), Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2)];

/// Kinds of answers. <https://discord.com/developers/docs/interactions/receiving-and-responding>
pub(super) const PONG: u64 = 1;
const MESSAGE: u64 = 4;
const DEFERRED: u64 = 5;
/// Of the message that was pressed: later, and now.
const DEFERRED_UPDATE: u64 = 6;
const UPDATE: u64 = 7;
pub(super) const CHOICES: u64 = 8;

impl Discord {
    pub(super) async fn handled(&self, payload: &str, inbox: &dyn Inbox) -> Result<(), Trouble> {
        let Some(heard) = payload::read(payload) else { return Ok(()) };
        let answered = match &heard.deed {
            // Answered in the response, or worth nothing by now.
            Deed::Ping => Ok(()),
            Deed::Complete { .. } if self.is_by_http() => Ok(()),
            Deed::Complete { .. } => self.complete(&heard, inbox).await,
            Deed::Text(said) => {
                if heard.in_public && said.as_ref().is_ok_and(Said::holds_secret) && (self.shows)(Command::Join) {
                    self.delete(&heard).await;
                }
                self.write_back(&heard, &done(&heard, inbox).await).await
            }
            _ if self.is_by_http() => self.called(&heard, &done(&heard, inbox).await).await,
            _ => self.in_time(&heard, done(&heard, inbox)).await,
        };
        answered.map_err(|failure| self.noted(failure).unanswered())
    }

    /// The invite word is not for who else reads along. Discord lets only who manages messages delete those of others.
    async fn delete(&self, heard: &Heard) {
        let (channel_id, message_id) = (heard.channel.into(), heard.id.into());
        if let Err(failure) = self.api.delete(Route::ChannelMessage { channel_id, message_id }).await {
            tracing::info!(channel = heard.channel, %failure, "message with an invite word not deleted");
        }
    }

    async fn complete(&self, heard: &Heard, inbox: &dyn Inbox) -> Result<(), Failure> {
        let body = json!({ "type": CHOICES, "data": offered(heard, inbox).await });
        match self.call_back(heard, &body, None).await {
            Err(failure) if matches!(failure.code(), Some(UNKNOWN_INTERACTION | ALREADY_ANSWERED)) => Ok(()),
            other => other,
        }
    }

    /// The answer itself if it is there soon; else "is thinking…" first, or nothing yet below a pressed button.
    async fn in_time(&self, heard: &Heard, work: impl Future<Output = Reply>) -> Result<(), Failure> {
        let mut work = pin!(work);
        tokio::select! {
            reply = &mut work => match self.twice(heard, &answer(heard, &reply), Some(&reply)).await {
                Ok(()) => Ok(()),
                Err(failure) => self.instead(heard, &reply, failure).await,
            },
            () = tokio::time::sleep(DEFER_AFTER) => {
                let shown = self.twice(heard, &deferred(heard), None).await;
                let reply = work.await;
                match shown {
                    Ok(()) => self.settle(heard, &reply).await,
                    Err(failure) => self.instead(heard, &reply, failure).await,
                }
            }
        }
    }

    /// By HTTP: in the response while somebody waits for it, else where "is thinking…" stands. A file cannot be in a
    /// response.
    async fn called(&self, heard: &Heard, reply: &Reply) -> Result<(), Failure> {
        let fits = reply.picture.is_none() && reply.file.is_none();
        let body = if fits { answer(heard, reply) } else { deferred(heard) };
        if self.callers.tell(&heard.id, body) && fits {
            return Ok(());
        }
        for wait in IN_FLIGHT {
            match self.settle(heard, reply).await {
                Err(failure) if failure.code() == Some(UNKNOWN_WEBHOOK) => tokio::time::sleep(wait).await,
                other => return other,
            }
        }
        self.write_back(heard, reply).await
    }

    /// Where the first way is closed: it was answered before a crash, or the three seconds are over.
    async fn instead(&self, heard: &Heard, reply: &Reply, failure: Failure) -> Result<(), Failure> {
        match failure.code() {
            // A message of its own is there already: below a pressed button it would be said twice.
            Some(ALREADY_ANSWERED) if heard.is_press() && reply.pressed == Pressed::Answer => Ok(()),
            Some(ALREADY_ANSWERED) => self.settle(heard, reply).await,
            Some(UNKNOWN_INTERACTION) => self.write_back(heard, reply).await,
            _ => Err(failure),
        }
    }

    /// Once more if nobody knows whether it arrived: a second callback is refused, not shown twice.
    async fn twice(&self, heard: &Heard, body: &Value, reply: Option<&Reply>) -> Result<(), Failure> {
        match self.call_back(heard, body, reply).await {
            Err(Failure::NoAnswer(_) | Failure::NotConnected(_)) => self.call_back(heard, body, reply).await,
            other => other,
        }
    }

    async fn call_back(&self, heard: &Heard, body: &Value, reply: Option<&Reply>) -> Result<(), Failure> {
        let route = Route::InteractionResponse { interaction_id: InteractionId::new(heard.id), token: &heard.token };
        self.with_files(LightMethod::Post, route, body, reply).await
    }

    /// Ends "is thinking…", or makes the answer that is there say this. Below a pressed button the answer is a message
    /// of its own, unless it changes the one that was pressed.
    async fn settle(&self, heard: &Heard, reply: &Reply) -> Result<(), Failure> {
        let (application_id, token) = (ApplicationId::new(heard.application), heard.token.as_str());
        let original = Route::WebhookOriginalInteractionResponse { application_id, token };
        let body = match &heard.deed {
            Deed::Press { below, .. } => reply::edited(reply, below),
            _ => Some(reply::body(reply, heard.in_public)),
        };
        let Some(mut body) = body else {
            let route = Route::WebhookFollowupMessages { application_id, token };
            return self.with_files(LightMethod::Post, route, &reply::body(reply, heard.in_public), Some(reply)).await;
        };
        // Whether it is hidden was decided by the first answer.
        if let Some(fields) = body.as_object_mut() {
            fields.remove("flags");
        }
        self.with_files(LightMethod::Patch, original, &body, Some(reply)).await
    }

    /// An answer as a message of its own: to a text where it was written, or when the interaction is over. A command
    /// that was given in public is answered in private.
    async fn write_back(&self, heard: &Heard, reply: &Reply) -> Result<(), Failure> {
        let channel = match heard.deed {
            Deed::Text(_) => heard.channel,
            _ => self.dm_with(heard.person).await?,
        };
        self.permit().await?;
        let mut body = reply::body(reply, false);
        body["nonce"] = nonce(&format!("reply:{}", heard.id)).into();
        body["enforce_nonce"] = true.into();
        if heard.in_public && channel == heard.channel {
            body["message_reference"] = json!({ "message_id": heard.id.to_string(), "fail_if_not_exists": false });
        }
        let route = Route::ChannelMessages { channel_id: channel.into() };
        self.with_files(LightMethod::Post, route, &body, Some(reply)).await
    }

    async fn with_files(
        &self,
        method: LightMethod,
        route: Route<'_>,
        body: &Value,
        reply: Option<&Reply>,
    ) -> Result<(), Failure> {
        let picture = reply.and_then(|reply| reply.picture.as_ref());
        let file = reply.and_then(|reply| reply.file.as_ref());
        match (picture, file) {
            (Some(picture), _) => {
                self.api.with_file(method, route, body, PICTURE, picture.png.to_vec()).await.map(drop)
            }
            (None, Some(file)) => {
                self.api.with_file(method, route, body, &file.name, file.content.as_bytes().to_vec()).await.map(drop)
            }
            (None, None) => self.api.with(method, route, body).await.map(drop),
        }
    }
}

/// The answer as the first response to an interaction.
fn answer(heard: &Heard, reply: &Reply) -> Value {
    match &heard.deed {
        Deed::Press { below, .. } => reply::edited(reply, below).map(|data| json!({ "type": UPDATE, "data": data })),
        _ => None,
    }
    .unwrap_or_else(|| json!({ "type": MESSAGE, "data": reply::body(reply, heard.in_public) }))
}

pub(super) fn deferred(heard: &Heard) -> Value {
    if heard.is_press() {
        return json!({ "type": DEFERRED_UPDATE });
    }
    let flags = reply::body(&Reply::default(), heard.in_public)["flags"].clone();
    json!({ "type": DEFERRED, "data": { "flags": flags } })
}

pub(super) async fn offered(heard: &Heard, inbox: &dyn Inbox) -> Value {
    let Deed::Complete { command, argument, typed } = &heard.deed else { return reply::choices(&[]) };
    reply::choices(&inbox.complete(&heard.who(), *command, argument, typed).await)
}

/// Does it.
async fn done(heard: &Heard, inbox: &dyn Inbox) -> Reply {
    match &heard.deed {
        Deed::Say(said) | Deed::Text(Ok(said)) => inbox.said(&heard.who(), said.clone()).await,
        Deed::Text(Err(error)) => Reply::text(error.to_string()),
        Deed::Press { data, .. } => inbox.pressed(&heard.who(), data).await,
        Deed::Ping | Deed::Complete { .. } | Deed::Strange => {
            Reply::text("This command is no longer available. /help lists all commands.")
        }
    }
}
