//! Jobs: what is left to do, in lanes that keep their order.

use verbatim_domain::{ConversationId, EventId, JobId, MessageId, RoomId, Timestamp};

use super::{BlindIndex, Sealed};

/// A queue within which jobs run strictly one after the other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lane(pub String);

impl std::fmt::Display for Lane {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Lane {
    /// Events of a room, in the homeserver's order.
    pub fn inbox(room: &RoomId) -> Self {
        Self(format!("inbox:{room}"))
    }
    /// What is said into a conversation's room.
    pub fn room(conversation: ConversationId) -> Self {
        Self(format!("room:{conversation}"))
    }
    /// Invitations into a conversation's room: beside what is said there, which may wait for them.
    pub fn offer(conversation: ConversationId) -> Self {
        Self(format!("offer:{conversation}"))
    }
    /// What is sent to a conversation's phone.
    pub fn sms(conversation: ConversationId) -> Self {
        Self(format!("sms:{conversation}"))
    }
    /// Texts to a number that nobody holds.
    pub fn unrouted(number: &BlindIndex) -> Self {
        Self(format!("unrouted:{}", number.short()))
    }
    /// Disposals, one after the other.
    pub fn disposal() -> Self {
        Self("disposal".to_owned())
    }
    /// One event that could not be opened in time and no longer holds up its room.
    pub fn late(event: &EventId) -> Self {
        Self(format!("late:{event}"))
    }
    /// What the bot says in an employee's direct chat.
    pub fn direct(room: &RoomId) -> Self {
        Self(format!("direct:{room}"))
    }
}

/// What a job is for. The numbers are stored and never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(i16)]
pub enum JobKind {
    /// Open a room event and act on it.
    RoomEvent = 1,
    /// Make the conversation's room, or bring it to its proper state.
    OpenRoom = 2,
    /// Say something into a room.
    Say = 3,
    /// Show the state of a message in the room.
    Show = 4,
    /// Bring a message to the carrier, including finding out what became of an attempt.
    Submit = 5,
    /// Find a holder for a text that had none.
    Route = 6,
    /// Bring an employee into a room, and see whether they come.
    OfferRoom = 7,
    /// Carry out the disposals that are approved.
    Dispose = 8,
}

/// A job to be queued.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// Its queue.
    pub lane: Lane,
    /// What it is for.
    pub kind: JobKind,
    /// Not before this moment.
    pub due: Timestamp,
    /// Sealed details; empty if the ids below say all.
    pub payload: Sealed,
    /// The conversation it is about.
    pub conversation: Option<ConversationId>,
    /// The message it is about.
    pub message: Option<MessageId>,
    /// The room it is about (for waking).
    pub room: Option<RoomId>,
    /// While a job with this key waits, a second one is not queued.
    pub unique: Option<String>,
}

/// A job at the head of its lane.
#[derive(Debug, Clone)]
pub struct Job {
    /// Its place; smaller ran earlier within a lane.
    pub id: JobId,
    /// Its queue.
    pub lane: Lane,
    /// What it is for.
    pub kind: JobKind,
    /// When it was queued.
    pub created: Timestamp,
    /// How often it was tried and put back.
    pub attempts: u32,
    /// Not before this moment.
    pub due: Timestamp,
    /// Sealed details.
    pub payload: Sealed,
    /// The conversation it is about.
    pub conversation: Option<ConversationId>,
    /// The message it is about.
    pub message: Option<MessageId>,
    /// The room it is about.
    pub room: Option<RoomId>,
}
