//! Where the key-encryption key lies, as a port: a file in the binary, a token in front of it where the
//! firm has one, memory in the tests.

use async_trait::async_trait;
use thiserror::Error;
use verbatim_record::{Hash, Kek};

/// The key cannot be had, or not be kept. The words say what to do about it.
#[derive(Debug, Error)]
#[error("{what}")]
pub struct KeySafeError {
    /// What is wrong, and the mend.
    pub what: String,
    /// What lies behind it.
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// Keeps the key-encryption key, and beside it the one that the next rotation goes to.
///
/// Whatever was kept stays kept, whenever the process dies: what [`Self::prepare`] answered can be had
/// from [`Self::next`] or, once promoted, from [`Self::current`].
#[async_trait]
pub trait KeySafe: Send + Sync {
    /// The key in use.
    async fn current(&self) -> Result<Kek, KeySafeError>;

    /// The key that lies ready for the next rotation, if there is one.
    async fn next(&self) -> Result<Option<Kek>, KeySafeError>;

    /// Keeps a key for the next rotation unless one lies ready; answers the one that does.
    async fn prepare(&self, fresh: Kek) -> Result<Kek, KeySafeError>;

    /// The next key becomes the one in use, if its fingerprint is this one. Without effect if the one in
    /// use has it already.
    async fn promote(&self, check: &Hash) -> Result<(), KeySafeError>;
}
