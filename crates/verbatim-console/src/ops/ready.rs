//! `GET /health/ready`: whether this node can take and record messages now.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Serialize;
use verbatim_engine::views::Readiness;

use super::OpsState;

/// A store that takes longer than this is as good as absent.
const PATIENCE: Duration = Duration::from_secs(5);

/// The answer.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    ready: bool,
    failing: Vec<Readiness>,
}

/// 200 if everything is well, else 503 with what is not.
pub(super) async fn ready(State(state): State<Arc<OpsState>>) -> (StatusCode, Json<Report>) {
    let mut failing: Vec<Readiness> = match tokio::time::timeout(PATIENCE, state.readiness()).await
    {
        Ok(parts) => parts.into_iter().filter(|part| !part.ok).collect(),
        Err(_) => vec![fault("store", "no answer in 5 s")],
    };
    if state.is_draining() {
        failing.push(fault("process", "shutting down"));
    }
    let ready = failing.is_empty();
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(Report { ready, failing }))
}

fn fault(part: &'static str, note: &str) -> Readiness {
    Readiness {
        part,
        ok: false,
        note: note.to_owned(),
    }
}
