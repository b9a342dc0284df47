//! `GET /client/v1/conversations/{id}`: whether a conversation's room is made. It tells nothing of the
//! client, so it is not recorded as a look.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use verbatim_engine::Engine;

use super::Place;
use crate::api::problem::Problem;
use crate::client::input::{ConversationPath, not_yours};
use crate::client::seat::Seat;

pub(in crate::client) async fn room(
    State(engine): State<Arc<Engine>>,
    Seat(desk): Seat,
    ConversationPath(id): ConversationPath,
) -> Result<Json<Place>, Problem> {
    let started = engine.desk_started(&desk, id).await?;
    let started = started.ok_or_else(not_yours)?;
    Ok(Json(started.into()))
}
