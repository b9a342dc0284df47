//! What records are in words, for a reader who does not know ours.

use crate::body::Body;
use crate::record::Kind;

/// What a kind is.
pub(super) const fn what(kind: Kind) -> &'static str {
    match kind {
        Kind::MessageIn => "Client",
        Kind::MessageOut => "Employee",
        Kind::Status => "Status",
        Kind::Edit => "Edited in the chat",
        Kind::Redaction => "Deleted in the chat",
        Kind::Reaction => "Reaction in the chat",
        Kind::Membership => "In the room",
        Kind::Attachment => "Attachment",
        Kind::Notice => "Notice to the employee",
        Kind::Consent => "Disclosure or consent",
        Kind::Refused => "Not passed on",
        Kind::Command => "Command",
        Kind::Config => "Change of the configuration",
        Kind::Key => "Change of keys",
        Kind::Gap => "Gap",
        Kind::Malformed => "Input that was not understood",
        Kind::Reconciliation => "Reconciled with the carrier",
        Kind::View => "Looked at",
        Kind::Export => "Exported",
        Kind::Proof => "Proof handed out",
        Kind::HoldSet => "Legal hold set",
        Kind::HoldReleased => "Legal hold released",
        Kind::Disposal => "Disposal",
        Kind::Erasure => "Request for erasure",
    }
}

/// What happened to a text, by the reason of its status; other reasons stand as they are.
pub(super) fn status(body: &Body) -> &str {
    match body.reason.as_str() {
        "queued" => "Queued by the carrier",
        "accepted" => "Taken by the carrier",
        "sending" => "Being sent",
        "sent" => "Sent",
        "delivered" => "Delivered",
        "read" => "Read",
        "undelivered" => "Not delivered",
        "failed" => "Failed",
        "canceled" => "Cancelled",
        other => other,
    }
}
