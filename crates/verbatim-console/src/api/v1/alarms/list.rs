//! `GET /api/v1/alarms`: what an operator should look at.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use verbatim_engine::Engine;

use crate::api::endpoint::Endpoint;
use crate::api::problem::Problem;
use crate::api::scope::{Needs, Scope};

/// An open alarm.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Alarm {
    /// Unique and stable.
    #[schema(example = "number-without-holder:0123456789abcdef")]
    key: String,
    /// What it is, and how to mend it.
    text: String,
    /// When it was last raised, Unix milliseconds.
    at_ms: i64,
}

/// All open alarms.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Alarms {
    /// Newest first.
    items: Vec<Alarm>,
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::get("/api/v1/alarms", Needs::Scope(Scope::Admin), list_alarms)
}

/// All open alarms, newest first.
#[utoipa::path(get, path = "/api/v1/alarms", tag = "alarms", responses((status = 200, body = Alarms)))]
pub(crate) async fn list_alarms(
    State(engine): State<Arc<Engine>>,
) -> Result<Json<Alarms>, Problem> {
    let alarms = engine.alarms().await?;
    let items = alarms
        .into_iter()
        .map(|a| Alarm {
            key: a.key,
            text: a.text,
            at_ms: a.at.as_millis(),
        })
        .collect();
    Ok(Json(Alarms { items }))
}
