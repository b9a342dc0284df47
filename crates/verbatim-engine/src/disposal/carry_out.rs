//! The worker carries disposals out. Each step is a commit under the lease, and dying after any of them is
//! harmless: the job is still there, and its next run finds what is left to do.
//!
//! 1. What is kept moves away: its data keys are wrapped again, by a hold's key of the same month, or by that
//!    of the later month which a rule about somebody gives. What an edge sealed and nobody has adopted is
//!    adopted, since the bucket's key is not yet what it dies with. *Died here:* everything can be read;
//!    what moved need not move again.
//! 2. One commit destroys the bucket's key and appends the certificate, if holds, promises and the
//!    bucket are as they were in step 1, and every row is as the log says: rows can be written by whoever has
//!    the database, the log cannot. *Died before:* step 1 runs again. *Died after:* the disposal has happened,
//!    and is certified; only useless bytes are left.
//! 3. Data keys and ciphertexts of the bucket are removed, some at a time. *Died here:* the rest is removed.
//! 4. The disposal is done.

use verbatim_record::archive::is_of_edge;
use verbatim_record::certificate::{Act, ranges};
use verbatim_record::{Body, BucketId, Certificate, Kind, Note, RetentionClass};

use super::is_of_bucket;
use super::kept::Keep;
use crate::core::Engine;
use crate::ports::{
    self, Change, Destruction, Disposal, DisposalState, Job, NewRecord, StoreError,
};
use crate::retention::{month_of, rule_words};
use crate::trouble::JobError;

/// Records looked at or removed in one commit.
const CHUNK: u32 = 200;

impl Engine {
    /// Carries out every approved disposal whose bucket is due. One that cannot be carried out holds up no
    /// other: an alarm names it, and the job ends with its error when the others are done.
    pub(crate) async fn run_dispose(&self, job: &Job) -> Result<(), JobError> {
        self.has_newest_rules().await?;
        let mut first = None;
        for disposal in self.store.disposals().await? {
            match self.carry_out(&disposal).await {
                Err(error) if error.is_of_one_alone() => {
                    if let Some(why) = error.lasting() {
                        self.raise(stuck(&disposal), stuck_words(&disposal, &why))
                            .await?;
                    }
                    first = first.or(Some(error));
                }
                other => other?,
            }
        }
        match first {
            Some(error) => Err(error),
            None => Ok(self.commit(vec![Change::Finish(job.id)]).await?),
        }
    }

    async fn carry_out(&self, disposal: &Disposal) -> Result<(), JobError> {
        match disposal.state {
            DisposalState::Approved => {
                let is_done = match disposal.contact {
                    None => self.destroy(disposal).await?,
                    Some(contact) => self.erase(disposal, contact).await?,
                };
                if is_done {
                    self.clear_away(disposal).await?;
                }
            }
            DisposalState::Destroyed => self.clear_away(disposal).await?,
            DisposalState::Proposed | DisposalState::Done | DisposalState::Withdrawn => {}
        }
        Ok(())
    }

