//! What lies under the key-encryption key: bucket keys and the state root, each wrapped for its place.
//!
//! Nothing else is under it. To rotate it is therefore to wrap these few values again; no body and no
//! sealed state is touched (C25).

use zeroize::Zeroizing;

use crate::cipher::{self, NONCE, Secret};
use crate::error::SealError;
use crate::keys::{Kek, derived};
use crate::record::BucketId;
use crate::seal::after_version;

const VERSION: u8 = 1;
const BUCKET_LABEL: &[u8] = b"rec-bucket/1";
const ROOT_LABEL: &[u8] = b"rec-state-root/1";

impl Kek {
    /// Wraps a bucket's key, with a random nonce.
    pub fn wrap_bucket(&self, id: BucketId, key: &[u8; 32], nonce: &[u8; NONCE]) -> Vec<u8> {
        let wrapping = self.derive("bucket");
        cipher::seal(&wrapping, &[VERSION], nonce, &bucket_context(id), key)
    }

    /// Unwraps a bucket's key.
    pub(crate) fn unwrap_bucket(&self, id: BucketId, wrapped: &[u8]) -> Result<Secret, SealError> {
        let sealed = after_version(wrapped, "the bucket key")?;
        cipher::open_key(&self.derive("bucket"), &bucket_context(id), sealed)
            .ok_or(SealError::BucketKey)
    }

    /// Wraps a bucket's key again, under another key-encryption key.
    ///
    /// # Errors
    /// [`SealError::BucketKey`] if it is not wrapped under this one.
    pub fn rewrap_bucket(
        &self,
        to: &Self,
        id: BucketId,
        wrapped: &[u8],
        nonce: &[u8; NONCE],
    ) -> Result<Vec<u8>, SealError> {
        let key = self.unwrap_bucket(id, wrapped)?;
        Ok(to.wrap_bucket(id, &key, nonce))
    }
}

/// The key that all sealed state and the blind indexes are under. It stays when the key-encryption key
/// is rotated, since an index cannot be computed again without what it was computed from. Wiped when
/// dropped.
#[derive(Clone)]
pub struct StateRoot(Secret);

impl StateRoot {
    /// A root of 256 random bits that the caller drew.
    pub fn new(bytes: Zeroizing<[u8; 32]>) -> Self {
        Self(bytes)
    }

    /// The root of an installation that was made before there was one: then the keys of its state were
    /// derived from the key-encryption key itself, by the same labels.
    pub fn of_old_installation(kek: &Kek) -> Self {
        Self(kek.bytes().clone())
    }

    /// Wraps it, with a random nonce.
    pub fn wrap(&self, kek: &Kek, nonce: &[u8; NONCE]) -> Vec<u8> {
        let wrapping = kek.derive("state-root");
        cipher::seal(
            &wrapping,
            &[VERSION],
            nonce,
            &root_context(),
            self.0.as_ref(),
        )
    }

    /// Opens what [`Self::wrap`] made.
    ///
    /// # Errors
    /// [`SealError::StateRoot`] if it was altered or wrapped under another key.
    pub fn unwrap(kek: &Kek, wrapped: &[u8]) -> Result<Self, SealError> {
        let sealed = after_version(wrapped, "the state root")?;
        cipher::open_key(&kek.derive("state-root"), &root_context(), sealed)
            .map(Self)
            .ok_or(SealError::StateRoot)
    }

    pub(crate) fn derive(&self, label: &str) -> Secret {
        derived(&self.0, label)
    }
}

impl std::fmt::Debug for StateRoot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StateRoot").finish_non_exhaustive()
    }
}

fn bucket_context(id: BucketId) -> Vec<u8> {
    [
        BUCKET_LABEL,
        &[VERSION, id.class.0],
        &id.expiry_month.to_be_bytes(),
    ]
    .concat()
}

fn root_context() -> Vec<u8> {
    [ROOT_LABEL, &[VERSION]].concat()
}
