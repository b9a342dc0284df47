//! `POST /client/v1/session`: a session for who is signed in at the homeserver.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use verbatim_engine::desk::SESSION;

use super::{ClientState, input};
use crate::api::problem::Problem;

/// Homeservers make them far shorter.
const LONGEST_TOKEN: usize = 1024;

/// The OpenID token, as the homeserver gave it to the client. It may say more than is used.
#[derive(Deserialize)]
pub(super) struct OpenIdToken {
    access_token: String,
    matrix_server_name: String,
}

/// A session.
#[derive(Serialize)]
pub(super) struct Session {
    /// For `Authorization: Bearer`. Kept in memory only.
    token: String,
    /// In seconds.
    expires_in: u64,
}

/// Asks the configured homeserver whose token it is: what the caller says of it is not believed.
pub(super) async fn open(
    State(state): State<ClientState>,
    input::Json(openid): input::Json<OpenIdToken>,
) -> Result<Json<Session>, Problem> {
    if openid.access_token.is_empty() || openid.access_token.len() > LONGEST_TOKEN {
        let detail = "`access_token` is not that of an OpenID token.";
        return Err(Problem::invalid("openid.not.a.token", detail));
    }
    let _place = state
        .signing_in
        .try_acquire()
        .map_err(|_| Problem::busy())?;
    let (token, server) = (&openid.access_token, &openid.matrix_server_name);
    let token = state.engine.sign_in(token, server).await?;
    Ok(Json(Session {
        token,
        expires_in: SESSION.as_millis() / 1000,
    }))
}
