//! The employee's client: the built web application, and the JSON that it asks for beside the homeserver.
//!
//! [`files`] serves what was built; [`settings`] tells it whom to ask; the rest, one endpoint a file, is
//! under `/client/v1/`. A session there is begun with the homeserver's word for who the employee is, lasts a
//! quarter of an hour, and is good on every node. An employee sees
//! their own conversations, and the name that the firm has for whom they begin one with.
//!
//! What happened to a text is not told here: it is in the room, as every client sees it.

mod check;
mod conversations;
mod files;
mod headers;
mod input;
mod me;
mod seat;
mod session;
mod settings;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::FromRef;
use axum::middleware;
use axum::routing::{get, post};
use http::StatusCode;
use tokio::sync::Semaphore;
use url::Url;
use verbatim_engine::Engine;

use crate::api::problem::Problem;
use crate::api::{CONCURRENCY, limited};
use crate::trace::traced;

/// Where its endpoints are described.
const DESCRIBED: &str = "docs/api/client.md";
/// Sign-ins in hand at once: each asks the homeserver, and whoever can reach the listener may try.
const SIGN_INS: usize = 16;
/// How long the answer to a new conversation waits for its room.
const ROOM_PATIENCE: Duration = Duration::from_secs(3);

/// Where the client is, and where it finds the homeserver.
#[derive(Debug, Clone)]
pub struct ClientSite {
    /// The homeserver's base address, as browsers reach it.
    pub homeserver: Url,
    /// The folder of the built client.
    pub assets: PathBuf,
}

/// What all endpoints share.
#[derive(Clone)]
struct ClientState {
    engine: Arc<Engine>,
    site: Arc<ClientSite>,
    signing_in: Arc<Semaphore>,
    room_patience: Duration,
}

impl FromRef<ClientState> for Arc<Engine> {
    fn from_ref(state: &ClientState) -> Self {
        Self::clone(&state.engine)
    }
}

/// The router for the client's listener.
pub fn client_router(engine: Arc<Engine>, site: ClientSite) -> Router {
    with_patience(engine, site, ROOM_PATIENCE)
}

fn with_patience(engine: Arc<Engine>, site: ClientSite, room_patience: Duration) -> Router {
    let state = ClientState {
        engine,
        site: Arc::new(site),
        signing_in: Arc::new(Semaphore::new(SIGN_INS)),
        room_patience,
    };
    let policy = headers::policy(&state.site.homeserver);
    let router = files::router(&state.site.assets)
        .route("/config.json", get(settings::settings))
        .nest("/client/v1", endpoints())
        .with_state(state)
        .layer(middleware::map_response(move |response| {
            headers::harden(policy.clone(), response)
        }));
    traced(router, "client")
}

/// Every endpoint. Who takes a [`seat::Seat`] is let in with a session only.
fn endpoints() -> Router<ClientState> {
    let room = Arc::new(Semaphore::new(CONCURRENCY));
    let limit = middleware::from_fn(move |request, next| limited(Arc::clone(&room), request, next));
    Router::new()
        .route("/session", post(session::open))
        .route("/me", get(me::me))
        .route("/check", post(check::check))
        .route(
            "/conversations",
            get(conversations::list::list).post(conversations::start::start),
        )
        .route("/conversations/{id}", get(conversations::room::room))
        .method_not_allowed_fallback(|| async { wrong_method() })
        .fallback(|| async { no_route() })
        .layer(limit)
}

fn no_route() -> Problem {
    let detail = format!("There is no such route: see {DESCRIBED}.");
    Problem::new(StatusCode::NOT_FOUND, "route.not.found", detail)
}

fn wrong_method() -> Problem {
    let detail = format!("The route takes another method: see {DESCRIBED}.");
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method.not.allowed", detail)
}

#[cfg(test)]
mod tests;
