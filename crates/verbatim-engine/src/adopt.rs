//! Full nodes adopt what edges sealed: the data key of a record is wrapped again under its bucket's key,
//! so that it dies with that (decision 0015).
//!
//! Once a record's job is handled, and in a sweep for those whose jobs are never. It is one change, without
//! effect where it happened before. If the process dies before its commit, the record can be read as before
//! and is found again; after it, there is nothing left to do. A disposal adopts what is left in its bucket,
//! and the store destroys no key while something is.

use verbatim_domain::Duration;
use verbatim_domain::message::Direction;
use verbatim_record::archive::is_of_edge;
use verbatim_record::{BucketId, Kind, RetentionClass, SealedRecord};

use crate::consent::is_heard;
use crate::core::Engine;
use crate::intake::shown_body;
use crate::keys::damaged;
use crate::payload::SayPayload;
use crate::ports::{Change, Content, Job, JobKind, StoreError, StoredRecord};
use crate::retention::month_words;

/// What is wrong where an edge's job is not a client's text as it was recorded.
const SUSPECT: &str =
    "an edge queued what only a full node may, or a text that it did not record: suspect the edge";
/// Key of the alarm of what cannot be adopted.
const UNADOPTED: &str = "unadopted";
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
            // What is refused here, the sweep finds again and tells.
            let adopting = self.adopted(&stored).await;
            let change = Refused::default().unless(stored.global_seq, adopting)?;
            self.commit(change.into_iter().collect()).await?;
        }
        Ok(())
    }

    /// Whether an edge may have queued this. It may bring clients' texts, and must not be able to have the
    /// employees' side speak: who broke into one could text clients in the firm's name.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if it may not.
    pub(crate) fn check_of_edge(job: &Job) -> Result<(), StoreError> {
        let is_text = matches!(job.kind, JobKind::Say | JobKind::Route);
        if is_of_edge(&job.payload.0) && !is_text {
            return Err(StoreError::Damaged(SUSPECT.to_owned()));
        }
        Ok(())
    }

    /// Checks that what an edge would have us say is the client's text that it has recorded, word for word.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if it is not.
    pub(crate) async fn check_text_of_edge(
        &self,
        job: &Job,
        payload: &SayPayload,
    ) -> Result<(), StoreError> {
        if !is_of_edge(&job.payload.0) || self.is_recorded(job, payload).await? {
            return Ok(());
        }
        Err(StoreError::Damaged(SUSPECT.to_owned()))
    }

    async fn is_recorded(&self, job: &Job, payload: &SayPayload) -> Result<bool, StoreError> {
        let (Content::Text { body: text }, Some(parties), Some(id)) =
            (&payload.content, &payload.parties, job.message)
        else {
            return Ok(false);
        };
        let Some(message) = self.store.message(id).await? else {
            return Ok(false);
        };
        let Some(stored) = self.store.record(message.record).await? else {
            return Ok(false);
        };
        let body = self.recorder.open(&stored.sealed).map_err(damaged)?;
        let is_said = payload.as_stand_in && payload.room.is_none() && payload.slot.is_none();
        let is_same = stored.sealed.kind == Kind::MessageIn
            && message.direction == Direction::Inbound
            && message.conversation == job.conversation
            && *text == shown_body(&body)
            && is_heard(payload.consent, &body)
            && self.canonical(&body.from) == self.canonical(&parties.from)
            && self.canonical(&body.to) == self.canonical(&parties.to);
        let is_theirs = match job.conversation {
            None => job.kind == JobKind::Route,
            Some(_) => {
                let conversation = self.conversation_of_job(job).await?;
                self.index(&parties.from) == conversation.peer
                    && self.index(&parties.to) == conversation.number.index
            }
        };
        Ok(is_said && is_same && is_theirs)
    }

    /// Adopts whatever edges sealed until now; how many records that were.
    ///
    /// # Errors
    /// When the store fails; what was adopted stays so.
    pub async fn adopt_all(&self) -> Result<u64, StoreError> {
        let (mut after, mut adopted, mut refused) = (None, 0, Refused::default());
        loop {
            let page = self.store.unadopted(after, CHUNK).await?;
            let Some((last, _)) = page.last() else {
                break;
            };
            after = Some(*last);
            let mut changes = Vec::new();
            for (position, stored) in page {
                let adopting = match stored {
                    Ok(stored) => self.adopted(&stored).await,
                    Err(error) => Err(error),
                };
                changes.extend(refused.unless(position, adopting)?);
            }
            adopted += changes.len() as u64;
            if !changes.is_empty() {
                self.commit(changes).await?;
            }
        }
        if let Some(text) = refused.words() {
            self.raise(UNADOPTED, text).await?;
        }
        Ok(adopted)
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
        // The rule has another number there, and keeps it as long as ours.
        let is_of_a_rule = !class.is_hold() && class != RetentionClass::PERMANENT;
        if is_of_a_rule && expiry_month == ours.expiry_month {
            return Ok(sealed.bucket);
        }
        Err(StoreError::Damaged(format!(
            "it was made for class {} until {}, which no rule of this node gives",
            class.0,
            month_words(expiry_month)
        )))
    }
}

/// What cannot be adopted. An edge that was broken into can write what does not open, and as much as it
/// likes: that holds up nothing else, and is one alarm.
#[derive(Default)]
struct Refused {
    count: u64,
    first: Option<(u64, StoreError)>,
}

impl Refused {
    /// The change that adopts a record, unless it is refused.
    fn unless(
        &mut self,
        position: u64,
        adopting: Result<Change, StoreError>,
    ) -> Result<Option<Change>, StoreError> {
        match adopting {
            Ok(change) => Ok(Some(change)),
            Err(error @ (StoreError::Damaged(_) | StoreError::Conflict(_))) => {
                self.count += 1;
                self.first.get_or_insert((position, error));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn words(&self) -> Option<String> {
        let (position, error) = self.first.as_ref()?;
        let count = self.count;
        Some(format!(
            "{count} record(s) that an edge sealed cannot be adopted. The first is {position}: {error}. What does not \
             open keeps its bucket from being disposed of: suspect the edge. What opens can be read, and is disposed \
             of with the bucket that the edge named."
        ))
    }
}
