//! A receiver of webhooks that answers as planned and knows who was notified twice.

use std::collections::HashSet;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Deref;
use std::sync::Arc;

use axum::response::IntoResponse;

use crate::front::{Front, Honest};
use crate::{Fault, Heard, Order};

/// Takes any request on any path with 200 and `{}`, unless something else is planned or ordered.
pub struct Sink {
    front: Front,
}

impl Sink {
    /// Opens on a free port of loopback.
    ///
    /// # Errors
    /// There is no port, thread or file handle to be had.
    pub fn open() -> io::Result<Self> {
        Self::open_at((Ipv4Addr::LOCALHOST, 0).into())
    }

    /// Opens where another one was before: a receiver that is back.
    ///
    /// # Errors
    /// The port is taken, or nothing is to be had.
    pub fn open_at(addr: SocketAddr) -> io::Result<Self> {
        let honest: Honest = Arc::new(|_| axum::Json(serde_json::json!({})).into_response());
        Ok(Self { front: Front::start(addr, honest)? })
    }

    /// Plans the answers to the next requests, one each, in order; None is the 200. What was planned or ordered before
    /// comes first.
    pub fn plan(&self, answers: impl IntoIterator<Item = Option<Fault>>) {
        answers.into_iter().for_each(|answer| self.order(Order::next(answer)));
    }

    /// The requests that were not refused: what a person behind this receiver was told.
    #[must_use]
    pub fn taken(&self) -> Vec<Heard> {
        self.heard().into_iter().filter(|heard| !heard.refused).collect()
    }

    /// How many different `webhook-id`s were taken.
    #[must_use]
    pub fn distinct(&self) -> usize {
        let taken = self.taken();
        taken.iter().filter_map(|heard| heard.header("webhook-id")).collect::<HashSet<_>>().len()
    }

    /// How many requests were taken although their `webhook-id` had been taken before.
    #[must_use]
    pub fn doubles(&self) -> usize {
        self.taken().iter().filter(|heard| heard.header("webhook-id").is_some()).count() - self.distinct()
    }
}

impl Deref for Sink {
    type Target = Front;

    fn deref(&self) -> &Front {
        &self.front
    }
}
