//! `/sim/faults`: the fault switches.

use crate::faults::Fault;
use crate::sim::{Sim, SimError};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// `GET /sim/faults`: every switch, on or off.
pub(super) async fn list(State(sim): State<Arc<Sim>>) -> Json<Value> {
    Json(json!({ "faults": sim.faults() }))
}

/// What to change, in this order.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    /// Turn everything off first.
    #[serde(default)]
    clear: bool,
    /// Start chance anew.
    #[serde(default)]
    seed: Option<u64>,
    /// Set these switches.
    #[serde(default)]
    faults: Vec<Fault>,
}

/// `POST /sim/faults`: changes switches and answers with all of them.
pub(super) async fn set(
    State(sim): State<Arc<Sim>>,
    Json(change): Json<Change>,
) -> Result<Json<Value>, SimError> {
    if let Some(problem) = change.faults.iter().find_map(Fault::problem) {
        return Err(SimError::Refused(problem));
    }
    if change.clear {
        sim.clear_faults()?;
    }
    if let Some(seed) = change.seed {
        sim.seed(seed);
    }
    for fault in change.faults {
        sim.set_fault(fault)?;
    }
    Ok(Json(json!({ "faults": sim.faults() })))
}
