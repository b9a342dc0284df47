//! The public edge: carriers' webhooks, and nothing else.
//!
//! `POST /hooks/{account}/{rest}` is read as raw bytes within limits of size and time; the engine checks
//! the signature over those bytes and commits before this answers. Whatever is not that is 404.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::{HeaderMap, StatusCode, Uri, header};
use tokio::sync::Semaphore;
use verbatim_domain::AccountId;
use verbatim_engine::ports::Webhook;
use verbatim_engine::{Intake, WebhookAnswer};

use crate::body::{self, BodyError};
use crate::trace::traced;

/// The largest webhook taken.
const BODY_LIMIT: usize = 64 * 1024;
/// How long a webhook's body may take to arrive.
const READ_TIME: Duration = Duration::from_secs(10);
/// Webhooks that may wait for a commit at once. They share fsyncs, so many is good.
const CONCURRENCY: usize = 512;
/// What a carrier should wait when told to repeat, in seconds.
const RETRY_AFTER_S: u32 = 5;
/// "Nothing to say to the sender": what Twilio-shaped carriers expect, and others ignore.
const EMPTY_TWIML: &str = r#"<?xml version="1.0" encoding="UTF-8"?><Response/>"#;

#[derive(Clone)]
struct Edge {
    intake: Arc<Intake>,
    room: Arc<Semaphore>,
}

/// The router for the public listener.
pub fn edge_router(intake: Arc<Intake>) -> Router {
    with_room_for(intake, CONCURRENCY)
}

fn with_room_for(intake: Arc<Intake>, webhooks: usize) -> Router {
    let state = Edge {
        intake,
        room: Arc::new(Semaphore::new(webhooks)),
    };
    let router = Router::new()
        .route("/hooks/{account}/{*rest}", post(webhook))
        .fallback(nothing_here)
        .method_not_allowed_fallback(nothing_here)
        .with_state(state);
    traced(router, "edge")
}

async fn webhook(State(edge): State<Edge>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Some(account) = account(&head.uri) else {
        return nothing_here().await;
    };
    let body = match body::read(body, BODY_LIMIT, READ_TIME).await {
        Ok(body) => body,
        Err(error) => return unread(error),
    };
    // Taken only now: a slow sender holds a connection, not a place.
    let Ok(_place) = edge.room.try_acquire() else {
        return try_later();
    };
    let hook = Webhook {
        path_and_query: path_and_query(&head.uri),
        headers: headers(&head.headers),
        body,
    };
    match edge.intake.webhook(&account, &hook).await {
        WebhookAnswer::Accepted => {
            ([(header::CONTENT_TYPE, "text/xml")], EMPTY_TWIML).into_response()
        }
        WebhookAnswer::Forged => StatusCode::FORBIDDEN.into_response(),
        WebhookAnswer::UnknownAccount => nothing_here().await,
        WebhookAnswer::TryLater => try_later(),
    }
}

fn unread(error: BodyError) -> Response {
    match error {
        BodyError::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        // Some carriers drop what is answered with 4xx, and a slow network is not their fault.
        BodyError::TooSlow => try_later(),
        BodyError::Broken => StatusCode::BAD_REQUEST.into_response(),
    }
}

fn try_later() -> Response {
    (
        StatusCode::SERVICE_UNAVAILABLE,
        [(header::RETRY_AFTER, RETRY_AFTER_S.to_string())],
    )
        .into_response()
}

async fn nothing_here() -> Response {
    StatusCode::NOT_FOUND.into_response()
}

/// The account as it stands in the path. Names need no escaping, so an escaped one is none of ours.
fn account(uri: &Uri) -> Option<AccountId> {
    let (account, _) = uri.path().strip_prefix("/hooks/")?.split_once('/')?;
    Some(AccountId::from(account))
}

/// Exactly as received: carriers sign it.
fn path_and_query(uri: &Uri) -> String {
    uri.path_and_query()
        .map_or_else(String::new, ToString::to_string)
}

/// Names are lower case already; a value that is not text cannot be part of a signature that holds.
fn headers(map: &HeaderMap) -> Vec<(String, String)> {
    map.iter()
        .map(|(name, value)| {
            (
                name.as_str().to_owned(),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            )
        })
        .collect()
}

#[cfg(test)]
mod tests;
