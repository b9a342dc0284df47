//! Conversations: one of our numbers, one client's number, one employee, one room.

pub(crate) mod consent;
pub(crate) mod list;
pub(crate) mod messages;
pub(crate) mod show;
pub(crate) mod start;
pub(crate) mod timeline;

use serde::Serialize;
use utoipa::ToSchema;
use verbatim_engine::views::ConversationView;

use crate::api::caller::Caller;

/// A conversation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Conversation {
    /// Our id.
    id: String,
    /// As the room is named.
    title: String,
    /// Account of the employee.
    #[schema(example = "@alice:example.org")]
    employee: String,
    /// Our number; masked for tokens without scope `record` or `provision`.
    number: String,
    /// The client's number; masked likewise.
    peer: String,
    /// Id of the contact.
    contact: String,
    /// What the client said about being texted: `opted-in`, `opted-out`; else `not-asked`, or `unknown-sender`
    /// while nobody has said who they are.
    #[schema(example = "not-asked")]
    consent: &'static str,
    /// The room, once it is made.
    room: Option<String>,
    /// When it began, Unix milliseconds.
    created_ms: i64,
}

impl Conversation {
    fn shown(view: ConversationView, caller: &Caller) -> Self {
        let ConversationView {
            id,
            title,
            employee,
            number,
            peer,
            contact,
            consent,
            room,
            created_ms,
        } = view;
        let shown = caller.number(&peer);
        // A room without a name for the client may be named after the number.
        let title = if peer.is_empty() {
            title
        } else {
            title.replace(&peer, &shown)
        };
        Self {
            id,
            title,
            employee,
            number: caller.number(&number),
            peer: shown,
            contact,
            consent,
            room,
            created_ms,
        }
    }
}
