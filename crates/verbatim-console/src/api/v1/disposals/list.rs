//! `GET /api/v1/disposals`: all disposals.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use verbatim_engine::Engine;

use super::Disposals;
use crate::api::endpoint::Endpoint;
use crate::api::problem::Problem;
use crate::api::scope::{Needs, Scope};

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::get(
        "/api/v1/disposals",
        Needs::Scope(Scope::Dispose),
        list_disposals,
    )
}

/// All disposals in the order in which they were proposed.
#[utoipa::path(get, path = "/api/v1/disposals", tag = "disposals",
    responses((status = 200, body = Disposals)))]
pub(crate) async fn list_disposals(
    State(engine): State<Arc<Engine>>,
) -> Result<Json<Disposals>, Problem> {
    Ok(Json(engine.list_disposals().await?.into()))
}
