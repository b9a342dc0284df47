//! Which rooms are direct chats with the bot: an employee, the bot, and nobody else.
//!
//! The bot's answers name clients and their numbers. So who is there is looked at when the bot is
//! invited, before a command is obeyed, and again before the answer is said; a room with anybody else in
//! it is told so and left.

use verbatim_domain::command;
use verbatim_domain::{RoomId, UserId};

use crate::core::Engine;
use crate::inbox::Handling;
use crate::ports::{Change, Content, Employee, Job, PlatformError, Speaker};
use crate::relay::Place;
use crate::trouble::JobError;

const NOT_ALONE: &str = "I only talk to one employee in a direct chat, because my answers name clients. \
    There are others in this room, so I leave it. Start a direct chat with me instead.";

impl Engine {
    /// Somebody asks the bot into a room: employees get a direct chat, others nothing.
    pub(crate) async fn invited(&self, handling: &Handling<'_>) -> Result<(), JobError> {
        let (event, job) = (handling.event, handling.job);
        let found = self.store.employee_by_user(&event.sender).await?;
        let Some(employee) = found.filter(|e| e.ended.is_none()) else {
            // One alarm for all of them: strangers must not be able to fill the store.
            let alarm = self.alarm(
                "strangers",
                format!("Somebody who is no employee invited the bot, {} the last: if they should be one, add them with `verbatim employee add` and let them invite it again.", event.sender),
            );
            return Ok(self.commit(vec![alarm, Change::Finish(job.id)]).await?);
        };
        let alone = match self.platform.join_chat(&event.room, &employee.user).await {
            Ok(alone) => alone,
            // The invitation was withdrawn, and what says so waits behind this event.
            Err(PlatformError::Refused(why)) => {
                tracing::info!(%why, "an invitation could not be accepted");
                return Ok(self.commit(vec![Change::Finish(job.id)]).await?);
            }
            Err(error) => return Err(error.into()),
        };
        if !alone {
            return self.part(job, &event.room, &employee.user).await;
        }
        let changes = vec![
            Change::BindDirect(event.room.clone(), employee.id),
            self.answer(handling, command::help_text().to_owned()),
            Change::Finish(job.id),
        ];
        Ok(self.commit(changes).await?)
    }

    /// Whether the room is (still) a direct chat; if not, the job ends with the bot's leaving.
    pub(crate) async fn is_direct(
        &self,
        job: &Job,
        room: &RoomId,
        employee: &Employee,
    ) -> Result<bool, JobError> {
        match self.platform.is_alone_with(room, &employee.user).await {
            Ok(true) => return Ok(true),
            // Refused: the bot itself is no longer in it.
            Ok(false) | Err(PlatformError::Refused(_)) => {}
            Err(error) => return Err(error.into()),
        }
        self.part(job, room, &employee.user).await?;
        Ok(false)
    }

    /// Says why, and leaves. Whatever cannot be said is left unsaid.
    async fn part(&self, job: &Job, room: &RoomId, employee: &UserId) -> Result<(), JobError> {
        let content = chat_notice(NOT_ALONE.to_owned());
        let place = chat_place(room, employee);
        let txn = format!("{}-part-{}", self.prefix(), job.id.0);
        match self.speak(job, &place, &txn, &content, None).await {
            Ok(_)
            | Err(JobError::Platform(PlatformError::Unread(_) | PlatformError::Refused(_))) => {}
            Err(error) => return Err(error),
        }
        match self.platform.leave_chat(room).await {
            Ok(()) | Err(PlatformError::Refused(_)) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(self.commit(vec![Change::Finish(job.id)]).await?)
    }

    /// Says an answer in a direct chat.
    pub(crate) async fn say_in_chat(
        &self,
        job: &Job,
        room: &RoomId,
        content: &Content,
    ) -> Result<(), JobError> {
        if let Some(employee) = self.store.direct(room).await? {
            if !self.is_direct(job, room, &employee).await? {
                return Ok(());
            }
            let place = chat_place(room, &employee.user);
            self.speak(job, &place, &self.txn(job), content, None)
                .await?;
        }
        self.commit(vec![Change::Finish(job.id)]).await?;
        self.counters.said.inc();
        Ok(())
    }
}

fn chat_place(room: &RoomId, employee: &UserId) -> Place {
    Place {
        room: room.clone(),
        speaker: Speaker::Bot,
        reader: employee.clone(),
    }
}

/// Something that the bot says and that answers nothing in particular.
pub(crate) fn chat_notice(body: String) -> Content {
    Content::Notice {
        body,
        reply_to: None,
        replaces: None,
        mentions: None,
    }
}
