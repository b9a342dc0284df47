//! The phone page: static files, compiled in, with nothing from elsewhere.

use crate::sim::Sim;
use axum::Router;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::sync::Arc;

/// Own files and own requests, nothing else; no frames, no forms that leave the page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page and its parts.
pub(crate) fn router() -> Router<Arc<Sim>> {
    Router::new()
        .route(
            "/",
            get(async || file("text/html", include_str!("index.html"))),
        )
        .route(
            "/page.css",
            get(async || file("text/css", include_str!("page.css"))),
        )
        .route(
            "/page.js",
            get(async || file("text/javascript", include_str!("page.js"))),
        )
        .route(
            "/icon.svg",
            get(async || file("image/svg+xml", include_str!("icon.svg"))),
        )
}

fn file(kind: &'static str, text: &'static str) -> Response {
    let headers: [(HeaderName, String); 6] = [
        (CONTENT_TYPE, format!("{kind}; charset=utf-8")),
        (CONTENT_SECURITY_POLICY, POLICY.into()),
        (X_CONTENT_TYPE_OPTIONS, "nosniff".into()),
        (REFERRER_POLICY, "no-referrer".into()),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin".into(),
        ),
        (CACHE_CONTROL, "no-cache".into()),
    ];
    (headers, text).into_response()
}
