//! Bodies of requests: bounded in bytes, in time, and in how many large ones there are at once.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use futures_util::StreamExt;
use tokio::sync::Semaphore;

/// What people say is short; platforms send some kilobytes around it.
pub(super) const LONGEST: usize = 256 * 1024;
/// A body may take so much without being counted: there are no more of these than connections.
const FREE: usize = 16 * 1024;
/// Larger ones at once.
const LARGE: usize = 64;
/// A body must be there after this long.
const TIME: Duration = Duration::from_secs(5);

/// Reads bodies.
#[derive(Debug, Clone)]
pub(super) struct Bodies {
    longest: usize,
    large: Arc<Semaphore>,
    time: Duration,
}

impl Default for Bodies {
    fn default() -> Self {
        Self::new(LONGEST, LARGE)
    }
}

impl Bodies {
    /// Bodies of so many bytes, and so many at once of those that are not small.
    pub(super) fn new(longest: usize, large: usize) -> Self {
        Self { longest, large: Arc::new(Semaphore::new(large)), time: TIME }
    }

    /// A whole body.
    ///
    /// # Errors
    /// With the status that says why there is none.
    pub(super) async fn read(&self, headers: &HeaderMap, body: Body) -> Result<Bytes, StatusCode> {
        let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        if length.is_some_and(|length| length > self.longest) {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        let read = tokio::time::timeout(self.time, self.collect(body)).await;
        read.unwrap_or(Err(StatusCode::REQUEST_TIMEOUT))
    }

    async fn collect(&self, body: Body) -> Result<Bytes, StatusCode> {
        let mut stream = body.into_data_stream();
        let mut all = Vec::new();
        let mut seat = None;
        while let Some(piece) = stream.next().await {
            let piece = piece.map_err(|_| StatusCode::BAD_REQUEST)?;
            if all.len() + piece.len() > self.longest {
                return Err(StatusCode::PAYLOAD_TOO_LARGE);
            }
            if all.len() + piece.len() > FREE && seat.is_none() {
                seat = Some(self.large.try_acquire().map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?);
            }
            all.extend_from_slice(&piece);
        }
        Ok(all.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(bodies: &Bodies, bytes: usize) -> Result<usize, u16> {
        let body = Body::from(vec![b'x'; bytes]);
        bodies.read(&HeaderMap::new(), body).await.map(|body| body.len()).map_err(|status| status.as_u16())
    }

    #[tokio::test]
    async fn a_body_has_a_limit_whether_it_says_its_length_or_not() {
        let bodies = Bodies::default();
        assert_eq!(read(&bodies, LONGEST).await, Ok(LONGEST));
        assert_eq!(read(&bodies, LONGEST + 1).await, Err(413));
        let headers = HeaderMap::from_iter([(header::CONTENT_LENGTH, (LONGEST + 1).into())]);
        let said = bodies.read(&headers, Body::empty()).await;
        assert_eq!(said, Err(StatusCode::PAYLOAD_TOO_LARGE));
    }

    #[tokio::test]
    async fn small_bodies_are_read_although_there_are_too_many_large_ones() {
        let bodies = Bodies::default();
        let _all = bodies.large.acquire_many(u32::try_from(LARGE).expect("a small number")).await.expect("free");
        assert_eq!(read(&bodies, FREE).await, Ok(FREE));
        assert_eq!(read(&bodies, FREE + 1).await, Err(503));
    }

    #[tokio::test]
    async fn a_body_that_never_ends_is_given_up() {
        let drop_by_drop = futures_util::stream::unfold((), async |()| {
            tokio::time::sleep(Duration::from_millis(5)).await;
            Some((Ok::<_, std::io::Error>("x"), ()))
        });
        let bodies = Bodies { time: Duration::from_millis(50), ..Bodies::default() };
        let read = bodies.read(&HeaderMap::new(), Body::from_stream(drop_by_drop)).await;
        assert_eq!(read, Err(StatusCode::REQUEST_TIMEOUT));
    }
}
