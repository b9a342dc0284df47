//! What the client sends: read as strictly as the REST API reads.

use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use http::StatusCode;
use http::request::Parts;
use serde::de::DeserializeOwned;
use verbatim_domain::ConversationId;

use super::DESCRIBED;
use crate::api::input;
use crate::api::problem::Problem;

/// A JSON body.
pub(super) struct Json<T>(pub(super) T);

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        input::json(request, DESCRIBED).await.map(Self)
    }
}

/// The conversation that a path names.
pub(super) struct ConversationPath(pub(super) ConversationId);

impl<S: Send + Sync> FromRequestParts<S> for ConversationPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        let Path(id) = path.map_err(|_| not_yours())?;
        conversation(&id).map(Self)
    }
}

/// The conversation that a text names.
pub(super) fn conversation(id: &str) -> Result<ConversationId, Problem> {
    id.parse().map_err(|_| not_yours())
}

/// There is none, or it is somebody else's: which of both is nobody's business.
pub(super) fn not_yours() -> Problem {
    let detail = "You have no such conversation.";
    Problem::new(StatusCode::NOT_FOUND, "conversation.not.found", detail)
}
