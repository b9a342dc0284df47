//! `POST /api/v1/disposals/propose`: propose the disposal of everything that is due.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use verbatim_engine::Engine;

use super::Disposals;
use crate::api::caller::Caller;
use crate::api::endpoint::Endpoint;
use crate::api::problem::Problem;
use crate::api::scope::{Needs, Scope};

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::post(
        "/api/v1/disposals/propose",
        Needs::Scope(Scope::Dispose),
        propose_disposals,
    )
}

/// Proposes a disposal for every bucket whose month is over, unless it has one or holds cover all of it.
/// Nothing is disposed of before somebody else approves. Safe to repeat; answers what is new.
#[utoipa::path(post, path = "/api/v1/disposals/propose", tag = "disposals",
    responses((status = 200, body = Disposals)))]
pub(crate) async fn propose_disposals(
    State(engine): State<Arc<Engine>>,
    caller: Caller,
) -> Result<Json<Disposals>, Problem> {
    let proposed = engine.propose_disposals(&caller.actor()).await?;
    Ok(Json(proposed.into()))
}
