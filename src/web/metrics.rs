//! `/metrics`: numbers for Prometheus. What happened is counted where it happens; how things stand is asked when it is read.

use std::sync::OnceLock;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics::{Unit, describe_counter, describe_gauge, describe_histogram, gauge};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use super::look::answer::NoPage;
use super::site::Site;
use crate::engine::{Heartbeats, Stop, counted};

const BUILD: &str = "coatcheck_build_info";
const STUCK: &str = "coatcheck_stuck_loops";
const INSTANCES: &str = "coatcheck_instances";
const SHOPS: &str = "coatcheck_shops";
const LATEST: &str = "coatcheck_shop_lateness_seconds_max";
const WAITING: &str = "coatcheck_deliveries_waiting";
const OLDEST: &str = "coatcheck_delivery_oldest_seconds";
const LANES_DOWN: &str = "coatcheck_lanes_down";
const OPEN_PAGES: &str = "coatcheck_open_pages";

/// Upper bounds of the buckets, in seconds.
const BUCKETS: [f64; 14] = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0];
/// Samples wait for so long.
const UPKEEP: Duration = Duration::from_secs(5);
/// More shops than these are not looked at one by one.
const MOST_SHOPS: i64 = 10_000;

/// The process's recorder: one, because counters are the process's.
static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// From now on it is counted.
pub(super) fn begin() -> Option<&'static PrometheusHandle> {
    HANDLE.get_or_init(recorder).as_ref()
}

fn recorder() -> Option<PrometheusHandle> {
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &BUCKETS)
        .inspect_err(|error| tracing::error!(%error, "metrics not recorded"))
        .ok()?;
    let handle =
        builder.install_recorder().inspect_err(|error| tracing::error!(%error, "metrics not recorded")).ok()?;
    describe();
    Some(handle)
}

fn describe() {
    describe_counter!(counted::POLLS, "Polls by outcome: read, unchanged or failed");
    describe_counter!(counted::POLL_FAILURES, "Failed polls by what went wrong");
    describe_histogram!(counted::POLL_LATENESS, Unit::Seconds, "From when a poll was due to when its answer was there");
    describe_histogram!(
        counted::STORED_AFTER,
        Unit::Seconds,
        "From when a shop's answer was there to when it was stored"
    );
    describe_counter!(counted::RESTOCKS, "Restocks found");
    describe_counter!(counted::SENDS, "Requests to platforms by channel and outcome");
    describe_histogram!(
        counted::NOTIFIED_AFTER,
        Unit::Seconds,
        "From when a shop's answer was there to when a platform had taken the alert"
    );
    describe_counter!(counted::LEASES_LOST, "Leases that ran out while they were held, by what they were for");
    describe_gauge!(BUILD, "Always 1; the label is the version");
    describe_gauge!(STUCK, "Loops of this process that have not come round for 15 s");
    describe_gauge!(INSTANCES, "Instances that share the database");
    describe_gauge!(SHOPS, "Listed shops by state: ok or failing");
    describe_gauge!(LATEST, Unit::Seconds, "How late the latest listed shop is");
    describe_gauge!(WAITING, "Deliveries that are not final, by channel");
    describe_gauge!(OLDEST, Unit::Seconds, "Age of the oldest of them, by channel");
    describe_gauge!(LANES_DOWN, "Lanes that get nothing through");
    describe_gauge!(OPEN_PAGES, "Pages that follow this process");
}

/// Each sample of a histogram is kept until it is counted into its bucket: also where nobody ever asks for the numbers.
pub(super) async fn upkeep(mut stop: Stop) {
    while !stop.is_stopped() {
        if let Some(handle) = begin() {
            handle.run_upkeep();
        }
        stop.sleep(UPKEEP).await;
    }
}

/// The route.
pub(super) fn router(site: Site, heartbeats: Heartbeats) -> Router {
    Router::new().route("/metrics", get(show)).with_state((site, heartbeats))
}

