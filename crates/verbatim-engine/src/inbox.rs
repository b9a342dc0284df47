//! An employee's event, from the raw row to a decision and its commit.
//!
//! One commit holds the record of the event, what follows from it (messages, jobs) and the end of the job.
//! If the process dies before it, the event is opened and decided on again; nothing has left the house.

use verbatim_domain::conversation::{Action, Decision, RecordAs, Rule, View, decide};
use verbatim_domain::first_contact;
use verbatim_domain::message::{Direction, MessageState};
use verbatim_domain::notice::Notice;
use verbatim_domain::{ConversationId, Duration, MessageId, RecordId, Timestamp, UserId};
use verbatim_record::{Body, Kind, SealedRecord};

use crate::core::Engine;
use crate::offer::holds_number;
use crate::payload::{About, EventPayload, SayPayload, SubmitPayload};
use crate::ports::{
    Change, Content, Conversation, EventKind, Job, JobKind, Lane, Membership, Message, NewJob,
    NewRecord, OpenError, RoomEvent, Trust,
};
use crate::settings::DisclosureMode;
use crate::trouble::JobError;

/// How long an event in a room that we do not know waits for the room to become known.
pub(crate) const UNKNOWN_ROOM_PATIENCE: Duration = Duration::from_secs(300);

/// An event in its context, while its commit is being put together.
pub(crate) struct Handling<'a> {
    pub job: &'a Job,
    pub raw: &'a str,
    /// When it was first looked at in vain.
    pub since: Option<Timestamp>,
    pub event: &'a RoomEvent,
}

impl Engine {
    pub(crate) async fn run_room_event(&self, job: &Job) -> Result<(), JobError> {
        let payload: EventPayload = self.unpack(job)?;
        let event = match self.platform.open_event(payload.raw.as_bytes()).await {
            Ok(event) => event,
            Err(OpenError::Platform(error)) => return Err(error.into()),
            Err(error) => return self.not_opened(job, &payload, error).await,
        };
        if payload.step >= 2 {
            return self.opened_too_late(job, &payload, &event).await;
        }
        let handling = Handling {
            job,
            raw: &payload.raw,
            since: payload.since,
            event: &event,
        };
        if let Some(conversation) = self.store.conversation_by_room(&event.room).await? {
            return self.in_conversation(&handling, &conversation).await;
        }
        if let Some(employee) = self.store.direct(&event.room).await? {
            return self.in_direct_chat(&handling, &employee).await;
        }
        self.in_unknown_room(&handling).await
    }

    async fn in_conversation(
        &self,
        handling: &Handling<'_>,
        conversation: &Conversation,
    ) -> Result<(), JobError> {
        let event = handling.event;
        let view = self.view(conversation, event)?;
        let Some(decision) = decide(&view, &event.trust, &event.kind) else {
            return Ok(self.commit(vec![Change::Finish(handling.job.id)]).await?);
        };
        let mut changes = Vec::new();
        let record = self
            .decision_record(handling, conversation, &decision)
            .await?;
        let record_id = record.id;
        let about = match &decision.about {
            Some(earlier) => self
                .store
                .message_by_event(earlier)
                .await?
                .map(|m| m.record),
            None => None,
        };
        // The client reads the disclosure before the text, and so does who reads the record.
        let (first, rest): (Vec<_>, Vec<_>) = decision
            .actions
            .into_iter()
            .partition(|action| matches!(action, Action::Disclose { .. }));
        for action in first {
            self.act(action, handling, conversation, record_id, &mut changes)
                .await?;
        }
        changes.push(Change::Append(NewRecord {
            conversation: Some(conversation.id),
            sealed: record,
            about,
        }));
        for action in rest {
            self.act(action, handling, conversation, record_id, &mut changes)
                .await?;
        }
        changes.push(Change::Finish(handling.job.id));
        self.commit(changes).await?;
        self.counters.employee_events.inc();
        Ok(())
    }

