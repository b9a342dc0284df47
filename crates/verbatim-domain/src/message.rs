//! A message and the states it passes through (DESIGN: "Message states").

use serde::{Deserialize, Serialize};

/// Which way a message travels, seen from the firm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Direction {
    /// From a client's phone to an employee.
    Inbound,
    /// From an employee to a client's phone.
    Outbound,
}

/// Where a message stands. Transitions are monotone in [`MessageState::rank`]: a late or repeated
/// report never moves a message backwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MessageState {
    /// Inbound: recorded, on its way into the room or there.
    Received,
    /// Outbound: held for a decision by policy or a person.
    Held,
    /// Outbound: refused by policy; final.
    Blocked,
    /// Outbound: recorded, waiting for its turn.
    Accepted,
    /// Outbound: a request to the carrier may be under way.
    Submitting,
    /// Outbound: nobody knows whether the carrier took it; being reconciled.
    Unknown,
    /// Outbound: the carrier took it and gave it an id.
    Submitted,
    /// Outbound: the carrier passed it on.
    Sent,
    /// Outbound: the phone has it; final.
    Delivered,
    /// Outbound: the carrier says that it did not arrive; final.
    Undelivered,
    /// Outbound: never sent, or refused by the carrier; final.
    Failed,
    /// Outbound: it was too old to be sent or delivered; final.
    Expired,
}
