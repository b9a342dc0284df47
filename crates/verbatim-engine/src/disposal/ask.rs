//! Disposals are proposed by one person and approved by another.

use verbatim_domain::{ContactId, DisposalId};
use verbatim_record::{Body, BucketId, Kind, RetentionClass};

use super::carry_out::stuck;
use super::kept::Keep;
use crate::admin::{Actor, AdminError};
use crate::core::Engine;
use crate::hold::act;
use crate::ports::{
    Bucket, Change, Disposal, DisposalState, JobKind, Lane, NewJob, NewRecord, Sealed, StoreError,
};
use crate::retention::{month_of, month_words};
use crate::views::{ActView, DisposalView};

const PAGE: u32 = 200;

/// Whether it is about this, and not taken back; an erasure that is carried out may be followed by another.
fn stands(disposal: &Disposal, contact: Option<ContactId>, bucket: BucketId) -> bool {
    let same = disposal.bucket == bucket && disposal.contact == contact;
    let over = match contact {
        None => disposal.state == DisposalState::Withdrawn,
        Some(_) => !is_pending(disposal),
    };
    same && !over
}

fn is_pending(disposal: &Disposal) -> bool {
    let state = disposal.state;
    state == DisposalState::Proposed || state == DisposalState::Approved
}

fn is_already(disposal: &Disposal) -> AdminError {
    AdminError::Invalid(format!("the disposal is {} already", disposal.state.word()))
}

