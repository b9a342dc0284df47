//! `POST /api/v1/disposals/run`: let the worker look at the approved disposals again.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use verbatim_engine::Engine;

use crate::api::endpoint::Endpoint;
use crate::api::problem::Problem;
use crate::api::scope::{Needs, Scope};

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::post(
        "/api/v1/disposals/run",
        Needs::Scope(Scope::Dispose),
        run_disposals,
    )
}

/// Lets the worker look at the approved disposals again: one that waited because its bucket was kept longer
/// may be due by now. Others need no call.
#[utoipa::path(post, path = "/api/v1/disposals/run", tag = "disposals",
    responses((status = 204, description = "The worker will look.")))]
pub(crate) async fn run_disposals(
    State(engine): State<Arc<Engine>>,
) -> Result<StatusCode, Problem> {
    engine.run_disposals().await?;
    Ok(StatusCode::NO_CONTENT)
}
