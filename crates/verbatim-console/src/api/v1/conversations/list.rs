//! `GET /api/v1/conversations`: all conversations, page by page.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use verbatim_engine::Engine;

use super::Conversation;
use crate::api::caller::Caller;
use crate::api::endpoint::Endpoint;
use crate::api::page::{Page, PageQuery, Paging};
use crate::api::problem::Problem;
use crate::api::scope::{Needs, Scope};

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::get(
        "/api/v1/conversations",
        Needs::Scope(Scope::Read),
        list_conversations,
    )
}

/// All conversations in order of their beginning. That they were shown is recorded.
#[utoipa::path(get, path = "/api/v1/conversations", tag = "conversations", params(PageQuery),
    responses((status = 200, body = Page<Conversation>)))]
pub(crate) async fn list_conversations(
    State(engine): State<Arc<Engine>>,
    caller: Caller,
    paging: Paging,
) -> Result<Json<Page<Conversation>>, Problem> {
    let page = engine
        .list_conversations(&caller.viewer(), paging.at())
        .await;
    Page::of(page, |conversation| {
        Conversation::shown(conversation, &caller)
    })
}
