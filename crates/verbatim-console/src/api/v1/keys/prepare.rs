//! `POST /api/v1/keys/prepare`: lay a key ready for the next rotation.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use verbatim_engine::Engine;

use super::rotate::KeyInUse;
use crate::api::caller::Caller;
use crate::api::endpoint::Endpoint;
use crate::api::input;
use crate::api::problem::Problem;
use crate::api::scope::{Needs, Scope};

/// The key that lies ready.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Prepared {
    /// Its id.
    next: String,
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::post(
        "/api/v1/keys/prepare",
        Needs::Scope(Scope::Admin),
        prepare_key,
    )
}

/// Lays a key ready beside the one in use, so that it can be copied before anything depends on it. If one
/// lies there already, that one stands.
#[utoipa::path(post, path = "/api/v1/keys/prepare", tag = "keys", request_body = KeyInUse,
    responses((status = 200, body = Prepared)))]
pub(crate) async fn prepare_key(
    State(engine): State<Arc<Engine>>,
    caller: Caller,
    input::Json(in_use): input::Json<KeyInUse>,
) -> Result<Json<Prepared>, Problem> {
    let next = engine.prepare_key(&caller.actor(), &in_use.key).await?;
    Ok(Json(Prepared { next }))
}
