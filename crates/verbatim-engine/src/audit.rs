//! Reading the record back, verifying the log, API tokens, readiness.

use verbatim_domain::ConversationId;
use verbatim_record::verify::{LogVerifier, VerifyEntry};
use verbatim_record::{Hash, Kind};

use crate::access::{Shown, Viewer};
use crate::admin::{Actor, AdminError};
use crate::anchor::FORKED;
use crate::core::{Engine, locked};
use crate::disposal::Certified;
use crate::places_check::PlacesCheck;
use crate::ports::{Alarm, ApiToken, Change, QueueStat, StoreError, StoredRecord};
use crate::signed_check::SignedCheck;
use crate::views::{DisposedView, Readiness, RecordView, TimelineView, VerifyView, WorkerState};

const PAGE: u32 = 500;
/// How often the log is read again because something was disposed of meanwhile.
const LOOKS: u32 = 5;

impl Engine {
    /// A part of a conversation's timeline: its records, opened and checked, from a position on and up to
    /// before `end`; without it, up to what is there now. One that does not open says so, and hides no other.
    /// The view is recorded first, behind what it shows: whoever pages without an end would read their own
    /// views for ever.
    ///
    /// # Errors
    /// When there is no such conversation, or the view cannot be recorded.
    pub async fn timeline(
        &self,
        viewer: &Viewer,
        conversation: ConversationId,
        from: u64,
        end: Option<u64>,
        limit: u32,
    ) -> Result<TimelineView, AdminError> {
        self.require_conversation(conversation).await?;
        let there = self.store.length_of(Some(conversation)).await?;
        let end = end.map_or(there, |end| end.min(there));
        let most = u64::from(limit).min(end.saturating_sub(from));
        let limit = u32::try_from(most).unwrap_or(limit);
        let records = match limit {
            0 => Vec::new(),
            _ => {
                self.store
                    .records_of(Some(conversation), from, limit)
                    .await?
            }
        };
        let views = self.record_views(&records).await?.into_iter().zip(&records);
        let items = views
            .map(|(view, stored)| view.or_else(|error| unreadable_view(stored, error)))
            .collect::<Result<Vec<_>, _>>()?;
        let (Some(first), Some(last)) = (records.first(), records.last()) else {
            let next = None;
            return Ok(TimelineView { items, next });
        };
        let shown = Shown {
            conversation: Some(conversation),
            range: Some((first.conversation_seq, last.conversation_seq)),
            details: &[],
        };
        // Died before this commit: nothing was shown. Died after it: the record says more than was seen.
        self.looked(viewer, Kind::View, "timeline", shown).await?;
        let next = last.conversation_seq + 1;
        let next = (next < end).then_some((next, end));
        Ok(TimelineView { items, next })
    }

    /// Records of the whole log, opened and checked, from a log position on. For checks within the process,
    /// which show nothing to anybody: this look is not recorded, and no endpoint offers it.
    ///
    /// # Errors
    /// When a record does not open.
    pub async fn log_records(&self, from: u64, limit: u32) -> Result<Vec<RecordView>, AdminError> {
        let records = self.store.records(from, limit).await?;
        let views = self.record_views(&records).await?.into_iter();
        Ok(views.collect::<Result<_, _>>()?)
    }

    /// Opens records; one that was disposed of shows its leaf and its certificate.
    async fn record_views(
        &self,
        page: &[StoredRecord],
    ) -> Result<Vec<Result<RecordView, StoreError>>, StoreError> {
        let mut gone = self.gone().await?;
        let view = |stored: &StoredRecord, gone: &[Certified]| {
            let mut by = gone.iter();
            match by.find(|found| found.covers(stored.global_seq)) {
                Some(found) => Ok(disposed_view(stored, found)),
                None => self.record_view(stored),
            }
        };
        let mut views: Vec<_> = page.iter().map(|stored| view(stored, &gone)).collect();
        if views.iter().any(Result::is_err) {
            // A key may have been made, or destroyed, since the keys and certificates were read.
            gone = self.gone().await?;
            let again = views.iter_mut().zip(page).filter(|(view, _)| view.is_err());
            again.for_each(|(shown, stored)| *shown = view(stored, &gone));
        }
        Ok(views)
    }

