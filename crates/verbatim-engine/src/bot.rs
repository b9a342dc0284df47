//! The direct chat with the bot: commands and their answers.

use std::fmt::Write as _;

use verbatim_domain::command::{self, Command};
use verbatim_domain::conversation::{Rule, is_signalling};
use verbatim_record::Kind;

use crate::admin::{Actor, AdminError};
use crate::chat::chat_notice;
use crate::core::Engine;
use crate::inbox::{Handling, event_body};
use crate::payload::{About, SayPayload};
use crate::ports::{
    Change, Employee, EventKind, JobKind, Lane, NewJob, NewRecord, PageAt, RoomEvent, StoreError,
    Trust,
};
use crate::trouble::JobError;

const COMMAND: Rule = Rule {
    id: "bot.command",
    version: 1,
    reason: "direct_chat",
};
const NO_COMMAND: Rule = Rule {
    id: "bot.no_command",
    version: 1,
    reason: "direct_chat",
};

const TALK_ENCRYPTED: &str =
    "Please talk to me in an encrypted chat: make a new direct chat with encryption switched on.";
const ONLY_COMMANDS: &str =
    "I only understand commands, written as plain messages. Write “help” to see them.";

/// What an employee said to the bot.
enum Heard<'a> {
    /// A line that may be a command.
    Command(&'a str),
    /// Anything else; whether it deserves an answer.
    Else { answer: bool },
}

/// `None` for what nobody said.
fn hear(event: &RoomEvent) -> Option<Heard<'_>> {
    match &event.kind {
        EventKind::Text { body, .. } => Some(Heard::Command(body)),
        EventKind::Edit { .. } | EventKind::Media { .. } => Some(Heard::Else { answer: true }),
        EventKind::Unknown { what } => Some(Heard::Else {
            answer: !is_signalling(what),
        }),
        EventKind::Reaction { .. } | EventKind::Redaction { .. } => {
            Some(Heard::Else { answer: false })
        }
        EventKind::Membership { .. } | EventKind::Other { .. } => None,
    }
}

impl Engine {
    pub(crate) async fn in_direct_chat(
        &self,
        handling: &Handling<'_>,
        employee: &Employee,
    ) -> Result<(), JobError> {
        let (event, job) = (handling.event, handling.job);
        if event.sender != *self.platform.bot()
            && !self.is_direct(job, &event.room, employee).await?
        {
            return Ok(());
        }
        let theirs = event.sender == employee.user && employee.ended.is_none();
        let Some(heard) = hear(event).filter(|_| theirs) else {
            return Ok(self.commit(vec![Change::Finish(job.id)]).await?);
        };
        let rule = match heard {
            Heard::Command(_) => COMMAND,
            Heard::Else { .. } => NO_COMMAND,
        };
        let mut record = event_body(event, handling.raw, &rule);
        record.actor = format!("employee:{}", employee.id);
        let sealed = self.seal(Kind::Command, record).await?;
        let mut changes = vec![Change::Append(NewRecord {
            conversation: None,
            sealed,
            about: None,
        })];
        let answer = match heard {
            Heard::Command(_) | Heard::Else { answer: true }
                if event.trust == Trust::Unencrypted =>
            {
                Some(TALK_ENCRYPTED.to_owned())
            }
            Heard::Command(line) => Some(self.obey(employee, line).await?),
            Heard::Else { answer } => answer.then(|| ONLY_COMMANDS.to_owned()),
        };
        changes.extend(answer.map(|answer| self.answer(handling, answer)));
        changes.push(Change::Finish(job.id));
        Ok(self.commit(changes).await?)
    }

    async fn obey(&self, employee: &Employee, line: &str) -> Result<String, StoreError> {
        let result = match command::parse(line) {
            Err(error) => return Ok(error.words),
            Ok(Command::Help) => return Ok(command::help_text().to_owned()),
            Ok(Command::Sms { number, name, from }) => {
                self.bot_sms(employee, from.as_deref(), &number, name.as_deref())
                    .await
            }
            Ok(Command::Numbers) => self.bot_numbers(employee).await,
            Ok(Command::Contacts) => self.bot_contacts(employee).await,
            Ok(Command::Status) => self.bot_status().await,
        };
        match result {
            Ok(words) => Ok(words),
            Err(AdminError::Store(error)) => Err(error),
            Err(error) => Ok(format!("That did not work: {error}")),
        }
    }

    async fn bot_sms(
        &self,
        employee: &Employee,
        from: Option<&str>,
        number: &str,
        name: Option<&str>,
    ) -> Result<String, AdminError> {
        let actor = Actor::employee(employee.id);
        let view = self
            .start_conversation(&actor, &employee.user, from, number, name)
            .await?;
        Ok(format!(
            "{}: the room is on its way; you are invited to it. You text from {}.",
            view.title, view.number
        ))
    }

    async fn bot_numbers(&self, employee: &Employee) -> Result<String, AdminError> {
        let mine: Vec<String> = self
            .list_numbers()
            .await?
            .into_iter()
            .filter(|n| n.holder.as_ref() == Some(&employee.user.0))
            .map(|n| n.number)
            .collect();
        Ok(if mine.is_empty() {
            "You hold no number. Ask whoever runs Verbatim to assign you one.".to_owned()
        } else {
            format!("Your numbers: {}", mine.join(", "))
        })
    }

    async fn bot_contacts(&self, employee: &Employee) -> Result<String, AdminError> {
        const MOST: u32 = 50;
        let page = self
            .store
            .contacts(
                Some(employee.id),
                PageAt {
                    after: None,
                    limit: MOST,
                },
            )
            .await?;
        if page.items.is_empty() {
            return Ok(
                "You have no contacts yet. Begin with: sms +14155552671 Jane Doe".to_owned(),
            );
        }
        let mut words = String::from("Your contacts:");
        for contact in &page.items {
            let view = self.contact_view(contact)?;
            let _ = write!(
                words,
                "\n• {} {}",
                if view.name.is_empty() {
                    "(no name)"
                } else {
                    &view.name
                },
                view.numbers.join(", ")
            );
        }
        if page.next.is_some() {
            let _ = write!(words, "\n… and more; these are the first {MOST}.");
        }
        Ok(words)
    }

    async fn bot_status(&self) -> Result<String, AdminError> {
        let waiting: u64 = self
            .store
            .queue_stats()
            .await?
            .iter()
            // An invitation that stands is waiting for its employee, not for us.
            .filter(|q| q.kind != JobKind::OfferRoom)
            .map(|q| q.depth)
            .sum();
        let alarms = self.store.alarm_count().await?;
        Ok(format!(
            "Working. {waiting} thing(s) waiting to be sent or shown; {alarms} alarm(s) for the operator."
        ))
    }

    pub(crate) fn answer(&self, handling: &Handling<'_>, body: String) -> Change {
        let room = handling.event.room.clone();
        let payload = SayPayload {
            as_stand_in: false,
            content: chat_notice(body),
            room: Some(room.clone()),
            slot: None,
            at: None,
            parties: None,
            consent: None,
        };
        Change::Enqueue(NewJob {
            lane: Lane::direct(&room),
            kind: JobKind::Say,
            due: self.now(),
            payload: self.pack(About::Answer, &payload),
            conversation: None,
            message: None,
            room: None,
            unique: None,
        })
    }
}
