//! Events whose key is not here (facts: matrix, sections 9 and 16).
//!
//! The ladder: nothing is said for the first seconds, since event and key travel on two ways; then the
//! employee is told; then the event is given up for relaying: a gap is recorded, an alarm raised, the
//! employee asked to write again, and the event leaves its room's lane so that others go on. It stays
//! queued: if its key comes after all, its content is recorded, but not sent, because it may have been
//! written again. After a month the waiting ends.

use verbatim_domain::conversation::Rule;
use verbatim_domain::notice::Notice;
use verbatim_domain::{Duration, EventId, RoomId, Timestamp, UserId};
use verbatim_record::{Body, Kind};

use crate::core::Engine;
use crate::evidence::platform_evidence;
use crate::inbox::{UNKNOWN_ROOM_PATIENCE, event_body};
use crate::payload::EventPayload;
use crate::ports::{Change, Job, Lane, NewRecord, OpenError, RoomEvent, Sealed};
use crate::trouble::JobError;

/// How long an event that was given up waits between tries; a new key wakes it at once.
const LATE_TRY: Duration = Duration::from_secs(3600);

/// How long its key is waited for at all.
const LATE_UNTIL: Duration = Duration::from_secs(30 * 86_400);

/// What is known of an event that does not open.
struct Unopened {
    code: String,
    room: RoomId,
    sender: UserId,
    sent_at: Timestamp,
    hopeless: bool,
}

impl Engine {
    pub(crate) async fn not_opened(
        &self,
        job: &Job,
        payload: &EventPayload,
        error: OpenError,
    ) -> Result<(), JobError> {
        let unopened = match error {
            OpenError::NoKey {
                code,
                room,
                sender,
                sent_at,
            } => Unopened {
                code,
                room,
                sender,
                sent_at,
                hopeless: false,
            },
            OpenError::Never {
                code,
                room,
                sender,
                sent_at,
            } => Unopened {
                code,
                room,
                sender,
                sent_at,
                hopeless: true,
            },
            OpenError::Malformed(why) => return self.malformed_event(job, payload, &why).await,
            OpenError::Platform(error) => return Err(error.into()),
        };
        // Measured from the first look: time in which nobody could look is no reason to give up.
        let since = payload.since.unwrap_or_else(|| self.now());
        if payload.step >= 2 && self.now().since(since) > LATE_UNTIL {
            // The gap and its raw event are in the record: whoever gets at the key can still open it.
            return Ok(self.commit(vec![Change::Finish(job.id)]).await?);
        }
        if payload.step >= 2 {
            return self.wait_on(job, None, LATE_TRY).await;
        }
        let payload = &EventPayload {
            since: Some(since),
            ..payload.clone()
        };
        let kept = Some(self.pack_for(job, payload)?);
        let waited = self.now().since(since);
        if waited < UNKNOWN_ROOM_PATIENCE && !self.is_known(&unopened.room).await? {
            // Perhaps its making is not committed yet; who wrote in it must be answered there.
            return self.wait_on(job, kept, Duration::from_secs(2)).await;
        }
        if unopened.hopeless || waited >= self.settings.undecryptable_alarm {
            return self.give_up(job, payload, &unopened).await;
        }
        if payload.step == 0 && waited >= self.settings.undecryptable_notice {
            return self.tell_missing(job, payload, &unopened).await;
        }
        let next = if waited < Duration::from_secs(3) {
            Duration::from_millis(300)
        } else {
            Duration::from_secs(2)
        };
        self.wait_on(job, kept, next).await
    }

    async fn is_known(&self, room: &RoomId) -> Result<bool, JobError> {
        Ok(self.store.conversation_by_room(room).await?.is_some()
            || self.store.direct(room).await?.is_some())
    }

    async fn wait_on(
        &self,
        job: &Job,
        payload: Option<Sealed>,
        wait: Duration,
    ) -> Result<(), JobError> {
        let due = self.now().after(wait);
        Ok(self
            .commit(vec![Change::Retry {
                job: job.id,
                due,
                payload,
                counts: true,
            }])
            .await?)
    }

    async fn tell_missing(
        &self,
        job: &Job,
        payload: &EventPayload,
        unopened: &Unopened,
    ) -> Result<(), JobError> {
        let next = self.pack_for(
            job,
            &EventPayload {
                step: 1,
                ..payload.clone()
            },
        )?;
        let mut changes = vec![Change::Retry {
            job: job.id,
            due: self.now().after(Duration::from_secs(2)),
            payload: Some(next),
            counts: true,
        }];
        self.notice(&mut changes, payload, unopened, false).await?;
        Ok(self.commit(changes).await?)
    }

