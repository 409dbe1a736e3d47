//! The gateway: serenity's client, held to our own address, with somebody who notices when it falls silent.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use serenity::all::{ClientBuilder, Context, Event, GatewayIntents, Interaction, RawEventHandler, ShardId};
use serenity::gateway::{ConnectionStage, GatewayError, ShardManager};
use serenity::http::{HttpBuilder, Route};
use tokio::sync::mpsc;

use super::Discord;
use super::health::Health;
use crate::{EventSink, InboundEvent, Trouble};

/// How often the heartbeats are looked at.
const LOOK: Duration = Duration::from_secs(1);
/// Of servers only what mentions us arrives with its words.
const INTENTS: GatewayIntents = GatewayIntents::DIRECT_MESSAGES.union(GatewayIntents::GUILD_MESSAGES);
/// What came in and was not stored yet.
const IN_HAND: usize = 256;

impl Discord {
    pub(super) async fn listen_at_gateway(&self, sink: &dyn EventSink) -> Result<(), Trouble> {
        self.health.begin();
        let ended = self.connected(sink).await;
        if let Err(trouble) = &ended {
            self.health.failed(&trouble.why);
        }
        ended
    }

    async fn connected(&self, sink: &dyn EventSink) -> Result<(), Trouble> {
        let url = self.gateway_url().await?;
        let (hand_in, mut heard) = mpsc::channel(IN_HAND);
        let ears = Ears { hand_in, health: Arc::clone(&self.health), me: AtomicU64::default() };
        let http = HttpBuilder::new(self.api.authorization().expose_secret())
            .client(self.api.client().clone())
            .proxy(self.api.base())
            .ratelimiter_disabled(true)
            .build();
        let builder = ClientBuilder::new_with_http(http, INTENTS);
        let mut client = builder.raw_event_handler(ears).await.map_err(|error| ended(&error))?;
        // The client asks for the address once more, and takes a public one if nobody answers.
        *client.ws_url.lock().await = url;
        let manager = Arc::clone(&client.shard_manager);
        let _hang_up = HangUp(Arc::clone(&manager));
        let mut look = tokio::time::interval(LOOK);
        let mut latency = None;
        let mut run = std::pin::pin!(client.start());
        loop {
            tokio::select! {
                over = &mut run => return over.map_err(|error| ended(&error)),
                Some(arrived) = heard.recv() => {
                    sink.arrived(arrived).await.map_err(|closed| calm(closed.to_string()))?;
                }
                _ = look.tick() => self.look_at(&manager, &mut latency).await?,
            }
        }
    }

    async fn gateway_url(&self) -> Result<String, Trouble> {
        let asked = self.api.get(Route::GatewayBot, Vec::new()).await;
        let bot = asked.map_err(|failure| self.noted(failure).trouble())?;
        bot["url"].as_str().map(str::to_owned).ok_or_else(|| calm("Discord names no gateway".to_owned()))
    }

    /// Each acknowledged heartbeat is measured anew, so another latency is a sign of life. serenity resumes by itself and
    /// waits for ever for the answer: a connection that gets none is ended, and the next one identifies afresh.
    async fn look_at(&self, manager: &ShardManager, last: &mut Option<Duration>) -> Result<(), Trouble> {
        let shard = manager.runners.lock().await.get(&ShardId(0)).map(|runner| (runner.latency, runner.stage));
        if let Some((latency @ Some(_), stage)) = shard {
            if latency != *last {
                *last = latency;
                self.health.alive();
            }
            if stage == ConnectionStage::Resuming {
                self.health.resumes();
            }
        }
        self.health.dead().map_or(Ok(()), |why| Err(calm(why)))
    }
}

/// Takes what serenity heard and hands it on.
struct Ears {
    hand_in: mpsc::Sender<InboundEvent>,
    health: Arc<Health>,
    /// Our own id, once READY has told it.
    me: AtomicU64,
}

