//! The REST API, version 1: what the commands do, for programs.
//!
//! [`endpoint`] says what an endpoint is and checks who may call it; [`v1`] holds the endpoints, one per
//! file; [`problem`] is the one shape of errors. The description for programs ([`openapi()`]) is
//! generated from the endpoints.
//!
//! Beside it, without a token and without personal data, lies the signed log under `/log/`, as it is
//! published.
//!
//! Full phone numbers are shown to tokens with scope `record` or `provision`; to others only the last
//! four digits.

mod caller;
mod docs;
mod endpoint;
pub(crate) mod input;
mod log;
pub(crate) mod page;
pub(crate) mod problem;
mod scope;
mod v1;

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRef, Request};
use axum::middleware::{self, Next};
use axum::response::Response;
use http::{HeaderValue, header};
use tokio::sync::Semaphore;
use verbatim_engine::Engine;

use caller::Caller;
pub(crate) use caller::bearer;
pub use caller::{COMMAND_LINE, OPERATOR, PURPOSE};
pub use docs::openapi;

use crate::trace::traced;
use problem::Problem;
use scope::Scope;

/// Requests in hand at once; more are told to come back.
pub(crate) const CONCURRENCY: usize = 128;

/// What all endpoints share.
#[derive(Clone)]
struct ApiState {
    engine: Arc<Engine>,
    /// Who calls, where no token is asked for.
    trusted: Option<Caller>,
    /// Places for requests.
    room: Arc<Semaphore>,
    /// One verification of the whole log at a time: it reads everything.
    verifying: Arc<Semaphore>,
}

impl FromRef<ApiState> for Arc<Engine> {
    fn from_ref(state: &ApiState) -> Self {
        Self::clone(&state.engine)
    }
}

/// The words of all scopes that a token can have.
pub const SCOPES: [&str; 7] = Scope::WORDS;

/// The router for the API's listener.
pub fn api_router(engine: Arc<Engine>) -> Router {
    router(engine, None)
}

/// The API for the command line where no server runs: in its own process, without tokens, never on a
/// listener. Whoever can read the key file may do everything; `operator`, a user of the machine, goes
/// into the record.
pub fn local_api_router(engine: Arc<Engine>, operator: &str) -> Router {
    router(engine, Some(Caller::local(operator)))
}

fn router(engine: Arc<Engine>, trusted: Option<Caller>) -> Router {
    let state = ApiState {
        engine,
        trusted,
        room: Arc::new(Semaphore::new(CONCURRENCY)),
        verifying: Arc::new(Semaphore::new(1)),
    };
    let mut router = Router::new();
    for endpoint in v1::endpoints() {
        router = endpoint.mount(router, &state);
    }
    router = router.route(log::PATH, axum::routing::get(log::file));
    let room = Arc::clone(&state.room);
    let limit = middleware::from_fn(move |request, next| limited(Arc::clone(&room), request, next));
    let router = router
        .method_not_allowed_fallback(|| async { Problem::wrong_method() })
        .layer(limit)
        .fallback(|| async { Problem::no_route() })
        .layer(middleware::map_response(harden))
        .with_state(state);
    traced(router, "api")
}

/// Lets as many requests through as there is room for.
pub(crate) async fn limited(
    room: Arc<Semaphore>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let _place = room.try_acquire().map_err(|_| Problem::busy())?;
    Ok(next.run(request).await)
}

/// Answers hold personal data and tokens: no cache may keep them, no browser may guess their type.
async fn harden(mut response: Response) -> Response {
    let headers = response.headers_mut();
    // The published log says for itself how long it lasts.
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    response
}

#[cfg(test)]
mod tests;
