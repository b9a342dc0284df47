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

use std::sync::Arc;

use thiserror::Error;
use verbatim_domain::{Duration, Timestamp};
use verbatim_record::checkpoint::CheckpointError;
use verbatim_record::proof;
use verbatim_record::tile::{TileId, entries_path};
use verbatim_record::{Checkpoint, Note};

use crate::core::Engine;
use crate::log::{LogError, NOT_SIGNED};
use crate::ports::{Change, Lasting, Publication, PublicationError, SignedCheckpoint, StoreError};

/// The path of the checkpoint.
pub(crate) const CHECKPOINT: &str = "checkpoint";
/// How often there may be something new to publish.
const EVERY: Duration = Duration::from_millis(500);
/// The wait after a failure.
const AFTER_FAILURE: Duration = Duration::from_secs(5);
/// For how long it may fail before an alarm says so.
const PATIENCE_MS: i64 = 60_000;
/// Leaves whose tiles are published before how far we have come is noted.
const STRETCH: u64 = 65_536;

/// The cursor of a place: the size of the checkpoint that was published there.
const PUBLISHED: &str = "published";
/// The cursor of a place: how far its tiles are there, on the way to the next checkpoint.
const TILES: &str = "published-tiles";

const NOT_PUBLISHED: &str = "log-not-published";
const ROLLED_BACK: &str = "log-rolled-back";

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
    /// Signs and publishes, until cancelled. Signs nothing before it has been compared with what was
    /// published, and before the witnesses that answer have seen where it stands.
    pub async fn run_log(self: &Arc<Self>, publication: Option<Arc<dyn Publication>>) {
        self.greet_witnesses().await;
        match publication {
            None => self.run_signing().await,
            Some(place) => {
                self.compare_until_done(&*place).await;
                tokio::join!(self.run_signing(), self.run_publication(&*place));
            }
        }
    }

    async fn compare_until_done(&self, place: &dyn Publication) {
        while let Err(error) = self.compare(place).await {
            tracing::error!(%error, "nothing is signed before this is settled");
            let at = place.place();
            let text = match &error {
                PublishError::RolledBack(_) | PublishError::Foreign(_) => format!(
                    "{error}. Nothing is signed: restore the store from its newest copy, or name another place of \
                     publication (now {at}) after an investigation"
                ),
                _ => format!("{error}. Nothing is signed before the log is compared with {at}"),
            };
            let told = match &error {
                PublishError::RolledBack(_) | PublishError::Foreign(_) => {
                    self.raise(ROLLED_BACK, text).await
                }
                PublishError::Log(LogError::OtherKey(_)) => self.raise(NOT_SIGNED, text).await,
                _ => self.raise(NOT_PUBLISHED, text).await,
            };
            if let Err(error) = told {
                tracing::error!(%error, "alarm");
            }
            self.clock.sleep(AFTER_FAILURE).await;
        }
        let clear = [ROLLED_BACK, NOT_PUBLISHED].map(|key| Change::Clear(key.into()));
        if let Err(error) = self.at_once(clear.into()).await {
            tracing::error!(%error, "alarm");
        }
    }

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

    async fn believed(&self, bytes: &[u8]) -> Result<Checkpoint, PublishError> {
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

    async fn root_at(&self, size: u64) -> Result<verbatim_record::Hash, LogError> {
        self.prove(size, |nodes| proof::root(size, nodes)).await
    }

    async fn run_publication(&self, place: &dyn Publication) {
        let mut failing_since: Option<Timestamp> = None;
        loop {
            let wait = match self.publish(place).await {
                Ok(_) => {
                    if failing_since.is_some() {
                        let clear = vec![Change::Clear(NOT_PUBLISHED.into())];
                        // Not cleared: it is tried again the next time.
                        if self.at_once(clear).await.is_ok() {
                            failing_since = None;
                        }
                    }
                    EVERY
                }
                Err(error) => {
                    tracing::warn!(%error, "the log was not published");
                    let since = *failing_since.get_or_insert(self.now());
                    // That there are two histories has an alarm of its own.
                    let is_told = matches!(error, PublishError::Forked(_));
                    if !is_told && self.now().as_millis() - since.as_millis() >= PATIENCE_MS {
                        let text = format!(
                            "{error}. Records are kept and signed; publication goes on by itself"
                        );
                        let _ = self.raise(NOT_PUBLISHED, text).await;
                    }
                    AFTER_FAILURE
                }
            };
            self.clock.sleep(wait).await;
        }
    }

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

    /// The checkpoint that is published, if one is. It is ours, or signing stops: two histories under our
    /// signature must not become three.
    async fn there(&self, place: &dyn Publication) -> Result<Option<Checkpoint>, PublishError> {
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