    fn view(&self, conversation: &Conversation, event: &RoomEvent) -> Result<View, JobError> {
        let subject_is_holder = matches!(&event.kind, EventKind::Membership { user, .. } if *user == conversation.employee.user);
        let disclosure = match self.settings.disclosure {
            DisclosureMode::Off => None,
            DisclosureMode::First => {
                let employee = self.reveal_text("name", &conversation.employee.name)?;
                Some(first_contact::disclosure(
                    &self.settings.firm,
                    &employee,
                    &self.settings.disclosure_template,
                ))
            }
        };
        Ok(View {
            sender_is_holder: event.sender == conversation.employee.user,
            subject_is_holder,
            holds_number: holds_number(conversation),
            opted_out: conversation.opted_out(),
            disclosed: conversation.disclosed.is_some(),
            disclosure,
            max_chars: self.settings.max_chars,
            too_old: self.now().since(event.sent_at) > self.settings.max_age,
        })
    }

    async fn decision_record(
        &self,
        handling: &Handling<'_>,
        conversation: &Conversation,
        decision: &Decision,
    ) -> Result<SealedRecord, JobError> {
        let mut body = event_body(handling.event, handling.raw, &decision.rule);
        if handling.event.sender == conversation.employee.user {
            body.actor = format!("employee:{}", conversation.employee.id);
        }
        self.name_parties(conversation, &mut body)?;
        for action in &decision.actions {
            if let Action::Submit { transmitted, .. } = action
                && *transmitted != body.text
            {
                body.transmitted.clone_from(transmitted);
            }
        }
        Ok(self.seal(kind_of(decision.record), body).await?)
    }

    async fn act(
        &self,
        action: Action,
        handling: &Handling<'_>,
        conversation: &Conversation,
        record: RecordId,
        changes: &mut Vec<Change>,
    ) -> Result<(), JobError> {
        match action {
            Action::Submit {
                transmitted,
                segments,
                ..
            } => {
                let message =
                    self.outbound(conversation.id, record, segments, Some(handling.event));
                self.queue_submission(conversation, message, transmitted, changes);
            }
            Action::Disclose { text } => self.disclose(conversation, text, changes).await?,
            Action::Tell(notice) => {
                changes.push(self.tell(conversation.id, &notice, Some(handling.event)))
            }
            Action::Reoffer => {
                changes.push(self.alarm(
                    format!("employee-left:{}", conversation.id),
                    "An employee left or declined the room of a client conversation; it is offered again (at longer and longer intervals, if they keep leaving), and texts wait until they are back.",
                ));
                self.reoffer(conversation.id, false, changes).await?;
            }
            Action::Welcome => self.welcome(conversation.id, changes),
        }
        Ok(())
    }

    /// The client is told whom they text with and that it is recorded, before the first text; the
    /// employee sees the words.
    async fn disclose(
        &self,
        conversation: &Conversation,
        text: String,
        changes: &mut Vec<Change>,
    ) -> Result<(), JobError> {
        let mut body = Body {
            actor: "system".to_owned(),
            text: text.clone(),
            rule: "disclosure.first".to_owned(),
            rule_version: 1,
            reason: "first_contact".to_owned(),
            ..Body::default()
        };
        self.name_parties(conversation, &mut body)?;
        body.from = body.details.get("our_number").cloned().unwrap_or_default();
        let sealed = self.seal(Kind::Consent, body).await?;
        let segments = verbatim_domain::sms::cost(&text).segments;
        let message = self.outbound(conversation.id, sealed.id, segments, None);
        changes.push(Change::Append(NewRecord {
            conversation: Some(conversation.id),
            sealed,
            about: None,
        }));
        let words = format!("The client gets this first, as your firm requires: “{text}”");
        // Taken back if it does not reach the carrier (see `submit`).
        changes.push(Change::Disclosed(conversation.id, message.created));
        self.queue_submission(conversation, message, text, changes);
        changes.push(self.say_notice(conversation.id, words));
        Ok(())
    }

