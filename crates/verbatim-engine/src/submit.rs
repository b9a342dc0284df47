//! A text goes to the carrier, once.
//!
//! The commit protocol, and what holds if the process dies after each step:
//! 1. `Accepted`: recorded and queued; nothing has left. Dying here: tried later.
//! 2. `Submitting` is committed, then the request goes out. Dying here: nobody knows; the successor finds
//!    `Submitting` and asks the carrier (step 4) before anything else.
//! 3. The answer is committed: `Submitted` with the carrier's id, or `Failed`, or back to `Accepted` when it
//!    certainly did not arrive, or `Unknown`. Dying before this commit: as after step 2.
//! 4. `Unknown`: the carrier's list is searched until the message is found (a receipt may find it first) or
//!    its validity is over. Only then is the absence a proof, and the text is tried again or given up.
//!
//! The job stays at the head of its lane all the while, so that later texts of the conversation wait.

use verbatim_domain::message::MessageState;
use verbatim_domain::notice::Notice;
use verbatim_domain::retry::{Breaker, TokenBucket, reconcile_wait};
use verbatim_domain::{AccountId, Duration, RecordId, Timestamp};
use verbatim_record::{Body, Kind, SealedRecord};

use crate::core::Engine;
use crate::intake::{class_word, failure_of, target_state};
use crate::payload::SubmitPayload;
use crate::ports::{
    Carrier, Change, Conversation, Failure, Job, JobKind, Lane, Message, NewJob, NewRecord,
    Receipt, Sealed, StoreError, Submission, SubmitOutcome,
};
use crate::worker::JobError;

/// Clock differences between us and the carrier, allowed for before absence is proof.
const SKEW: Duration = Duration::from_secs(30);

/// One text on its way, with all that the steps need.
struct Attempt<'a> {
    job: &'a Job,
    message: Message,
    conversation: Conversation,
    payload: SubmitPayload,
    submission: Submission,
}

impl Engine {
    pub(crate) async fn run_submit(&self, job: &Job) -> Result<(), JobError> {
        let Some(attempt) = self.attempt(job).await? else {
            return Ok(self.commit(vec![Change::Finish(job.id)]).await?);
        };
        match attempt.message.state {
            MessageState::Accepted => self.try_to_submit(&attempt).await,
            MessageState::Submitting | MessageState::Unknown => self.reconcile(&attempt).await,
            // A receipt was faster than the answer, or somebody decided otherwise.
            _ => Ok(self.commit(vec![Change::Finish(job.id)]).await?),
        }
    }

