//! What jobs carry. Sealed JSON: these rows live for seconds and are read only by the program that wrote
//! them or its successor, so unknown fields are ignored and new ones have defaults.

use serde::{Deserialize, Serialize};
use verbatim_domain::{EventId, RoomId, Timestamp};

use crate::core::Engine;
use crate::ports::{Content, Sealed, StoreError};

/// What they are sealed for.
pub(crate) const PURPOSE: &str = "job";

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
    pub(crate) fn pack<T: Serialize>(&self, payload: &T) -> Sealed {
        self.hide(PURPOSE, &packed(payload))
    }

    pub(crate) fn unpack<T: for<'a> Deserialize<'a>>(
        &self,
        sealed: &Sealed,
    ) -> Result<T, StoreError> {
        serde_json::from_slice(&self.reveal(PURPOSE, sealed)?)
            .map_err(|e| StoreError::Damaged(format!("job payload: {e}")))
    }
}
