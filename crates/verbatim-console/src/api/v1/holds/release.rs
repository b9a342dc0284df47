//! `POST /api/v1/holds/release`: ask for the release of a hold.

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

/// Which hold, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReleaseHold {
    /// Its id.
    hold: String,
    /// Why it is not needed any more.
    #[schema(max_length = 200)]
    reason: String,
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::post(
        "/api/v1/holds/release",
        Needs::Scope(Scope::Hold),
        release_hold,
    )
}

/// Asks for the release of a hold. It stands until somebody else approves.
#[utoipa::path(post, path = "/api/v1/holds/release", tag = "holds", request_body = ReleaseHold,
    responses((status = 200, body = Hold)))]
pub(crate) async fn release_hold(
    State(engine): State<Arc<Engine>>,
    caller: Caller,
    input::Json(which): input::Json<ReleaseHold>,
) -> Result<Json<Hold>, Problem> {
    let id = input::id(&which.hold, "hold")?;
    let reason = input::name(&which.reason)?;
    let hold = engine.ask_release(&caller.actor(), id, reason).await?;
    Ok(Json(hold.into()))
}
