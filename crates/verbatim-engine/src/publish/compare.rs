//! What is published, and whether the store extends it.

use verbatim_record::checkpoint::CheckpointError;
use verbatim_record::proof;
use verbatim_record::{Checkpoint, Hash, Note};

use super::{CHECKPOINT, PublishError};
use crate::core::Engine;
use crate::log::LogError;
use crate::ports::Publication;

impl Engine {
    /// Compares the store with what is published. What was published and is not there any more is published again.
    ///
    /// # Errors
    /// [`PublishError::RolledBack`] if the store does not extend it; the others if it cannot be said.
    pub async fn compare(&self, place: &dyn Publication) -> Result<(), PublishError> {
        let keys = self.log_keys().await?;
        self.may_sign(&keys).await?;
        let Some(bytes) = place.get(CHECKPOINT).await? else {
            self.begin(place, None).await?;
            return Ok(());
        };
        let published = self.believed(&bytes).await?;
        let last = self.latest_checkpoint().await?.map_or(0, |last| last.size);
        if published.size > last {
            let size = published.size;
            return Err(PublishError::RolledBack(format!(
                "a checkpoint of {size} records is published, and the store has signed {last}: it was rolled back"
            )));
        }
        let ours = self.root_at(published.size).await?;
        if ours != published.root {
            let size = published.size;
            return Err(PublishError::RolledBack(format!(
                "the published checkpoint of {size} records has another root than the store: its history was changed"
            )));
        }
        self.begin(place, Some(&published)).await?;
        Ok(())
    }

    pub(super) async fn believed(&self, bytes: &[u8]) -> Result<Checkpoint, PublishError> {
        let keys = self.log_keys().await.map_err(LogError::from)?;
        let read = || -> Result<Checkpoint, CheckpointError> {
            let text = String::from_utf8_lossy(bytes);
            keys.open(&Note::parse(&text)?)
        };
        read().map_err(|error| {
            PublishError::Foreign(format!(
                "what is published is not this log's checkpoint: {error}"
            ))
        })
    }

    pub(super) async fn root_at(&self, size: u64) -> Result<Hash, LogError> {
        self.prove(size, |nodes| proof::root(size, nodes)).await
    }

    /// The checkpoint that is published, if one is. It is ours, or signing stops: two histories under our
    /// signature must not become three.
    pub(super) async fn there(
        &self,
        place: &dyn Publication,
    ) -> Result<Option<Checkpoint>, PublishError> {
        let Some(bytes) = place.get(CHECKPOINT).await? else {
            return Ok(None);
        };
        let there = match self.believed(&bytes).await {
            // Compared at the start, so it is damage since: it is written over.
            Err(PublishError::Foreign(_)) => return Ok(None),
            there => there?,
        };
        // Read after it: whatever this store has signed and published, it knows.
        let signed = self.latest_checkpoint().await?.map_or(0, |last| last.size);
        if there.size <= signed && self.root_at(there.size).await? == there.root {
            return Ok(Some(there));
        }
        let why = format!(
            "at {} a checkpoint of {} records is published that this log's key has signed and the store does not hold",
            place.place(),
            there.size
        );
        if self.signing_stopped().await?.is_none() {
            self.stop_signing(&why).await?;
        }
        Err(PublishError::Forked(why))
    }
}
