//! Keys, as the store keeps them: wrapped.

use verbatim_domain::Timestamp;
use verbatim_record::{BucketId, Hash};

/// Which installation a store belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// The log's id, in every leaf.
    pub log: [u8; 16],
    /// Fingerprint of the key-encryption key; a wrong key file is found by it.
    pub key_check: Hash,
    /// The state root, wrapped under that key; empty in an installation that was made before there was
    /// one.
    pub state_root: Vec<u8>,
    /// The archive key, wrapped under that key, with its public half in clear; empty in an installation that
    /// was made before there was one.
    pub archive_key: Vec<u8>,
}

/// Everything that lies under the key-encryption key, put under another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RotateKeys {
    /// What it was made from. If that does not stand any more:
    /// [`StoreError::Stale`](super::StoreError::Stale), and nothing is written.
    pub old: Installation,
    /// Fingerprint of the new key-encryption key.
    pub key_check: Hash,
    /// The state root, wrapped under it.
    pub state_root: Vec<u8>,
    /// The archive key, wrapped under it.
    pub archive_key: Vec<u8>,
    /// Every bucket key there is.
    pub buckets: Vec<RewrappedBucket>,
    /// What is noted about it.
    pub rotation: KeyRotation,
}

/// A bucket key that was wrapped again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RewrappedBucket {
    /// Which.
    pub id: BucketId,
    /// As it was.
    pub old: Vec<u8>,
    /// As it shall be.
    pub new: Vec<u8>,
}

/// A rotation of the key-encryption key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRotation {
    /// When.
    pub at: Timestamp,
    /// Id of the key before.
    pub old_key: String,
    /// Id of the key since.
    pub new_key: String,
    /// How many bucket keys were wrapped again.
    pub buckets: u64,
}
