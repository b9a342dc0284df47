//! `GET /Accounts/{Sid}.json`: the account itself; a cheap way to check credentials.

use super::error::ApiError;
use crate::clock::rfc2822;
use crate::sim::Sim;
use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};
use std::sync::Arc;

/// Answers with the account.
pub(super) async fn handle(
    State(sim): State<Arc<Sim>>,
    Path(name): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let sid = &sim.account.sid;
    if name != format!("{sid}.json") {
        return Err(ApiError::no_resource(&format!(
            "/2010-04-01/Accounts/{name}"
        )));
    }
    let opened = rfc2822(sim.account.opened_ms);
    let uri = format!("/2010-04-01/Accounts/{sid}");
    Ok(Json(json!({
        "sid": sid,
        "owner_account_sid": sid,
        "friendly_name": "Simulated account",
        "status": "active",
        "type": "Full",
        "date_created": opened,
        "date_updated": opened,
        "uri": format!("{uri}.json"),
        "subresource_uris": {
            "messages": format!("{uri}/Messages.json"),
            "incoming_phone_numbers": format!("{uri}/IncomingPhoneNumbers.json"),
        },
    })))
}
