//! `POST /api/v1/numbers`: add a virtual number.

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

/// What is added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddNumber {
    /// As people write it, with country code.
    #[schema(example = "+14155550100")]
    number: String,
    /// Carrier account in the configuration.
    #[schema(example = "twilio-main")]
    account: String,
    /// Account of the employee who holds it from now on; without one it waits for
    /// `/api/v1/numbers/assign`.
    #[schema(example = "@alice:example.org")]
    holder: Option<String>,
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::post(
        "/api/v1/numbers",
        Needs::Scope(Scope::Provision),
        add_number,
    )
}

/// Adds a virtual number of a configured carrier account, and gives it to `holder` in the same step: both
/// are done, or neither. Safe to repeat.
#[utoipa::path(post, path = "/api/v1/numbers", tag = "numbers", request_body = AddNumber,
    responses((status = 200, body = Number)))]
pub(crate) async fn add_number(
    State(engine): State<Arc<Engine>>,
    caller: Caller,
    input::Json(new): input::Json<AddNumber>,
) -> Result<Json<Number>, Problem> {
    let (actor, holder) = (caller.actor(), new.holder.as_deref());
    let view = engine
        .add_number_for(&actor, &new.number, &new.account, holder)
        .await?;
    Ok(Json(Number::shown(view, &caller)))
}