    fn outbound(
        &self,
        conversation: ConversationId,
        record: RecordId,
        segments: u32,
        event: Option<&RoomEvent>,
    ) -> Message {
        Message {
            id: MessageId::at(self.now(), self.entropy.id()),
            conversation: Some(conversation),
            direction: Direction::Outbound,
            state: MessageState::Accepted,
            record,
            provider_id: None,
            event: event.map(|e| e.event.clone()),
            segments,
            created: self.now(),
            first_tried: None,
            last_tried: None,
            failure: None,
        }
    }

    fn queue_submission(
        &self,
        conversation: &Conversation,
        message: Message,
        text: String,
        changes: &mut Vec<Change>,
    ) {
        let payload = SubmitPayload {
            text,
            ..SubmitPayload::default()
        };
        let job = NewJob {
            lane: Lane::sms(conversation.id),
            kind: JobKind::Submit,
            due: self.now(),
            payload: self.pack(About::Submission(conversation.id, message.id), &payload),
            conversation: Some(conversation.id),
            message: Some(message.id),
            room: None,
            unique: None,
        };
        changes.push(Change::AddMessage(message));
        changes.push(Change::Enqueue(job));
    }

    /// A notice about an event: one per event, edited as things change.
    pub(crate) fn tell(
        &self,
        conversation: ConversationId,
        notice: &Notice,
        event: Option<&RoomEvent>,
    ) -> Change {
        self.tell_about(
            conversation,
            notice,
            event.map(|e| (e.event.clone(), e.sender.clone())),
        )
    }

    /// Like [`Self::tell`], where only the ids are known.
    pub(crate) fn tell_about(
        &self,
        conversation: ConversationId,
        notice: &Notice,
        about: Option<(verbatim_domain::EventId, UserId)>,
    ) -> Change {
        let (slot, mentions) = about.unzip();
        let content = Content::Notice {
            body: notice.words(),
            reply_to: slot.clone(),
            replaces: None,
            mentions,
        };
        self.say(
            conversation,
            SayPayload {
                as_stand_in: false,
                content,
                room: None,
                slot,
                at: None,
                parties: None,
                consent: None,
            },
        )
    }

    /// A notice about nothing that the employee wrote.
    pub(crate) fn say_notice(&self, conversation: ConversationId, body: String) -> Change {
        let content = Content::Notice {
            body,
            reply_to: None,
            replaces: None,
            mentions: None,
        };
        self.say(
            conversation,
            SayPayload {
                as_stand_in: false,
                content,
                room: None,
                slot: None,
                at: None,
                parties: None,
                consent: None,
            },
        )
    }

    fn say(&self, conversation: ConversationId, payload: SayPayload) -> Change {
        Change::Enqueue(NewJob {
            lane: Lane::room(conversation),
            kind: JobKind::Say,
            due: self.now(),
            payload: self.pack(About::Notice(conversation), &payload),
            conversation: Some(conversation),
            message: None,
            room: None,
            unique: None,
        })
    }

    /// A room that is neither a conversation's nor a direct chat: an invitation to the bot, a room whose
    /// making is not committed yet, or a stranger's.
    async fn in_unknown_room(&self, handling: &Handling<'_>) -> Result<(), JobError> {
        let event = handling.event;
        if let EventKind::Membership {
            user,
            change: Membership::Invite,
            ..
        } = &event.kind
            && user == self.platform.bot()
            && !self.platform.is_ours(&event.sender)
        {
            return self.invited(handling).await;
        }
        // An employee may decline before the making of the room is committed: that must not be missed.
        let state = matches!(event.trust, Trust::State);
        if self.platform.is_ours(&event.sender) || (state && !is_departure(&event.kind)) {
            return Ok(self.commit(vec![Change::Finish(handling.job.id)]).await?);
        }
        let since = handling.since.unwrap_or_else(|| self.now());
        if self.now().since(since) < UNKNOWN_ROOM_PATIENCE {
            let waiting = EventPayload {
                raw: handling.raw.to_owned(),
                step: 0,
                since: Some(since),
            };
            let due = self.retry_at(handling.job.attempts + 1);
            return Ok(self
                .commit(vec![Change::Retry {
                    job: handling.job.id,
                    due,
                    payload: Some(self.pack_for(handling.job, &waiting)?),
                    counts: true,
                }])
                .await?);
        }
        if state {
            return Ok(self.commit(vec![Change::Finish(handling.job.id)]).await?);
        }
        let rule = Rule {
            id: "relay.unknown_room",
            version: 1,
            reason: "no_conversation",
        };
        let sealed = self
            .seal(Kind::Refused, event_body(event, handling.raw, &rule))
            .await?;
        let changes = vec![
            Change::Append(NewRecord {
                conversation: None,
                sealed,
                about: None,
            }),
            self.alarm(
                "event-in-unknown-room",
                "Something was written to the bot in a room that belongs to no conversation.",
            ),
            Change::Finish(handling.job.id),
        ];
        Ok(self.commit(changes).await?)
    }
}

