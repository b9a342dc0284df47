//! What the homeserver calls: the application-service API (Matrix specification, "Application Service API").
//!
//! Every route is behind the `hs_token`, checked before a byte of the body is read. Errors are Matrix
//! JSON. Users and aliases are made ahead of time, so questions about unknown ones are answered "no".

mod error;
mod lookups;
mod ping;
mod token;
mod transactions;

use std::sync::Arc;

use axum::routing::{get, post, put};
use axum::{Router, middleware};
use verbatim_engine::Engine;

use crate::trace::traced;
use error::MatrixError;
use token::HsToken;

/// The router for the homeserver's listener. `hs_token` is the one in the registration file.
pub fn appservice_router(engine: Arc<Engine>, hs_token: impl AsRef<str>) -> Router {
    let token = HsToken::new(hs_token.as_ref());
    let router = Router::new()
        .route(
            "/_matrix/app/v1/transactions/{txn_id}",
            put(transactions::transaction),
        )
        .route("/_matrix/app/v1/ping", post(ping::ping))
        .route("/_matrix/app/v1/users/{user_id}", get(lookups::user))
        .route("/_matrix/app/v1/rooms/{alias}", get(lookups::alias))
        .route(
            "/_matrix/app/v1/thirdparty/{*rest}",
            get(lookups::third_party),
        )
        .method_not_allowed_fallback(|| async { MatrixError::WrongMethod })
        .route_layer(middleware::from_fn_with_state(token, token::require))
        .fallback(|| async { MatrixError::NoRoute })
        .with_state(engine);
    traced(router, "appservice")
}

#[cfg(test)]
mod tests;
