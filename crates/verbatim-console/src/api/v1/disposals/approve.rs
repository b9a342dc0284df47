//! `POST /api/v1/disposals/approve`: approve a disposal.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use verbatim_engine::Engine;

use super::Disposal;
use crate::api::caller::Caller;
use crate::api::endpoint::Endpoint;
use crate::api::input;
use crate::api::problem::Problem;
use crate::api::scope::{Needs, Scope};

/// Which disposal.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApproveDisposal {
    /// Its id.
    disposal: String,
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::post(
        "/api/v1/disposals/approve",
        Needs::Scope(Scope::Dispose),
        approve_disposal,
    )
}

/// Approves a disposal, which is then carried out and cannot be undone. Only for another than who proposed it.
#[utoipa::path(post, path = "/api/v1/disposals/approve", tag = "disposals", request_body = ApproveDisposal,
    responses((status = 200, body = Disposal)))]
pub(crate) async fn approve_disposal(
    State(engine): State<Arc<Engine>>,
    caller: Caller,
    input::Json(which): input::Json<ApproveDisposal>,
) -> Result<Json<Disposal>, Problem> {
    let id = input::id(&which.disposal, "disposal")?;
    let disposal = engine.approve_disposal(&caller.actor(), id).await?;
    Ok(Json(disposal.into()))
}
