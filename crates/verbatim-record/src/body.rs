//! The body of a record: what happened, in clear, with its evidence.

use std::collections::BTreeMap;

/// The plaintext of a record. Encoded as deterministic CBOR; absent fields are empty.
///
/// Times are milliseconds since the Unix epoch; 0 means "not known".
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Body {
    /// Who did it: `employee:<id>`, `contact:<id>`, `carrier:<account>`, `operator:<name>`, `system`.
    pub actor: String,
    /// The message this is about, if any (our id, simple hex).
    pub message: String,
    /// From, as the other side wrote it (E.164 for phones, user id for the platform).
    pub from: String,
    /// To, likewise.
    pub to: String,
    /// The text as typed or received.
    pub text: String,
    /// The text as transmitted, where it differs from `text`.
    pub transmitted: String,
    /// When the origin says that it happened.
    pub origin_at: i64,
    /// When the provider or homeserver says that it took it.
    pub provider_at: i64,
    /// When we captured it.
    pub captured_at: i64,
    /// The decision taken about it: rule id, rule version, reason code (DESIGN invariant 5).
    pub rule: String,
    /// Version of the rule.
    pub rule_version: u32,
    /// Machine-readable reason code.
    pub reason: String,
    /// The carrier's or platform's own ids: `provider_id`, `event_id`, `room_id`, `txn_id`, …
    pub refs: BTreeMap<String, String>,
    /// Further details, named.
    pub details: BTreeMap<String, String>,
    /// The raw request or event, byte for byte, as evidence.
    pub evidence: Vec<u8>,
    /// What the evidence is: media type, and for a webhook its headers that matter.
    pub evidence_kind: String,
}