    fn record_view(&self, stored: &StoredRecord) -> Result<RecordView, StoreError> {
        let body = self.recorder.open(&stored.sealed).map_err(|e| {
            StoreError::Damaged(format!("record {} does not open: {e}", stored.global_seq))
        })?;
        Ok(RecordView {
            log_index: stored.global_seq,
            conversation_seq: stored.conversation_seq,
            kind: stored.sealed.kind.word().to_owned(),
            captured_ms: body.captured_at,
            origin_ms: body.origin_at,
            provider_ms: body.provider_at,
            actor: body.actor,
            from: body.from,
            to: body.to,
            message: body.message,
            text: body.text,
            transmitted: body.transmitted,
            rule: format!("{} v{}", body.rule, body.rule_version),
            reason: body.reason,
            refs: body.refs,
            details: body.details,
            evidence_bytes: body.evidence.len(),
            leaf_hash: hex::encode(stored.leaf_hash),
            disposed: None,
            unreadable: None,
        })
    }

    /// Recomputes the whole log from its records and compares it with every stored root, opening every
    /// body on the way. `progress` hears how many records are done. The service goes on beside it: where a
    /// disposal was carried out meanwhile, what it took is no fault, and the log is read again.
    ///
    /// # Errors
    /// When the store cannot be read; a fault of the record is in the answer, not an error.
    pub async fn verify_log(
        &self,
        mut progress: impl FnMut(u64),
    ) -> Result<VerifyView, AdminError> {
        let mut looks = 0;
        loop {
            looks += 1;
            let gone = self.disposed_ranges().await;
            let mut view = self.verify_records(gone.clone(), &mut progress).await?;
            if !view.ok && looks < LOOKS && self.disposed_ranges().await != gone {
                continue;
            }
            if view.ok {
                view.fault = self.ledger_fault().await?;
                view.ok = view.fault.is_none();
            }
            return Ok(view);
        }
    }

