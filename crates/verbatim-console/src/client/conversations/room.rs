//! `GET /client/v1/conversations/{id}`: whether a conversation's room is made, and whether the client wants to
//! be texted. It does not say who that is, so it is not recorded as a look.

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
    let place = engine.desk_place(&desk, id).await?;
    let place = place.ok_or_else(not_yours)?;
    Ok(Json(place.into()))
}
