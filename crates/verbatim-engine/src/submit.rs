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
//! The job stays at the head of its lane all the while, so that later texts of the conversation wait. An
//! employee's text goes only after the disclosure that the firm requires was taken by the carrier.

mod ending;
mod reconcile;

use verbatim_domain::message::MessageState;
use verbatim_domain::retry::reconcile_wait;
use verbatim_domain::{AccountId, Duration, RecordId};
use verbatim_record::{Body, Kind, SealedRecord};

pub(crate) use ending::not_disclosed;

use self::ending::End;
use crate::core::Engine;
use crate::payload::{About, SubmitPayload};
use crate::ports::{
    Change, Conversation, FailureClass, Job, Message, NewRecord, StoreError, Submission,
    SubmitOutcome,
};
use crate::receipt::class_word;
use crate::settings::DisclosureMode;
use crate::trouble::JobError;

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

impl Attempt<'_> {
    /// What its payload belongs to.
    const fn about(&self) -> About<'static> {
        About::Submission(self.conversation.id, self.message.id)
    }
}

impl Engine {
    pub(crate) async fn run_submit(&self, job: &Job) -> Result<(), JobError> {
        let Some(attempt) = self.attempt(job).await? else {
            return Ok(self.commit(vec![Change::Finish(job.id)]).await?);
        };
        match attempt.message.state {
            MessageState::Accepted => self.try_to_submit(&attempt).await,
            MessageState::Submitting | MessageState::Unknown => self.reconcile(&attempt).await,
            // A receipt was faster than the answer.
            state => self.overtaken(&attempt, state).await,
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
        let payload: SubmitPayload = self.unpack(job)?;
        let submission = Submission {
            message: message.id,
            from: self.reveal_text("number", &conversation.number.number)?,
            to: self.number_to_reach(&conversation)?,
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
        // They may have said so since it was accepted.
        if attempt.conversation.opted_out() {
            return self.unwanted(attempt).await;
        }
        let account = attempt.conversation.number.account.clone();
        let Some(carrier) = self.carrier(&account) else {
            return self.no_such_carrier(attempt, &account).await;
        };
        if self.is_undisclosed(attempt) {
            return self.not_told_first(attempt).await;
        }
        if let Err(wait) = self.admit(&attempt.conversation.number, &attempt.message) {
            return self
                .put_off(attempt, wait.max(Duration::from_millis(1)), false)
                .await;
        }
        let begun = self.now();
        self.commit(vec![Change::BeginSubmitting(attempt.message.id, begun)])
            .await?;
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

    async fn conclude(
        &self,
        attempt: &Attempt<'_>,
        outcome: SubmitOutcome,
    ) -> Result<(), JobError> {
        match outcome {
            SubmitOutcome::Accepted { provider_id, raw } => {
                let record = self.status(attempt, "accepted", "", &raw).await?;
                self.counters.submitted.inc();
                let end = End {
                    provider_id: Some(provider_id),
                    ..End::at(MessageState::Submitted)
                };
                self.settle(attempt, record, end).await
            }
            SubmitOutcome::Refused {
                class: FailureClass::Account,
                code,
                raw,
                ..
            } => self.barred(attempt, &code, &raw).await,
            SubmitOutcome::Refused {
                class, code, raw, ..
            } => {
                let record = self.status(attempt, "refused", &code, &raw).await?;
                let end = End::failed(MessageState::Failed, class_word(class), code);
                self.settle(attempt, record, end).await
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
                self.withdraw(attempt, due, Vec::new(), false).await
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

    /// The account as a whole is refused: the text waits for it to be put in order. Recorded once.
    async fn barred(&self, attempt: &Attempt<'_>, code: &str, raw: &[u8]) -> Result<(), JobError> {
        let mut changes = Vec::new();
        if !attempt.payload.barred {
            let record = self.status(attempt, "account_refused", code, raw).await?;
            changes.push(self.append(attempt, record));
        }
        let due = self.retry_at(attempt.job.attempts + 1);
        self.withdraw(attempt, due, changes, true).await
    }

    async fn give_up_old(&self, attempt: &Attempt<'_>) -> Result<(), JobError> {
        let record = self.status(attempt, "too_old", "", &[]).await?;
        let end = End::failed(MessageState::Expired, "expired", String::new());
        self.settle(attempt, record, end).await
    }

    /// Not by the carrier's word, but by ours.
    async fn unwanted(&self, attempt: &Attempt<'_>) -> Result<(), JobError> {
        let body = Body {
            actor: "system".to_owned(),
            message: attempt.message.id.to_string(),
            rule: "refuse.consent_since".to_owned(),
            rule_version: 1,
            reason: "client_opted_out".to_owned(),
            ..Body::default()
        };
        let record = self.seal(Kind::Status, body).await?;
        let class = class_word(FailureClass::OptedOut);
        let end = End::failed(MessageState::Failed, class, String::new());
        self.settle(attempt, record, end).await
    }

    /// Whether this is an employee's text whose client was not told first, though the firm requires it: the
    /// disclosure before it did not reach the carrier. One that came later does not count for it.
    fn is_undisclosed(&self, attempt: &Attempt<'_>) -> bool {
        let told = |at| at <= attempt.message.created;
        attempt.message.event.is_some()
            && self.settings.disclosure == DisclosureMode::First
            && !attempt.conversation.disclosed.is_some_and(told)
    }

    async fn not_told_first(&self, attempt: &Attempt<'_>) -> Result<(), JobError> {
        let record = self.status(attempt, "disclosure_failed", "", &[]).await?;
        let end = End::failed(MessageState::Failed, "disclosure", String::new());
        self.settle(attempt, record, end).await
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
            payload: Some(self.pack(attempt.about(), &payload)),
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

fn advance(attempt: &Attempt<'_>, to: MessageState) -> Change {
    Change::Advance {
        message: attempt.message.id,
        to,
        provider_id: None,
        failure: None,
    }
}
