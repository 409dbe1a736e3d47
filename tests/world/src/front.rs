//! What shops and sinks have in common: a port, a book of what was heard, and faults on order.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::{ConnectInfo, Request};
use axum::http::header::CONTENT_LENGTH;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;

use crate::journal::{InHand, Journal};
use crate::line::Cut;
use crate::orders::Orders;
use crate::server::Server;
use crate::{Fault, Heard, Order, TooLate};

/// No request worth hearing is larger.
const BODY_LIMIT: usize = 4 << 20;

/// The side of a shop or a sink that the network sees. Reached through them.
pub struct Front {
    server: Server,
    journal: Arc<Journal>,
    orders: Arc<Orders>,
}

/// What a front says where no fault was ordered.
pub(crate) type Honest = Arc<dyn Fn(&Heard) -> Response + Send + Sync>;

impl Front {
    pub(crate) fn start(addr: SocketAddr, honest: Honest) -> io::Result<Self> {
        Self::start_beside(addr, honest, Router::new())
    }

    /// The same with routes that are no plain request and answer (a WebSocket). They meet no faults and no book.
    pub(crate) fn start_beside(addr: SocketAddr, honest: Honest, beside: Router) -> io::Result<Self> {
        let (journal, orders) = (Arc::<Journal>::default(), Arc::<Orders>::default());
        let behind = Behind { journal: Arc::clone(&journal), orders: Arc::clone(&orders), honest };
        let router = beside.fallback(async move |ConnectInfo(cut): ConnectInfo<Cut>, request: Request| {
            behind.clone().answer(cut, request).await
        });
        Ok(Self { server: Server::start(addr, router)?, journal, orders })
    }

    /// Where it listens. A new shop or sink can be opened there after this one was dropped.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.server.addr()
    }

    /// `127.0.0.1:port`, as `COATCHECK_ALLOW_HOSTS` takes it.
    #[must_use]
    pub fn host(&self) -> String {
        self.addr().to_string()
    }

    /// The address of a path, which begins with `/`.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr())
    }

    /// Orders a fault. Of several that fit a request, the oldest is met.
    pub fn order(&self, order: Order) {
        self.orders.add(order);
    }

    /// Lifts every order.
    pub fn lift(&self) {
        self.orders.lift(None);
    }

    /// Lifts the orders made with [`Order::on`] for this very path.
    pub fn lift_on(&self, path: &str) {
        self.orders.lift(Some(path));
    }

    /// All that was heard, oldest first.
    #[must_use]
    pub fn heard(&self) -> Vec<Heard> {
        self.journal.heard()
    }

    /// What was heard on one path, whatever the query.
    #[must_use]
    pub fn heard_on(&self, path: &str) -> Vec<Heard> {
        self.heard().into_iter().filter(|heard| heard.path == path).collect()
    }

    /// Empties the book, so that the next act of a story counts from nothing.
    pub fn forget(&self) {
        self.journal.forget();
    }

    /// The most requests that were being answered at the same time.
    #[must_use]
    pub fn most_at_once(&self) -> usize {
        self.journal.most_at_once()
    }

    /// Waits until at least `requests` were heard, and returns all.
    ///
    /// # Errors
    /// They were not heard in time.
    pub async fn wait_for(&self, requests: usize, timeout: Duration) -> Result<Vec<Heard>, TooLate> {
        self.wait_until(timeout, |heard| heard.len() >= requests).await
    }

    /// Waits until `enough` says so of all that was heard, and returns all. It is asked on every request.
    ///
    /// # Errors
    /// It did not say so in time.
    pub async fn wait_until(
        &self,
        timeout: Duration,
        enough: impl Fn(&[Heard]) -> bool,
    ) -> Result<Vec<Heard>, TooLate> {
        self.journal.wait_until(timeout, enough).await
    }
}

/// What a request meets.
#[derive(Clone)]
struct Behind {
    journal: Arc<Journal>,
    orders: Arc<Orders>,
    honest: Honest,
}

impl Behind {
    async fn answer(self, cut: Cut, request: Request) -> Response {
        let in_hand = self.journal.take_in_hand();
        let Ok(mut heard) = read(request).await else {
            return StatusCode::BAD_REQUEST.into_response();
        };
        let fault = self.orders.take(&heard.path, heard.query.as_deref());
        // What is answered by the fault alone never reaches who would have done something about it.
        let answered = fault.as_ref().is_some_and(|fault| fault.status_said().is_some());
        let honest = if answered { Response::default() } else { (self.honest)(&heard) };
        let status = fault.as_ref().and_then(Fault::status_said).unwrap_or(honest.status());
        heard.refused = !status.is_success() && status != StatusCode::NOT_MODIFIED;
        self.journal.note(heard);
        let response = match fault {
            Some(fault) => fault.happen(honest, &cut).await,
            None => honest,
        };
        held(response, in_hand)
    }
}

/// The request with its whole body. Not refused, as yet.
async fn read(request: Request) -> Result<Heard, axum::Error> {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, BODY_LIMIT).await?;
    Ok(Heard {
        method: head.method,
        path: head.uri.path().to_owned(),
        query: head.uri.query().map(str::to_owned),
        headers: head.headers,
        body,
        at: Instant::now(),
        refused: false,
    })
}

/// Counts the request as in hand until the last of its body is written.
fn held(response: Response, in_hand: InHand) -> Response {
    let (mut head, body) = response.into_parts();
    match body.size_hint().exact() {
        Some(0) => return Response::from_parts(head, body),
        // A body made anew has no size of its own to tell.
        Some(size) => drop(head.headers.insert(CONTENT_LENGTH, HeaderValue::from(size))),
        None => {}
    }
    let chunks = body.into_data_stream().map(move |chunk| {
        let _until_dropped = &in_hand;
        chunk
    });
    Response::from_parts(head, Body::from_stream(chunks))
}
