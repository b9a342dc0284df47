//! The conversation state machine: what follows from what happens in a conversation's room.
//!
//! Pure: takes what is known and what happened, returns what to do and why. The engine records the
//! decision and carries the actions out.

use crate::ids::EventId;
use crate::notice::Notice;
use crate::room::{EventKind, Trust};

/// What the decision may depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Whether the sender is the employee who holds the conversation (others are recorded, not relayed).
    pub sender_is_holder: bool,
    /// For a membership event: whether it is the holder's own membership that changed.
    pub subject_is_holder: bool,
    /// Whether the employee still holds the number at this moment.
    pub holds_number: bool,
    /// Whether the client has been told whom they text with and that it is recorded.
    pub disclosed: bool,
    /// The disclosure to send first, if the firm wants one; already filled in.
    pub disclosure: Option<String>,
    /// The greatest number of characters that may be sent as one text.
    pub max_chars: usize,
    /// Whether the event is so old that sending it now would mislead.
    pub too_old: bool,
}

/// How the record names what happened; maps one to one to the record format's kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RecordAs {
    /// A text accepted for sending.
    MessageOut,
    /// An edit of an earlier event.
    Edit,
    /// A redaction.
    Redaction,
    /// A reaction.
    Reaction,
    /// A file.
    Attachment,
    /// A membership change.
    Membership,
    /// Something written that is not relayed.
    Refused,
}

/// Why it was decided so (DESIGN invariant 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rule {
    /// Stable id, such as `relay.text`.
    pub id: &'static str,
    /// Version of the rule.
    pub version: u32,
    /// Machine-readable reason.
    pub reason: &'static str,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Send the disclosure before anything else.
    Disclose {
        /// Its words.
        text: String,
    },
    /// Send a text to the client.
    Submit {
        /// What the employee typed.
        typed: String,
        /// What is transmitted (typographic characters replaced where that keeps it in GSM-7).
        transmitted: String,
        /// How many segments it takes.
        segments: u32,
    },
    /// Tell the employee something about their event.
    Tell(Notice),
    /// The employee is gone from the room: bring them back and raise an alarm.
    Reoffer,
}

/// A decision: how it is recorded, why, and what follows. `None` for what is no business of the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// How the record names it.
    pub record: RecordAs,
    /// The earlier event it is about.
    pub about: Option<EventId>,
    /// Why.
    pub rule: Rule,
    /// What follows, in order.
    pub actions: Vec<Action>,
}

/// Decides what follows from an event in a conversation's room.
pub fn decide(view: &View, trust: &Trust, event: &EventKind) -> Option<Decision> {
    let _ = (view, trust, event);
    None
}
