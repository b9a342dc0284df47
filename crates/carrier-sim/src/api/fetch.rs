//! `GET Messages/{Sid}.json`: one message.

use super::error::ApiError;
use super::view;
use crate::sim::Sim;
use axum::Json;
use axum::extract::{Path, State};
use serde_json::Value;
use std::sync::Arc;

/// Answers with the message.
pub(super) async fn handle(
    State(sim): State<Arc<Sim>>,
    Path((account, name)): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    let world = sim.world();
    let message = name
        .strip_suffix(".json")
        .and_then(|sid| world.message(sid));
    match message {
        Some(message) => Ok(Json(view::message(&account, message))),
        None => {
            let path = format!("/2010-04-01/Accounts/{account}/Messages/{name}");
            Err(ApiError::no_resource(&path))
        }
    }
}
