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
            name: world.number_name(number).to_owned(),
        })
        .collect();
    Json(json!({ "numbers": numbers }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Set {
    number: String,
    /// Without: the webhook stays as it is, and a new number has none.
    #[serde(default)]
    sms_url: Option<String>,
    /// Without: the name stays as it is.
    #[serde(default)]
    name: Option<String>,
}

/// `POST /sim/numbers`: adds a number, or changes its webhook or who answers there.
pub(super) async fn set(
    State(sim): State<Arc<Sim>>,
    Json(set): Json<Set>,
) -> Result<Json<Value>, SimError> {
    let present = sim.world().numbers.get(&set.number).cloned();
    let sms_url = set.sms_url.or(present).unwrap_or_default();
    sim.set_number(&set.number, &sms_url)?;
    if let Some(name) = set.name {
        sim.name_number(&set.number, &name)?;
    }
    Ok(Json(json!({ "ok": true })))
}
