//! Why the crypto store did not answer, and what the platform makes of it.

use matrix_sdk_crypto::CryptoStoreError;
use thiserror::Error;
use verbatim_engine::ports::{PlatformError, StoreError};
use verbatim_record::SealError;

/// What can go wrong between the crypto library and our rows.
#[derive(Debug, Error)]
pub enum RowsError {
    /// The store itself.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A row does not open: altered, moved, or sealed under another key.
    #[error("a row of device state does not open: {0}")]
    Seal(#[from] SealError),
    /// A row opens, but is not what it should be.
    #[error("a row of device state is not understood")]
    Json(#[from] serde_json::Error),
    /// A row opens, but the crypto library refuses it.
    #[error("a row of device state cannot be restored")]
    Unpickle,
    /// Asked for something that needs the account before there was one.
    #[error("no account yet")]
    AccountUnset,
}

impl From<RowsError> for CryptoStoreError {
    fn from(error: RowsError) -> Self {
        match error {
            RowsError::AccountUnset => Self::AccountUnset,
            other => Self::backend(other),
        }
    }
}

impl From<RowsError> for PlatformError {
    fn from(error: RowsError) -> Self {
        match error {
            RowsError::Store(error) => store_error(error),
            other => Self::Refused(other.to_string()),
        }
    }
}

/// A store's failure in the platform's words.
fn store_error(error: StoreError) -> PlatformError {
    match error {
        StoreError::Fenced => PlatformError::Fenced,
        StoreError::Damaged(_) | StoreError::Newer { .. } => {
            PlatformError::Refused(error.to_string())
        }
        _ => PlatformError::Unavailable(error.to_string()),
    }
}

/// A crypto store failure as it comes back out of the crypto library.
pub(crate) fn crypto_store_error(error: CryptoStoreError) -> PlatformError {
    match error {
        CryptoStoreError::Backend(inner) => match inner.downcast::<RowsError>() {
            Ok(ours) => (*ours).into(),
            Err(other) => PlatformError::Unavailable(other.to_string()),
        },
        CryptoStoreError::MismatchedAccount { .. } | CryptoStoreError::UnpicklingError => {
            PlatformError::Refused(error.to_string())
        }
        other => PlatformError::Unavailable(other.to_string()),
    }
}