    async fn verify_records(
        &self,
        gone: Vec<(u64, u64)>,
        mut progress: impl FnMut(u64),
    ) -> Result<VerifyView, AdminError> {
        // First what is signed, then how far the log goes: it grows and is signed meanwhile.
        let mut signed = SignedCheck::new(self).await?;
        let head = self.store.log_root().await?;
        self.recorder.learn(&*self.store).await?;
        let mut verifier = LogVerifier::new()
            .of_log(self.installation.log)
            .with_keyring(self.recorder.keyring())
            .with_disposals(gone);
        let mut places = PlacesCheck::new(self);
        let (mut done, mut rooted) = (0, 0);
        'log: while done < head.size {
            let limit = u32::try_from(head.size - done).unwrap_or(PAGE).min(PAGE);
            let page = self.store.records(done, limit).await?;
            if page.is_empty() {
                break;
            }
            let upto = (done + page.len() as u64).min(head.size);
            rooted = self.feed_roots(&mut verifier, rooted, upto).await?;
            signed.feed_checkpoints(&mut verifier, upto).await?;
            for stored in &page {
                done += 1;
                // The verifier remembers its first fault; `finish` tells it.
                if verifier.record(&entry(stored)).is_err() {
                    break 'log;
                }
                signed.leaf(&stored.leaf_hash).await?;
                places.record(stored).await?;
            }
            progress(done);
        }
        let report = verifier.finish(head.size, head.root);
        signed.feed_timestamps().await?;
        let signed = signed.finish(head.size);
        let mut fault = report.fault.map(|f| f.to_string()).or(signed.fault);
        if fault.is_none() {
            fault = places.finish().await?;
        }
        Ok(VerifyView {
            ok: fault.is_none(),
            records: done,
            disposed: report.disposed,
            // After a fault, checkpoints were handed over whose size was never reached.
            roots: report.roots.saturating_sub(signed.checkpoints),
            checkpoints: signed.checkpoints,
            tiles: signed.tiles,
            log_size: head.size,
            root: hex::encode(head.root),
            fault,
        })
    }

    /// What certificates say is gone. One that cannot be read certifies nothing: what it is about is a fault
    /// of the log, and the verifier names it.
    async fn disposed_ranges(&self) -> Vec<(u64, u64)> {
        match self.certificates().await {
            Ok(all) => all.into_iter().flat_map(|c| c.certificate.ranges).collect(),
            Err(error) => {
                tracing::error!(%error, "certificates of disposals");
                Vec::new()
            }
        }
    }

    /// Hands over the stored roots up to a size, ahead of their records.
    async fn feed_roots(
        &self,
        verifier: &mut LogVerifier<'_>,
        after: u64,
        upto: u64,
    ) -> Result<u64, StoreError> {
        let mut after = after;
        loop {
            let roots = self.store.roots(after, PAGE).await?;
            for root in roots.iter().filter(|r| r.size <= upto) {
                // A fault is remembered by the verifier.
                let _ = verifier.root(root.size, root.root);
                after = root.size;
            }
            if roots.len() < PAGE as usize || roots.iter().any(|r| r.size > upto) {
                return Ok(after);
            }
        }
    }

    /// Verifies the log on somebody's behalf. Every body is opened and none is shown, so it is recorded
    /// afterwards, with what came out (control C08); a log too damaged to take that record is reported all
    /// the same.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn verify_for(
        &self,
        viewer: &Viewer,
        progress: impl FnMut(u64),
    ) -> Result<VerifyView, AdminError> {
        let view = self.verify_log(progress).await?;
        let outcome = view.fault.as_deref().unwrap_or("good");
        let shown = Shown {
            conversation: None,
            range: None,
            details: &[
                ("outcome", outcome),
                ("log_size", &view.log_size.to_string()),
                ("root", &view.root),
            ],
        };
        match self.looked(viewer, Kind::View, "verify", shown).await {
            Err(error) if view.ok => Err(error),
            Err(error) => {
                tracing::error!(%error, "the verification is not recorded");
                Ok(view)
            }
            Ok(()) => Ok(view),
        }
    }

    /// Makes an API token. It is shown once; only its hash is kept.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn create_token(
        &self,
        actor: &Actor,
        name: &str,
        scopes: &[String],
    ) -> Result<String, AdminError> {
        let mut secret = [0; 32];
        self.entropy.fill(&mut secret);
        let token = format!("vbt_{}", hex::encode(secret));
        let row = ApiToken {
            hash: token_hash(&token),
            name: name.to_owned(),
            scopes: scopes.to_vec(),
            created: self.now(),
            revoked: None,
        };
        let details = [("name", name), ("scopes", &scopes.join(" "))];
        self.change(actor, "token.create", &details, vec![Change::PutToken(row)])
            .await?;
        Ok(token)
    }

    /// Withdraws every token of a name. How many there were.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn revoke_tokens(&self, actor: &Actor, name: &str) -> Result<usize, AdminError> {
        let now = self.now();
        let rows: Vec<Change> = self
            .store
            .tokens()
            .await?
            .into_iter()
            .filter(|t| t.name == name && t.revoked.is_none())
            .map(|t| {
                Change::PutToken(ApiToken {
                    revoked: Some(now),
                    ..t
                })
            })
            .collect();
        let count = rows.len();
        if count > 0 {
            self.change(actor, "token.revoke", &[("name", name)], rows)
                .await?;
        }
        Ok(count)
    }

    /// All tokens, without their secrets.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list_tokens(&self) -> Result<Vec<ApiToken>, AdminError> {
        Ok(self.store.tokens().await?)
    }

    /// The token behind a bearer string, if it stands.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn authenticate(&self, bearer: &str) -> Result<Option<ApiToken>, AdminError> {
        Ok(self
            .store
            .token(&token_hash(bearer))
            .await?
            .filter(|t| t.revoked.is_none()))
    }

    /// How many alarms there are.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn alarm_count(&self) -> Result<u64, AdminError> {
        Ok(self.store.alarm_count().await?)
    }

    /// What an operator should look at, newest first, at most 1,000.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn alarms(&self) -> Result<Vec<Alarm>, AdminError> {
        Ok(self.store.alarms().await?)
    }

    /// Clears an alarm that was dealt with.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn clear_alarm(&self, actor: &Actor, key: &str) -> Result<(), AdminError> {
        let mut changes = vec![Change::Clear(key.to_owned())];
        if key == FORKED {
            // Said by somebody with the right to: signing goes on.
            changes.push(Change::SetCursor(key.to_owned(), String::new()));
        }
        self.change(actor, "alarm.clear", &[("key", key)], changes)
            .await
    }

    /// What waits.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn queue_stats(&self) -> Result<Vec<QueueStat>, AdminError> {
        let now = self.now();
        let mut stats = self.store.queue_stats().await?;
        for stat in &mut stats {
            // What is put in the queue for later counts from then on; it is no news from the future.
            stat.oldest = stat.oldest.min(now);
        }
        Ok(stats)
    }

    /// Notes what the worker of this process is doing.
    pub fn set_worker(&self, state: WorkerState) {
        *locked(&self.worker) = state;
    }

    /// What the worker of this process is doing.
    pub fn worker(&self) -> WorkerState {
        *locked(&self.worker)
    }

    /// Whether this node can take and record messages now, and somebody relays them.
    pub async fn readiness(&self) -> Vec<Readiness> {
        let mut parts = self.can_record().await;
        parts.extend(worker_part(self.worker()));
        parts
    }
}

