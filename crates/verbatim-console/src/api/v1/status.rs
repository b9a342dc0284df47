//! `GET /api/v1/status`: what waits, and what this process has counted.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use verbatim_engine::Engine;

use crate::api::endpoint::Endpoint;
use crate::api::problem::Problem;
use crate::api::scope::{Needs, Scope};
use crate::ops::metrics::kind_word;

/// How the service stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Status {
    /// Whether this node can take and record messages now.
    ready: bool,
    /// Whether the homeserver answered last time.
    homeserver_up: bool,
    /// Queues that are not empty.
    queues: Vec<Queue>,
    /// Open alarms.
    alarms: u64,
    /// Counted by this process since it started.
    counted: Counted,
}

/// Jobs of one kind that wait.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Queue {
    /// What the jobs are for.
    #[schema(example = "submit")]
    kind: String,
    /// How many there are.
    depth: u64,
    /// When the oldest was queued, Unix milliseconds.
    oldest_ms: i64,
}

/// Counts since the process started.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Counted {
    /// Texts from clients, recorded.
    inbound: u64,
    /// Texts from clients that were seen before.
    duplicates: u64,
    /// Webhooks that were not believed.
    forged: u64,
    /// Receipts of carriers.
    receipts: u64,
    /// Events said into rooms.
    said: u64,
    /// Texts that a carrier took.
    submitted: u64,
    /// Submissions of unknown outcome.
    unknown: u64,
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::get("/api/v1/status", Needs::Scope(Scope::Read), status)
}

/// What waits, and what this process has counted.
#[utoipa::path(get, path = "/api/v1/status", tag = "about", responses((status = 200, body = Status)))]
pub(crate) async fn status(State(engine): State<Arc<Engine>>) -> Result<Json<Status>, Problem> {
    let queues = engine.queue_stats().await?;
    let alarms = engine.alarm_count().await?;
    let ready = engine.readiness().await.iter().all(|part| part.ok);
    let counters = engine.counters();
    Ok(Json(Status {
        ready,
        homeserver_up: counters.homeserver_up.get() > 0,
        queues: queues
            .iter()
            .map(|q| Queue {
                kind: kind_word(q.kind).to_owned(),
                depth: q.depth,
                oldest_ms: q.oldest.as_millis(),
            })
            .collect(),
        alarms,
        counted: Counted {
            inbound: counters.inbound.get(),
            duplicates: counters.duplicates.get(),
            forged: counters.forged.get(),
            receipts: counters.receipts.get(),
            said: counters.said.get(),
            submitted: counters.submitted.get(),
            unknown: counters.unknown.get(),
        },
    }))
}
