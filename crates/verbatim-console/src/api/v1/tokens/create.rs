//! `POST /api/v1/tokens`: make a token.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use verbatim_engine::Engine;

use crate::api::caller::{COMMAND_LINE, Caller};
use crate::api::endpoint::Endpoint;
use crate::api::input;
use crate::api::problem::Problem;
use crate::api::scope::{Needs, Scope};

const LONGEST_NAME: usize = 64;

/// What for, and with which rights.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateToken {
    /// 1 to 64 letters, digits, `-`, `_` and `.`; changes are recorded under it.
    #[schema(example = "crm-sync", pattern = "^[A-Za-z0-9._-]{1,64}$")]
    name: String,
    /// At least one, and only those that the caller's own token has.
    #[schema(min_items = 1)]
    scopes: Vec<Scope>,
}

/// A new token. This is the only time its secret is shown.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewToken {
    /// What it is for.
    name: String,
    /// What it may do.
    scopes: Vec<Scope>,
    /// The secret, for `Authorization: Bearer`.
    #[schema(example = "vbt_…")]
    token: String,
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::post("/api/v1/tokens", Needs::Scope(Scope::Admin), create_token)
}

/// Makes a token. Its secret is shown once. Nobody can give away more than they have.
#[utoipa::path(post, path = "/api/v1/tokens", tag = "tokens", request_body = CreateToken,
    responses((status = 201, body = NewToken)))]
pub(crate) async fn create_token(
    State(engine): State<Arc<Engine>>,
    caller: Caller,
    input::Json(wish): input::Json<CreateToken>,
) -> Result<(StatusCode, Json<NewToken>), Problem> {
    let scopes = grantable(&caller, &wish)?;
    let words: Vec<String> = scopes.iter().map(|s| s.word().to_owned()).collect();
    let token = engine
        .create_token(&caller.actor(), &wish.name, &words)
        .await?;
    Ok((
        StatusCode::CREATED,
        Json(NewToken {
            name: wish.name,
            scopes,
            token,
        }),
    ))
}

fn grantable(caller: &Caller, wish: &CreateToken) -> Result<Vec<Scope>, Problem> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    if !(1..=LONGEST_NAME).contains(&wish.name.len()) || !wish.name.bytes().all(fits) {
        let detail = "The name must have 1 to 64 letters, digits, `-`, `_` and `.`.";
        return Err(Problem::invalid("token.name.not.possible", detail));
    }
    if wish.name == COMMAND_LINE {
        let detail = "That name is the command line's own: choose another.";
        return Err(Problem::invalid("token.name.reserved", detail));
    }
    let scopes: Vec<Scope> = Scope::ALL
        .into_iter()
        .filter(|s| wish.scopes.contains(s))
        .collect();
    if scopes.is_empty() {
        return Err(Problem::invalid(
            "token.scopes.missing",
            "Name at least one scope.",
        ));
    }
    if let Some(more) = scopes.iter().find(|s| !caller.has(**s)) {
        let detail = format!(
            "Your token lacks scope `{}`, so it cannot give it: use `verbatim token create`.",
            more.word()
        );
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "token.scope.not.held",
            detail,
        ));
    }
    Ok(scopes)
}
