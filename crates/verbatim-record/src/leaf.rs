//! The leaf: a record's place in the log, without personal data.

use verbatim_domain::{ConversationId, Timestamp};

use crate::record::{Hash, Kind, RetentionClass};

/// What the log commits to for one record. Its encoding is the log entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// The installation (tenant) that the log belongs to.
    pub log: [u8; 16],
    /// The conversation, or [`ConversationId::NONE`].
    pub conversation: ConversationId,
    /// Position in the conversation, from 0, without gaps.
    pub conversation_seq: u64,
    /// Position in the log, from 0, without gaps.
    pub global_seq: u64,
    /// What the record is about.
    pub kind: Kind,
    /// When it was captured; never earlier than the leaf before it.
    pub captured_at: Timestamp,
    /// How long it must be kept.
    pub retention: RetentionClass,
    /// From the sealed record.
    pub commitment: Hash,
    /// From the sealed record.
    pub ciphertext_hash: Hash,
    /// From the sealed record.
    pub key_commitment: Hash,
    /// Hash of the previous leaf of the conversation; zeros for the first.
    pub previous: Hash,
    /// The log position of the record that this one is about (edit, status, …), if any.
    pub about: Option<u64>,
}
