//! `POST /api/v1/disposals/withdraw`: take a disposal back.

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
pub(crate) struct WithdrawDisposal {
    /// Its id.
    disposal: String,
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::post(
        "/api/v1/disposals/withdraw",
        Needs::Scope(Scope::Dispose),
        withdraw_disposal,
    )
}

/// Takes back a disposal that is not carried out yet, approved or not.
#[utoipa::path(post, path = "/api/v1/disposals/withdraw", tag = "disposals", request_body = WithdrawDisposal,
    responses((status = 200, body = Disposal)))]
pub(crate) async fn withdraw_disposal(
    State(engine): State<Arc<Engine>>,
    caller: Caller,
    input::Json(which): input::Json<WithdrawDisposal>,
) -> Result<Json<Disposal>, Problem> {
    let id = input::id(&which.disposal, "disposal")?;
    let disposal = engine.withdraw_disposal(&caller.actor(), id).await?;
    Ok(Json(disposal.into()))
}
