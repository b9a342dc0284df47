//! `GET /api/v1/conversations/{id}`: one conversation.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use verbatim_engine::Engine;

use super::Conversation;
use crate::api::caller::Caller;
use crate::api::endpoint::Endpoint;
use crate::api::input::ConversationPath;
use crate::api::problem::Problem;
use crate::api::scope::{Needs, Scope};

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::get(
        "/api/v1/conversations/{id}",
        Needs::Scope(Scope::Read),
        show_conversation,
    )
}

/// One conversation. That it was shown is recorded.
#[utoipa::path(get, path = "/api/v1/conversations/{id}", tag = "conversations",
    params(("id" = String, Path, description = "Its id.")),
    responses((status = 200, body = Conversation)))]
pub(crate) async fn show_conversation(
    State(engine): State<Arc<Engine>>,
    caller: Caller,
    ConversationPath(id): ConversationPath,
) -> Result<Json<Conversation>, Problem> {
    let view = engine.show_conversation(&caller.viewer(), id).await?;
    Ok(Json(Conversation::shown(view, &caller)))
}
