//! Rooms are made, offered, and spoken into.
//!
//! Everything here may be repeated: a room is found again by its conversation, and an event sent twice with
//! the same transaction id is one event. So a death between the homeserver's answer and our commit is
//! healed by running the job again.

use verbatim_domain::consent::Consent;
use verbatim_domain::{Duration, EventId, PhoneNumber, RoomId, Timestamp, UserId, first_contact};
use verbatim_record::{Body, Kind};

use crate::core::Engine;
use crate::parties::check_contact;
use crate::payload::{Parties, SayPayload};
use crate::ports::{
    Change, Content, Conversation, InboundOutcome, InboundSms, Job, NewRecord, RoomSpec, Speaker,
    StoreError,
};
use crate::trouble::JobError;

/// How long a homeserver is trusted to remember a transaction id: they keep them for a day.
const TRANSACTIONS_KEPT: Duration = Duration::from_secs(23 * 3600);

/// Where something is said, by whom, and for whom.
pub(crate) struct Place {
    pub room: RoomId,
    pub speaker: Speaker,
    /// Who must be able to read it.
    pub reader: UserId,
}

impl Engine {
    pub(crate) async fn run_open_room(&self, job: &Job) -> Result<(), JobError> {
        let conversation = self.conversation_of_job(job).await?;
        let introduced = self.store.cursor(&intro_key(&conversation)).await?;
        let room = match &conversation.room {
            // An earlier run came as far as here.
            Some(room) if introduced.as_ref() != Some(&room.0) => room.clone(),
            _ => self.open_room(&conversation).await?,
        };
        let mut changes = self.introduce_once(job, &conversation, &room).await?;
        self.read_again(job, &conversation, &mut changes);
        changes.push(Change::Finish(job.id));
        Ok(self.commit(changes).await?)
    }

    /// Opens the room of a job's conversation again, because it refuses what is said in it.
    pub(crate) async fn reopen(&self, job: &Job) -> Result<(), JobError> {
        let conversation = self.conversation_of_job(job).await?;
        let room = self.open_room(&conversation).await?;
        let changes = self.introduce_once(job, &conversation, &room).await?;
        Ok(self.commit(changes).await?)
    }

    async fn introduce_once(
        &self,
        job: &Job,
        conversation: &Conversation,
        room: &RoomId,
    ) -> Result<Vec<Change>, JobError> {
        let key = intro_key(conversation);
        if self.store.cursor(&key).await?.as_ref() == Some(&room.0) {
            return Ok(Vec::new());
        }
        self.introduce(job, conversation, room).await?;
        Ok(vec![Change::SetCursor(key, room.0.clone())])
    }

    /// The record and the alarm of a room that was gone (decision 0011).
    async fn replaced(
        &self,
        conversation: &Conversation,
        gone: &RoomId,
        room: &RoomId,
    ) -> Result<[Change; 2], JobError> {
        let mut body = Body {
            actor: "system".to_owned(),
            rule: "room.replaced".to_owned(),
            rule_version: 1,
            reason: "room_gone".to_owned(),
            ..Body::default()
        };
        body.refs.insert("room_id".to_owned(), room.0.clone());
        body.refs.insert("gone_room_id".to_owned(), gone.0.clone());
        let record = NewRecord {
            conversation: Some(conversation.id),
            sealed: self.seal(Kind::Config, body).await?,
            about: None,
        };
        let text = "The homeserver no longer has the room of a client conversation: a new one was made, and the \
            conversation goes on there. What was said before is in the record.";
        let alarm = self.alarm(format!("room-replaced:{}", conversation.id), text);
        Ok([Change::Append(record), alarm])
    }

    /// Makes the room, or brings it to what it should be. If the room that the conversation had is gone,
    /// another one takes its place from now on. Bound at once: who leaves before the first word is said
    /// must be recognised.
    async fn open_room(&self, conversation: &Conversation) -> Result<RoomId, JobError> {
        let spec = self.room_spec(conversation)?;
        let room = self.platform.open_room(&spec).await?;
        let mut changes = Vec::new();
        if conversation.room.as_ref() != Some(&room) {
            if let Some(gone) = &conversation.room {
                changes.extend(self.replaced(conversation, gone, &room).await?);
            }
            changes.push(Change::BindRoom {
                conversation: conversation.id,
                room: room.clone(),
                instead_of: conversation.room.clone(),
            });
            changes.push(self.await_answer(conversation.id));
        }
        changes.push(Change::WakeRoom(room.clone(), self.now()));
        self.commit(changes).await?;
        Ok(room)
    }

