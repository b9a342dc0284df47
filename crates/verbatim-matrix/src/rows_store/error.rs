//! Why the crypto store did not do something.

use std::error::Error;

use matrix_sdk_crypto::store::CryptoStoreError;
use thiserror::Error as ThisError;
use verbatim_engine::ports::StoreError;
use verbatim_record::SealError;

/// Why the crypto store did not do something, named after what the caller can do.
#[derive(Debug, ThisError)]
pub enum RowsStoreError {
    /// The rows could not be read or written: what to do is in the source.
    #[error("crypto rows: {0}")]
    Rows(#[source] StoreError),
    /// A row was altered, moved, or sealed under another key: stop and look.
    #[error("a row of kind {kind} does not open")]
    Sealed {
        /// The row's kind.
        kind: String,
        /// What the vault says.
        source: SealError,
    },
    /// A row opens but is not what this program writes: stop and look.
    #[error("a row of kind {kind} is not understood")]
    Unreadable {
        /// The row's kind.
        kind: String,
        /// What the crypto library or the parser says.
        source: Box<dyn Error + Send + Sync>,
    },
    /// A value cannot be written as JSON: a fault of the program.
    #[error("a row of kind {kind} cannot be written")]
    Unwritable {
        /// The row's kind.
        kind: String,
        /// What the serializer says.
        source: serde_json::Error,
    },
    /// Save or load the account first.
    #[error("no account was saved or loaded")]
    AccountUnset,
    /// Save the account's own device first.
    #[error("the account's own device is not in the store")]
    OwnDeviceUnset,
}

impl From<StoreError> for RowsStoreError {
    fn from(error: StoreError) -> Self {
        Self::Rows(error)
    }
}

impl From<RowsStoreError> for CryptoStoreError {
    fn from(error: RowsStoreError) -> Self {
        match error {
            RowsStoreError::AccountUnset => Self::AccountUnset,
            other => Self::backend(other),
        }
    }
}

/// The store's own error below whatever the crypto library made of it. By this a caller tells a lost
/// lease ([`StoreError::Fenced`]) from a store that will be back.
pub fn store_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a StoreError> {
    std::iter::successors(Some(error), |&error| error.source()).find_map(<dyn Error>::downcast_ref)
}