    /// Steps 1 and 2. False if the bucket is kept longer by now.
    async fn destroy(&self, disposal: &Disposal) -> Result<bool, JobError> {
        let bucket = disposal.bucket;
        let buckets = self.store.buckets().await?;
        if !buckets
            .iter()
            .any(|b| b.id == bucket && self.has_expired(b))
        {
            return Ok(false);
        }
        self.recorder.learn(&*self.store).await?;
        let mut keeping = self.keeping().await?;
        let (mut after, mut positions) = (None, Vec::new());
        loop {
            let page = self.store.records_in(bucket, after, CHUNK).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.global_seq);
            let mut changes = Vec::new();
            for record in &page {
                let to = match keeping.of(record).await? {
                    Keep::Nothing => {
                        if is_of_edge(&record.sealed.wrapped_key) {
                            changes.push(self.moved(record, bucket).await?);
                        }
                        positions.push(record.global_seq);
                        continue;
                    }
                    Keep::Hold => self.hold_bucket(record.sealed.wrapped_by).await?,
                    Keep::Rule(longer) => longer,
                };
                changes.push(self.moved(record, to).await?);
            }
            if !changes.is_empty() {
                self.commit(changes).await?;
            }
        }
        let held = self.kept_for_holds(bucket).await?;
        let certificate = self.certificate(disposal, held, ranges(positions))?;
        self.certify(disposal, keeping.changes, &certificate)
            .await?;
        // Other nodes drop it when they look into the record next.
        self.recorder.forget(bucket);
        Ok(true)
    }

    /// The data key of a record that is kept, wrapped by another bucket's key.
    pub(crate) async fn moved(
        &self,
        record: &ports::StoredRecord,
        to: BucketId,
    ) -> Result<Change, StoreError> {
        let from = record.sealed.wrapped_by;
        let wrapped = self
            .recorder
            .wrap_again(&*self.store, &*self.entropy, &record.sealed, to)
            .await?;
        Ok(Change::WrapAgain {
            position: record.global_seq,
            from,
            to,
            wrapped,
        })
    }

    /// A bucket for what is under a hold: of the same month, not the one that is disposed of, and not one
    /// that was. A destroyed one is never made again, so a hold on what a hold has kept takes the next.
    async fn hold_bucket(&self, from: BucketId) -> Result<BucketId, StoreError> {
        let disposals = self.store.disposals().await?;
        let classes = RetentionClass::FIRST_HOLD.0..=RetentionClass::LAST_HOLD.0;
        let mut buckets = classes.map(|class| BucketId {
            class: RetentionClass(class),
            ..from
        });
        let taken = |b: &BucketId| disposals.iter().any(|d| is_of_bucket(d) && d.bucket == *b);
        let free = |b: &BucketId| *b != from && !taken(b);
        buckets.find(free).ok_or_else(|| {
            let month = from.expiry_month;
            StoreError::Conflict(format!("no bucket is left for holds on month {month}"))
        })
    }

    /// How many records of a bucket are kept in hold buckets now.
    async fn kept_for_holds(&self, bucket: BucketId) -> Result<u64, StoreError> {
        let mut kept = 0;
        let buckets = self.store.buckets().await?;
        let holding = |b: &&ports::Bucket| {
            b.id != bucket && b.id.class.is_hold() && b.id.expiry_month == bucket.expiry_month
        };
        for holding in buckets.iter().filter(holding) {
            let mut after = None;
            loop {
                let page = self.store.records_in(holding.id, after, CHUNK).await?;
                let Some(last) = page.last() else { break };
                after = Some(last.global_seq);
                let ours = page.iter().filter(|r| r.sealed.bucket == bucket);
                kept += ours.count() as u64;
            }
        }
        Ok(kept)
    }

    pub(super) fn certificate(
        &self,
        disposal: &Disposal,
        held: u64,
        ranges: Vec<(u64, u64)>,
    ) -> Result<Certificate, StoreError> {
        let act = |act: &ports::Act| Act {
            at: act.at,
            actor: act.by.clone(),
        };
        let nobody = || StoreError::Damaged("a disposal that nobody approved is approved".into());
        let class = disposal.bucket.class;
        let mut rules = self.settings.retention.iter();
        let rule = rules.find(|rule| rule.class == class.0);
        Ok(Certificate {
            log: self.installation.log,
            bucket: disposal.bucket,
            key: self.recorder.bucket_key_id(disposal.bucket)?,
            rule: rule.map_or_else(|| self.class_name(class), rule_words),
            proposed: act(&disposal.proposed),
            approved: act(disposal.approved.as_ref().ok_or_else(nobody)?),
            destroyed_at: self.now(),
            held,
            only_data_keys: disposal.contact.is_some(),
            ranges,
        })
    }

    /// Step 2: the key is destroyed and that is certified, together or not at all.
    pub(super) async fn certify(
        &self,
        disposal: &Disposal,
        hold_changes: u64,
        certificate: &Certificate,
    ) -> Result<(), JobError> {
        // The one step that cannot be undone is not taken on the word of rows alone.
        self.certificates().await?;
        if let Some(why) = self.ledger_fault().await? {
            let why = format!("its rows are not as the log says ({why})");
            return Err(StoreError::Conflict(why).into());
        }
        // A certificate is the word of the key that the log has at its place.
        self.follow_signing_key().await?;
        let note = Note::sign(certificate.to_text(), &*self.signer)?.to_string();
        // Nothing is destroyed under a certificate that could not be read back, for its length say.
        if let Err(error) = Note::parse(&note) {
            let why = format!("the certificate cannot be read back: {error}");
            return Err(StoreError::Conflict(why).into());
        }
        let body = Body {
            actor: certificate.approved.actor.clone(),
            rule: "record.disposal".to_owned(),
            rule_version: 1,
            reason: "certificate".to_owned(),
            text: note,
            ..Body::default()
        };
        let sealed = self.seal_permanently(Kind::Disposal, body).await?;
        if sealed.captured_at < certificate.destroyed_at {
            // Nobody would believe it: the next try makes another.
            let why = "the clock went back while a disposal was certified";
            return Err(StoreError::Unavailable(why.to_owned()).into());
        }
        let destruction = Destruction {
            disposal: disposal.id,
            bucket: disposal.bucket,
            hold_changes,
            records: certificate.records(),
            only: disposal.contact.map(|_| certificate.ranges.clone()),
            held: certificate.held,
            month: month_of(certificate.destroyed_at),
            certificate: sealed.id,
            at: certificate.destroyed_at,
        };
        let record = NewRecord {
            conversation: None,
            sealed,
            about: None,
        };
        let changes = vec![Change::Append(record), Change::Destroy(destruction)];
        Ok(self.commit(changes).await?)
    }

    /// Steps 3 and 4.
    async fn clear_away(&self, disposal: &Disposal) -> Result<(), StoreError> {
        while disposal.contact.is_none()
            && !self
                .store
                .records_in(disposal.bucket, None, 1)
                .await?
                .is_empty()
        {
            self.commit(vec![Change::Shred(disposal.bucket, CHUNK)])
                .await?;
        }
        let end = Change::EndDisposal(disposal.id);
        self.commit(vec![end, Change::Clear(stuck(disposal))]).await
    }
}

/// The alarm of a disposal that cannot be carried out.
pub(super) fn stuck(disposal: &Disposal) -> String {
    format!("disposal-stuck:{}", disposal.id)
}

fn stuck_words(disposal: &Disposal, why: &str) -> String {
    let id = disposal.id;
    let mend = match disposal.state {
        DisposalState::Approved => format!("`verbatim disposal withdraw {id}` takes it back"),
        _ => "its key is destroyed, and useless texts are left".to_owned(),
    };
    format!("Disposal {id} cannot be carried out: {why}. It is tried again and again; {mend}.")
}
