//! The HTTP server: whatever clients do, it answers others, keeps little for each, and ends in time.
//!
//! A head must come within 10 s, an answer must be taken within 30 s. There are never more connections than `most`: a new one
//! takes the place of the one that is worth least (see `connections`). A stop waits 3 s for answers, then cuts.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Request, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tower::ServiceExt;

use super::connections::{Connections, Lasting, Seat};
use super::peer::Peer;
use super::stalling::Stalling;
use crate::engine::Stop;

/// A request's head must be there after this long; so must the next request on a connection that is kept open.
const HEAD: Duration = Duration::from_secs(10);
/// Bytes of a request's head. More is answered with 431.
const HEAD_BYTES: usize = 16 * 1024;
/// A client that takes nothing of an answer for so long gets no more of it.
const STALLED: Duration = Duration::from_secs(30);
/// Answers under way are waited for this long when the service stops.
const FAREWELL: Duration = Duration::from_secs(3);
/// When no connection can be accepted (no file is free), the next attempt waits.
const BREATHER: Duration = Duration::from_millis(100);
/// It is logged this often, at most.
const SILENCE: Duration = Duration::from_secs(10);

/// Answers until the stop, on `most` connections at once.
pub async fn run(listener: TcpListener, router: Router, most: usize, mut stop: Stop) {
    let connections = Connections::new(most);
    let (mut tasks, mut breather) = (JoinSet::new(), Breather::default());
    loop {
        tokio::select! {
            accepted = listener.accept() => if let Some((stream, peer)) = breather.accepted(accepted).await {
                tasks.spawn(serve(stream, peer, router.clone(), connections.enter(), stop.clone()));
            },
            Some(_) = tasks.join_next() => {}
            () = stop.stopped() => break,
        }
    }
    drop(listener);
    finish(tasks).await;
}

/// A pause after a connection that could not be accepted.
#[derive(Default)]
struct Breather {
    said_at: Option<Instant>,
}

impl Breather {
    /// The connection; after a pause nothing, if there is none. Whoever was asked to make room closes its file meanwhile.
    async fn accepted(&mut self, accepted: std::io::Result<(TcpStream, SocketAddr)>) -> Option<(TcpStream, Peer)> {
        match accepted {
            Ok((stream, peer)) => {
                // Small pieces of a stream must not wait for more. A connection that is gone already says so later.
                let _ = stream.set_nodelay(true);
                tokio::task::yield_now().await;
                Some((stream, Peer(peer.ip())))
            }
            Err(error) => {
                self.say(&error);
                tokio::time::sleep(BREATHER).await;
                None
            }
        }
    }

    /// Now and then: a flood of connections must not be one of log lines.
    fn say(&mut self, error: &std::io::Error) {
        if self.said_at.is_none_or(|at| at.elapsed() >= SILENCE) {
            self.said_at = Some(Instant::now());
            tracing::warn!(%error, "connection not accepted");
        }
    }
}

/// Waits for answers under way, then cuts.
async fn finish(mut tasks: JoinSet<()>) {
    let answered = async { while tasks.join_next().await.is_some() {} };
    if tokio::time::timeout(FAREWELL, answered).await.is_err() {
        tracing::warn!(connections = tasks.len(), "connections cut at stop");
        tasks.shutdown().await;
    }
}

/// One connection, until its end, its eviction or the stop.
async fn serve(stream: TcpStream, peer: Peer, router: Router, seat: Seat, mut stop: Stop) {
    let answer = |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        let (router, seat, busy) = (router.clone(), &seat, seat.busy());
        async move {
            let Ok(mut response) = router.oneshot(request.map(Body::new)).await;
            drop(busy);
            if response.extensions().get::<Lasting>().is_some() {
                seat.lasts();
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            Ok::<_, Infallible>(response)
        }
    };
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(Stalling::new(stream, STALLED)), service_fn(answer));
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = seat.evicted() => return,
        () = stop.stopped() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "connection ended early");
    }
}
