//! What callers send: JSON bodies and ids, read strictly, refused with words that say what to mend.

use std::time::Duration;

use axum::extract::{self, FromRequest, FromRequestParts, Path, Request};
use http::request::Parts;
use http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;
use verbatim_domain::ConversationId;

use super::problem::Problem;
use crate::body;

/// The largest body taken.
pub(crate) const BODY_LIMIT: usize = 64 * 1024;
const READ_TIME: Duration = Duration::from_secs(10);

/// A JSON body. Unknown fields are refused: a misspelt one must not be silently without effect.
pub(crate) struct Json<T>(pub(crate) T);

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        json(request, "/api/v1/openapi.json").await.map(Self)
    }
}

/// A JSON body; `described` says where it is described.
pub(crate) async fn json<T: DeserializeOwned>(
    request: Request,
    described: &str,
) -> Result<T, Problem> {
    if !is_json(request.headers()) {
        let detail = "Send JSON with `Content-Type: application/json`.";
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "body.type.unsupported",
            detail,
        ));
    }
    let bytes = body::read(request.into_body(), BODY_LIMIT, READ_TIME).await?;
    serde_json::from_slice(&bytes).map_err(|error| unreadable(&error, described))
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    let media_type = value.split(';').next().unwrap_or_default().trim();
    media_type.eq_ignore_ascii_case("application/json")
}

fn unreadable(error: &serde_json::Error, described: &str) -> Problem {
    let kind = if error.is_data() {
        "body.not.as.described"
    } else {
        "body.not.json"
    };
    let detail = format!("The body cannot be read: {error}. See {described}.");
    Problem::new(StatusCode::BAD_REQUEST, kind, detail)
}

/// Query parameters, as strict as a body.
pub(crate) struct Query<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = extract::Query::<T>::from_request_parts(parts, state).await;
        query
            .map(|extract::Query(query)| Self(query))
            .map_err(|error| bad_query(&error.body_text()))
    }
}

/// The query is not as described.
pub(crate) fn bad_query(why: &str) -> Problem {
    let detail = format!("{why}. See /api/v1/openapi.json.");
    Problem::new(StatusCode::BAD_REQUEST, "query.not.as.described", detail)
}

/// The conversation that a path names.
pub(crate) struct ConversationPath(pub(crate) ConversationId);

impl<S: Send + Sync> FromRequestParts<S> for ConversationPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let none = || {
            let detail =
                "That is not the id of a conversation: `verbatim conversation list` shows them.";
            Problem::new(StatusCode::NOT_FOUND, "conversation.not.found", detail)
        };
        let Path(id) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| none())?;
        id.parse().map(Self).map_err(|_| none())
    }
}

/// The id that a path or a body names; `what` is what it should be the id of.
pub(crate) fn id<T: std::str::FromStr>(text: &str, what: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| {
        let kind = format!("{what}.not.found");
        let detail = format!("That is not the id of a {what}.");
        Problem::new(StatusCode::NOT_FOUND, kind, detail)
    })
}

/// Longest name of a person or thing, in characters.
const NAME_LIMIT: usize = 200;

/// A name as people write it: bounded, on one line.
pub(crate) fn name(name: &str) -> Result<&str, Problem> {
    let name = name.trim();
    if name.chars().count() > NAME_LIMIT {
        return Err(Problem::invalid(
            "name.too.long",
            format!("A name may have {NAME_LIMIT} characters."),
        ));
    }
    if name.chars().any(char::is_control) {
        return Err(Problem::invalid(
            "name.not.text",
            "A name may not have line breaks or control characters.",
        ));
    }
    Ok(name)
}

/// The same for an optional one.
pub(crate) fn optional_name(given: Option<&str>) -> Result<Option<&str>, Problem> {
    given.map(name).transpose()
}
