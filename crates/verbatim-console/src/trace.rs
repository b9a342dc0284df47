//! A span and an id for every request, a line about its answer, and a count of it.
//!
//! The span names the route's template, never the path: paths hold user ids, queries hold numbers.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::middleware::{self, Next};
use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue};
use tracing::Instrument;

use crate::ops::http_metrics;

/// Carries the id of a request from a proxy to us, and back to the caller.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Says which of our listeners answered: with it, nobody else can be taken for us by mistake (`verbatim
/// doctor` looks for it).
pub const LISTENER: HeaderName = HeaderName::from_static("verbatim-listener");
/// The route template of a request that no route wanted.
const UNMATCHED: &str = "unmatched";

/// Traces and counts every request of a router. The last layer of a router.
pub(crate) fn traced(router: Router, listener: &'static str) -> Router {
    router.layer(middleware::from_fn(move |request: Request, next: Next| {
        trace(listener, request, next)
    }))
}

async fn trace(listener: &'static str, request: Request, next: Next) -> Response {
    let id = request_id(request.headers());
    let route = route(&request).to_owned();
    let method = request.method().clone();
    let span = tracing::info_span!(
        "request",
        listener,
        id = %id.to_str().unwrap_or_default(),
        %method,
        %route,
    );
    async move {
        let started = tokio::time::Instant::now();
        let mut response = next.run(request).await;
        let time = started.elapsed();
        http_metrics::count(listener, &route, &method, response.status(), time);
        log(&response, time);
        response.headers_mut().insert(REQUEST_ID, id);
        response
            .headers_mut()
            .insert(LISTENER, HeaderValue::from_static(listener));
        response
    }
    .instrument(span)
    .await
}

fn log(response: &Response, time: Duration) {
    let status = response.status().as_u16();
    let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    if response.status().is_server_error() {
        tracing::warn!(status, millis, "answered");
    } else {
        tracing::debug!(status, millis, "answered");
    }
}

/// The template of the route that a request took, such as `/api/v1/conversations/{id}`.
fn route(request: &Request) -> &str {
    request
        .extensions()
        .get::<MatchedPath>()
        .map_or(UNMATCHED, MatchedPath::as_str)
}

/// The caller's id if it cannot do harm in a log, else the next of ours.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let given = headers.get(REQUEST_ID).filter(|id| is_sane(id.as_bytes()));
    given
        .cloned()
        .unwrap_or_else(|| HeaderValue::from(NEXT.fetch_add(1, Ordering::Relaxed)))
}

fn is_sane(id: &[u8]) -> bool {
    (1..=64).contains(&id.len())
        && id
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ids_fit_for_a_log_are_taken_over() {
        for (id, sane) in [
            ("7f3a-22.b_1", true),
            ("", false),
            ("a b", false),
            ("+14155552671", false),
            ("\u{1b}[31m", false),
            ("x".repeat(64).as_str(), true),
            ("x".repeat(65).as_str(), false),
        ] {
            assert_eq!(is_sane(id.as_bytes()), sane, "{id:?}");
        }
    }

    #[test]
    fn ids_of_ours_differ() {
        let none = HeaderMap::new();
        assert_ne!(request_id(&none), request_id(&none));
    }

    #[tokio::test]
    async fn every_answer_carries_an_id() {
        let router = traced(Router::new(), "test");
        for (given, kept) in [("from-the-proxy", true), ("not sane", false)] {
            let request = Request::get("/").header(REQUEST_ID, given);
            let request = request.body(axum::body::Body::empty()).unwrap();
            let answer = crate::testing::send(&router, request).await;
            let id = answer.header("x-request-id");
            assert_eq!((answer.status.as_u16(), id == given), (404, kept), "{id}");
            assert!(is_sane(id.as_bytes()));
        }
    }
}
