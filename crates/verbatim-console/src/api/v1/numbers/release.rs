//! `POST /api/v1/numbers/release`: take a number back.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use verbatim_engine::Engine;

use super::{Number, WhichNumber};
use crate::api::caller::Caller;
use crate::api::endpoint::Endpoint;
use crate::api::input;
use crate::api::problem::Problem;
use crate::api::scope::{Needs, Scope};

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::post(
        "/api/v1/numbers/release",
        Needs::Scope(Scope::Provision),
        release_number,
    )
}

/// Takes a number back from whoever holds it. Safe to repeat.
#[utoipa::path(post, path = "/api/v1/numbers/release", tag = "numbers", request_body = WhichNumber,
    responses((status = 200, body = Number)))]
pub(crate) async fn release_number(
    State(engine): State<Arc<Engine>>,
    caller: Caller,
    input::Json(which): input::Json<WhichNumber>,
) -> Result<Json<Number>, Problem> {
    let view = engine
        .release_number(&caller.actor(), &which.number)
        .await?;
    Ok(Json(Number::shown(view, &caller)))
}
