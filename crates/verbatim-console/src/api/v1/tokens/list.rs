//! `GET /api/v1/tokens`: who may call, without the secrets.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use verbatim_engine::Engine;

use crate::api::endpoint::Endpoint;
use crate::api::problem::Problem;
use crate::api::scope::{Needs, Scope};

/// A token, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Token {
    /// What it is for.
    name: String,
    /// What it may do.
    scopes: Vec<String>,
    /// When it was made, Unix milliseconds.
    created_ms: i64,
    /// When it was revoked.
    revoked_ms: Option<i64>,
}

/// All tokens.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tokens {
    /// The tokens, revoked ones included.
    items: Vec<Token>,
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::get("/api/v1/tokens", Needs::Scope(Scope::Admin), list_tokens)
}

/// All tokens, revoked ones included.
#[utoipa::path(get, path = "/api/v1/tokens", tag = "tokens", responses((status = 200, body = Tokens)))]
pub(crate) async fn list_tokens(
    State(engine): State<Arc<Engine>>,
) -> Result<Json<Tokens>, Problem> {
    let tokens = engine.list_tokens().await?;
    let items = tokens
        .into_iter()
        .map(|t| Token {
            name: t.name,
            scopes: t.scopes,
            created_ms: t.created.as_millis(),
            revoked_ms: t.revoked.map(|at| at.as_millis()),
        })
        .collect();
    Ok(Json(Tokens { items }))
}
