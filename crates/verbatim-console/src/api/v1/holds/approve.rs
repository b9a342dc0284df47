//! `POST /api/v1/holds/approve`: agree to the release of a hold.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use verbatim_engine::Engine;

use super::Hold;
use crate::api::caller::Caller;
use crate::api::endpoint::Endpoint;
use crate::api::input;
use crate::api::problem::Problem;
use crate::api::scope::{Needs, Scope};

/// Which hold.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApproveRelease {
    /// Its id.
    hold: String,
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::post(
        "/api/v1/holds/approve",
        Needs::Scope(Scope::Hold),
        approve_release,
    )
}

/// Agrees to the release of a hold, which binds nothing from then on. Only for another than who asked.
#[utoipa::path(post, path = "/api/v1/holds/approve", tag = "holds", request_body = ApproveRelease,
    responses((status = 200, body = Hold)))]
pub(crate) async fn approve_release(
    State(engine): State<Arc<Engine>>,
    caller: Caller,
    input::Json(which): input::Json<ApproveRelease>,
) -> Result<Json<Hold>, Problem> {
    let id = input::id(&which.hold, "hold")?;
    let hold = engine.approve_release(&caller.actor(), id).await?;
    Ok(Json(hold.into()))
}
