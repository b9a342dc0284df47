//! Step 4: what became of a text that the carrier may or may not have.

use verbatim_domain::message::MessageState;
use verbatim_domain::notice::Notice;
use verbatim_domain::retry::reconcile_wait;
use verbatim_domain::{AccountId, ConversationId, Duration, Timestamp};
use verbatim_record::{Kind, SealedRecord};

use super::ending::End;
use super::{Attempt, SKEW, advance};
use crate::core::Engine;
use crate::payload::SubmitPayload;
use crate::ports::{Carrier, Failure, Receipt, StoreError};
use crate::receipt::{failure_of, target_state};
use crate::trouble::JobError;

/// What a search at the carrier found.
enum Search {
    Found(Box<Receipt>),
    Absent,
    /// The carrier hides too much to tell.
    Doubtful,
    /// The carrier could not be asked.
    Unavailable,
}

/// The alarm about a text whose fate cannot be found out.
pub(super) fn unknown_alarm(conversation: ConversationId) -> String {
    format!("outcome-unknown:{conversation}")
}

impl Engine {
    pub(super) async fn reconcile(&self, attempt: &Attempt<'_>) -> Result<(), JobError> {
        let account = attempt.conversation.number.account.clone();
        let Some(carrier) = self.carrier(&account) else {
            return self.no_such_carrier(attempt, &account).await;
        };
        let tried = attempt
            .message
            .last_tried
            .unwrap_or(attempt.message.created);
        let asked_for = self.now().since(tried);
        match self.search(attempt, carrier, &account, tried).await? {
            Search::Found(receipt) => self.found(attempt, &receipt).await,
            Search::Absent if asked_for > plus(self.settings.validity, SKEW) => {
                let record = self.reconciliation(attempt, "proved_not_sent").await?;
                let changes = vec![self.append(attempt, record)];
                self.withdraw(attempt, self.now(), changes, false).await
            }
            Search::Doubtful if asked_for > plus(self.settings.max_age, self.settings.validity) => {
                self.unresolved(attempt).await
            }
            Search::Absent => self.ask_again(attempt, tried, None).await,
            Search::Doubtful => self.ask_again(attempt, tried, Some(DOUBTFUL)).await,
            Search::Unavailable => self.ask_again(attempt, tried, Some(UNAVAILABLE)).await,
        }
    }

    async fn search(
        &self,
        attempt: &Attempt<'_>,
        carrier: &dyn Carrier,
        account: &AccountId,
        tried: Timestamp,
    ) -> Result<Search, JobError> {
        let sightings = carrier.find(&attempt.submission, tried).await;
        self.heard(account, &sightings).await?;
        let sightings = match sightings {
            Ok(sightings) => sightings,
            Err(error) => {
                tracing::info!(%error, "carrier cannot be asked what became of a text");
                return Ok(Search::Unavailable);
            }
        };
        if let Some(same) = self.unclaimed(attempt, account, sightings.same).await? {
            return Ok(Search::Found(Box::new(same)));
        }
        let doubtful = self.unclaimed(attempt, account, sightings.doubtful).await?;
        Ok(doubtful.map_or(Search::Absent, |_| Search::Doubtful))
    }

    /// The first that no other message of ours has claimed.
    async fn unclaimed(
        &self,
        attempt: &Attempt<'_>,
        account: &AccountId,
        candidates: Vec<Receipt>,
    ) -> Result<Option<Receipt>, StoreError> {
        for candidate in candidates {
            match self
                .store
                .message_by_provider(account, &candidate.provider_id)
                .await?
            {
                Some(other) if other != attempt.message.id => {}
                _ => return Ok(Some(candidate)),
            }
        }
        Ok(None)
    }

    async fn found(&self, attempt: &Attempt<'_>, receipt: &Receipt) -> Result<(), JobError> {
        let record = self.reconciliation(attempt, "found").await?;
        let end = End {
            state: target_state(&receipt.status).unwrap_or(MessageState::Submitted),
            provider_id: Some(receipt.provider_id.clone()),
            failure: failure_of(receipt),
        };
        self.settle(attempt, record, end).await
    }

    /// Nobody will ever know: it ends as one that may have been sent, and is never sent again.
    async fn unresolved(&self, attempt: &Attempt<'_>) -> Result<(), JobError> {
        let record = self.reconciliation(attempt, "unresolved").await?;
        let failure = Failure {
            class: "other".to_owned(),
            code: String::new(),
            certain: false,
        };
        let end = End {
            failure: Some(failure),
            ..End::at(MessageState::Failed)
        };
        self.settle(attempt, record, end).await
    }

    /// `obstacle`: what an operator can do, where the carrier's list does not answer.
    async fn ask_again(
        &self,
        attempt: &Attempt<'_>,
        tried: Timestamp,
        obstacle: Option<&str>,
    ) -> Result<(), JobError> {
        let mut payload = SubmitPayload {
            asked: attempt.payload.asked + 1,
            ..attempt.payload.clone()
        };
        let asked_for = self.now().since(tried);
        let mut changes = Vec::new();
        if attempt.message.state == MessageState::Submitting {
            changes.push(advance(attempt, MessageState::Unknown));
        }
        if !payload.told_unknown && asked_for >= self.settings.unknown_notice {
            payload.told_unknown = true;
            let about = attempt
                .message
                .event
                .clone()
                .map(|e| (e, attempt.conversation.employee.user.clone()));
            changes.push(self.tell_about(attempt.conversation.id, &Notice::Unconfirmed, about));
        }
        if let Some(obstacle) = obstacle
            && asked_for > plus(self.settings.validity, SKEW)
        {
            payload.alarmed = true;
            let text = format!(
                "Nobody can tell whether a text reached the client, and later texts of the conversation wait for it. {obstacle}"
            );
            changes.push(self.alarm(unknown_alarm(attempt.conversation.id), text));
        }
        let wait = reconcile_wait(payload.asked, self.settings.validity);
        changes.push(self.retry(attempt, wait, payload));
        Ok(self.commit(changes).await?)
    }

    async fn reconciliation(
        &self,
        attempt: &Attempt<'_>,
        reason: &str,
    ) -> Result<SealedRecord, StoreError> {
        let (kind, rule) = (Kind::Reconciliation, "submit.reconcile");
        self.status_record(attempt, kind, rule, reason, "", &[])
            .await
    }
}

const UNAVAILABLE: &str = "The carrier's list of texts cannot be read: `verbatim doctor` checks the account. It is asked \
    again until it answers.";
const DOUBTFUL: &str = "The carrier hides numbers or words in its list (message redaction): look the text up there. It \
    is not sent again, and ends as one that may have been sent.";

fn plus(a: Duration, b: Duration) -> Duration {
    Duration(a.0.saturating_add(b.0))
}
