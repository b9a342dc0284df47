//! Full nodes adopt what edges sealed: the data key of a record is wrapped again under its bucket's key,
//! so that it dies with that (decision 0015).
//!
//! Once a record's job is handled, and in a sweep for those whose jobs are never. It is one change, without
//! effect where it happened before. If the process dies before its commit, the record can be read as before
//! and is found again; after it, there is nothing left to do. A disposal adopts what is left in its bucket,
//! and the store destroys no key while something is.

use verbatim_domain::Duration;
use verbatim_record::archive::is_of_edge;
use verbatim_record::{BucketId, SealedRecord};

use crate::core::Engine;
use crate::payload::SayPayload;
use crate::ports::{Change, Job, JobKind, StoreError, StoredRecord};
use crate::retention::month_words;

/// Records adopted in one commit, at most.
const CHUNK: u32 = 200;
/// Between two sweeps.
const EVERY: Duration = Duration::from_secs(60);

impl Engine {
    /// Adopts the record that a job is about, if an edge queued it. Its payload tells.
    pub(crate) async fn adopt_record_of(&self, job: &Job) -> Result<(), StoreError> {
        let (true, Some(id)) = (is_of_edge(&job.payload.0), job.message) else {
            return Ok(());
        };
        let Some(message) = self.store.message(id).await? else {
            return Ok(());
        };
        let Some(stored) = self.store.record(message.record).await? else {
            return Ok(());
        };
        if is_of_edge(&stored.sealed.wrapped_key) {
            let changes = self.adopted_or_alarm(&stored).await?;
            self.commit(changes).await?;
        }
        Ok(())
    }

    /// Whether an edge may have queued this. It may bring clients' texts, and must not be able to have the
    /// employees' side or the bot speak: who broke into one could text clients in the firm's name.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if it may not.
    pub(crate) fn check_of_edge(job: &Job, payload: Option<&SayPayload>) -> Result<(), StoreError> {
        let is_text = matches!(job.kind, JobKind::Say | JobKind::Route)
            && payload.is_none_or(|p| p.as_stand_in && p.room.is_none() && p.slot.is_none());
        if is_of_edge(&job.payload.0) && !is_text {
            return Err(StoreError::Damaged(
                "an edge queued what only a full node may: suspect the edge".to_owned(),
            ));
        }
        Ok(())
    }

    /// Adopts whatever edges sealed until now; how many records that were.
    ///
    /// # Errors
    /// When the store fails; what was adopted stays so.
    pub async fn adopt_all(&self) -> Result<u64, StoreError> {
        let (mut after, mut adopted) = (None, 0);
        loop {
            let page = self.store.unadopted(after, CHUNK).await?;
            let Some(last) = page.last() else {
                return Ok(adopted);
            };
            after = Some(last.global_seq);
            let mut changes = Vec::new();
            for stored in &page {
                changes.extend(self.adopted_or_alarm(stored).await?);
            }
            let is_one = |change: &&Change| matches!(change, Change::WrapAgain { .. });
            adopted += changes.iter().filter(is_one).count() as u64;
            self.commit(changes).await?;
        }
    }

    /// Sweeps now and then, until cancelled.
    pub async fn run_adoption(&self) {
        loop {
            match self.adopt_all().await {
                Ok(0) => {}
                Ok(records) => tracing::info!(records, "adopted what edges sealed"),
                Err(error) => tracing::warn!(%error, "could not adopt what edges sealed"),
            }
            self.clock.sleep(EVERY).await;
        }
    }

    /// The change that adopts a record.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if its data key does not open or its bucket is none of ours,
    /// [`StoreError::Conflict`] if that was disposed of.
    async fn adopted(&self, stored: &StoredRecord) -> Result<Change, StoreError> {
        let to = self.adopts_under(&stored.sealed)?;
        self.moved(stored, to).await
    }

    /// The bucket whose key takes over what an edge sealed. Our own rules count: an edge may run under older,
    /// shorter ones, or say what it likes.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if it was made for a bucket that cannot become the one that our rules give.
    pub(crate) fn adopts_under(&self, sealed: &SealedRecord) -> Result<BucketId, StoreError> {
        let ours = self.recorder.bucket_at(sealed.captured_at);
        if sealed.bucket.may_move_to(ours) {
            return Ok(ours);
        }
        let BucketId {
            class,
            expiry_month,
        } = sealed.bucket;
        Err(StoreError::Damaged(format!(
            "it was made for class {} until {}, which no rule of this node gives",
            class.0,
            month_words(expiry_month)
        )))
    }

    /// An edge that was broken into can write what does not open: that holds up nothing else.
    async fn adopted_or_alarm(&self, stored: &StoredRecord) -> Result<Vec<Change>, StoreError> {
        match self.adopted(stored).await {
            Ok(change) => Ok(vec![change]),
            Err(error @ (StoreError::Damaged(_) | StoreError::Conflict(_))) => {
                let position = stored.global_seq;
                let text = format!(
                    "Record {position}, which an edge sealed, cannot be adopted, so its bucket is not disposed \
                     of: {error}. If it does not open, suspect the edge."
                );
                Ok(vec![self.alarm(format!("unadopted:{position}"), text)])
            }
            Err(error) => Err(error),
        }
    }
}
