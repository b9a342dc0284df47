//! `GET /api/v1/me`: what the token is, and what it may do.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::caller::Caller;
use crate::api::endpoint::Endpoint;
use crate::api::scope::{Needs, Scope};

/// The caller.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Me {
    /// Name of the token; changes are recorded under it.
    name: String,
    /// What the token may do.
    scopes: Vec<Scope>,
    /// Version of the service.
    version: String,
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::get("/api/v1/me", Needs::Token, me)
}

/// What the token is, and what it may do.
#[utoipa::path(get, path = "/api/v1/me", tag = "about", responses((status = 200, body = Me)))]
pub(crate) async fn me(caller: Caller) -> Json<Me> {
    let scopes = caller.scopes();
    Json(Me {
        name: caller.name,
        scopes,
        version: env!("CARGO_PKG_VERSION").to_owned(),
    })
}
