//! `POST /api/v1/holds`: set a hold.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;
use verbatim_domain::Timestamp;
use verbatim_engine::{Engine, HoldWish};

use super::Hold;
use crate::api::caller::Caller;
use crate::api::endpoint::Endpoint;
use crate::api::input;
use crate::api::problem::Problem;
use crate::api::scope::{Needs, Scope};

/// What to hold: records of anybody named, within the dates.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetHold {
    /// What it is called.
    #[schema(example = "Doe v. Acme", max_length = 200)]
    name: String,
    /// Why.
    #[schema(max_length = 200)]
    reason: String,
    /// Everything, whoever is named.
    #[serde(default)]
    everyone: bool,
    /// Accounts of employees.
    #[serde(default)]
    employees: Vec<String>,
    /// Contacts, each by one of their numbers.
    #[serde(default)]
    contacts: Vec<String>,
    /// Ids of conversations.
    #[serde(default)]
    conversations: Vec<String>,
    /// Numbers, the firm's or clients'.
    #[serde(default)]
    numbers: Vec<String>,
    /// Captured at this moment or later, Unix milliseconds.
    #[serde(default)]
    from_ms: Option<i64>,
    /// Captured before this moment, Unix milliseconds.
    #[serde(default)]
    until_ms: Option<i64>,
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::post("/api/v1/holds", Needs::Scope(Scope::Hold), set_hold)
}

/// Sets a hold. From the answer on, nothing that it covers is disposed of, whatever was approved before.
#[utoipa::path(post, path = "/api/v1/holds", tag = "holds", request_body = SetHold,
    responses((status = 201, body = Hold)))]
pub(crate) async fn set_hold(
    State(engine): State<Arc<Engine>>,
    caller: Caller,
    input::Json(wish): input::Json<SetHold>,
) -> Result<(StatusCode, Json<Hold>), Problem> {
    let conversations = wish
        .conversations
        .iter()
        .map(|id| input::id(id, "conversation"))
        .collect::<Result<_, _>>()?;
    let wish = HoldWish {
        name: input::name(&wish.name)?.to_owned(),
        reason: input::name(&wish.reason)?.to_owned(),
        everyone: wish.everyone,
        employees: wish.employees,
        contacts: wish.contacts,
        conversations,
        numbers: wish.numbers,
        from: wish.from_ms.map(Timestamp),
        until: wish.until_ms.map(Timestamp),
    };
    let hold = engine.set_hold(&caller.actor(), wish).await?;
    Ok((StatusCode::CREATED, Json(hold.into())))
}
