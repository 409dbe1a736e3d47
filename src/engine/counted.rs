//! What happened, as numbers for operators. Names and units are Prometheus's; labels are few and never a person's or a shop's.

use std::time::Duration;

use chrono::{DateTime, Utc};
use coatcheck_domain::delivery::SendOutcome;
use coatcheck_domain::message::Message;
use metrics::{counter, histogram};

use crate::store::outbox::Started;
use crate::store::polls::ended::{End, Ended};

/// Polls that were answered or failed, by outcome.
pub const POLLS: &str = "coatcheck_polls_total";
/// Polls that failed, by what went wrong.
pub const POLL_FAILURES: &str = "coatcheck_poll_failures_total";
/// From when a poll was due to when its answer was there.
pub const POLL_LATENESS: &str = "coatcheck_poll_lateness_seconds";
/// From when a shop's answer was there to when it was stored.
pub const STORED_AFTER: &str = "coatcheck_reading_stored_seconds";
/// Restocks.
pub const RESTOCKS: &str = "coatcheck_restocks_total";
/// Requests to platforms, by channel and outcome.
pub const SENDS: &str = "coatcheck_sends_total";
/// Leases that ran out while they were held, by what they were for.
pub const LEASES_LOST: &str = "coatcheck_lease_losses_total";
/// From when a shop's answer was there to when a platform had taken the alert.
pub const NOTIFIED_AFTER: &str = "coatcheck_alert_notified_seconds";

/// A poll was stored.
pub(super) fn poll(poll: &Ended, restocks: usize, now: DateTime<Utc>) {
    let (outcome, read_at) = match &poll.end {
        End::Unchanged { read_at } => ("unchanged", Some(*read_at)),
        End::Read(reading) => ("read", Some(reading.read_at)),
        End::Failed(failed) => {
            // The kinds are words of ours.
            counter!(POLL_FAILURES, "fault" => failed.fault.clone()).increment(1);
            ("failed", None)
        }
    };
    counter!(POLLS, "outcome" => outcome).increment(1);
    if let Some(read_at) = read_at {
        histogram!(POLL_LATENESS).record(passed(poll.source.next_poll_at, read_at));
        histogram!(STORED_AFTER).record(passed(read_at, now));
    }
    if restocks > 0 {
        counter!(RESTOCKS).increment(u64::try_from(restocks).unwrap_or(u64::MAX));
    }
}

/// What was held is another's, or nobody's: `lane` or `shops`.
pub(super) fn lease_lost(of: &'static str) {
    counter!(LEASES_LOST, "of" => of).increment(1);
}

/// A request to a platform.
pub(super) struct Sending {
    channel: &'static str,
    /// Of a new alert: when its shop's answer was there.
    read_at: Option<DateTime<Utc>>,
}

impl Sending {
    pub(super) fn of(started: &Started) -> Self {
        let read_at = match &started.message {
            Message::Alert(alert) if started.edits.is_none() && !alert.test => Some(alert.at),
            _ => None,
        };
        Self { channel: started.destination.channel(), read_at }
    }

    /// It came to its end.
    pub(super) fn ended(self, outcome: &SendOutcome, now: DateTime<Utc>) {
        counter!(SENDS, "channel" => self.channel, "outcome" => outcome.as_str()).increment(1);
        if let (SendOutcome::Sent { .. }, Some(read_at)) = (outcome, self.read_at) {
            histogram!(NOTIFIED_AFTER).record(passed(read_at, now));
        }
    }
}

fn passed(from: DateTime<Utc>, until: DateTime<Utc>) -> Duration {
    (until - from).to_std().unwrap_or_default()
}
