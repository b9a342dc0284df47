//! What supervisors and Prometheus ask: is it alive, may it get work, how much is there.
//!
//! No authentication: this listener is for the machine or its private network only. Nothing here names
//! a person, a phone number, a room or a user.

pub(crate) mod http_metrics;
mod live;
pub(crate) mod metrics;
mod ready;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::routing::get;
use verbatim_domain::Timestamp;
use verbatim_engine::views::Readiness;
use verbatim_engine::{Engine, Intake};

use crate::trace::traced;

/// What the ops surface knows of the process.
pub struct OpsState {
    intake: Arc<Intake>,
    /// None on an edge.
    engine: Option<Arc<Engine>>,
    started: Timestamp,
    /// Set once shutdown begins: from then on this process is not ready, but answers what it gets, so
    /// that load balancers stop sending before the listeners close.
    pub draining: AtomicBool,
}

impl OpsState {
    /// For a full node that starts now.
    pub fn new(engine: Arc<Engine>) -> Self {
        Self::of(engine.intake(), Some(engine))
    }

    /// For an edge that starts now.
    pub fn edge(intake: Arc<Intake>) -> Self {
        Self::of(intake, None)
    }

    fn of(intake: Arc<Intake>, engine: Option<Arc<Engine>>) -> Self {
        Self {
            started: intake.now(),
            intake,
            engine,
            draining: AtomicBool::new(false),
        }
    }

    /// Whether it can do what its role asks of it.
    async fn readiness(&self) -> Vec<Readiness> {
        match &self.engine {
            Some(engine) => engine.readiness().await,
            None => self.intake.can_record().await,
        }
    }

    fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }
}

/// The router for the private ops listener.
pub fn ops_router(state: Arc<OpsState>) -> Router {
    let router = Router::new()
        .route("/health/live", get(live::live))
        .route("/health/ready", get(ready::ready))
        .route("/metrics", get(metrics::metrics))
        .with_state(state);
    traced(router, "ops")
}

#[cfg(test)]
mod tests;
