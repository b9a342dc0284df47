//! Requests counted and timed, by listener, route template, method and status.

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::Response;
use http::Method;
use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry};

use crate::trace::route;

/// From a millisecond to the time at which callers give up.
const SECONDS: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0,
];

/// The request metrics of all routers.
#[derive(Clone)]
pub(super) struct HttpMetrics {
    requests: IntCounterVec,
    seconds: HistogramVec,
}

impl HttpMetrics {
    pub(super) fn new() -> Self {
        let requests = Opts::new("verbatim_http_requests_total", "Requests answered.");
        let seconds = HistogramOpts::new(
            "verbatim_http_request_duration_seconds",
            "Time until the answer.",
        );
        let (Ok(requests), Ok(seconds)) = (
            IntCounterVec::new(requests, &["listener", "route", "method", "status"]),
            HistogramVec::new(seconds.buckets(SECONDS.to_vec()), &["listener", "route"]),
        ) else {
            unreachable!("the names above are valid metric names, and a test makes them");
        };
        Self { requests, seconds }
    }

    pub(super) fn register(&self, registry: &Registry) -> Result<(), prometheus::Error> {
        registry.register(Box::new(self.requests.clone()))?;
        registry.register(Box::new(self.seconds.clone()))
    }

    pub(super) fn measure(&self, listener: &'static str, router: Router) -> Router {
        let metrics = self.clone();
        router.layer(middleware::from_fn(move |request: Request, next: Next| {
            let metrics = metrics.clone();
            async move { metrics.observe(listener, request, next).await }
        }))
    }

    async fn observe(&self, listener: &str, request: Request, next: Next) -> Response {
        let route = route(&request).to_owned();
        let method = method(request.method());
        let started = tokio::time::Instant::now();
        let response = next.run(request).await;
        let seconds = started.elapsed().as_secs_f64();
        self.seconds
            .with_label_values(&[listener, &route])
            .observe(seconds);
        let status = response.status();
        self.requests
            .with_label_values(&[listener, &route, method, status.as_str()])
            .inc();
        response
    }
}

/// A caller may make up methods; a label may not grow with them.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::HEAD => "HEAD",
        _ => "other",
    }
}
