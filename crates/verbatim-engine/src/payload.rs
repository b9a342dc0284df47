//! What jobs carry. Sealed JSON: these rows live for seconds and are read only by the program that wrote
//! them or its successor, so unknown fields are ignored and new ones have defaults.

use serde::{Deserialize, Serialize};
use verbatim_domain::consent::Consent;
use verbatim_domain::{ConversationId, EventId, MessageId, RoomId, Timestamp};

use crate::core::Engine;
use crate::intake::hide;
use crate::ports::{Content, Job, JobKind, Sealed, StoreError};

/// What they are sealed for.
pub(crate) const PURPOSE: &str = "job";

/// What a payload belongs to. It opens there and nowhere else: who writes the store cannot have one client's
/// text said to another.
#[derive(Debug, Clone, Copy)]
pub(crate) enum About<'a> {
    /// A text from a client, whose conversation may have to be found yet.
    Text(MessageId),
    /// A text of ours.
    Submission(ConversationId, MessageId),
    /// What the bot says in a conversation.
    Notice(ConversationId),
    /// What the bot says in a direct chat; its room stands in it.
    Answer,
    /// Whether somebody comes into a conversation's room.
    Offer(ConversationId),
    /// An event of a room.
    Event(&'a RoomId),
}

impl<'a> About<'a> {
    /// What a job's payload must belong to.
    fn of(job: &'a Job) -> Result<Self, StoreError> {
        use JobKind::{OfferRoom, RoomEvent, Route, Say, Submit};
        Ok(match (job.kind, job.conversation, job.message, &job.room) {
            (Say | Route, _, Some(message), _) => Self::Text(message),
            (Submit, Some(conversation), Some(message), _) => {
                Self::Submission(conversation, message)
            }
            (Say, Some(conversation), None, _) => Self::Notice(conversation),
            (Say, None, None, _) => Self::Answer,
            (OfferRoom, Some(conversation), ..) => Self::Offer(conversation),
            (RoomEvent, _, _, Some(room)) => Self::Event(room),
            (kind, ..) => {
                let text = format!("a job {kind:?} lacks what it is about");
                return Err(StoreError::Damaged(text));
            }
        })
    }

    /// The context that the vault seals for.
    pub(crate) fn context(self) -> Vec<u8> {
        match self {
            Self::Text(message) => format!("text {message}"),
            Self::Submission(conversation, message) => format!("submit {conversation} {message}"),
            Self::Notice(conversation) => format!("notice {conversation}"),
            Self::Answer => "answer".to_owned(),
            Self::Offer(conversation) => format!("offer {conversation}"),
            Self::Event(room) => format!("event {room}"),
        }
        .into_bytes()
    }
}

/// Of a `Say` or `Route` job.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SayPayload {
    /// In the stand-in's name, else the bot's.
    pub as_stand_in: bool,
    /// What is said.
    pub content: Content,
    /// The room, where it is not the conversation's.
    #[serde(default)]
    pub room: Option<RoomId>,
    /// Notices about one event share a slot: later ones replace the first.
    #[serde(default)]
    pub slot: Option<EventId>,
    /// When it happened at the origin.
    #[serde(default)]
    pub at: Option<Timestamp>,
    /// For a text without a holder: what is needed to place it later.
    #[serde(default)]
    pub parties: Option<Parties>,
    /// What a client's text says about being texted: the employee is told.
    #[serde(default)]
    pub consent: Option<Consent>,
}

/// Who texted whom, as the carrier wrote it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Parties {
    pub account: String,
    pub provider_id: String,
    pub from: String,
    pub to: String,
}

/// Of a `Submit` job.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct SubmitPayload {
    /// Exactly what is transmitted.
    pub text: String,
    /// Whether the employee has been told that the outcome is not known.
    #[serde(default)]
    pub told_unknown: bool,
    /// How often the carrier was asked what became of the present attempt.
    #[serde(default)]
    pub asked: u32,
    /// Whether an alarm was raised because the outcome stays unknown.
    #[serde(default)]
    pub alarmed: bool,
    /// Whether it is in the record that the carrier refuses the account.
    #[serde(default)]
    pub barred: bool,
}

/// Of an `OfferRoom` job.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct OfferPayload {
    /// Since when an invitation is known to stand unanswered.
    #[serde(default)]
    pub asked: Option<Timestamp>,
    /// Whether a client's text waits for the employee: then it does not matter who holds the number.
    #[serde(default)]
    pub text_waits: bool,
}

/// Of a `RoomEvent` job: the raw event, and how far the ladder for undecryptable ones has gone.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct EventPayload {
    /// The JSON as delivered.
    pub raw: String,
    /// 0 nothing told yet, 1 told that the key is missing, 2 given up.
    #[serde(default)]
    pub step: u8,
    /// When it was first looked at in vain: no key, or a room that nobody knows.
    #[serde(default)]
    pub since: Option<Timestamp>,
}

/// A payload, to be sealed.
pub(crate) fn packed<T: Serialize>(payload: &T) -> Vec<u8> {
    // These types have no map with non-string keys and no failing serializer.
    serde_json::to_vec(payload).unwrap_or_default()
}

impl Engine {
    pub(crate) fn pack<T: Serialize>(&self, about: About<'_>, payload: &T) -> Sealed {
        let (plain, entropy) = (packed(payload), &*self.entropy);
        hide(&self.vault, entropy, PURPOSE, &about.context(), &plain)
    }

    /// A job's payload again, changed.
    pub(crate) fn pack_for<T: Serialize>(
        &self,
        job: &Job,
        payload: &T,
    ) -> Result<Sealed, StoreError> {
        Ok(self.pack(About::of(job)?, payload))
    }

    pub(crate) fn unpack<T: for<'a> Deserialize<'a>>(&self, job: &Job) -> Result<T, StoreError> {
        let context = About::of(job)?.context();
        let plain = self.vault.open(PURPOSE, &context, &job.payload.0);
        let plain = plain.map_err(|e| StoreError::Damaged(format!("job payload: {e}")))?;
        serde_json::from_slice(&plain).map_err(|e| StoreError::Damaged(format!("job payload: {e}")))
    }
}
