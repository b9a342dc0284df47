//! `POST /api/v1/conversations`: begin a conversation.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use verbatim_domain::UserId;
use verbatim_engine::Engine;

use super::Conversation;
use crate::api::caller::Caller;
use crate::api::endpoint::Endpoint;
use crate::api::input;
use crate::api::problem::Problem;
use crate::api::scope::{Needs, Scope};

/// Between whom.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StartConversation {
    /// Account of the employee.
    #[schema(example = "@alice:example.org")]
    user: String,
    /// The client's number, with country code.
    #[schema(example = "+14155552671")]
    peer: String,
    /// Which of the employee's numbers; who holds several is refused without it.
    #[serde(default)]
    number: Option<String>,
    /// The client's name, if known.
    #[serde(default)]
    #[schema(max_length = 200)]
    name: Option<String>,
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::post(
        "/api/v1/conversations",
        Needs::Scope(Scope::Provision),
        start_conversation,
    )
}

/// Begins a conversation, or finds the one there is. Its room is made shortly after. Safe to repeat.
#[utoipa::path(post, path = "/api/v1/conversations", tag = "conversations", request_body = StartConversation,
    responses((status = 200, body = Conversation)))]
pub(crate) async fn start_conversation(
    State(engine): State<Arc<Engine>>,
    caller: Caller,
    input::Json(wish): input::Json<StartConversation>,
) -> Result<Json<Conversation>, Problem> {
    let name = input::optional_name(wish.name.as_deref())?;
    let user = UserId(wish.user);
    let view = engine
        .start_conversation(
            &caller.actor(),
            &user,
            wish.number.as_deref(),
            &wish.peer,
            name,
        )
        .await?;
    Ok(Json(Conversation::shown(view, &caller)))
}
