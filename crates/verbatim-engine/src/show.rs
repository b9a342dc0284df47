//! How a message stands, shown in the room.
//!
//! Sent: the bot reads the employee's message. Delivered: the stand-in reads it, and one status event says
//! so to clients that know it: the only extra event in the normal case. Failed: a status event and one
//! notice that every client shows. (Facts: matrix, section 15.)

use verbatim_domain::message::MessageState;
use verbatim_domain::notice::Notice;
use verbatim_domain::{EventId, RoomId};

use crate::core::Engine;
use crate::ports::{Change, Content, Conversation, Failure, Job, Message, SendStatus, Speaker};
use crate::worker::JobError;

impl Engine {
    pub(crate) async fn run_show(&self, job: &Job) -> Result<(), JobError> {
        let message = match job.message {
            Some(id) => self.store.message(id).await?,
            None => None,
        };
        if let Some(message) = message {
            let conversation = self.conversation_of_job(job).await?;
            if let Some(room) = conversation.room.clone() {
                self.show(&conversation, &room, &message).await?;
            }
        }
        Ok(self.commit(vec![Change::Finish(job.id)]).await?)
    }

    async fn show(
        &self,
        conversation: &Conversation,
        room: &RoomId,
        message: &Message,
    ) -> Result<(), JobError> {
        match (message.state, &message.event) {
            (MessageState::Sent, Some(event)) => {
                Ok(self.platform.mark_read(room, &Speaker::Bot, event).await?)
            }
            (MessageState::Delivered, Some(event)) => {
                self.show_delivered(conversation, room, message, event)
                    .await
            }
            (
                MessageState::Undelivered
                | MessageState::Failed
                | MessageState::Expired
                | MessageState::Blocked,
                event,
            ) => {
                self.show_failed(conversation, room, message, event.as_ref())
                    .await
            }
            _ => Ok(()),
        }
    }

    async fn show_delivered(
        &self,
        conversation: &Conversation,
        room: &RoomId,
        message: &Message,
        event: &EventId,
    ) -> Result<(), JobError> {
        let stand_in = self.platform.stand_in(&conversation.contact.stand_in);
        self.platform
            .mark_read(room, &Speaker::StandIn(stand_in.clone()), event)
            .await?;
        let status = Content::Status {
            about: event.clone(),
            status: SendStatus::Success,
            message: None,
            delivered_to: Some(stand_in),
        };
        self.put(room, &status, &format!("{}-d{}", self.prefix(), message.id))
            .await?;
        // An earlier "may not have been sent" must not stand.
        if let Some(notice) = self.notice_about(event).await? {
            let content = Content::Notice {
                body: "It was delivered.".to_owned(),
                reply_to: Some(event.clone()),
                replaces: Some(notice),
                mentions: None,
            };
            self.put(
                room,
                &content,
                &format!("{}-r{}", self.prefix(), message.id),
            )
            .await?;
        }
        Ok(())
    }

    async fn show_failed(
        &self,
        conversation: &Conversation,
        room: &RoomId,
        message: &Message,
        event: Option<&EventId>,
    ) -> Result<(), JobError> {
        let none = Failure {
            class: "other".to_owned(),
            code: String::new(),
            certain: false,
        };
        let failure = message.failure.clone().unwrap_or(none);
        let retriable = matches!(failure.class.as_str(), "delivery" | "expired" | "other");
        let notice = Notice::Failed {
            class: failure.class,
            code: failure.code,
            certain: failure.certain,
        };
        let replaces = match event {
            Some(event) => self.notice_about(event).await?,
            None => None,
        };
        if let Some(event) = event {
            let status = if retriable {
                SendStatus::FailRetriable
            } else {
                SendStatus::FailPermanent
            };
            let content = Content::Status {
                about: event.clone(),
                status,
                message: Some(notice.words()),
                delivered_to: None,
            };
            self.put(
                room,
                &content,
                &format!("{}-f{}", self.prefix(), message.id),
            )
            .await?;
        }
        let content = Content::Notice {
            body: notice.words(),
            reply_to: event.cloned(),
            replaces,
            mentions: Some(conversation.employee.user.clone()),
        };
        self.put(
            room,
            &content,
            &format!("{}-n{}", self.prefix(), message.id),
        )
        .await
    }

    async fn put(&self, room: &RoomId, content: &Content, txn: &str) -> Result<(), JobError> {
        let prepared = self.platform.prepare(room, &Speaker::Bot, content).await?;
        self.platform
            .send(room, &Speaker::Bot, txn, &prepared, None)
            .await?;
        Ok(())
    }
}
