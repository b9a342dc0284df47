//! `POST /api/v1/employees`: add an employee.

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

/// Who is added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddEmployee {
    /// Account on the chat platform.
    #[schema(example = "@alice:example.org")]
    user: String,
    /// Display name, as clients may see it.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::post(
        "/api/v1/employees",
        Needs::Scope(Scope::Provision),
        add_employee,
    )
}

/// Adds an employee, or renames or brings back the one with that account. Safe to repeat.
#[utoipa::path(post, path = "/api/v1/employees", tag = "employees", request_body = AddEmployee,
    responses((status = 200, body = Employee)))]
pub(crate) async fn add_employee(
    State(engine): State<Arc<Engine>>,
    caller: Caller,
    input::Json(new): input::Json<AddEmployee>,
) -> Result<Json<Employee>, Problem> {
    let name = input::name(&new.name)?;
    if name.is_empty() {
        let detail = "An employee needs a name: clients see it.";
        return Err(Problem::invalid("name.missing", detail));
    }
    Ok(Json(
        engine
            .add_employee(&caller.actor(), &new.user, name)
            .await?
            .into(),
    ))
}
