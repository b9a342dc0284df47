//! The employee's own conversations.

pub(super) mod list;
pub(super) mod room;
pub(super) mod start;

use serde::Serialize;
use verbatim_engine::desk::Started;

/// A conversation, and the room that it is in.
#[derive(Serialize)]
pub(super) struct Place {
    conversation: String,
    /// Null until it is made.
    room_id: Option<String>,
}

impl From<Started> for Place {
    fn from(started: Started) -> Self {
        Self {
            conversation: started.id.to_string(),
            room_id: started.room,
        }
    }
}
