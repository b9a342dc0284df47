//! Employees: people with an account on the chat platform.

pub(crate) mod add;
pub(crate) mod end;
pub(crate) mod list;

use serde::Serialize;
use utoipa::ToSchema;
use verbatim_engine::views::EmployeeView;

/// An employee.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Employee {
    /// Our id.
    id: String,
    /// Account on the chat platform.
    #[schema(example = "@alice:example.org")]
    user: String,
    /// Display name.
    name: String,
    /// Whether they are still with the firm.
    active: bool,
    /// When they were added, Unix milliseconds.
    created_ms: i64,
}

impl From<EmployeeView> for Employee {
    fn from(view: EmployeeView) -> Self {
        let EmployeeView {
            id,
            user,
            name,
            active,
            created_ms,
        } = view;
        Self {
            id,
            user,
            name,
            active,
            created_ms,
        }
    }
}