    async fn give_up(
        &self,
        job: &Job,
        payload: &EventPayload,
        unopened: &Unopened,
    ) -> Result<(), JobError> {
        let conversation = self
            .store
            .conversation_by_room(&unopened.room)
            .await?
            .map(|c| c.id);
        let sealed = self.seal(Kind::Gap, gap_body(payload, unopened)).await?;
        let mut changes = vec![
            Change::Append(NewRecord { conversation, sealed, about: None }),
            self.alarm(
                format!("undecryptable:{}", unopened.room),
                format!("An employee's message in {} could not be decrypted ({}); they were asked to write it again. Each one is a gap in the record.", unopened.room, unopened.code),
            ),
        ];
        self.notice(&mut changes, payload, unopened, true).await?;
        if unopened.hopeless {
            changes.push(Change::Finish(job.id));
        } else {
            let kept = self.pack_for(
                job,
                &EventPayload {
                    step: 2,
                    ..payload.clone()
                },
            )?;
            let due = self.now().after(LATE_TRY);
            changes.push(Change::Retry {
                job: job.id,
                due,
                payload: Some(kept),
                counts: true,
            });
            changes.push(Change::Move(job.id, Lane::late(&event_id(&payload.raw))));
        }
        Ok(self.commit(changes).await?)
    }

    async fn notice(
        &self,
        changes: &mut Vec<Change>,
        payload: &EventPayload,
        unopened: &Unopened,
        gave_up: bool,
    ) -> Result<(), JobError> {
        if let Some(conversation) = self.store.conversation_by_room(&unopened.room).await? {
            let notice = Notice::Undecryptable {
                code: unopened.code.clone(),
                gave_up,
            };
            changes.push(self.tell_about(
                conversation.id,
                &notice,
                Some((event_id(&payload.raw), unopened.sender.clone())),
            ));
        }
        Ok(())
    }

    /// The key came after the employee was asked to write again: recorded, not sent.
    pub(crate) async fn opened_too_late(
        &self,
        job: &Job,
        payload: &EventPayload,
        event: &RoomEvent,
    ) -> Result<(), JobError> {
        let conversation = self.store.conversation_by_room(&event.room).await?;
        let rule = Rule {
            id: "relay.late_key",
            version: 1,
            reason: "written_again",
        };
        let sealed = self
            .seal(Kind::Refused, event_body(event, &payload.raw, &rule))
            .await?;
        let mut changes = vec![
            Change::Append(NewRecord {
                conversation: conversation.as_ref().map(|c| c.id),
                sealed,
                about: None,
            }),
            Change::Finish(job.id),
        ];
        if let Some(conversation) = conversation {
            changes.push(self.tell(conversation.id, &Notice::ReadableTooLate, Some(event)));
        }
        Ok(self.commit(changes).await?)
    }

    async fn malformed_event(
        &self,
        job: &Job,
        payload: &EventPayload,
        why: &str,
    ) -> Result<(), JobError> {
        let body = platform_evidence(payload.raw.as_bytes(), why);
        let malformed = self.malformed(body, "malformed-event".into(), "a room event");
        let mut changes = Vec::from(malformed.await?);
        changes.push(Change::Finish(job.id));
        Ok(self.commit(changes).await?)
    }
}

fn gap_body(payload: &EventPayload, unopened: &Unopened) -> Body {
    let mut body = Body {
        actor: format!("user:{}", unopened.sender),
        from: unopened.sender.0.clone(),
        origin_at: unopened.sent_at.as_millis(),
        rule: "gap.undecryptable".to_owned(),
        rule_version: 1,
        reason: unopened.code.clone(),
        evidence: payload.raw.as_bytes().to_vec(),
        evidence_kind: "application/json".to_owned(),
        ..Body::default()
    };
    body.refs
        .insert("room_id".to_owned(), unopened.room.0.clone());
    body.refs
        .insert("event_id".to_owned(), event_id(&payload.raw).0);
    body
}

/// The event id inside the raw JSON; the intake has seen that there is one.
fn event_id(raw: &str) -> EventId {
    #[derive(serde::Deserialize)]
    struct Id {
        event_id: String,
    }
    EventId(
        serde_json::from_str::<Id>(raw)
            .map(|id| id.event_id)
            .unwrap_or_default(),
    )
}
