//! `POST /api/v1/employees/end`: an employee leaves the firm.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use verbatim_engine::Engine;

use super::Employee;
use crate::api::caller::Caller;
use crate::api::endpoint::Endpoint;
use crate::api::input;
use crate::api::problem::Problem;
use crate::api::scope::{Needs, Scope};

/// Who leaves.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EndEmployee {
    /// Account on the chat platform.
    #[schema(example = "@alice:example.org")]
    user: String,
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::post(
        "/api/v1/employees/end",
        Needs::Scope(Scope::Provision),
        end_employee,
    )
}

/// Ends an employee's time: their numbers come free at once. Safe to repeat.
#[utoipa::path(post, path = "/api/v1/employees/end", tag = "employees", request_body = EndEmployee,
    responses((status = 200, body = Employee)))]
pub(crate) async fn end_employee(
    State(engine): State<Arc<Engine>>,
    caller: Caller,
    input::Json(who): input::Json<EndEmployee>,
) -> Result<Json<Employee>, Problem> {
    Ok(Json(
        engine
            .end_employee(&caller.actor(), &who.user)
            .await?
            .into(),
    ))
}
