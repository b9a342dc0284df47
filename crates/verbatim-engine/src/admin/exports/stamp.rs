//! The timestamp that is handed out with records: somebody else's word for when they existed (C05).

use crate::admin::AdminError;
use crate::core::Engine;
use crate::ports::{LogTimestamp, StoreError};

/// A checkpoint that was stamped.
pub struct StampedCheckpoint {
    /// Number of records that it covers.
    pub size: u64,
    /// The signed note, without cosignatures. Its text is what was stamped.
    pub note: String,
    /// What the authority answered (RFC 3161), DER.
    pub response: Vec<u8>,
}

impl Engine {
    /// The newest stamped checkpoint up to a size of the log; none if none was stamped. Nothing in it is personal.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn stamped_up_to(&self, size: u64) -> Result<Option<StampedCheckpoint>, AdminError> {
        let Some(LogTimestamp { size, response, .. }) = self.store.timestamp_up_to(size).await?
        else {
            return Ok(None);
        };
        // A checkpoint of no records says nothing of any.
        let Some(before) = size.checked_sub(1) else {
            return Ok(None);
        };
        // One that was stamped is never pruned.
        let signed = self.store.checkpoints(before, 1).await?.pop();
        let signed = signed.filter(|signed| signed.size == size);
        let signed = signed.ok_or_else(|| {
            StoreError::Damaged(format!(
                "the checkpoint of {size} records, which was stamped"
            ))
        })?;
        Ok(Some(StampedCheckpoint {
            size,
            note: signed.note,
            response,
        }))
    }
}
