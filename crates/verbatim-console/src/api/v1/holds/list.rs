//! `GET /api/v1/holds`: all holds, released ones included.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use verbatim_engine::Engine;

use super::Hold;
use crate::api::caller::Caller;
use crate::api::endpoint::Endpoint;
use crate::api::problem::Problem;
use crate::api::scope::{Needs, Scope};

/// All holds.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Holds {
    /// In the order in which they were set.
    items: Vec<Hold>,
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::get("/api/v1/holds", Needs::Scope(Scope::Hold), list_holds)
}

/// All holds in the order in which they were set, released ones included. That they were shown is recorded.
#[utoipa::path(get, path = "/api/v1/holds", tag = "holds",
    responses((status = 200, body = Holds)))]
pub(crate) async fn list_holds(
    State(engine): State<Arc<Engine>>,
    caller: Caller,
) -> Result<Json<Holds>, Problem> {
    let holds = engine.list_holds(&caller.viewer()).await?;
    let items = holds.into_iter().map(Hold::from).collect();
    Ok(Json(Holds { items }))
}
