//! `GET /api/v1/conversations/{id}/messages`: where each message stands, without its text.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use verbatim_engine::Engine;
use verbatim_engine::views::MessageView;

use crate::api::endpoint::Endpoint;
use crate::api::input::ConversationPath;
use crate::api::page::{Page, PageQuery, Paging};
use crate::api::problem::Problem;
use crate::api::scope::{Needs, Scope};

/// A message, without its text.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Message {
    /// Our id.
    id: String,
    /// `inbound` or `outbound`.
    #[schema(example = "outbound")]
    direction: String,
    /// Where it stands: `received`, `accepted`, `submitted`, `delivered`, …
    #[schema(example = "delivered")]
    state: String,
    /// The carrier's id, once known.
    provider_id: Option<String>,
    /// The room event.
    event: Option<String>,
    /// How many segments it has; 0 for inbound.
    segments: u32,
    /// When it was captured, Unix milliseconds.
    created_ms: i64,
    /// Class of its failure.
    failure: Option<String>,
    /// The carrier's code for it.
    failure_code: Option<String>,
}

impl From<MessageView> for Message {
    fn from(v: MessageView) -> Self {
        Self {
            id: v.id,
            direction: v.direction,
            state: v.state,
            provider_id: v.provider_id,
            event: v.event,
            segments: v.segments,
            created_ms: v.created_ms,
            failure: v.failure,
            failure_code: v.failure_code,
        }
    }
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::get(
        "/api/v1/conversations/{id}/messages",
        Needs::Scope(Scope::Read),
        list_messages,
    )
}

/// The messages of a conversation in order, without their texts.
#[utoipa::path(get, path = "/api/v1/conversations/{id}/messages", tag = "conversations",
    params(("id" = String, Path, description = "The conversation's id."), PageQuery),
    responses((status = 200, body = Page<Message>)))]
pub(crate) async fn list_messages(
    State(engine): State<Arc<Engine>>,
    ConversationPath(id): ConversationPath,
    paging: Paging,
) -> Result<Json<Page<Message>>, Problem> {
    Page::of(engine.list_messages(id, paging.at()).await, Message::from)
}
