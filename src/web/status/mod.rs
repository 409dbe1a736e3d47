//! `/status` and `/status.json`: does everything run, and how fresh is each shop? Without causes: those are for operators.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use chrono::{DateTime, SecondsFormat, Utc};
use coatcheck_bots::words;
use serde::Serialize;

use super::look::Frame;
use super::look::answer::{NoPage, page};
use super::look::when::Moment;
use super::site::Site;
use crate::commands::Commands;
use crate::engine::Heartbeats;
use crate::store::StoreError;

/// Shops that are named; the rest is counted.
const MOST_SHOPS: i64 = 200;
/// Later than this is late.
const LATE: i64 = 30;

/// How everything stands.
#[derive(Debug, Serialize)]
struct Standing {
    /// Nothing below is wrong.
    ok: bool,
    version: &'static str,
    at: String,
    /// Loops of this instance that have not come round for 15 s.
    stuck_loops: usize,
    instances: i64,
    shops: Vec<Shop>,
    channels: Vec<Channel>,
    /// Where people are texted: how many texts were sent. The budget is for operators.
    #[serde(skip_serializing_if = "Option::is_none")]
    texts: Option<Texts>,
}

#[derive(Debug, Serialize)]
struct Texts {
    in_24_hours: i64,
    in_30_days: i64,
}

#[derive(Debug, Serialize)]
struct Shop {
    host: String,
    /// `ok`, `late` or `failing`.
    state: &'static str,
    sources: i64,
    failing: i64,
    last_read_at: Option<DateTime<Utc>>,
    late_seconds: i64,
}

#[derive(Debug, Serialize)]
struct Channel {
    name: String,
    /// Does something get through? Known where a lane has failed for a minute.
    ok: bool,
    waiting: i64,
    oldest_seconds: i64,
}

#[derive(Template)]
#[template(path = "status/status.html")]
struct StatusHtml {
    frame: Frame,
    standing: Standing,
    verdict: (&'static str, String),
    shops: Vec<(Shop, Option<Moment>, String)>,
}

/// What this is asked of.
#[derive(Clone)]
pub(super) struct Parts {
    pub(super) site: Site,
    pub(super) heartbeats: Heartbeats,
    pub(super) commands: Arc<Commands>,
}

/// The routes.
pub(super) fn router(parts: Parts) -> Router {
    Router::new().route("/status", get(html)).route("/status.json", get(json)).with_state(parts)
}

async fn json(State(parts): State<Parts>) -> Result<Response, NoPage> {
    let standing = standing(&parts).await?;
    let text = serde_json::to_string(&standing).unwrap_or_default();
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
    ];
    Ok((StatusCode::OK, headers, text).into_response())
}

async fn html(State(parts): State<Parts>) -> Result<Response, NoPage> {
    let mut standing = standing(&parts).await?;
    let site = &parts.site;
    let now = site.db.now();
    let shops = std::mem::take(&mut standing.shops);
    let verdict = verdict(&standing, &shops);
    let row = |shop: Shop| {
        let read = shop.last_read_at.map(|read| Moment::new(read, now, site.zone));
        let words = match shop.state {
            "failing" if shop.sources == shop.failing => "cannot be checked".to_owned(),
            "failing" => format!("{} of {} cannot be checked", shop.failing, shop.sources),
            "late" => {
                format!("late by {}", words::lasting(std::time::Duration::from_secs(shop.late_seconds.unsigned_abs())))
            }
            _ => "checked on time".to_owned(),
        };
        (shop, read, words)
    };
    let frame = Frame::new("status", "Status", "Does everything run, and how fresh is each shop?");
    Ok(page(StatusCode::OK, &StatusHtml { frame, verdict, shops: shops.into_iter().map(row).collect(), standing }))
}

fn verdict(standing: &Standing, shops: &[Shop]) -> (&'static str, String) {
    let failing = shops.iter().filter(|shop| shop.state == "failing").count();
    let silent = standing.channels.iter().filter(|channel| !channel.ok).count();
    let mut troubles = Vec::new();
    let counted = |count: usize, one, many| words::counted(i64::try_from(count).unwrap_or(i64::MAX), one, many);
    if failing > 0 {
        troubles.push(format!("{} cannot be checked", counted(failing, "shop", "shops")));
    }
    if silent > 0 {
        troubles.push(format!("{} not get messages through", counted(silent, "channel does", "channels do")));
    }
    if standing.stuck_loops > 0 {
        troubles.push("a part of the service is stuck".to_owned());
    }
    match troubles.is_empty() {
        true if shops.is_empty() => ("out", "Everything works. No shop is tracked yet.".to_owned()),
        true => ("here", "Everything works".to_owned()),
        false => ("stale", words::sentence(&troubles.join(", "))),
    }
}

async fn standing(parts: &Parts) -> Result<Standing, StoreError> {
    let Parts { site, heartbeats, commands } = parts;
    let now = site.db.now();
    let shops = site.db.shop_standings(MOST_SHOPS).await?.into_iter().map(|shop| {
        let late = (now - shop.due_at).num_seconds().max(0);
        let state = if shop.failing > 0 {
            "failing"
        } else if late > LATE {
            "late"
        } else {
            "ok"
        };
        Shop {
            host: shop.host,
            state,
            sources: shop.sources,
            failing: shop.failing,
            last_read_at: shop.last_read_at,
            late_seconds: late,
        }
    });
    let shops: Vec<Shop> = shops.collect();
    let channels = channels(site, now).await?;
    let texts = commands.texts_spent().await?.map(|spent| Texts { in_24_hours: spent.day, in_30_days: spent.month });
    let stuck_loops = heartbeats.stuck().len();
    Ok(Standing {
        ok: stuck_loops == 0 && shops.iter().all(|shop| shop.state == "ok") && channels.iter().all(|one| one.ok),
        version: env!("CARGO_PKG_VERSION"),
        at: now.to_rfc3339_opts(SecondsFormat::Secs, true),
        stuck_loops,
        instances: site.db.instances().await?,
        shops,
        channels,
        texts,
    })
}

/// Those for which something waits, and those that get nothing through.
async fn channels(site: &Site, now: DateTime<Utc>) -> Result<Vec<Channel>, StoreError> {
    let down = site.db.lanes_down().await?;
    let name = |lane: &str| lane.split(':').next().unwrap_or_default().to_owned();
    let mut down: Vec<String> = down.iter().map(|lane| name(&lane.lane)).collect();
    down.dedup();
    let mut channels: Vec<Channel> = site
        .db
        .queues()
        .await?
        .into_iter()
        .map(|queue| Channel {
            ok: !down.contains(&queue.channel),
            oldest_seconds: (now - queue.oldest).num_seconds().max(0),
            name: queue.channel,
            waiting: queue.waiting,
        })
        .collect();
    down.retain(|name| channels.iter().all(|channel| channel.name != *name));
    channels.extend(down.into_iter().map(|name| Channel { name, ok: false, waiting: 0, oldest_seconds: 0 }));
    Ok(channels)
}
