//! The checkpoints, each with what others have said of it (controls C04, C05). They are public: looking at them
//! shows nothing of the record.

use verbatim_record::VerifierKey;

use crate::admin::AdminError;
use crate::core::Engine;
use crate::ports::{LogTimestamp, Page, PageAt, SignedCheckpoint, StoreError};
use crate::views::{CheckpointView, CosignatureView, TimestampView};

impl Engine {
    /// Signed checkpoints, the smallest first, with their cosignatures and timestamps.
    ///
    /// # Errors
    /// When the store fails, or the page begins at no place of ours.
    pub async fn list_checkpoints(&self, at: PageAt) -> Result<Page<CheckpointView>, AdminError> {
        let bad = |_| StoreError::Conflict("not a place to begin a page at".into());
        let after = at
            .after
            .map_or(Ok(0), |text| text.parse::<u64>().map_err(bad))?;
        // One more, to know whether there is a next page.
        let found = self
            .store
            .checkpoints(after, at.limit.saturating_add(1))
            .await?;
        let shown = &found[..found.len().min(at.limit as usize)];
        let last = shown.last().map_or(after, |checkpoint| checkpoint.size);
        let stamps = self.stamps_between(after, last, at.limit).await?;
        let mut items = Vec::with_capacity(shown.len());
        for checkpoint in shown {
            items.push(self.checkpoint_view(checkpoint, &stamps).await?);
        }
        let next = (found.len() > shown.len()).then(|| last.to_string());
        Ok(Page { items, next })
    }

    /// Timestamps of checkpoints behind a size, up to another.
    async fn stamps_between(
        &self,
        mut after: u64,
        last: u64,
        limit: u32,
    ) -> Result<Vec<LogTimestamp>, StoreError> {
        let mut all = Vec::new();
        // Those of one checkpoint are never divided between two reads: there are few authorities.
        let limit = limit.max(1000);
        while after < last {
            let page = self.store.timestamps(after, limit).await?;
            let Some(end) = page.last().map(|stamp| stamp.size) else {
                break;
            };
            let is_full = page.len() == limit as usize;
            let whole = |stamp: &LogTimestamp| !is_full || stamp.size < end;
            let before = all.len();
            all.extend(page.into_iter().filter(whole).filter(|s| s.size <= last));
            if !is_full || all.len() == before {
                break;
            }
            after = all.last().map_or(end, |stamp: &LogTimestamp| stamp.size);
        }
        Ok(all)
    }

    async fn checkpoint_view(
        &self,
        of: &SignedCheckpoint,
        stamps: &[LogTimestamp],
    ) -> Result<CheckpointView, StoreError> {
        let cosignatures = self.store.cosignatures(of.size).await?;
        let cosignature = |c: crate::ports::Cosignature| CosignatureView {
            witness: name_of(&c.witness),
            at_ms: c.at.as_millis(),
        };
        let stamps = stamps.iter().filter(|stamp| stamp.size == of.size);
        let stamp = |stamp: &LogTimestamp| TimestampView {
            authority: stamp.authority.clone(),
            at_ms: stamp.at.as_millis(),
        };
        Ok(CheckpointView {
            size: of.size,
            root: hex::encode(of.root),
            at_ms: of.at.as_millis(),
            cosignatures: cosignatures.into_iter().map(cosignature).collect(),
            timestamps: stamps.map(stamp).collect(),
        })
    }
}

/// The name in a witness's key; the whole of it, if it cannot be read.
fn name_of(key: &str) -> String {
    let parsed = key.parse::<VerifierKey>();
    parsed.map_or_else(|_| key.to_owned(), |key| key.name().to_owned())
}
