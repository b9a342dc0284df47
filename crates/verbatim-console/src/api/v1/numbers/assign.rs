//! `POST /api/v1/numbers/assign`: give a number to an employee.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use verbatim_engine::Engine;

use super::Number;
use crate::api::caller::Caller;
use crate::api::endpoint::Endpoint;
use crate::api::input;
use crate::api::problem::Problem;
use crate::api::scope::{Needs, Scope};

/// Which number, to whom.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AssignNumber {
    /// One of the firm's numbers.
    #[schema(example = "+14155550100")]
    number: String,
    /// Account of the employee.
    #[schema(example = "@alice:example.org")]
    user: String,
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::post(
        "/api/v1/numbers/assign",
        Needs::Scope(Scope::Provision),
        assign_number,
    )
}

/// Gives a number to an employee from now on. Texts that waited for a holder are delivered. Safe to repeat;
/// 409 while somebody else holds it.
#[utoipa::path(post, path = "/api/v1/numbers/assign", tag = "numbers", request_body = AssignNumber,
    responses((status = 200, body = Number)))]
pub(crate) async fn assign_number(
    State(engine): State<Arc<Engine>>,
    caller: Caller,
    input::Json(wish): input::Json<AssignNumber>,
) -> Result<Json<Number>, Problem> {
    let view = engine
        .assign_number(&caller.actor(), &wish.number, &wish.user)
        .await?;
    Ok(Json(Number::shown(view, &caller)))
}
