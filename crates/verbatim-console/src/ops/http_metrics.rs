//! Requests counted and timed, by listener, route template, method and status.
//!
//! One set per process, as Prometheus has it: every router adds to it by itself, and the ops listener
//! shows it.

use std::sync::LazyLock;
use std::time::Duration;

use http::{Method, StatusCode};
use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry};

/// From a millisecond to the time at which callers give up.
const SECONDS: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0,
];

static METRICS: LazyLock<Result<HttpMetrics, prometheus::Error>> = LazyLock::new(HttpMetrics::new);

struct HttpMetrics {
    requests: IntCounterVec,
    seconds: HistogramVec,
}

impl HttpMetrics {
    fn new() -> Result<Self, prometheus::Error> {
        let requests = Opts::new("verbatim_http_requests_total", "Requests answered.");
        let seconds = HistogramOpts::new(
            "verbatim_http_request_duration_seconds",
            "Time until the answer.",
        );
        Ok(Self {
            requests: IntCounterVec::new(requests, &["listener", "route", "method", "status"])?,
            seconds: HistogramVec::new(seconds.buckets(SECONDS.to_vec()), &["listener", "route"])?,
        })
    }
}

/// A request was answered. `route` is a template, never a path.
pub(crate) fn count(
    listener: &str,
    route: &str,
    method: &Method,
    status: StatusCode,
    time: Duration,
) {
    // Without metrics (their names are wrong) requests go on, and the scrape says why.
    let Ok(metrics) = &*METRICS else { return };
    metrics
        .seconds
        .with_label_values(&[listener, route])
        .observe(time.as_secs_f64());
    metrics
        .requests
        .with_label_values(&[listener, route, method_word(method), status.as_str()])
        .inc();
}

/// Shows them to a scrape.
pub(super) fn register(registry: &Registry) -> Result<(), prometheus::Error> {
    let metrics = METRICS
        .as_ref()
        .map_err(|error| prometheus::Error::Msg(error.to_string()))?;
    registry.register(Box::new(metrics.requests.clone()))?;
    registry.register(Box::new(metrics.seconds.clone()))
}

/// A caller may make up methods; a label may not grow with them.
fn method_word(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::HEAD => "HEAD",
        _ => "other",
    }
}
