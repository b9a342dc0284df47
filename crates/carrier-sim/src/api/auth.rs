//! Basic authentication (RFC 7617): the account's identifier and its auth token.

use super::error::ApiError;
use crate::sim::{Account, Sim};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::sync::Arc;

/// Lets a request pass that shows the credentials of the account in its path.
pub(super) async fn check(
    State(sim): State<Arc<Sim>>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    if !shows(request.headers(), &sim.account) {
        return Err(ApiError::new(401, 20003, "Authenticate"));
    }
    let account = request
        .uri()
        .path()
        .strip_prefix("/Accounts/")
        .unwrap_or_default();
    let account = account.split(['/', '.']).next().unwrap_or_default();
    if account != sim.account.sid {
        return Err(ApiError::new(
            401,
            20003,
            "Authentication Error - invalid account",
        ));
    }
    Ok(next.run(request).await)
}

fn shows(headers: &HeaderMap, account: &Account) -> bool {
    let wanted = STANDARD.encode(format!("{}:{}", account.sid, account.auth_token));
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    given
        .and_then(|given| given.split_once(' '))
        .is_some_and(|(scheme, given)| scheme.eq_ignore_ascii_case("basic") && given == wanted)
}
