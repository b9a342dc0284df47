//! Reading the record back, verifying the log, API tokens, readiness.

use verbatim_domain::ConversationId;
use verbatim_record::Hash;
use verbatim_record::verify::{LogVerifier, VerifyEntry};

use crate::admin::{Actor, AdminError};
use crate::anchor::FORKED;
use crate::core::{Engine, locked};
use crate::ports::{Alarm, ApiToken, Change, QueueStat, StoreError, StoredRecord};
use crate::signed_check::SignedCheck;
use crate::views::{Counters, Readiness, RecordView, VerifyView, WorkerState};

const PAGE: u32 = 500;

impl Engine {
    /// The timeline of a conversation: its records, opened and checked, from a position on.
    ///
    /// # Errors
    /// When there is no such conversation, or a record does not open.
    pub async fn timeline(
        &self,
        conversation: ConversationId,
        from: u64,
        limit: u32,
    ) -> Result<Vec<RecordView>, AdminError> {
        self.require_conversation(conversation).await?;
        let records = self
            .store
            .records_of(Some(conversation), from, limit)
            .await?;
        self.recorder.learn(&*self.store).await?;
        records.iter().map(|r| self.record_view(r)).collect()
    }

    /// Records of the whole log, opened and checked, from a log position on.
    ///
    /// # Errors
    /// When a record does not open.
    pub async fn log_records(&self, from: u64, limit: u32) -> Result<Vec<RecordView>, AdminError> {
        let records = self.store.records(from, limit).await?;
        self.recorder.learn(&*self.store).await?;
        records.iter().map(|r| self.record_view(r)).collect()
    }

    fn record_view(&self, stored: &StoredRecord) -> Result<RecordView, AdminError> {
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
        })
    }

    /// Recomputes the whole log from its records and compares it with every stored root, opening every
    /// body on the way. `progress` hears how many records are done.
    ///
    /// # Errors
    /// When the store cannot be read; a fault of the record is in the answer, not an error.
    pub async fn verify_log(
        &self,
        mut progress: impl FnMut(u64),
    ) -> Result<VerifyView, AdminError> {
        let head = self.store.log_root().await?;
        self.recorder.learn(&*self.store).await?;
        let mut verifier = LogVerifier::new()
            .of_log(self.installation.log)
            .with_keyring(self.recorder.keyring());
        let mut signed = SignedCheck::new(self).await?;
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
            }
            progress(done);
        }
        let report = verifier.finish(head.size, head.root);
        let signed = signed.finish(head.size);
        let fault = report.fault.map(|f| f.to_string()).or(signed.fault);
        Ok(VerifyView {
            ok: fault.is_none(),
            records: done,
            // After a fault, checkpoints were handed over whose size was never reached.
            roots: report.roots.saturating_sub(signed.checkpoints),
            checkpoints: signed.checkpoints,
            tiles: signed.tiles,
            log_size: head.size,
            root: hex::encode(head.root),
            fault,
        })
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
        Ok(self.store.queue_stats().await?)
    }

    /// What this process has counted.
    pub fn counters(&self) -> &Counters {
        &self.counters
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
        let store = self.store.probe().await;
        let log = self.store.log_root().await;
        let mut parts = vec![
            Readiness {
                part: "store",
                ok: store.is_ok(),
                note: store.err().map(|e| e.to_string()).unwrap_or_default(),
            },
            Readiness {
                part: "record",
                ok: log.is_ok(),
                note: log.err().map(|e| e.to_string()).unwrap_or_default(),
            },
        ];
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
