//! `POST /api/v1/alarms/clear`: an alarm was dealt with.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use verbatim_engine::Engine;

use crate::api::caller::Caller;
use crate::api::endpoint::Endpoint;
use crate::api::input;
use crate::api::problem::Problem;
use crate::api::scope::{Needs, Scope};

/// Which alarm.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClearAlarm {
    /// Its key.
    key: String,
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::post(
        "/api/v1/alarms/clear",
        Needs::Scope(Scope::Admin),
        clear_alarm,
    )
}

/// Clears an alarm. It comes back if its cause does.
#[utoipa::path(post, path = "/api/v1/alarms/clear", tag = "alarms", request_body = ClearAlarm,
    responses((status = 204, description = "Cleared.")))]
pub(crate) async fn clear_alarm(
    State(engine): State<Arc<Engine>>,
    caller: Caller,
    input::Json(which): input::Json<ClearAlarm>,
) -> Result<StatusCode, Problem> {
    // A misspelt key would otherwise be recorded as if something had been dealt with.
    if !engine
        .alarms()
        .await?
        .iter()
        .any(|alarm| alarm.key == which.key)
    {
        let detail = "No open alarm has that key: `verbatim alarm list` shows them.";
        return Err(Problem::new(
            StatusCode::NOT_FOUND,
            "alarm.not.found",
            detail,
        ));
    }
    engine.clear_alarm(&caller.actor(), &which.key).await?;
    Ok(StatusCode::NO_CONTENT)
}
