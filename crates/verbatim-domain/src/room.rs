//! What can happen in a room, whatever chat platform it belongs to.

use crate::ids::{EventId, UserId};

/// How an event was protected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// Not encrypted at all.
    Unencrypted,
    /// Encrypted; the word says how the sending device is trusted (`verified`, `cross-signed`, `unsigned` …).
    Encrypted(String),
    /// Never encrypted by nature (membership and other state).
    State,
}

/// What an employee (or the homeserver) did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventKind {
    /// A text message (`m.text`, `m.emote` or `m.notice`), reply fallback removed.
    Text {
        /// The words.
        body: String,
        /// The event it answers.
        reply_to: Option<EventId>,
    },
    /// New words for an earlier message.
    Edit {
        /// The earlier message.
        of: EventId,
        /// The new words.
        body: String,
    },
    /// An earlier event was redacted.
    Redaction {
        /// Which.
        of: Option<EventId>,
    },
    /// A reaction.
    Reaction {
        /// To which event.
        to: EventId,
        /// The key, usually an emoji.
        key: String,
    },
    /// A file, image, voice message, sticker, location, poll …
    Media {
        /// The Matrix type, such as `m.image`.
        what: String,
        /// Caption or file name.
        body: String,
    },
    /// Somebody's membership changed.
    Membership {
        /// Whose.
        user: UserId,
        /// To what.
        change: Membership,
        /// Whether the room is meant as a direct chat.
        direct: bool,
    },
    /// Something that this program does not know and that may hold anybody's words.
    Unknown {
        /// The Matrix type, as far as it tells.
        what: String,
    },
    /// The room's own state and what was redacted: nothing that anybody says.
    Other {
        /// The Matrix type.
        what: String,
    },
}

/// A membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Membership {
    /// Asked in.
    Invite,
    /// In.
    Join,
    /// Out: left, declined or removed.
    Leave,
    /// Kept out.
    Ban,
    /// Asks to come in.
    Knock,
}
