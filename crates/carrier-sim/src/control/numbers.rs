//! `/sim/numbers`: the numbers of the account and where their texts go.

use crate::sim::{Sim, SimError};
use crate::world::Number;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// `GET /sim/numbers`
pub(super) async fn list(State(sim): State<Arc<Sim>>) -> Json<Value> {
    let world = sim.world();
    let numbers = world.numbers.iter();
    let numbers: Vec<Number> = numbers
        .map(|(number, sms_url)| Number {
            number: number.clone(),
            sms_url: sms_url.clone(),
        })
        .collect();
    Json(json!({ "numbers": numbers }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Set {
    number: String,
    #[serde(default)]
    sms_url: String,
}

/// `POST /sim/numbers`: adds a number or changes its webhook.
pub(super) async fn set(
    State(sim): State<Arc<Sim>>,
    Json(set): Json<Set>,
) -> Result<Json<Value>, SimError> {
    sim.set_number(&set.number, &set.sms_url)?;
    Ok(Json(json!({ "ok": true })))
}
