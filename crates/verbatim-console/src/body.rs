//! Reading a request's body: so many bytes, within so much time, and no more.

use std::time::Duration;

use axum::body::{Body, HttpBody};
use futures_util::StreamExt;
use thiserror::Error;

/// Why a body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum BodyError {
    /// More bytes than are taken here.
    #[error("the body is larger than {0} bytes")]
    TooLarge(usize),
    /// The sender took too long.
    #[error("the body did not arrive in time")]
    TooSlow,
    /// The connection broke off, or the body is not framed as HTTP says.
    #[error("the body broke off")]
    Broken,
}

/// The whole body in memory, at most `limit` bytes, arriving within `time`.
pub(crate) async fn read(body: Body, limit: usize, time: Duration) -> Result<Vec<u8>, BodyError> {
    // An announced size saves reading what will not be taken.
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced > limit {
        return Err(BodyError::TooLarge(limit));
    }
    let whole = collect(body, limit, announced);
    tokio::time::timeout(time, whole)
        .await
        .unwrap_or(Err(BodyError::TooSlow))
}

async fn collect(body: Body, limit: usize, announced: usize) -> Result<Vec<u8>, BodyError> {
    // Nobody gets memory for announcing much: what is there beforehand is at most a small body.
    let mut whole = Vec::with_capacity(announced.min(64 * 1024));
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| BodyError::Broken)?;
        if chunk.len() > limit - whole.len() {
            return Err(BodyError::TooLarge(limit));
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use futures_util::stream;

    async fn check(
        chunks: Vec<Result<&'static [u8], &'static str>>,
        expected: Result<&[u8], BodyError>,
    ) {
        let stream = stream::iter(chunks.into_iter().map(|c| c.map(Bytes::from_static)));
        let read = read(Body::from_stream(stream), 6, Duration::from_secs(1)).await;
        assert_eq!(read.as_deref(), expected.as_ref().map(|b| *b));
    }

    #[tokio::test]
    async fn bytes_are_counted_over_all_chunks() {
        check(vec![], Ok(b"")).await;
        check(vec![Ok(b"abc"), Ok(b"def")], Ok(b"abcdef")).await;
        check(vec![Ok(b"abc"), Ok(b"defg")], Err(BodyError::TooLarge(6))).await;
        check(vec![Ok(b"abcdefg")], Err(BodyError::TooLarge(6))).await;
        check(vec![Ok(b"abc"), Err("reset")], Err(BodyError::Broken)).await;
    }

    #[tokio::test]
    async fn an_announced_size_is_believed_before_a_byte_is_read() {
        let read = read(Body::from("abcdefg"), 6, Duration::from_secs(1)).await;
        assert_eq!(read, Err(BodyError::TooLarge(6)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_never_ends_is_given_up() {
        let endless = stream::pending::<Result<Bytes, std::io::Error>>();
        let read = read(Body::from_stream(endless), 6, Duration::from_secs(10)).await;
        assert_eq!(read, Err(BodyError::TooSlow));
    }
}
