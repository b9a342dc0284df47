//! `GET /client/v1/conversations`: the employee's conversations, page by page.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use verbatim_engine::Engine;
use verbatim_engine::desk::DeskConversationView;

use crate::api::page::{Page, Paging};
use crate::api::problem::Problem;
use crate::client::seat::Seat;

#[derive(Serialize)]
pub(in crate::client) struct Conversation {
    conversation: String,
    /// Null until it is made.
    room_id: Option<String>,
    /// The contact's; null while unknown.
    name: Option<String>,
    /// All digits hidden but the last four.
    masked_number: String,
    /// E.164.
    our_number: String,
    /// `opted-in`, `opted-out`, `not-asked`, `unknown-sender`.
    consent: &'static str,
    /// When the client was told whom they text with and that it is recorded, Unix milliseconds.
    disclosed_at_ms: Option<i64>,
}

impl From<DeskConversationView> for Conversation {
    fn from(view: DeskConversationView) -> Self {
        Self {
            conversation: view.id.to_string(),
            room_id: view.room,
            name: Some(view.name).filter(|name| !name.is_empty()),
            masked_number: view.masked_number,
            our_number: view.our_number,
            consent: view.consent.word(),
            disclosed_at_ms: view.disclosed_ms,
        }
    }
}

/// In order of their beginning. That they were shown is recorded.
pub(in crate::client) async fn list(
    State(engine): State<Arc<Engine>>,
    Seat(desk): Seat,
    paging: Paging,
) -> Result<Json<Page<Conversation>>, Problem> {
    let page = engine.desk_conversations(&desk, paging.at()).await;
    Page::of(page, Conversation::from)
}
