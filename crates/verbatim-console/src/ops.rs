//! What supervisors and Prometheus ask: is it alive, may it get work, how much is there.
//!
//! No authentication: this listener is for the machine or its private network only. Nothing here names
//! a person, a phone number, a room or a user.

mod http_metrics;
mod live;
pub(crate) mod metrics;
mod ready;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::routing::get;
use verbatim_domain::Timestamp;
use verbatim_engine::Engine;
use verbatim_engine::ports::Clock;

use crate::trace::traced;
use http_metrics::HttpMetrics;

/// What the ops surface knows of the process.
pub struct OpsState {
    engine: Arc<Engine>,
    clock: Arc<dyn Clock>,
    started: Timestamp,
    http: HttpMetrics,
    /// Set once shutdown begins, so that load balancers stop sending before listeners close.
    draining: AtomicBool,
}

impl OpsState {
    /// For a process that starts now.
    pub fn new(engine: Arc<Engine>, clock: Arc<dyn Clock>) -> Arc<Self> {
        let started = clock.now();
        Arc::new(Self {
            engine,
            clock,
            started,
            http: HttpMetrics::new(),
            draining: AtomicBool::new(false),
        })
    }

    /// From now on this process is not ready; it still answers what it gets.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Release);
    }

    /// Whether shutdown has begun.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    /// Counts the requests of a router under the name of its listener: `edge`, `appservice`, `api`, `ops`.
    pub fn measure(&self, listener: &'static str, router: Router) -> Router {
        self.http.measure(listener, router)
    }
}

/// The router for the private ops listener. It measures itself.
pub fn ops_router(state: Arc<OpsState>) -> Router {
    let router = Router::new()
        .route("/health/live", get(live::live))
        .route("/health/ready", get(ready::ready))
        .route("/metrics", get(metrics::metrics))
        .with_state(Arc::clone(&state));
    traced(state.measure("ops", router), "ops")
}
