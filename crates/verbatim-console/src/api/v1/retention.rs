//! How long records are kept.

pub(crate) mod extend;
pub(crate) mod list;

use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use verbatim_domain::retention::Member;

use crate::api::caller::Caller;
use crate::api::input::{bad_query, id};
use crate::api::problem::Problem;

/// Whose records: one of the three, or everybody's.
#[derive(Debug, Default, Deserialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Whose {
    /// Matrix account of an employee.
    #[serde(default)]
    employee: Option<String>,
    /// A number, the firm's or a client's.
    #[serde(default)]
    number: Option<String>,
    /// Id of a conversation.
    #[serde(default)]
    conversation: Option<String>,
}

impl Whose {
    /// None for everybody's.
    fn member(&self) -> Result<Option<Member>, Problem> {
        let (employee, number) = (self.employee.as_deref(), self.number.as_deref());
        let conversation = self.conversation.as_deref();
        if employee.is_none() && number.is_none() && conversation.is_none() {
            return Ok(None);
        }
        let conversation = conversation.map(|c| id(c, "conversation")).transpose()?;
        let one = Member::one_of(employee, number, conversation);
        one.map(Some).ok_or_else(|| {
            bad_query("give one of `employee`, `number` and `conversation`, or none of them")
        })
    }
}

/// A member in words, for who may see its number, or not.
fn shown(of: &str, caller: &Caller) -> String {
    match of.strip_prefix("number ") {
        Some(number) => format!("number {}", caller.number(number)),
        None => of.to_owned(),
    }
}