impl Engine {
    /// Proposes the disposal of every bucket that is due: its month is over, and holds and
    /// rules about somebody leave something in it to dispose of. What was proposed before is not proposed again.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn propose_disposals(&self, actor: &Actor) -> Result<Vec<DisposalView>, AdminError> {
        let mut due = Vec::new();
        for bucket in self.store.buckets().await? {
            if self.is_due(&bucket).await? {
                due.push(bucket.id);
            }
        }
        self.propose(actor, None, &due).await
    }

    /// Proposes the disposal of buckets, or of what they have about a contact, each at most once at a time.
    pub(super) async fn propose(
        &self,
        actor: &Actor,
        contact: Option<ContactId>,
        buckets: &[BucketId],
    ) -> Result<Vec<DisposalView>, AdminError> {
        let known = self.store.disposals().await?;
        let mut proposed = Vec::new();
        for bucket in buckets {
            let mut changes = Vec::new();
            if let Some(before) = known.iter().find(|d| stands(d, contact, *bucket)) {
                if !self.has_lapsed(before) {
                    continue;
                }
                changes = self.withdrawal(actor, before, "lapsed").await?;
            }
            let disposal = Disposal {
                id: DisposalId::from_random(self.entropy.id()),
                bucket: *bucket,
                contact,
                state: DisposalState::Proposed,
                proposed: act(actor, self.now()),
                approved: None,
                withdrawn: None,
                destroyed_at: None,
                certificate: None,
                disposed: 0,
                held: 0,
            };
            changes.push(self.disposal_record(actor, "proposed", &disposal).await?);
            changes.push(Change::Propose(disposal.clone()));
            self.at_once(changes).await?;
            proposed.push(self.disposal_view(&disposal));
        }
        Ok(proposed)
    }

    /// Takes a disposal back that is not carried out yet. Anybody with the right to propose or approve may:
    /// to keep is never wrong.
    ///
    /// # Errors
    /// When there is no such disposal, or it is withdrawn or carried out already.
    pub async fn withdraw_disposal(
        &self,
        actor: &Actor,
        id: DisposalId,
    ) -> Result<DisposalView, AdminError> {
        let mut disposal = self.disposal(id).await?;
        if !is_pending(&disposal) {
            return Err(is_already(&disposal));
        }
        let changes = self.withdrawal(actor, &disposal, "withdrawn").await?;
        // Died before this commit: it stands as it was. The worker may have been faster: then this is stale.
        match self.at_once(changes).await {
            Err(StoreError::Stale(_)) => return Err(is_already(&self.disposal(id).await?)),
            done => done?,
        }
        disposal.state = DisposalState::Withdrawn;
        disposal.withdrawn = Some(act(actor, self.now()));
        Ok(self.disposal_view(&disposal))
    }

    /// What takes a disposal back, with the record of it.
    pub(super) async fn withdrawal(
        &self,
        actor: &Actor,
        disposal: &Disposal,
        step: &str,
    ) -> Result<Vec<Change>, StoreError> {
        Ok(vec![
            self.disposal_record(actor, step, disposal).await?,
            Change::WithdrawDisposal(disposal.id, act(actor, self.now())),
            Change::Clear(stuck(disposal)),
        ])
    }

    /// Whether nobody approved it while it could be.
    fn has_lapsed(&self, disposal: &Disposal) -> bool {
        disposal.state == DisposalState::Proposed && self.is_stale(&disposal.proposed)
    }

    /// Approves a disposal, which is then carried out.
    ///
    /// # Errors
    /// When there is no such disposal, it is approved already, or this very actor proposed it.
    pub async fn approve_disposal(
        &self,
        actor: &Actor,
        id: DisposalId,
    ) -> Result<DisposalView, AdminError> {
        let mut disposal = self.disposal(id).await?;
        if disposal.state != DisposalState::Proposed {
            return Err(is_already(&disposal));
        }
        if self.has_lapsed(&disposal) {
            let text = "the proposal has lapsed: what was true of it then may not be any more; propose it again";
            return Err(AdminError::Invalid(text.to_owned()));
        }
        if actor.may_be(&disposal.proposed.by) {
            return Err(AdminError::SecondPerson("a disposal"));
        }
        let approved = act(actor, self.now());
        let changes = vec![
            self.disposal_record(actor, "approved", &disposal).await?,
            Change::Approve(id, approved.clone()),
            self.dispose_job(),
        ];
        self.at_once(changes).await?;
        disposal.state = DisposalState::Approved;
        disposal.approved = Some(approved);
        Ok(self.disposal_view(&disposal))
    }

    /// Lets the worker look at the approved disposals again: one of them may have waited for its bucket.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn run_disposals(&self) -> Result<(), AdminError> {
        Ok(self.at_once(vec![self.dispose_job()]).await?)
    }

    /// All disposals in order.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list_disposals(&self) -> Result<Vec<DisposalView>, AdminError> {
        let disposals = self.store.disposals().await?;
        Ok(disposals.iter().map(|d| self.disposal_view(d)).collect())
    }

    /// One disposal, with its certificate once there is one.
    ///
    /// # Errors
    /// When there is no such disposal.
    pub async fn show_disposal(
        &self,
        id: DisposalId,
    ) -> Result<(DisposalView, Option<String>), AdminError> {
        let disposal = self.disposal(id).await?;
        self.recorder.learn(&*self.store).await?;
        let certified = self.certificate_of(&disposal).await?;
        let text = certified.map(|found| found.note);
        Ok((self.disposal_view(&disposal), text))
    }

    pub(super) async fn disposal(&self, id: DisposalId) -> Result<Disposal, AdminError> {
        let disposals = self.store.disposals().await?;
        let found = disposals.into_iter().find(|d| d.id == id);
        found.ok_or_else(|| AdminError::NotFound {
            what: "disposal",
            which: id.to_string(),
            mend: "list them with `verbatim disposal list`",
        })
    }

    /// Whether a bucket's month is over.
    pub(super) fn has_expired(&self, bucket: &Bucket) -> bool {
        bucket.id.class != RetentionClass::PERMANENT && bucket.expires() < month_of(self.now())
    }

    /// Whether a disposal of the bucket would dispose of something.
    async fn is_due(&self, bucket: &Bucket) -> Result<bool, StoreError> {
        if bucket.disposal.is_some() || bucket.records == 0 || !self.has_expired(bucket) {
            return Ok(false);
        }
        let mut keeping = self.keeping().await?;
        let mut after = None;
        loop {
            let page = self.store.records_in(bucket.id, after, PAGE).await?;
            let Some(last) = page.last() else {
                return Ok(false);
            };
            after = Some(last.global_seq);
            for record in &page {
                if keeping.of(record).await? == Keep::Nothing {
                    return Ok(true);
                }
            }
        }
    }

    pub(super) fn dispose_job(&self) -> Change {
        Change::Enqueue(NewJob {
            lane: Lane::disposal(),
            kind: JobKind::Dispose,
            due: self.now(),
            payload: Sealed(Vec::new()),
            conversation: None,
            message: None,
            room: None,
            unique: Some("dispose".to_owned()),
        })
    }

    /// A step of a disposal for the record.
    async fn disposal_record(
        &self,
        actor: &Actor,
        step: &str,
        disposal: &Disposal,
    ) -> Result<Change, StoreError> {
        let mut body = Body {
            actor: actor.0.clone(),
            rule: "record.disposal".to_owned(),
            rule_version: 1,
            reason: step.to_owned(),
            ..Body::default()
        };
        let bucket = disposal.bucket;
        for (name, value) in [
            ("disposal", disposal.id.to_string()),
            ("class", bucket.class.0.to_string()),
            ("expiry_month", month_words(bucket.expiry_month)),
        ] {
            body.details.insert(name.to_owned(), value);
        }
        if let Some(contact) = disposal.contact {
            let of = contact.to_string();
            body.details.insert("contact".to_owned(), of);
        }
        Ok(Change::Append(NewRecord {
            conversation: None,
            sealed: self.seal(Kind::Disposal, body).await?,
            about: None,
        }))
    }

    pub(super) fn disposal_view(&self, disposal: &Disposal) -> DisposalView {
        DisposalView {
            id: disposal.id.to_string(),
            class: disposal.bucket.class.0,
            name: self.class_name(disposal.bucket.class),
            expired: month_words(disposal.bucket.expiry_month),
            contact: disposal.contact.map(|id| id.to_string()),
            state: match self.has_lapsed(disposal) {
                true => "lapsed".to_owned(),
                false => disposal.state.word().to_owned(),
            },
            proposed: ActView::from(&disposal.proposed),
            approved: disposal.approved.as_ref().map(ActView::from),
            withdrawn: disposal.withdrawn.as_ref().map(ActView::from),
            destroyed_ms: disposal.destroyed_at.map(|at| at.as_millis()),
            disposed: disposal.disposed,
            held: disposal.held,
        }
    }
}
