//! What witnesses and time authorities have said of our checkpoints, as the store keeps it.

use async_trait::async_trait;
use verbatim_domain::Timestamp;

use super::StoreError;

/// A witness's cosignature, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosignature {
    /// The size of the checkpoint.
    pub size: u64,
    /// The witness's verifier key, as text.
    pub witness: String,
    /// Its line of the signed note.
    pub line: String,
    /// When it cosigned, by its clock.
    pub at: Timestamp,
}

/// A timestamp of a checkpoint's text (RFC 3161), checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogTimestamp {
    /// The size of the checkpoint.
    pub size: u64,
    /// The authority, as the configuration names it.
    pub authority: String,
    /// What we asked, DER.
    pub request: Vec<u8>,
    /// What it answered, DER.
    pub response: Vec<u8>,
    /// When it stamped, by its clock.
    pub at: Timestamp,
}

/// Reads of what others have said. What is written comes as [`Change`](super::Change)s.
#[async_trait]
pub trait Anchors: Send + Sync {
    /// The cosignature of the largest checkpoint that a witness (by its key) has cosigned.
    async fn latest_cosignature(&self, witness: &str) -> Result<Option<Cosignature>, StoreError>;
    /// The cosignatures of the checkpoint of a size, by witness.
    async fn cosignatures(&self, size: u64) -> Result<Vec<Cosignature>, StoreError>;
    /// The newest timestamp of an authority.
    async fn latest_timestamp(&self, authority: &str) -> Result<Option<LogTimestamp>, StoreError>;
    /// A timestamp of the largest checkpoint up to a size that has one: the first that was kept.
    async fn timestamp_up_to(&self, size: u64) -> Result<Option<LogTimestamp>, StoreError>;
    /// Timestamps of checkpoints larger than `after`, smallest first.
    async fn timestamps(&self, after: u64, limit: u32) -> Result<Vec<LogTimestamp>, StoreError>;
}