#[async_trait]
impl RawEventHandler for Ears {
    async fn raw_event(&self, _context: Context, event: Event) {
        self.health.alive();
        let arrived = match event {
            Event::Ready(event) => {
                self.me.store(event.ready.user.id.get(), Ordering::SeqCst);
                self.health.ready();
                None
            }
            Event::Resumed(_) => {
                self.health.ready();
                None
            }
            Event::InteractionCreate(event) => interaction(&event.interaction),
            Event::MessageCreate(event) => message(&event.message, self.me.load(Ordering::SeqCst)),
            _ => None,
        };
        if let Some(arrived) = arrived
            && self.hand_in.send(arrived).await.is_err()
        {
            tracing::debug!("something was said to Discord after we had stopped listening");
        }
    }
}

/// As it would have come by HTTP, as far as we read it.
fn interaction(interaction: &Interaction) -> Option<InboundEvent> {
    let (kind, data) = match interaction {
        Interaction::Command(command) => (2, serde_json::to_value(&command.data)),
        Interaction::Component(component) => (3, serde_json::to_value(&component.data)),
        Interaction::Autocomplete(command) => (4, serde_json::to_value(&command.data)),
        _ => return None,
    };
    let (channel, guild, user, permissions) = match interaction {
        Interaction::Command(it) | Interaction::Autocomplete(it) => {
            (it.channel_id, it.guild_id, &it.user, it.member.as_ref().and_then(|member| member.permissions))
        }
        Interaction::Component(it) => {
            (it.channel_id, it.guild_id, &it.user, it.member.as_ref().and_then(|member| member.permissions))
        }
        _ => return None,
    };
    let below = match interaction {
        Interaction::Component(component) => serde_json::to_value(&component.message).unwrap_or_default(),
        _ => Value::Null,
    };
    let member = permissions.map_or(Value::Null, |may| json!({ "permissions": may.bits().to_string() }));
    let payload = json!({
        "type": kind, "id": interaction.id().to_string(), "application_id": interaction.application_id().to_string(),
        "token": interaction.token(), "channel_id": channel.to_string(), "guild_id": guild.map(|id| id.to_string()),
        "user": { "id": user.id.to_string() }, "member": member, "data": data.ok()?,
        "message": { "content": below["content"], "components": below["components"] },
    });
    Some(InboundEvent {
        external_id: interaction.id().to_string(),
        chat: user.id.to_string(),
        payload: payload.to_string(),
        fleeting: kind == 4,
    })
}

/// Of a server only what begins by mentioning us.
fn message(message: &serenity::all::Message, me: u64) -> Option<InboundEvent> {
    if message.author.bot {
        return None;
    }
    let words = match message.guild_id {
        None => message.content.as_str(),
        Some(_) => behind_mention(&message.content, me)?,
    };
    let payload = json!({
        "id": message.id.to_string(), "channel_id": message.channel_id.to_string(), "content": words,
        "guild_id": message.guild_id.map(|id| id.to_string()),
        "author": { "id": message.author.id.to_string() },
    });
    let (external_id, chat) = (message.id.to_string(), message.author.id.to_string());
    Some(InboundEvent { external_id, chat, payload: payload.to_string(), fleeting: false })
}

/// The words behind `<@1234>`, where those are said to us.
fn behind_mention(text: &str, me: u64) -> Option<&str> {
    let rest = text.trim_start().strip_prefix("<@")?;
    let (id, words) = rest.strip_prefix('!').unwrap_or(rest).split_once('>')?;
    (id.parse() == Ok(me)).then(|| words.trim_start_matches([',', ':', ' ']))
}

/// serenity's tasks live on when its client is dropped: they are told to stop.
struct HangUp(Arc<ShardManager>);

impl Drop for HangUp {
    fn drop(&mut self) {
        let manager = Arc::clone(&self.0);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { manager.shutdown_all().await });
        }
    }
}

fn ended(error: &serenity::Error) -> Trouble {
    use serenity::Error::Gateway;
    let fatal = matches!(
        error,
        Gateway(
            GatewayError::InvalidAuthentication
                | GatewayError::DisallowedGatewayIntents
                | GatewayError::NoAuthentication
        )
    );
    Trouble { why: format!("the gateway ended: {error}"), after: None, fatal }
}

fn calm(why: String) -> Trouble {
    Trouble { why, after: None, fatal: false }
}
