//! Every identifier is a type, and each says where it is unique.
//! Our own ids are random 128-bit values made outside the domain, or times with randomness for what there
//! is very much of; foreign ids are opaque text.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Timestamp;

macro_rules! own_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// Makes an id of 128 random bits that the caller drew.
            pub fn from_random(bytes: [u8; 16]) -> Self {
                Self(uuid::Builder::from_random_bytes(bytes).into_uuid())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_simple().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(s).map(Self)
            }
        }
    };
}

macro_rules! foreign_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The text as the other side wrote it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(s: &str) -> Self {
                Self(s.to_owned())
            }
        }
    };
}

own_id! {
    /// A legal hold. Unique in the installation.
    HoldId
}
own_id! {
    /// A disposal. Unique in the installation.
    DisposalId
}
own_id! {
    /// An employee of the firm. Unique in one installation.
    EmployeeId
}
own_id! {
    /// A client of the firm. Unique in one installation.
    ContactId
}
own_id! {
    /// A virtual number of the firm, whoever holds it. Unique in one installation.
    NumberId
}
own_id! {
    /// One of our numbers and one set of contact numbers. Unique in one installation; appears in leaves.
    ConversationId
}
own_id! {
    /// One message in one direction. Unique in one installation; travels to the carrier as our reference.
    MessageId
}
own_id! {
    /// One entry of the record. Unique in one installation.
    RecordId
}

impl ConversationId {
    /// Stands for "no conversation" in records about the installation itself.
    pub const NONE: Self = Self(Uuid::nil());
}

foreign_id! {
    /// A carrier account as the configuration names it, such as `twilio-main`. Unique in one installation.
    AccountId
}
foreign_id! {
    /// The carrier's id of a message (Twilio: `SM…`). Unique within one carrier account.
    ProviderId
}
foreign_id! {
    /// A user of the chat platform (Matrix: `@alice:example.org`). Globally unique.
    UserId
}
foreign_id! {
    /// A room of the chat platform. Globally unique.
    RoomId
}
foreign_id! {
    /// An event of the chat platform. Globally unique; the key by which an event is seen once.
    EventId
}

macro_rules! timed_id {
    ($name:ident) => {
        impl $name {
            /// Makes an id of a time (ms) and 74 random bits (UUID version 7, RFC 9562): what is made together
            /// lies together in an index. It says when it was made.
            pub fn at(at: Timestamp, random: [u8; 16]) -> Self {
                let [chance @ .., _, _, _, _, _, _] = random;
                let ms = u64::try_from(at.as_millis()).unwrap_or(0);
                Self(uuid::Builder::from_unix_timestamp_millis(ms, &chance).into_uuid())
            }
        }
    };
}

timed_id!(MessageId);
timed_id!(RecordId);

/// A position in the job queue. Unique and growing within one store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobId(pub i64);
