//! People, numbers, conversations, messages, as the store keeps them.

use verbatim_domain::consent::Consent;
use verbatim_domain::message::{Direction, MessageState};
use verbatim_domain::{
    AccountId, ContactId, ConversationId, EmployeeId, EventId, MessageId, NumberId, ProviderId,
    RecordId, RoomId, Timestamp, UserId,
};
use verbatim_record::Hash;

use super::{BlindIndex, Failure, Sealed};

/// An employee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Employee {
    /// Our id.
    pub id: EmployeeId,
    /// The platform account; unique.
    pub user: UserId,
    /// Display name, sealed.
    pub name: Sealed,
    /// When they came.
    pub created: Timestamp,
    /// When they left; their assignments end then.
    pub ended: Option<Timestamp>,
}

/// A virtual number of the firm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    /// Our id.
    pub id: NumberId,
    /// Keyed hash of its E.164 form; unique.
    pub index: BlindIndex,
    /// E.164, sealed.
    pub number: Sealed,
    /// The carrier account it belongs to.
    pub account: AccountId,
    /// When it came.
    pub created: Timestamp,
    /// Who holds it at this moment, and since when.
    pub holder: Option<(EmployeeId, Timestamp)>,
}

/// A contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Our id.
    pub id: ContactId,
    /// Opaque local part of its stand-in.
    pub stand_in: String,
    /// State word (domain `ContactState`).
    pub state: String,
    /// Name, sealed; empty bytes while unknown.
    pub name: Sealed,
    /// Phone numbers: keyed hash and sealed E.164.
    pub numbers: Vec<(BlindIndex, Sealed)>,
    /// When it came.
    pub created: Timestamp,
}

/// A conversation with all that the pipelines need to know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    /// Our id.
    pub id: ConversationId,
    /// Our number.
    pub number: Number,
    /// The contact.
    pub contact: Contact,
    /// Which of the contact's numbers.
    pub peer: BlindIndex,
    /// The employee.
    pub employee: Employee,
    /// The room, once made.
    pub room: Option<RoomId>,
    /// When the client was told whom they text with and that it is recorded.
    pub disclosed: Option<Timestamp>,
    /// What the client's number last said to ours about being texted, and when. Whoever held ours then.
    pub consent: Option<(Consent, Timestamp)>,
    /// When it began.
    pub created: Timestamp,
}

/// What a client says about being texted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said {
    /// What.
    pub consent: Consent,
    /// Since when.
    pub at: Timestamp,
    /// Whether that is the carrier's time; else ours, when we heard of it.
    pub by_carrier: bool,
}

impl Conversation {
    /// Whether the client asked not to be texted.
    pub fn opted_out(&self) -> bool {
        matches!(self.consent, Some((Consent::OptedOut, _)))
    }
}

/// A message without its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Our id.
    pub id: MessageId,
    /// Its conversation; none while it has no holder.
    pub conversation: Option<ConversationId>,
    /// Which way.
    pub direction: Direction,
    /// Where it stands.
    pub state: MessageState,
    /// The record that holds its text.
    pub record: RecordId,
    /// The carrier's id, once known.
    pub provider_id: Option<ProviderId>,
    /// The room event: what the employee wrote, or what the stand-in said.
    pub event: Option<EventId>,
    /// Segments, for outbound.
    pub segments: u32,
    /// When we captured it.
    pub created: Timestamp,
    /// When the first submission was tried.
    pub first_tried: Option<Timestamp>,
    /// When the last submission was tried.
    pub last_tried: Option<Timestamp>,
    /// Why it failed, if it did.
    pub failure: Option<Failure>,
}

/// Something an operator should look at. One per key; raising again updates it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// Unique and stable, such as `number-without-holder:<id>`.
    pub key: String,
    /// What it is and how to mend it; no personal data.
    pub text: String,
    /// When it was last raised.
    pub at: Timestamp,
}

/// An API token, known by its hash only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    /// SHA-256 of the token.
    pub hash: Hash,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// When it was made.
    pub created: Timestamp,
    /// When it was withdrawn.
    pub revoked: Option<Timestamp>,
}
