//! The log, as the store shows it.

use verbatim_domain::{ConversationId, Timestamp};
use verbatim_record::{Hash, SealedRecord};

use super::JobKind;

/// A record as it stands in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecord {
    /// The record. `ciphertext` and `wrapped_key` are empty once destroyed.
    pub sealed: SealedRecord,
    /// Its leaf as stored, encoded.
    pub leaf_bytes: Vec<u8>,
    /// The leaf's hash as stored.
    pub leaf_hash: Hash,
    /// The conversation column as stored.
    pub conversation: Option<ConversationId>,
    /// Position in the conversation as stored.
    pub conversation_seq: u64,
    /// Position in the log as stored.
    pub global_seq: u64,
    /// Where in the log the record before it in its conversation stands, as stored.
    pub previous: Option<u64>,
}

/// Every so many records of a conversation, the store marks the place of one; its schema says so, too.
pub const MARKED: u64 = 64;

/// Where a conversation ends, as the store finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConversationEnd {
    /// How many records it has.
    pub length: u64,
    /// The position of the last in the log.
    pub last: u64,
}

/// The log's root after a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogRoot {
    /// Number of leaves.
    pub size: u64,
    /// RFC 6962 root.
    pub root: Hash,
    /// When.
    pub at: Timestamp,
}

/// How much is waiting, for metrics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueStat {
    /// The kind of job.
    pub kind: JobKind,
    /// How many.
    pub depth: u64,
    /// When the oldest was queued.
    pub oldest: Timestamp,
}
