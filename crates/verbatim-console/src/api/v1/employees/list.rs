//! `GET /api/v1/employees`: all employees, page by page.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use verbatim_engine::Engine;

use super::Employee;
use crate::api::endpoint::Endpoint;
use crate::api::page::{Page, PageQuery, Paging};
use crate::api::problem::Problem;
use crate::api::scope::{Needs, Scope};

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::get(
        "/api/v1/employees",
        Needs::Scope(Scope::Read),
        list_employees,
    )
}

/// All employees in order of their coming, those who left included.
#[utoipa::path(get, path = "/api/v1/employees", tag = "employees", params(PageQuery),
    responses((status = 200, body = Page<Employee>)))]
pub(crate) async fn list_employees(
    State(engine): State<Arc<Engine>>,
    paging: Paging,
) -> Result<Json<Page<Employee>>, Problem> {
    Page::of(engine.list_employees(paging.at()).await, Employee::from)
}
