//! `GET /client/v1/me`: who the employee is, and within which limits they text.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use verbatim_engine::Engine;

use super::seat::Seat;
use crate::api::problem::Problem;

#[derive(Serialize)]
pub(super) struct Me {
    user_id: String,
    name: String,
    firm: String,
    /// The numbers that they hold.
    numbers: Vec<OwnNumber>,
    /// The longest text, in characters.
    max_chars: usize,
    /// Assumed for numbers without a country code, such as `US`; empty if none is.
    region: String,
}

#[derive(Serialize)]
struct OwnNumber {
    id: String,
    /// E.164.
    number: String,
}

pub(super) async fn me(
    State(engine): State<Arc<Engine>>,
    Seat(desk): Seat,
) -> Result<Json<Me>, Problem> {
    let view = engine.desk_me(&desk).await?;
    let settings = engine.settings();
    let numbers = view.numbers.into_iter();
    Ok(Json(Me {
        user_id: view.user,
        name: view.name,
        firm: settings.firm.clone(),
        numbers: numbers
            .map(|(id, number)| OwnNumber { id, number })
            .collect(),
        max_chars: settings.max_chars,
        region: settings.region.clone().unwrap_or_default(),
    }))
}
