//! The `hs_token`: what proves that the caller is our homeserver.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::error::MatrixError;
use crate::api::bearer;

/// The token, kept as a hash: it is compared in constant time, whatever its length, and cannot leak.
#[derive(Clone)]
pub(super) struct HsToken([u8; 32]);

impl HsToken {
    pub(super) fn new(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }

    fn is(&self, given: &str) -> bool {
        self.0.ct_eq(&Self::new(given).0).into()
    }
}

/// Lets pass who has the token. The old way, `?access_token=`, is not taken: it ends up in logs.
pub(super) async fn require(
    State(token): State<HsToken>,
    request: Request,
    next: Next,
) -> Response {
    match bearer(request.headers()) {
        None => MatrixError::NoToken.into_response(),
        Some(given) if !token.is(given) => MatrixError::WrongToken.into_response(),
        Some(_) => next.run(request).await,
    }
}
