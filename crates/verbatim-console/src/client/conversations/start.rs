//! `POST /client/v1/conversations`: begin a conversation with a client.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde::Deserialize;
use tokio::time::{Instant, sleep};

use super::Place;
use crate::api::input::optional_name;
use crate::api::problem::Problem;
use crate::client::seat::Seat;
use crate::client::{ClientState, input};

/// How often the room is asked for. Another node may make it, so that nobody here is told.
const ASK_EVERY: Duration = Duration::from_millis(100);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::client) struct Wish {
    /// The client's, as people write it.
    number: String,
    /// The client's name, if known.
    #[serde(default)]
    name: Option<String>,
    /// Which of the employee's numbers; who holds several is refused without it.
    #[serde(default)]
    from: Option<String>,
}

/// Begins a conversation, or finds the one there is. Safe to repeat. 200 with its room; or, if that is not
/// made within a few seconds, 202 with the address to ask at: the worker makes it once it can.
pub(in crate::client) async fn start(
    State(state): State<ClientState>,
    Seat(desk): Seat,
    input::Json(wish): input::Json<Wish>,
) -> Result<Response, Problem> {
    let engine = &state.engine;
    let name = optional_name(wish.name.as_deref())?;
    let begun = engine.desk_start(&desk, &wish.number, name, wish.from.as_deref());
    let mut begun = begun.await?;
    let deadline = Instant::now() + state.room_patience;
    while begun.room.is_none() && Instant::now() < deadline {
        sleep(ASK_EVERY).await;
        if let Some(now) = engine.desk_place(&desk, begun.id).await? {
            begun = now;
        }
    }
    let there = format!("/client/v1/conversations/{}", begun.id);
    let place = Place::from(begun);
    if place.room_id.is_some() {
        return Ok(Json(place).into_response());
    }
    let later = [
        (header::LOCATION, there),
        (header::RETRY_AFTER, "1".to_owned()),
    ];
    Ok((StatusCode::ACCEPTED, later, Json(place)).into_response())
}
