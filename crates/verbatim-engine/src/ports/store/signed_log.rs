//! What is signed and published of the log, as the store keeps it.

use async_trait::async_trait;
use verbatim_domain::Timestamp;
use verbatim_record::Hash;

use super::StoreError;

/// A full tile (C2SP tlog-tiles): 256 hashes in a row. It never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogTile {
    /// 0 for the leaves' hashes.
    pub level: u8,
    /// Its place in the level.
    pub index: u64,
    /// The hashes, one after the other.
    pub hashes: Vec<u8>,
}

/// A leaf as the store has it. Two columns: that the one is the other's hash is for the reader to check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLeaf {
    /// The leaf, encoded.
    pub bytes: Vec<u8>,
    /// The hash that the committed roots were computed from.
    pub hash: Hash,
}

/// A checkpoint that we signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// Number of leaves.
    pub size: u64,
    /// Root over them.
    pub root: Hash,
    /// When it was signed.
    pub at: Timestamp,
    /// The signed note, without cosignatures.
    pub note: String,
}

/// Reads of the signed log. What is written comes as [`Change`](super::Change)s.
#[async_trait]
pub trait SignedLog: Send + Sync {
    /// The largest checkpoint that was signed.
    async fn latest_checkpoint(&self) -> Result<Option<SignedCheckpoint>, StoreError>;
    /// Checkpoints of a greater size, the smallest first, at most 10,000.
    async fn checkpoints(
        &self,
        after: u64,
        limit: u32,
    ) -> Result<Vec<SignedCheckpoint>, StoreError>;
    /// The hashes of a full tile, if it is kept already.
    async fn log_tile(&self, level: u8, index: u64) -> Result<Option<Vec<u8>>, StoreError>;
    /// Leaves from a log position on, at most 10,000.
    async fn leaves(&self, from: u64, limit: u32) -> Result<Vec<LogLeaf>, StoreError>;
}