/// Nothing where there is no worker to ask for.
fn worker_part(state: WorkerState) -> Option<Readiness> {
    let (ok, note) = match state {
        WorkerState::None => return None,
        WorkerState::Working => (true, ""),
        WorkerState::Waiting => (true, "another node holds the lease, or it is being taken"),
        WorkerState::Ended => (
            false,
            "the worker ended: nothing is relayed by this process",
        ),
    };
    Some(Readiness {
        part: "worker",
        ok,
        note: note.to_owned(),
    })
}

/// What is left of a record that was disposed of: its leaf.
fn disposed_view(stored: &StoredRecord, by: &Certified) -> RecordView {
    RecordView {
        disposed: Some(DisposedView {
            at_ms: by.at().as_millis(),
            certificate: by.log_index,
        }),
        ..leaf_view(stored)
    }
}

/// What is certain of a record that does not open: its leaf. Other failures stay.
fn unreadable_view(stored: &StoredRecord, error: StoreError) -> Result<RecordView, StoreError> {
    let StoreError::Damaged(why) = error else {
        return Err(error);
    };
    Ok(RecordView {
        unreadable: Some(why),
        ..leaf_view(stored)
    })
}

fn leaf_view(stored: &StoredRecord) -> RecordView {
    RecordView {
        log_index: stored.global_seq,
        conversation_seq: stored.conversation_seq,
        kind: stored.sealed.kind.word().to_owned(),
        captured_ms: stored.sealed.captured_at.as_millis(),
        leaf_hash: hex::encode(stored.leaf_hash),
        ..RecordView::default()
    }
}

fn entry(stored: &StoredRecord) -> VerifyEntry<'_> {
    VerifyEntry {
        leaf_bytes: &stored.leaf_bytes,
        leaf_hash: stored.leaf_hash,
        conversation: stored.conversation,
        conversation_seq: stored.conversation_seq,
        global_seq: stored.global_seq,
        sealed: &stored.sealed,
    }
}

fn token_hash(token: &str) -> Hash {
    use sha2::{Digest, Sha256};
    Sha256::digest(token.as_bytes()).into()
}
