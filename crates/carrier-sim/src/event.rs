//! What the ledger holds: everything that ever happened at the simulated carrier.

use crate::faults::{Fault, FaultKind};
use serde::{Deserialize, Serialize};

/// One line of the ledger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Position, from 1 without gaps.
    pub seq: u64,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// A number of the account exists with this inbound webhook (empty: none).
    NumberSet {
        /// The number.
        number: String,
        /// The webhook's address.
        sms_url: String,
    },
    /// Somebody stands behind a number of the account (empty: nobody is named).
    NumberNamed {
        /// The number.
        number: String,
        /// Who answers there.
        name: String,
    },
    /// A phone exists.
    PhoneAdded {
        /// The number.
        number: String,
        /// What the page calls it.
        name: String,
    },
    /// A phone refuses, or allows again, texts from a number of the account.
    OptOut {
        /// The phone.
        phone: String,
        /// The number of the account.
        number: String,
        /// Whether it refuses.
        opted_out: bool,
    },
    /// A phone sent a text to a number of the account.
    Inbound(Text),
    /// The API accepted a message for a phone.
    Accepted {
        /// The message.
        #[serde(flatten)]
        text: Text,
        /// Where status callbacks go.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status_callback: Option<String>,
        /// How long the message may wait before it is sent, in seconds.
        validity_s: u32,
        /// The messaging service that the caller named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        messaging_service_sid: Option<String>,
    },
    /// The API refused to send a message. What was to be sent is not kept.
    Refused {
        /// The sender that was named, as it came but cut to a sensible length.
        from: String,
        /// The receiver that was named, likewise.
        to: String,
        /// The HTTP status of the answer.
        status: u16,
        /// The provider's error code.
        code: u32,
    },
    /// An accepted message changed its state.
    Status {
        /// The message.
        sid: String,
        /// The new state.
        status: Status,
        /// Why, for a failure.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error_code: Option<u32>,
    },
    /// A phone shows a message.
    Delivered(Text),
    /// A webhook was tried, or a fault lost it.
    Webhook(Attempt),
    /// A fault switch was set.
    FaultSet {
        /// The switch.
        fault: Fault,
    },
    /// All switches were turned off.
    FaultsCleared,
    /// A fault struck.
    FaultStruck {
        /// Which.
        fault: FaultKind,
        /// The message it struck, if it was one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sid: Option<String>,
    },
}

/// A text on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// The provider's identifier.
    pub sid: String,
    /// Sender, E.164.
    pub from: String,
    /// Receiver, E.164.
    pub to: String,
    /// The text itself.
    pub body: String,
}

/// One try of a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The message that it tells of.
    pub sid: String,
    /// The state that it tells: `received` for an inbound text.
    pub status: Status,
    /// Where it went.
    pub url: String,
    /// The try, from 1; 0 for one that a fault lost.
    pub attempt: u8,
    /// The copy, from 1: duplicates have more than one.
    pub copy: u8,
    /// What came of it.
    pub outcome: Outcome,
    /// The answer's status, if there was an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_status: Option<u16>,
    /// How long it took.
    pub elapsed_ms: u64,
}

/// What came of one try of a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A complete answer, whatever its status.
    Answered,
    /// No connection.
    ConnectFailed,
    /// A connection, but no complete answer in time.
    TimedOut,
    /// The connection broke.
    Broken,
    /// Never tried: a fault lost it.
    Lost,
}

/// The provider's states of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Accepted, waiting.
    Queued,
    /// On its way to the network.
    Sending,
    /// With the network.
    Sent,
    /// Shown by the phone.
    Delivered,
    /// The network gave up.
    Undelivered,
    /// Never sent.
    Failed,
    /// Inbound, complete.
    Received,
}

impl Status {
    /// The provider's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Undelivered => "undelivered",
            Self::Failed => "failed",
            Self::Received => "received",
        }
    }

    /// Whether nothing comes after it.
    #[must_use]
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Queued | Self::Sending | Self::Sent)
    }
}