/// Whether somebody is gone from a room, or does not want to come.
fn is_departure(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::Membership {
            change: Membership::Leave | Membership::Ban,
            ..
        }
    )
}

/// The record body of an event, with the event itself as evidence.
pub(crate) fn event_body(event: &RoomEvent, raw: &str, rule: &Rule) -> Body {
    let mut body = Body {
        actor: format!("user:{}", event.sender),
        from: event.sender.0.clone(),
        text: text_of(&event.kind).to_owned(),
        origin_at: event.sent_at.as_millis(),
        provider_at: event.sent_at.as_millis(),
        rule: rule.id.to_owned(),
        rule_version: rule.version,
        reason: rule.reason.to_owned(),
        evidence: raw.as_bytes().to_vec(),
        evidence_kind: "application/json".to_owned(),
        ..Body::default()
    };
    body.refs
        .insert("event_id".to_owned(), event.event.0.clone());
    body.refs.insert("room_id".to_owned(), event.room.0.clone());
    if let Trust::Encrypted(trust) = &event.trust {
        body.details.insert("trust".to_owned(), trust.clone());
        body.details.insert(
            "clear".to_owned(),
            String::from_utf8_lossy(&event.clear).into_owned(),
        );
    } else if event.trust == Trust::Unencrypted {
        body.details
            .insert("trust".to_owned(), "unencrypted".to_owned());
    }
    describe(&event.kind, &mut body);
    body
}

fn text_of(kind: &EventKind) -> &str {
    match kind {
        EventKind::Text { body, .. }
        | EventKind::Edit { body, .. }
        | EventKind::Media { body, .. } => body,
        EventKind::Reaction { key, .. } => key,
        _ => "",
    }
}

fn describe(kind: &EventKind, body: &mut Body) {
    match kind {
        EventKind::Text {
            reply_to: Some(about),
            ..
        }
        | EventKind::Edit { of: about, .. }
        | EventKind::Reaction { to: about, .. }
        | EventKind::Redaction { of: Some(about) } => {
            body.refs
                .insert("about_event_id".to_owned(), about.0.clone());
        }
        EventKind::Unknown { what } => {
            body.details.insert("type".to_owned(), what.clone());
        }
        EventKind::Media { what, .. } => {
            body.details.insert("media".to_owned(), what.clone());
        }
        EventKind::Membership { user, change, .. } => {
            body.details.insert("member".to_owned(), user.0.clone());
            body.details.insert(
                "membership".to_owned(),
                format!("{change:?}").to_lowercase(),
            );
        }
        _ => {}
    }
}

fn kind_of(record: RecordAs) -> Kind {
    match record {
        RecordAs::MessageOut => Kind::MessageOut,
        RecordAs::Edit => Kind::Edit,
        RecordAs::Redaction => Kind::Redaction,
        RecordAs::Reaction => Kind::Reaction,
        RecordAs::Attachment => Kind::Attachment,
        RecordAs::Membership => Kind::Membership,
        RecordAs::Refused => Kind::Refused,
    }
}