    async fn attempt<'a>(&self, job: &'a Job) -> Result<Option<Attempt<'a>>, JobError> {
        let (Some(message), Some(conversation)) = (job.message, job.conversation) else {
            return Ok(None);
        };
        let (message, conversation) = (
            self.store.message(message).await?,
            self.store.conversation(conversation).await?,
        );
        let (Some(message), Some(conversation)) = (message, conversation) else {
            return Ok(None);
        };
        let payload: SubmitPayload = self.unpack(&job.payload)?;
        let peer = conversation
            .contact
            .numbers
            .iter()
            .find(|(index, _)| *index == conversation.peer);
        let Some((_, peer)) = peer else {
            return Err(StoreError::Damaged(
                "a conversation's contact has lost its number".to_owned(),
            )
            .into());
        };
        let submission = Submission {
            message: message.id,
            from: self.reveal_text("number", &conversation.number.number)?,
            to: self.reveal_text("number", peer)?,
            text: payload.text.clone(),
            validity: self.settings.validity,
        };
        Ok(Some(Attempt {
            job,
            message,
            conversation,
            payload,
            submission,
        }))
    }

    /// Step 1 to 3.
    async fn try_to_submit(&self, attempt: &Attempt<'_>) -> Result<(), JobError> {
        if self.now().since(attempt.message.created) > self.settings.max_age {
            return self.give_up_old(attempt).await;
        }
        let account = attempt.conversation.number.account.clone();
        let Some(carrier) = self.carrier(&account) else {
            return self.no_such_carrier(attempt, &account).await;
        };
        if let Err(wait) = self.admit(attempt, &account) {
            return self
                .put_off(attempt, wait.max(Duration::from_millis(1)), false)
                .await;
        }
        let submitting = Change::Advance {
            message: attempt.message.id,
            to: MessageState::Submitting,
            provider_id: None,
            failure: None,
            tried: Some(self.now()),
        };
        let begun = self.now();
        self.commit(vec![submitting]).await?;
        if self.now().since(begun) > SKEW {
            // This process was held up between its word and its deed; a successor may already be
            // looking for a text that was never sent. Only what it has proved may be sent again.
            return self.put_off(attempt, SKEW, false).await;
        }
        // From here on nobody knows, until the outcome is committed.
        let outcome = carrier.submit(&attempt.submission).await;
        self.weigh(&account, &outcome).await?;
        self.conclude(attempt, outcome).await
    }

    /// The carrier's health, and our pace on this number.
    fn admit(&self, attempt: &Attempt<'_>, account: &AccountId) -> Result<(), Duration> {
        let now = self.now();
        let settings = &self.settings;
        let mut breakers = lock(&self.breakers);
        let breaker = breakers
            .entry(account.clone())
            .or_insert_with(|| Breaker::new(settings.breaker_threshold, settings.breaker_rest));
        let mut buckets = lock(&self.buckets);
        let bucket = buckets
            .entry(attempt.conversation.number.id)
            .or_insert_with(|| {
                TokenBucket::new(settings.segments_per_second, settings.segment_burst, now)
            });
        // The breaker last: its trial request must not be spent on a text that then waits for its turn.
        let mut paid = *bucket;
        paid.take(attempt.message.segments.max(1), now)?;
        breaker.admit(now)?;
        *bucket = paid;
        Ok(())
    }

    /// Feeds the circuit breaker.
    async fn weigh(&self, account: &AccountId, outcome: &SubmitOutcome) -> Result<(), JobError> {
        let failed = matches!(
            outcome,
            SubmitOutcome::NotSent {
                retry_after: None,
                ..
            } | SubmitOutcome::Unknown { .. }
        );
        let now = self.now();
        let opened = {
            let mut breakers = lock(&self.breakers);
            let Some(breaker) = breakers.get_mut(account) else {
                return Ok(());
            };
            if failed {
                breaker.failed(now)
            } else {
                breaker.succeeded();
                false
            }
        };
        if opened {
            let text = "The carrier does not answer; texts wait and go out when it does. `verbatim doctor` checks the account.";
            self.raise(format!("carrier-down:{account}"), text).await?;
        }
        Ok(())
    }

    async fn conclude(
        &self,
        attempt: &Attempt<'_>,
        outcome: SubmitOutcome,
    ) -> Result<(), JobError> {
        match outcome {
            SubmitOutcome::Accepted { provider_id, raw } => {
                let record = self.status(attempt, "accepted", "", &raw).await?;
                self.counters.submitted.inc();
                let advance = Change::Advance {
                    message: attempt.message.id,
                    to: MessageState::Submitted,
                    provider_id: Some(provider_id),
                    failure: None,
                    tried: None,
                };
                self.settle(attempt, record, advance, false).await
            }
            SubmitOutcome::Refused {
                class, code, raw, ..
            } => {
                let record = self.status(attempt, "refused", &code, &raw).await?;
                let failure = Failure {
                    class: class_word(class).to_owned(),
                    code,
                    certain: true,
                };
                self.settle(
                    attempt,
                    record,
                    fail(attempt, MessageState::Failed, failure),
                    true,
                )
                .await
            }
            SubmitOutcome::NotSent {
                reason,
                retry_after,
            } => {
                tracing::info!(%reason, attempt = attempt.job.attempts + 1, "text not sent, will try again");
                let due = retry_after.map_or_else(
                    || self.retry_at(attempt.job.attempts + 1),
                    |wait| self.now().after(wait),
                );
                self.withdraw(attempt, due, Vec::new()).await
            }
            SubmitOutcome::Unknown { reason } => {
                let record = self.status(attempt, "unknown", &reason, &[]).await?;
                self.counters.unknown.inc();
                self.commit(vec![
                    self.append(attempt, record),
                    advance(attempt, MessageState::Unknown),
                    self.retry(
                        attempt,
                        reconcile_wait(0, self.settings.validity),
                        SubmitPayload {
                            asked: 0,
                            ..attempt.payload.clone()
                        },
                    ),
                ])
                .await?;
                Ok(())
            }
        }
    }

    /// Step 4.
    async fn reconcile(&self, attempt: &Attempt<'_>) -> Result<(), JobError> {
        let account = attempt.conversation.number.account.clone();
        let Some(carrier) = self.carrier(&account) else {
            return self.no_such_carrier(attempt, &account).await;
        };
        let tried = attempt
            .message
            .last_tried
            .unwrap_or(attempt.message.created);
        match self
            .find_unclaimed(attempt, carrier, &account, tried)
            .await?
        {
            Search::Found(receipt) => self.found(attempt, &receipt).await,
            Search::Absent if self.now().since(tried) > plus(self.settings.validity, SKEW) => {
                let record = self.reconciliation(attempt, "proved_not_sent").await?;
                let changes = vec![self.append(attempt, record)];
                self.withdraw(attempt, self.now(), changes).await
            }
            Search::Absent | Search::Unavailable => self.ask_again(attempt, tried).await,
        }
    }

    async fn find_unclaimed(
        &self,
        attempt: &Attempt<'_>,
        carrier: &dyn Carrier,
        account: &AccountId,
        tried: Timestamp,
    ) -> Result<Search, JobError> {
        let candidates = match carrier.find(&attempt.submission, tried).await {
            Ok(candidates) => candidates,
            Err(error) => {
                tracing::info!(%error, "carrier cannot be asked what became of a text");
                return Ok(Search::Unavailable);
            }
        };
        for candidate in candidates {
            match self
                .store
                .message_by_provider(account, &candidate.provider_id)
                .await?
            {
                Some(other) if other != attempt.message.id => {}
                _ => return Ok(Search::Found(Box::new(candidate))),
            }
        }
        Ok(Search::Absent)
    }

    async fn found(&self, attempt: &Attempt<'_>, receipt: &Receipt) -> Result<(), JobError> {
        let record = self.reconciliation(attempt, "found").await?;
        let to = target_state(&receipt.status).unwrap_or(MessageState::Submitted);
        let advance = Change::Advance {
            message: attempt.message.id,
            to,
            provider_id: Some(receipt.provider_id.clone()),
            failure: failure_of(receipt),
            tried: None,
        };
        self.settle(
            attempt,
            record,
            advance,
            to != MessageState::Submitted || attempt.payload.told_unknown,
        )
        .await
    }

    async fn ask_again(&self, attempt: &Attempt<'_>, tried: Timestamp) -> Result<(), JobError> {
        let mut payload = SubmitPayload {
            asked: attempt.payload.asked + 1,
            ..attempt.payload.clone()
        };
        let mut changes = Vec::new();
        if attempt.message.state == MessageState::Submitting {
            changes.push(advance(attempt, MessageState::Unknown));
        }
        if !payload.told_unknown && self.now().since(tried) >= self.settings.unknown_notice {
            payload.told_unknown = true;
            let about = attempt
                .message
                .event
                .clone()
                .map(|e| (e, attempt.conversation.employee.user.clone()));
            changes.push(self.tell_about(attempt.conversation.id, &Notice::Unconfirmed, about));
        }
        let wait = reconcile_wait(payload.asked, self.settings.validity);
        changes.push(self.retry(attempt, wait, payload));
        Ok(self.commit(changes).await?)
    }

    async fn give_up_old(&self, attempt: &Attempt<'_>) -> Result<(), JobError> {
        let record = self.status(attempt, "too_old", "", &[]).await?;
        let failure = Failure {
            class: "expired".to_owned(),
            code: String::new(),
            certain: true,
        };
        self.settle(
            attempt,
            record,
            fail(attempt, MessageState::Expired, failure),
            true,
        )
        .await
    }

    async fn no_such_carrier(
        &self,
        attempt: &Attempt<'_>,
        account: &AccountId,
    ) -> Result<(), JobError> {
        let text = format!(
            "A number belongs to carrier account `{account}`, which is not configured: texts wait."
        );
        self.raise(format!("no-carrier:{account}"), text).await?;
        self.put_off(attempt, Duration::from_secs(30), true).await
    }

    /// The last commit of a text: its record, its state, the end of its job.
    async fn settle(
        &self,
        attempt: &Attempt<'_>,
        record: SealedRecord,
        advance: Change,
        show: bool,
    ) -> Result<(), JobError> {
        let mut changes = vec![self.append(attempt, record), advance];
        if show {
            changes.push(Change::Enqueue(NewJob {
                lane: Lane::room(attempt.conversation.id),
                kind: JobKind::Show,
                due: self.now(),
                payload: Sealed(Vec::new()),
                conversation: Some(attempt.conversation.id),
                message: Some(attempt.message.id),
                room: None,
                unique: None,
            }));
        }
        changes.push(Change::Finish(attempt.job.id));
        Ok(self.commit(changes).await?)
    }

    async fn withdraw(
        &self,
        attempt: &Attempt<'_>,
        due: Timestamp,
        mut changes: Vec<Change>,
    ) -> Result<(), JobError> {
        changes.push(Change::Withdraw(attempt.message.id));
        let payload = SubmitPayload {
            asked: 0,
            ..attempt.payload.clone()
        };
        changes.push(Change::Retry {
            job: attempt.job.id,
            due,
            payload: Some(self.pack(&payload)),
            counts: true,
        });
        Ok(self.commit(changes).await?)
    }

    async fn put_off(
        &self,
        attempt: &Attempt<'_>,
        wait: Duration,
        counts: bool,
    ) -> Result<(), JobError> {
        let due = self.now().after(wait);
        Ok(self
            .commit(vec![Change::Retry {
                job: attempt.job.id,
                due,
                payload: None,
                counts,
            }])
            .await?)
    }

    fn retry(&self, attempt: &Attempt<'_>, wait: Duration, payload: SubmitPayload) -> Change {
        Change::Retry {
            job: attempt.job.id,
            due: self.now().after(wait),
            payload: Some(self.pack(&payload)),
            counts: false,
        }
    }

    fn append(&self, attempt: &Attempt<'_>, sealed: SealedRecord) -> Change {
        let about: Option<RecordId> = Some(attempt.message.record);
        Change::Append(NewRecord {
            conversation: Some(attempt.conversation.id),
            sealed,
            about,
        })
    }

    async fn status(
        &self,
        attempt: &Attempt<'_>,
        reason: &str,
        code: &str,
        raw: &[u8],
    ) -> Result<SealedRecord, StoreError> {
        self.status_record(attempt, Kind::Status, "submit.carrier", reason, code, raw)
            .await
    }

    async fn reconciliation(
        &self,
        attempt: &Attempt<'_>,
        reason: &str,
    ) -> Result<SealedRecord, StoreError> {
        self.status_record(
            attempt,
            Kind::Reconciliation,
            "submit.reconcile",
            reason,
            "",
            &[],
        )
        .await
    }

    async fn status_record(
        &self,
        attempt: &Attempt<'_>,
        kind: Kind,
        rule: &str,
        reason: &str,
        code: &str,
        raw: &[u8],
    ) -> Result<SealedRecord, StoreError> {
        let mut body = Body {
            actor: format!("carrier:{}", attempt.conversation.number.account),
            message: attempt.message.id.to_string(),
            rule: rule.to_owned(),
            rule_version: 1,
            reason: reason.to_owned(),
            evidence: raw.to_vec(),
            evidence_kind: if raw.is_empty() {
                String::new()
            } else {
                "application/json".to_owned()
            },
            ..Body::default()
        };
        if !code.is_empty() {
            body.details.insert("code".to_owned(), code.to_owned());
        }
        self.seal(kind, body).await
    }
}

/// What a search at the carrier found.
enum Search {
    Found(Box<Receipt>),
    Absent,
    Unavailable,
}

fn advance(attempt: &Attempt<'_>, to: MessageState) -> Change {
    Change::Advance {
        message: attempt.message.id,
        to,
        provider_id: None,
        failure: None,
        tried: None,
    }
}

fn fail(attempt: &Attempt<'_>, to: MessageState, failure: Failure) -> Change {
    Change::Advance {
        message: attempt.message.id,
        to,
        provider_id: None,
        failure: Some(failure),
        tried: None,
    }
}

fn plus(a: Duration, b: Duration) -> Duration {
    Duration(a.0.saturating_add(b.0))
}

fn lock<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
