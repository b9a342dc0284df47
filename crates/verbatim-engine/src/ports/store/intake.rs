//! What intake brings to the store, and what becomes of it.

use verbatim_domain::message::MessageState;
use verbatim_domain::{
    AccountId, ContactId, ConversationId, EmployeeId, EventId, JobId, MessageId, ProviderId,
    RoomId, Timestamp,
};
use verbatim_record::{Hash, SealedRecord};

use super::{BlindIndex, Said, Sealed};

/// A client's text, verified, sealed, ready to be recorded.
#[derive(Debug, Clone)]
pub struct InboundSms {
    /// The carrier account it came through.
    pub account: AccountId,
    /// Unique within the account; a second one is a duplicate.
    pub provider_id: ProviderId,
    /// Our number.
    pub to: BlindIndex,
    /// The client's number.
    pub from: BlindIndex,
    /// The client's number, sealed, for a new contact.
    pub from_sealed: Sealed,
    /// When the carrier took it, as far as it says so and never later than now, else when we captured
    /// it; decides whose number it is.
    pub at: Timestamp,
    /// Its record.
    pub record: SealedRecord,
    /// What it says about being texted, if it does: as [`Change::SetConsent`](super::Change::SetConsent).
    pub consent: Option<Said>,
    /// Payload of the job that says it into the room.
    pub say: Sealed,
    /// Used only where something new must be made.
    pub fresh: FreshIds,
    /// Who gets what nobody holds.
    pub catch_all: Option<EmployeeId>,
    /// A text recorded earlier without a holder is placed again: its record and message exist, this
    /// job is finished if it finds its place now, else it stays. If it does, `record` is added to the
    /// conversation, about the earlier one.
    pub again: Option<JobId>,
}

/// Ids drawn in advance for what may have to be made.
#[derive(Debug, Clone)]
pub struct FreshIds {
    /// For an unknown contact.
    pub contact: ContactId,
    /// For the contact's stand-in: opaque local part.
    pub stand_in: String,
    /// For a new conversation.
    pub conversation: ConversationId,
    /// For the message.
    pub message: MessageId,
}

/// What became of a client's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InboundOutcome {
    /// Recorded and on its way into a room.
    Placed {
        /// The message.
        message: MessageId,
        /// Its conversation.
        conversation: ConversationId,
        /// Whether the contact was made for it (state `incomplete`).
        new_contact: bool,
        /// Whether it went to the catch-all because nobody holds the number.
        caught: bool,
    },
    /// Recorded, but nobody is there to get it: a `Route` job waits in [`Lane::unrouted`](super::Lane::unrouted).
    Unplaced {
        /// The message.
        message: MessageId,
        /// Whether the number is ours at all.
        known_number: bool,
    },
    /// Seen before; nothing was written.
    Duplicate,
}

/// News of an outbound message, ready to be recorded.
#[derive(Debug, Clone)]
pub struct ReceiptIn {
    /// The carrier account it came through.
    pub account: AccountId,
    /// The carrier's id.
    pub provider_id: ProviderId,
    /// Our id, if the carrier gave it back.
    pub message: Option<MessageId>,
    /// The state it would move the message to; `None` records without moving.
    pub to: Option<MessageState>,
    /// Failure class and code in words of ours, for the notice.
    pub failure: Option<Failure>,
    /// Makes the receipt unique: hash of (account, provider id, status, code).
    pub dedupe: Hash,
    /// When we captured it.
    pub at: Timestamp,
    /// Its record.
    pub record: SealedRecord,
    /// If the message moves: this job goes into the room's lane (once per message at a time).
    pub show: bool,
}

/// Why a message failed, as far as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Stable word for the class, such as `opted_out`.
    pub class: String,
    /// The carrier's code.
    pub code: String,
    /// Whether it is certain that the client did not get it.
    pub certain: bool,
}

/// What became of a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReceiptOutcome {
    /// Recorded, and the message moved.
    Moved {
        /// The message.
        message: MessageId,
    },
    /// Recorded; too late or without meaning for the state.
    Noted,
    /// Recorded, but no message of ours is known by that id.
    Orphan,
    /// Seen before; nothing was written.
    Duplicate,
}

/// A room event as delivered, not yet opened.
#[derive(Debug, Clone)]
pub struct RoomEventIn {
    /// Its id; a second one is skipped.
    pub event: EventId,
    /// Its room.
    pub room: RoomId,
    /// The raw event, sealed: payload of the `RoomEvent` job in [`Lane::inbox`](super::Lane::inbox).
    pub raw: Sealed,
}
