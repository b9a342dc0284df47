//! Publishing the signed log, and believing what was published before.
//!
//! Tiles and entries first, the checkpoint over them last, then the note of how far we have come: whoever
//! reads a checkpoint finds everything under it. Every file is a function of the log, so all of it may be
//! done again after a crash or a lost answer.
//!
//! Before anything is signed by this process, the published checkpoint is compared with the store: a store
//! that was rolled back (an old backup, say) must not sign a second history (C05). From then on nothing is put
//! over a published checkpoint whose root is not the store's own at that size: that is a second history, and
//! signing stops under the alarm that a witness would raise.

mod compare;
mod service;

use thiserror::Error;
use verbatim_record::tile::{TileId, entries_path};
use verbatim_record::{Checkpoint, Note};

use crate::core::Engine;
use crate::log::LogError;
use crate::ports::{Change, Lasting, Publication, PublicationError, SignedCheckpoint, StoreError};

/// The path of the checkpoint.
pub(crate) const CHECKPOINT: &str = "checkpoint";
/// Leaves whose tiles are published before how far we have come is noted.
const STRETCH: u64 = 65_536;

/// The cursor of a place: the size of the checkpoint that was published there.
const PUBLISHED: &str = "published";
/// The cursor of a place: how far its tiles are there, on the way to the next checkpoint.
const TILES: &str = "published-tiles";

/// The log was not published, or must not be.
#[derive(Debug, Error)]
pub enum PublishError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The place failed; the next attempt does it again.
    #[error(transparent)]
    Place(#[from] PublicationError),
    /// The log cannot be read as it was signed.
    #[error(transparent)]
    Log(#[from] LogError),
    /// What is published there is not ours, or not what we signed.
    #[error("{0}")]
    Foreign(String),
    /// More, or something else, was published than the store has: it was rolled back.
    #[error("{0}")]
    RolledBack(String),
    /// The same, found while it was running: there are two histories. Signing is stopped.
    #[error("{0}")]
    Forked(String),
}

impl Engine {
    /// Publishes what was signed since the last time; the size that is published now, if it is new.
    ///
    /// # Errors
    /// [`PublishError`]. What is published stays a log that can be checked.
    pub async fn publish(&self, place: &dyn Publication) -> Result<Option<u64>, PublishError> {
        let Some(last) = self.latest_checkpoint().await? else {
            return Ok(None);
        };
        if self.reached(PUBLISHED, place).await? == last.size {
            let again = self.publish_cosigned(place, &last).await?;
            return Ok(again.then_some(last.size));
        }
        let there = self.there(place).await?;
        if size_of(there.as_ref()) > last.size {
            // Another node has signed and published since we looked.
            return Ok(None);
        }
        let mut from = self.begin(place, there.as_ref()).await?;
        while from < last.size {
            let to = ((from / STRETCH + 1) * STRETCH).min(last.size);
            for id in TileId::new_between(from, to) {
                self.publish_tile(place, id).await?;
            }
            if to < last.size {
                // Died here or before: the same files are written again.
                self.note_reached(&[TILES], place, to).await?;
            }
            from = to;
        }
        self.publish_checkpoint(place, there.as_ref(), last.note)
            .await?;
        // Died here: published, not noted; all of the last stretch is written again.
        self.note_reached(&[PUBLISHED], place, last.size).await?;
        Ok(Some(last.size))
    }

    /// The size whose files are all there. A place that has lost what was published (another bucket under the
    /// name, an older copy) is filled again from what it has.
    async fn begin(
        &self,
        place: &dyn Publication,
        there: Option<&Checkpoint>,
    ) -> Result<u64, PublishError> {
        let published = self.reached(PUBLISHED, place).await?;
        let size = size_of(there);
        if size < published {
            // Died here: it is found again, or published from here on.
            self.note_reached(&[PUBLISHED, TILES], place, size).await?;
            return Ok(size);
        }
        Ok(published.max(self.reached(TILES, place).await?))
    }

    async fn publish_tile(&self, place: &dyn Publication, id: TileId) -> Result<(), PublishError> {
        let missing = || LogError::Inconsistent(format!("{id} is not there"));
        let tile = self.tile(id).await?.ok_or_else(missing)?;
        place.put(&id.to_string(), tile, Lasting::Immutable).await?;
        if id.level == 0 {
            let entries = self.entries(id.index, id.width).await?;
            let path = entries_path(id.index, id.width);
            let entries = entries.ok_or_else(missing)?;
            place.put(&path, entries, Lasting::Immutable).await?;
        }
        Ok(())
    }

    /// Cosignatures come after the checkpoint: once there are more of them, it is published again.
    async fn publish_cosigned(
        &self,
        place: &dyn Publication,
        last: &SignedCheckpoint,
    ) -> Result<bool, PublishError> {
        let count = self.store.cosignatures(last.size).await?.len();
        let cursor = format!("published-cosigned:{}", place.place());
        let state = format!("{} {count}", last.size);
        if count == 0 || self.store.cursor(&cursor).await?.as_ref() == Some(&state) {
            return Ok(false);
        }
        let there = self.there(place).await?;
        if size_of(there.as_ref()) != last.size {
            // Another node goes on, or the place has lost it, and is filled again.
            self.begin(place, there.as_ref()).await?;
            return Ok(false);
        }
        let note = self.cosigned(last).await?;
        self.publish_checkpoint(place, there.as_ref(), note).await?;
        // Died here: published, not noted; it is published once more.
        self.commit(vec![Change::SetCursor(cursor, state)]).await?;
        Ok(true)
    }

    /// Only over what was looked at: a node that has just lost its lease may still be about to publish.
    async fn publish_checkpoint(
        &self,
        place: &dyn Publication,
        over: Option<&Checkpoint>,
        note: String,
    ) -> Result<(), PublishError> {
        let keys = self.log_keys().await.map_err(LogError::from)?;
        let allows = |there: Option<&[u8]>| {
            let there = there.and_then(|bytes| {
                let note = Note::parse(&String::from_utf8_lossy(bytes)).ok()?;
                keys.open(&note).ok()
            });
            there.as_ref() == over
        };
        match place
            .replace(CHECKPOINT, note.into_bytes(), &allows)
            .await?
        {
            true => Ok(()),
            false => Err(PublishError::Place(PublicationError::Unavailable(
                "another checkpoint was published meanwhile".into(),
            ))),
        }
    }

    /// How far a place was filled, as noted.
    async fn reached(&self, what: &str, place: &dyn Publication) -> Result<u64, StoreError> {
        let noted = self.store.cursor(&cursor(what, place)).await?;
        Ok(noted.and_then(|n| n.parse().ok()).unwrap_or(0))
    }

    async fn note_reached(
        &self,
        what: &[&str],
        place: &dyn Publication,
        size: u64,
    ) -> Result<(), StoreError> {
        let note = |what: &&str| Change::SetCursor(cursor(what, place), size.to_string());
        self.commit(what.iter().map(note).collect()).await
    }
}

fn cursor(what: &str, place: &dyn Publication) -> String {
    format!("{what}:{}", place.place())
}

fn size_of(there: Option<&Checkpoint>) -> u64 {
    there.map_or(0, |there| there.size)
}
