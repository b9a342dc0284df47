//! How a message stands, shown in the room.
//!
//! Sent: the bot reads the employee's message. Delivered: the stand-in reads it, and one status event says
//! so to clients that know it: the only extra event in the normal case. Failed: a status event and one
//! notice that every client shows. (Facts: matrix, section 15.) An earlier notice about the message is
//! edited, so that none stands that is not true any more.
//!
//! Notices come first, since they must be seen; receipts and status events decorate.

use verbatim_domain::EventId;
use verbatim_domain::message::MessageState;
use verbatim_domain::notice::{Notice, Standing};

use crate::core::Engine;
use crate::ports::{
    Change, Content, Conversation, Failure, FailureClass, Job, Message, PlatformError, SendStatus,
    Speaker,
};
use crate::receipt::class_word;
use crate::relay::Place;
use crate::submit::not_disclosed;
use crate::trouble::JobError;

/// A message being shown, and where.
struct Showing<'a> {
    job: &'a Job,
    place: Place,
    message: Message,
}

impl Engine {
    pub(crate) async fn run_show(&self, job: &Job) -> Result<(), JobError> {
        let message = match job.message {
            Some(id) => self.store.message(id).await?,
            None => None,
        };
        let mut changes = Vec::new();
        if let Some(message) = message {
            changes.extend(not_disclosed(&message, message.state));
            let conversation = self.conversation_of_job(job).await?;
            changes.extend(self.refused_by_client(&conversation, &message).await?);
            if let Some(room) = conversation.room.clone() {
                let place = Place {
                    room,
                    speaker: Speaker::Bot,
                    reader: conversation.employee.user.clone(),
                };
                let showing = Showing {
                    job,
                    place,
                    message,
                };
                self.show(&conversation, &showing).await?;
            }
            self.read_again(job, &conversation, &mut changes);
        }
        changes.push(Change::Finish(job.id));
        Ok(self.commit(changes).await?)
    }

    async fn show(
        &self,
        conversation: &Conversation,
        showing: &Showing<'_>,
    ) -> Result<(), JobError> {
        let (room, message) = (&showing.place.room, &showing.message);
        match (message.state, &message.event) {
            (MessageState::Submitted, Some(event)) => {
                self.correct(showing, event, "It was sent.").await
            }
            (MessageState::Sent, Some(event)) => {
                self.correct(showing, event, "It was sent.").await?;
                let read = self.platform.mark_read(room, &Speaker::Bot, event).await;
                read.map_err(JobError::Decoration)
            }
            (MessageState::Delivered, Some(event)) => {
                self.correct(showing, event, "It was delivered.").await?;
                let shown = self.show_delivered(conversation, showing, event).await;
                shown.map_err(decoration)
            }
            (
                MessageState::Undelivered
                | MessageState::Failed
                | MessageState::Expired
                | MessageState::Blocked,
                event,
            ) => {
                self.show_failed(conversation, showing, event.as_ref())
                    .await
            }
            // Nothing is known yet, or nobody wrote it (a disclosure).
            (
                MessageState::Received
                | MessageState::Held
                | MessageState::Accepted
                | MessageState::Submitting
                | MessageState::Unknown,
                _,
            )
            | (MessageState::Submitted | MessageState::Sent | MessageState::Delivered, None) => {
                Ok(())
            }
        }
    }

    /// An earlier notice ("may not have been sent") must not stand.
    async fn correct(
        &self,
        showing: &Showing<'_>,
        event: &EventId,
        words: &str,
    ) -> Result<(), JobError> {
        let Some(notice) = self.notice_about(event).await? else {
            return Ok(());
        };
        let content = Content::Notice {
            body: words.to_owned(),
            reply_to: Some(event.clone()),
            replaces: Some(notice),
            mentions: None,
        };
        let mark = if showing.message.state == MessageState::Delivered {
            'r'
        } else {
            's'
        };
        self.put(showing, &content, mark).await
    }

    async fn show_delivered(
        &self,
        conversation: &Conversation,
        showing: &Showing<'_>,
        event: &EventId,
    ) -> Result<(), JobError> {
        let stand_in = self.platform.stand_in(&conversation.contact.stand_in);
        self.platform
            .mark_read(
                &showing.place.room,
                &Speaker::StandIn(stand_in.clone()),
                event,
            )
            .await?;
        let status = Content::Status {
            about: event.clone(),
            status: SendStatus::Success,
            message: None,
            delivered_to: Some(stand_in),
        };
        self.put(showing, &status, 'd').await
    }

    async fn show_failed(
        &self,
        conversation: &Conversation,
        showing: &Showing<'_>,
        event: Option<&EventId>,
    ) -> Result<(), JobError> {
        let message = &showing.message;
        let none = Failure {
            class: "other".to_owned(),
            code: String::new(),
            certain: false,
        };
        let failure = message.failure.clone().unwrap_or(none);
        if event.is_none() && failure.class == class_word(FailureClass::OptedOut) {
            // A disclosure that nobody wrote; that the client wants nothing was told by them.
            return Ok(());
        }
        let notice = Notice::Failed {
            class: failure.class,
            code: failure.code,
            certain: failure.certain,
        };
        let replaces = match event {
            Some(event) => self.notice_about(event).await?,
            None => None,
        };
        let content = Content::Notice {
            body: notice.words(),
            reply_to: event.cloned(),
            replaces,
            mentions: Some(conversation.employee.user.clone()),
        };
        self.put(showing, &content, 'n').await?;
        let Some(event) = event else { return Ok(()) };
        let status = match notice.standing() {
            Standing::Pending => SendStatus::Pending,
            Standing::FailRetriable => SendStatus::FailRetriable,
            Standing::FailPermanent => SendStatus::FailPermanent,
        };
        let content = Content::Status {
            about: event.clone(),
            status,
            message: Some(notice.words()),
            delivered_to: None,
        };
        self.put(showing, &content, 'f').await.map_err(decoration)
    }

    /// Says something about the message once; `mark` tells such things apart.
    async fn put(
        &self,
        showing: &Showing<'_>,
        content: &Content,
        mark: char,
    ) -> Result<(), JobError> {
        let txn = format!("{}-{mark}{}", self.prefix(), showing.message.id);
        self.speak(showing.job, &showing.place, &txn, content, None)
            .await?;
        Ok(())
    }
}

/// A refusal of what only decorates.
fn decoration(error: JobError) -> JobError {
    match error {
        JobError::Platform(refused @ PlatformError::Refused(_)) => JobError::Decoration(refused),
        other => other,
    }
}
