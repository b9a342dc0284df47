//! What certificates say: which records nobody can read any more.

use verbatim_domain::{DisposalId, Timestamp};
use verbatim_record::{Certificate, Kind, Note};

use crate::core::Engine;
use crate::ports::{Disposal, DisposalState, Job, JobKind, StoreError};
use crate::retention::month_of;

/// A certificate and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Certified {
    /// What it certifies.
    pub disposal: DisposalId,
    /// Position of its record in the log.
    pub log_index: u64,
    /// What it says.
    pub certificate: Certificate,
    /// The same as it was signed, with its signature.
    pub note: String,
}

impl Certified {
    /// Whether it is about the record at a position.
    pub(crate) fn covers(&self, position: u64) -> bool {
        self.certificate.covers(position)
    }

    /// When the key was destroyed.
    pub(crate) fn at(&self) -> Timestamp {
        self.certificate.destroyed_at
    }
}

impl Engine {
    /// All certificates. Bucket keys must have been learnt.
    pub(crate) async fn certificates(&self) -> Result<Vec<Certified>, StoreError> {
        let mut all = Vec::new();
        for disposal in self.store.disposals().await? {
            all.extend(self.certificate_of(&disposal).await?);
        }
        Ok(all)
    }

    /// What certificates say is gone, for those who show what is left. Keys are learnt first. One that cannot be
    /// read certifies nothing: what it is about does not open then, which is told in its place.
    pub(crate) async fn gone(&self) -> Result<Vec<Certified>, StoreError> {
        self.recorder.learn(&*self.store).await?;
        let mut all = Vec::new();
        for disposal in self.store.disposals().await? {
            match self.certificate_of(&disposal).await {
                Err(error @ StoreError::Damaged(_)) => tracing::error!(%error, "a certificate"),
                found => all.extend(found?),
            }
        }
        Ok(all)
    }

    /// The certificate of a disposal; none before its key is destroyed. It counts only if its record opens
    /// and it is about this very log and bucket.
    pub(crate) async fn certificate_of(
        &self,
        disposal: &Disposal,
    ) -> Result<Option<Certified>, StoreError> {
        let Some(id) = disposal.certificate else {
            return Ok(None);
        };
        let wrong = |why: &str| {
            StoreError::Damaged(format!(
                "the certificate of disposal {}: {why}",
                disposal.id
            ))
        };
        let stored = self.store.record(id).await?;
        let stored = stored.ok_or_else(|| wrong("it is not in the record"))?;
        let body = self.recorder.open(&stored.sealed);
        let body = body.map_err(|error| wrong(&error.to_string()))?;
        let note = Note::parse(&body.text).map_err(|e| wrong(&e.to_string()))?;
        // It is the word of the key that the log had at its place (decision 0025).
        let origin = self.signer.verifier().name();
        let keys = self.log_keys().await?;
        let keys = keys.keys_at(origin, stored.global_seq.saturating_add(1));
        note.check(&keys).map_err(|e| wrong(&e.to_string()))?;
        let certificate = Certificate::parse(&note.text).map_err(|e| wrong(&e.to_string()))?;
        let ours = stored.sealed.kind == Kind::Disposal
            && disposal.state >= DisposalState::Destroyed
            && certificate.log == self.installation.log
            && certificate.bucket == disposal.bucket;
        if !ours {
            return Err(wrong("it is about something else"));
        }
        Ok(Some(Certified {
            disposal: disposal.id,
            log_index: stored.global_seq,
            certificate,
            note: body.text,
        }))
    }

    /// Whether a client's text was disposed of before it could be said: it waited for a holder or a reader until
    /// its time was over. Then it is not said, let alone recorded once more, and the job that has its words goes as
    /// well (control C14).
    pub(crate) async fn was_disposed_of(&self, job: &Job) -> Result<bool, StoreError> {
        // Nothing is disposed of in the month in which it came.
        let is_old = month_of(job.created) < month_of(self.now());
        let says = matches!(job.kind, JobKind::Say | JobKind::Route);
        let Some(message) = job.message.filter(|_| is_old && says) else {
            return Ok(false);
        };
        let Some(message) = self.store.message(message).await? else {
            return Ok(false);
        };
        let Some(stored) = self.store.record(message.record).await? else {
            return Ok(false);
        };
        self.recorder.learn(&*self.store).await?;
        if self.recorder.open(&stored.sealed).is_ok() {
            return Ok(false);
        }
        let certificates = self.certificates().await?;
        Ok(certificates.iter().any(|c| c.covers(stored.global_seq)))
    }
}
