//! `GET /sim/ledger?after=&limit=`: everything that happened.

use crate::sim::Sim;
use axum::Json;
use axum::extract::{Query, State};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Part {
    #[serde(default)]
    after: u64,
    #[serde(default = "most")]
    limit: usize,
}

/// The most entries of one answer.
const MOST: usize = 100_000;

fn most() -> usize {
    MOST
}

/// Answers with entries, oldest first; `newest` tells whether there are more.
pub(super) async fn list(State(sim): State<Arc<Sim>>, Query(part): Query<Part>) -> Json<Value> {
    let world = sim.world();
    let entries = world.after(part.after);
    let entries = &entries[..entries.len().min(part.limit.min(MOST))];
    Json(json!({ "entries": entries, "newest": world.last_seq() }))
}
