//! `POST /api/v1/holds/keep`: take the request to release a hold back.

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
pub(crate) struct KeepHold {
    /// Its id.
    hold: String,
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::post("/api/v1/holds/keep", Needs::Scope(Scope::Hold), keep_hold)
}

/// Takes the request to release a hold back: it stands as if nobody had asked. Whoever may ask may do this.
#[utoipa::path(post, path = "/api/v1/holds/keep", tag = "holds", request_body = KeepHold,
    responses((status = 200, body = Hold)))]
pub(crate) async fn keep_hold(
    State(engine): State<Arc<Engine>>,
    caller: Caller,
    input::Json(which): input::Json<KeepHold>,
) -> Result<Json<Hold>, Problem> {
    let id = input::id(&which.hold, "hold")?;
    let hold = engine.keep_hold(&caller.actor(), id).await?;
    Ok(Json(hold.into()))
}
