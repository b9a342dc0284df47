//! The employee's own conversations.

pub(super) mod list;
pub(super) mod room;
pub(super) mod start;

use serde::Serialize;
use verbatim_engine::desk;

/// A conversation, the room that it is in, and what may have changed in it.
#[derive(Serialize)]
pub(super) struct Place {
    conversation: String,
    /// Null until it is made.
    room_id: Option<String>,
    /// As in the list.
    consent: &'static str,
    /// As in the list.
    disclosed_at_ms: Option<i64>,
}

impl From<desk::Place> for Place {
    fn from(place: desk::Place) -> Self {
        Self {
            conversation: place.id.to_string(),
            room_id: place.room,
            consent: place.consent.word(),
            disclosed_at_ms: place.disclosed_ms,
        }
    }
}
