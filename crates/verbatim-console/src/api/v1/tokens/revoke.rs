//! `POST /api/v1/tokens/revoke`: withdraw all tokens of a name.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use verbatim_engine::Engine;

use crate::api::caller::Caller;
use crate::api::endpoint::Endpoint;
use crate::api::input;
use crate::api::problem::Problem;
use crate::api::scope::{Needs, Scope};

/// Which tokens.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RevokeTokens {
    /// Their name.
    name: String,
}

/// What was done.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Revoked {
    /// How many tokens stood and were revoked.
    revoked: usize,
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::post(
        "/api/v1/tokens/revoke",
        Needs::Scope(Scope::Admin),
        revoke_tokens,
    )
}

/// Revokes all standing tokens of a name; they are refused from the next request on.
#[utoipa::path(post, path = "/api/v1/tokens/revoke", tag = "tokens", request_body = RevokeTokens,
    responses((status = 200, body = Revoked)))]
pub(crate) async fn revoke_tokens(
    State(engine): State<Arc<Engine>>,
    caller: Caller,
    input::Json(which): input::Json<RevokeTokens>,
) -> Result<Json<Revoked>, Problem> {
    let revoked = engine.revoke_tokens(&caller.actor(), &which.name).await?;
    if revoked == 0 {
        let detail = "No standing token has that name: `verbatim token list` shows them.";
        return Err(Problem::new(
            StatusCode::NOT_FOUND,
            "token.not.found",
            detail,
        ));
    }
    Ok(Json(Revoked { revoked }))
}
