//! How a text leaves the pipeline, or goes back to its start, and what that means for other things.

use verbatim_domain::message::{Direction, MessageState};
use verbatim_domain::{ProviderId, Timestamp};
use verbatim_record::SealedRecord;

use super::Attempt;
use super::reconcile::unknown_alarm;
use crate::core::Engine;
use crate::payload::SubmitPayload;
use crate::ports::{Change, Failure, JobKind, Lane, Message, NewJob, Sealed, StoreError};
use crate::trouble::JobError;

/// How a text ends, as far as its submission goes.
pub(super) struct End {
    pub(super) state: MessageState,
    pub(super) provider_id: Option<ProviderId>,
    pub(super) failure: Option<Failure>,
}

impl End {
    pub(super) fn at(state: MessageState) -> Self {
        Self {
            state,
            provider_id: None,
            failure: None,
        }
    }

    /// It certainly was not sent.
    pub(super) fn failed(state: MessageState, class: &str, code: String) -> Self {
        let failure = Failure {
            class: class.to_owned(),
            code,
            certain: true,
        };
        Self {
            failure: Some(failure),
            ..Self::at(state)
        }
    }
}

/// A disclosure (the only text of ours that no employee wrote) that failed has told the client nothing: the
/// next text is preceded by another one.
pub(crate) fn not_disclosed(message: &Message, state: MessageState) -> Option<Change> {
    let failed = matches!(
        state,
        MessageState::Failed | MessageState::Expired | MessageState::Undelivered
    );
    let conversation = message.conversation?;
    let is_disclosure = message.direction == Direction::Outbound && message.event.is_none();
    (failed && is_disclosure).then_some(Change::NotDisclosed(conversation, message.created))
}

impl Engine {
    /// A receipt has told what became of the text: nothing is left to do but to correct what was said.
    pub(super) async fn overtaken(
        &self,
        attempt: &Attempt<'_>,
        state: MessageState,
    ) -> Result<(), JobError> {
        let mut changes = self.aftermath(attempt, state);
        if attempt.payload.told_unknown {
            changes.push(self.show_job(attempt));
        }
        changes.push(Change::Finish(attempt.job.id));
        Ok(self.commit(changes).await?)
    }

    /// What the end of a text means for other things: a disclosure that failed was none, and an alarm
    /// about its fate is over.
    fn aftermath(&self, attempt: &Attempt<'_>, state: MessageState) -> Vec<Change> {
        let mut changes: Vec<Change> = not_disclosed(&attempt.message, state).into_iter().collect();
        if attempt.payload.alarmed {
            changes.push(Change::Clear(unknown_alarm(attempt.conversation.id)));
        }
        changes
    }

    /// The last commit of a text: its record, its state, the end of its job.
    pub(super) async fn settle(
        &self,
        attempt: &Attempt<'_>,
        record: SealedRecord,
        end: End,
    ) -> Result<(), JobError> {
        let mut changes = vec![self.append(attempt, record)];
        changes.extend(self.aftermath(attempt, end.state));
        if end.state != MessageState::Submitted || self.was_told_otherwise(attempt).await? {
            changes.push(self.show_job(attempt));
        }
        changes.push(Change::Advance {
            message: attempt.message.id,
            to: end.state,
            provider_id: end.provider_id,
            failure: end.failure,
        });
        changes.push(Change::Finish(attempt.job.id));
        Ok(self.commit(changes).await?)
    }

    /// Whether the room shows a notice about the text that is not true any more.
    async fn was_told_otherwise(&self, attempt: &Attempt<'_>) -> Result<bool, StoreError> {
        if attempt.payload.told_unknown {
            return Ok(true);
        }
        match &attempt.message.event {
            Some(event) => Ok(self.notice_about(event).await?.is_some()),
            None => Ok(false),
        }
    }

    fn show_job(&self, attempt: &Attempt<'_>) -> Change {
        Change::Enqueue(NewJob {
            lane: Lane::room(attempt.conversation.id),
            kind: JobKind::Show,
            due: self.now(),
            payload: Sealed(Vec::new()),
            conversation: Some(attempt.conversation.id),
            message: Some(attempt.message.id),
            room: None,
            unique: None,
        })
    }

    /// Back to the start: the carrier certainly does not have it.
    pub(super) async fn withdraw(
        &self,
        attempt: &Attempt<'_>,
        due: Timestamp,
        mut changes: Vec<Change>,
        barred: bool,
    ) -> Result<(), JobError> {
        changes.extend(self.aftermath(attempt, MessageState::Accepted));
        changes.push(Change::Withdraw(attempt.message.id));
        let payload = SubmitPayload {
            asked: 0,
            alarmed: false,
            barred: barred || attempt.payload.barred,
            ..attempt.payload.clone()
        };
        changes.push(Change::Retry {
            job: attempt.job.id,
            due,
            payload: Some(self.pack(attempt.about(), &payload)),
            counts: true,
        });
        Ok(self.commit(changes).await?)
    }
}
