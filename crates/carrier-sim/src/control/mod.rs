//! The control API: what the page, the tests and the demo steer the simulator with. JSON in and
//! out; no authentication, so it belongs on a local address only.

mod events;
mod faults;
mod ledger;
mod numbers;
mod phones;

use crate::sim::{Sim, SimError};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::sync::Arc;

/// All of it.
pub(crate) fn router() -> Router<Arc<Sim>> {
    Router::new()
        .route("/sim/health", get(health))
        .route("/sim/phones", get(phones::list).post(phones::add))
        .route("/sim/phones/{number}/send", post(phones::send))
        .route("/sim/phones/{number}/messages", get(phones::messages))
        .route("/sim/phones/{number}/opt-out", post(phones::opt_out))
        .route("/sim/numbers", get(numbers::list).post(numbers::set))
        .route("/sim/faults", get(faults::list).post(faults::set))
        .route("/sim/ledger", get(ledger::list))
        .route("/sim/events", get(events::stream))
}

async fn health() -> Json<Value> {
    Json(json!({ "ok": true }))
}

impl IntoResponse for SimError {
    fn into_response(self) -> Response {
        let status = match self {
            Self::Refused(_) => StatusCode::BAD_REQUEST,
            Self::Stopped => StatusCode::SERVICE_UNAVAILABLE,
            Self::Ledger(_) | Self::Entropy(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (status, Json(json!({ "error": self.to_string() }))).into_response()
    }
}