    /// The first thing in a room: whom it reaches, from which number, and that it is recorded.
    async fn introduce(
        &self,
        job: &Job,
        conversation: &Conversation,
        room: &RoomId,
    ) -> Result<EventId, JobError> {
        let (peer, ours) = (
            self.number_to_reach(conversation)?,
            self.reveal_text("number", &conversation.number.number)?,
        );
        let mut body = format!(
            "This room texts {peer} from your number {ours}. Everything here is recorded. What you write leaves the \
             encrypted chat as an SMS."
        );
        // They may have said so before anybody texted with them from here.
        if conversation.opted_out() {
            body.push(' ');
            body.push_str(Consent::OptedOut.news());
        }
        let content = Content::Notice {
            body,
            reply_to: None,
            replaces: None,
            mentions: None,
        };
        let place = Place {
            room: room.clone(),
            speaker: Speaker::Bot,
            reader: conversation.employee.user.clone(),
        };
        // With the room: one that takes the place of another is introduced as well.
        let txn = format!("{}-intro-{}-{room}", self.prefix(), conversation.id);
        self.speak(job, &place, &txn, &content, None).await
    }

    fn room_spec(&self, conversation: &Conversation) -> Result<RoomSpec, StoreError> {
        let peer = self.number_to_reach(conversation)?;
        let name = self.reveal_text("name", &conversation.contact.name)?;
        let name = (!name.is_empty()).then_some(name);
        let ours = self.reveal_text("number", &conversation.number.number)?;
        Ok(RoomSpec {
            conversation: conversation.id,
            stand_in: self.platform.stand_in(&conversation.contact.stand_in),
            stand_in_name: title(name.as_deref(), &peer),
            employee: conversation.employee.user.clone(),
            name: title(name.as_deref(), &peer),
            topic: topic(&peer, &ours),
        })
    }

    pub(crate) async fn run_say(&self, job: &Job) -> Result<(), JobError> {
        let payload: SayPayload = self.unpack(job)?;
        self.check_text_of_edge(job, &payload).await?;
        if let Some(room) = &payload.room {
            return self.say_in_chat(job, room, &payload.content).await;
        }
        let conversation = self.conversation_of_job(job).await?;
        let place = self.place(&conversation, payload.as_stand_in)?;
        let content = self.replacing(&payload).await?;
        let event = self
            .speak(job, &place, &self.txn(job), &content, payload.at)
            .await?;
        let mut changes = Vec::new();
        if let Some(message) = job.message {
            changes.push(Change::SetEvent(message, event.clone()));
        }
        if let Some(slot) = &payload.slot
            && self.notice_about(slot).await?.is_none()
        {
            changes.push(Change::SetCursor(slot_key(slot), event.0));
        }
        if let (Some(consent), Some(text)) = (payload.consent, job.message) {
            changes.extend(self.tell_consent(&conversation, text, consent).await?);
        }
        self.read_again(job, &conversation, &mut changes);
        changes.push(Change::Finish(job.id));
        self.commit(changes).await?;
        self.counters.said.inc();
        Ok(())
    }

    /// Encrypts and sends. What may have been sent so long ago that the homeserver has forgotten it is
    /// looked for in the room first: the transaction id alone would not keep it from appearing twice.
    pub(crate) async fn speak(
        &self,
        job: &Job,
        place: &Place,
        txn: &str,
        content: &Content,
        at: Option<Timestamp>,
    ) -> Result<EventId, JobError> {
        let Place {
            room,
            speaker,
            reader,
        } = place;
        if self.now().since(job.created) > TRANSACTIONS_KEPT
            && let Some(event) = self
                .platform
                .find_sent(room, speaker, txn, job.created)
                .await?
        {
            return Ok(event);
        }
        let prepared = self
            .platform
            .prepare(room, speaker, reader, content)
            .await?;
        Ok(self
            .platform
            .send(room, speaker, txn, &prepared, at)
            .await?)
    }

    fn place(&self, conversation: &Conversation, as_stand_in: bool) -> Result<Place, StoreError> {
        check_contact(conversation)?;
        let room = conversation.room.clone().ok_or_else(|| {
            StoreError::Damaged("something is to be said before its room is made".to_owned())
        })?;
        let speaker = if as_stand_in {
            Speaker::StandIn(self.platform.stand_in(&conversation.contact.stand_in))
        } else {
            Speaker::Bot
        };
        let reader = conversation.employee.user.clone();
        Ok(Place {
            room,
            speaker,
            reader,
        })
    }

    /// A second notice about the same event is an edit of the first.
    async fn replacing(&self, payload: &SayPayload) -> Result<Content, StoreError> {
        let mut content = payload.content.clone();
        if let (Some(slot), Content::Notice { replaces, .. }) = (&payload.slot, &mut content) {
            *replaces = self.notice_about(slot).await?;
        }
        Ok(content)
    }