async fn show(State((site, heartbeats)): State<(Site, Heartbeats)>) -> Result<Response, NoPage> {
    let Some(handle) = begin() else { return Err(NoPage::NotFound) };
    measure(&site, &heartbeats).await?;
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    Ok((StatusCode::OK, [(header::CONTENT_TYPE, kind)], handle.render()).into_response())
}

/// How things stand now.
#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
async fn measure(site: &Site, heartbeats: &Heartbeats) -> Result<(), NoPage> {
    let now = site.db.now();
    let shops = site.db.shop_standings(MOST_SHOPS).await?;
    let failing = shops.iter().filter(|shop| shop.failing > 0).count();
    let late = shops.iter().map(|shop| (now - shop.due_at).num_milliseconds().max(0)).max().unwrap_or_default();
    gauge!(BUILD, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    gauge!(STUCK).set(heartbeats.stuck().len() as f64);
    gauge!(INSTANCES).set(site.db.instances().await? as f64);
    gauge!(SHOPS, "state" => "failing").set(failing as f64);
    gauge!(SHOPS, "state" => "ok").set((shops.len() - failing) as f64);
    gauge!(LATEST).set(late as f64 / 1000.0);
    gauge!(LANES_DOWN).set(site.db.lanes_down().await.map_err(crate::store::StoreError::from)?.len() as f64);
    gauge!(OPEN_PAGES).set(site.live.listeners() as f64);
    let queues = site.db.queues().await?;
    for channel in CHANNELS {
        let queue = queues.iter().find(|queue| queue.channel == channel);
        let age = queue.map_or(0, |queue| (now - queue.oldest).num_milliseconds().max(0));
        gauge!(WAITING, "channel" => channel).set(queue.map_or(0, |queue| queue.waiting) as f64);
        gauge!(OLDEST, "channel" => channel).set(age as f64 / 1000.0);
    }
    Ok(())
}

/// Every channel there is: one that has nothing waiting says 0.
const CHANNELS: [&str; 7] = ["console", "discord", "push", "slack", "sms", "telegram", "webhook"];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const README: &str = include_str!("../../docs/ops/README.md");
    const ALERTS: &str = include_str!("../../docs/ops/alerts.yaml");
    const DASHBOARD: &str = include_str!("../../docs/ops/grafana.json");

    const ALL: [&str; 17] = [
        counted::POLLS,
        counted::POLL_FAILURES,
        counted::POLL_LATENESS,
        counted::STORED_AFTER,
        counted::RESTOCKS,
        counted::SENDS,
        counted::LEASES_LOST,
        counted::NOTIFIED_AFTER,
        BUILD,
        STUCK,
        INSTANCES,
        SHOPS,
        LATEST,
        WAITING,
        OLDEST,
        LANES_DOWN,
        OPEN_PAGES,
    ];

    /// The metrics that a text names, without what Prometheus adds to histograms.
    fn named(text: &str) -> BTreeSet<&str> {
        let words = text.split(|c: char| !(c.is_ascii_lowercase() || c == '_'));
        words
            .filter(|word| word.starts_with("coatcheck_"))
            .map(|word| ["_bucket", "_sum", "_count"].iter().find_map(|end| word.strip_suffix(end)).unwrap_or(word))
            .collect()
    }

    #[test]
    fn the_manual_names_every_metric_and_alerts_and_dashboard_none_that_does_not_exist() {
        let all: BTreeSet<&str> = ALL.into();
        assert_eq!(named(README), all, "docs/ops/README.md");
        for (file, text) in [("alerts.yaml", ALERTS), ("grafana.json", DASHBOARD)] {
            let named = named(text);
            assert!(named.len() > 4, "{file}: {named:?}");
            assert_eq!(named.difference(&all).collect::<Vec<_>>(), Vec::<&&str>::new(), "{file}");
        }
        serde_json::from_str::<serde_json::Value>(DASHBOARD).expect("the dashboard is JSON");
    }
}