    pub(crate) async fn notice_about(&self, slot: &EventId) -> Result<Option<EventId>, StoreError> {
        Ok(self.store.cursor(&slot_key(slot)).await?.map(EventId))
    }

    /// Deterministic, so that the homeserver sees a repetition as the same event.
    pub(crate) fn txn(&self, job: &Job) -> String {
        match job.message {
            Some(message) => format!("{}-m{message}", self.prefix()),
            None => format!("{}-j{}", self.prefix(), job.id.0),
        }
    }

    /// Tells installations on one homeserver apart.
    pub(crate) fn prefix(&self) -> String {
        hex::encode(&self.installation.log[..4])
    }

    /// A text came for a number that nobody held. Somebody may hold it now.
    pub(crate) async fn run_route(&self, job: &Job) -> Result<(), JobError> {
        let payload: SayPayload = self.unpack(job)?;
        self.check_text_of_edge(job, &payload).await?;
        let Some(parties) = &payload.parties else {
            return Err(
                StoreError::Damaged("a text without parties cannot be placed".to_owned()).into(),
            );
        };
        // Who held the number when it came gets it (it may only have waited behind others); if nobody
        // did, who holds it now.
        let mut outcome = self
            .place_again(job, parties, &payload, job.created)
            .await?;
        if matches!(outcome, InboundOutcome::Unplaced { .. }) {
            outcome = self.place_again(job, parties, &payload, self.now()).await?;
        }
        if let InboundOutcome::Unplaced { known_number, .. } = outcome {
            let due = self.now().after(verbatim_domain::Duration::from_secs(60));
            let retry = Change::Retry {
                job: job.id,
                due,
                payload: None,
                counts: true,
            };
            // As long as it waits, an operator must know, whatever became of the first alarm.
            let alarm = self.nobody_holds(&parties.to, known_number);
            self.commit(vec![retry, alarm]).await?;
        }
        Ok(())
    }

    async fn place_again(
        &self,
        job: &Job,
        parties: &Parties,
        payload: &SayPayload,
        at: Timestamp,
    ) -> Result<InboundOutcome, StoreError> {
        let mut body = Body {
            actor: "system".to_owned(),
            message: job.message.map(|m| m.to_string()).unwrap_or_default(),
            from: parties.from.clone(),
            to: parties.to.clone(),
            rule: "relay.placed_late".to_owned(),
            rule_version: 1,
            reason: "placed_late".to_owned(),
            ..Body::default()
        };
        body.refs
            .insert("provider_id".to_owned(), parties.provider_id.clone());
        // The first record, with the evidence, is outside the conversation; its timeline must tell all.
        if let Content::Text { body: text } = &payload.content {
            body.text.clone_from(text);
        }
        self.store
            .record_inbound(InboundSms {
                account: parties.account.as_str().into(),
                provider_id: parties.provider_id.as_str().into(),
                to: self.index(&parties.to),
                from: self.index(&parties.from),
                from_sealed: self.hide("number", parties.from.as_bytes()),
                at,
                record: self.seal(Kind::Status, body).await?,
                // Checked, and so from now on ours.
                // What it says counted from when it was said.
                consent: None,
                say: self.pack_for(job, payload)?,
                fresh: self.fresh_ids(),
                catch_all: self.catch_all().await?,
                again: Some(job.id),
            })
            .await
    }

    pub(crate) async fn conversation_of_job(&self, job: &Job) -> Result<Conversation, StoreError> {
        let id = job
            .conversation
            .ok_or_else(|| StoreError::Damaged("a job names no conversation".to_owned()))?;
        self.store.conversation(id).await?.ok_or_else(|| {
            StoreError::Damaged("a job names a conversation that is not there".to_owned())
        })
    }
}

/// The room's name; a sender that is no phone number (a short code, a name) is shown as it is.
pub(crate) fn title(name: Option<&str>, peer: &str) -> String {
    match PhoneNumber::parse(peer, None) {
        Ok(number) => first_contact::room_name(name, &number),
        Err(_) => format!("{} (SMS)", name.unwrap_or(peer)),
    }
}

fn topic(peer: &str, ours: &str) -> String {
    match (
        PhoneNumber::parse(peer, None),
        PhoneNumber::parse(ours, None),
    ) {
        (Ok(peer), Ok(ours)) => first_contact::topic(&peer, &ours),
        _ => format!("Text messages with {peer} from your number {ours}. Recorded."),
    }
}

/// Where it is kept which room was introduced.
fn intro_key(conversation: &Conversation) -> String {
    format!("intro:{}", conversation.id)
}

/// Where the event id of the notice about an event is kept.
fn slot_key(slot: &EventId) -> String {
    format!("notice:{slot}")
}
