//! Employees are asked into their rooms, and what is said there waits until they can read it.
//!
//! Invitations have a lane of their own beside the room's, so that a text which waits for an employee
//! does not hold up the invitation it waits for. Who leaves is asked back, at longer and longer
//! intervals; an invitation that stands is not repeated, but an operator hears of it (decision 0010).

use verbatim_domain::retry::{Backoff, Offers};
use verbatim_domain::{ConversationId, Duration, Timestamp};

use crate::core::Engine;
use crate::payload::{About, OfferPayload};
use crate::ports::{
    Attendance, Change, Conversation, Job, JobKind, Lane, NewJob, PlatformError, StoreError, Unread,
};
use crate::trouble::JobError;

/// How long what nobody could read waits. A new device or an accepted invitation wakes it at once.
const READER_BACKOFF: Backoff = Backoff {
    first: Duration::from_secs(1),
    longest: Duration::from_secs(120),
};

/// Tries in vain after which it is seen to that the reader is invited; their leaving usually was.
const PATIENT_TRIES: u32 = 2;

/// When it is first looked whether a new room's employee has come.
const FIRST_LOOK: Duration = Duration::from_secs(60);

/// How often an invitation that stands unanswered is looked at again.
const ASK_AGAIN: Duration = Duration::from_secs(86_400);

impl Engine {
    /// Sees to it that the employee is invited into the room, and that somebody hears of it if they do
    /// not come.
    pub(crate) async fn run_offer_room(&self, job: &Job) -> Result<(), JobError> {
        let payload: OfferPayload = self.unpack(job)?;
        let conversation = self.conversation_of_job(job).await?;
        let wanted = payload.text_waits || holds_number(&conversation);
        let Some(room) = conversation.room.as_ref().filter(|_| wanted) else {
            return Ok(self.commit(self.offered(job, &conversation)).await?);
        };
        let offers = self.offers(conversation.id).await?;
        if offers.due > self.now() {
            // They left since this was queued: not before it is decent.
            let wait = offers.due.since(self.now());
            let changes = vec![self.ask_again_later(job, conversation.id, &payload, Some(wait))];
            return Ok(self.commit(changes).await?);
        }
        let offered = self
            .platform
            .offer_room(room, &conversation.employee.user)
            .await;
        let now = self.now();
        let wake = Change::WakeLane(Lane::room(conversation.id), now);
        let changes = match offered {
            Ok(Attendance::Joined) => {
                let mut changes = self.offered(job, &conversation);
                changes.push(wake);
                changes
            }
            Ok(Attendance::Asked) => vec![wake, self.ask_again_later(job, conversation.id, &payload, None)],
            Ok(Attendance::Invited) => self.unanswered(job, &payload, &conversation),
            // As if banned: asking at once again would not help.
            Err(PlatformError::Refused(why)) => vec![
                self.alarm(
                    format!("employee-not-invited:{}", conversation.id),
                    format!("The homeserver refuses to invite an employee into the room of a client conversation ({why}). It is tried again tomorrow."),
                ),
                self.ask_again_later(job, conversation.id, &payload, Some(ASK_AGAIN)),
            ],
            Err(error) => return Err(error.into()),
        };
        Ok(self.commit(changes).await?)
    }

    fn offered(&self, job: &Job, conversation: &Conversation) -> Vec<Change> {
        vec![
            Change::Clear(unanswered(conversation.id)),
            Change::Clear(format!("employee-not-invited:{}", conversation.id)),
            Change::Finish(job.id),
        ]
    }

    /// An invitation stands. After a while without an answer, an operator hears of it.
    fn unanswered(
        &self,
        job: &Job,
        payload: &OfferPayload,
        conversation: &Conversation,
    ) -> Vec<Change> {
        let Some(asked) = payload.asked else {
            return vec![self.ask_again_later(job, conversation.id, payload, None)];
        };
        let end = asked.after(self.settings.invitation_alarm);
        if self.now() < end {
            let wait = end.since(self.now());
            return vec![self.ask_again_later(job, conversation.id, payload, Some(wait))];
        }
        vec![
            self.alarm(
                unanswered(conversation.id),
                "An employee has not accepted the invitation into the room of a client conversation. Check that their account is spelled right (`verbatim employee list`), and ask them to open their client and accept.",
            ),
            self.ask_again_later(job, conversation.id, payload, Some(ASK_AGAIN)),
        ]
    }

    /// The job looks again after `wait`, or when an invitation made now may be called unanswered.
    fn ask_again_later(
        &self,
        job: &Job,
        conversation: ConversationId,
        payload: &OfferPayload,
        wait: Option<Duration>,
    ) -> Change {
        let asked = match wait {
            None => Some(self.now()),
            Some(_) => payload.asked,
        };
        let next = OfferPayload {
            asked,
            ..payload.clone()
        };
        Change::Retry {
            job: job.id,
            due: self
                .now()
                .after(wait.unwrap_or(self.settings.invitation_alarm)),
            payload: Some(self.pack(About::Offer(conversation), &next)),
            counts: false,
        }
    }

    /// After a room was made: whether the employee comes. Looked at soon, since they may have come before
    /// the room was known as theirs.
    pub(crate) fn await_answer(&self, conversation: ConversationId) -> Change {
        let asked = OfferPayload {
            asked: Some(self.now()),
            text_waits: false,
        };
        let soon = FIRST_LOOK.min(self.settings.invitation_alarm);
        self.offer_job(conversation, self.now().after(soon), &asked)
    }

    /// Asks the employee back, no more often than is decent.
    pub(crate) async fn reoffer(
        &self,
        conversation: ConversationId,
        text_waits: bool,
        changes: &mut Vec<Change>,
    ) -> Result<(), StoreError> {
        let next = self.offers(conversation).await?.next(self.now());
        let payload = OfferPayload {
            asked: None,
            text_waits,
        };
        changes.push(Change::SetCursor(
            offers_key(conversation),
            format!("{} {}", next.count, next.due.as_millis()),
        ));
        changes.push(self.offer_job(conversation, next.due, &payload));
        // One that waits for an answer looks again by then.
        changes.push(Change::WakeLane(Lane::offer(conversation), next.due));
        Ok(())
    }

    async fn offers(&self, conversation: ConversationId) -> Result<Offers, StoreError> {
        let kept = self.store.cursor(&offers_key(conversation)).await?;
        Ok(read_offers(kept.as_deref()))
    }

    fn offer_job(
        &self,
        conversation: ConversationId,
        due: Timestamp,
        payload: &OfferPayload,
    ) -> Change {
        Change::Enqueue(NewJob {
            lane: Lane::offer(conversation),
            kind: JobKind::OfferRoom,
            due,
            payload: self.pack(About::Offer(conversation), payload),
            conversation: Some(conversation),
            message: None,
            room: None,
            unique: Some(format!("offer:{conversation}:{}", payload.text_waits)),
        })
    }

    /// The employee has come into the room: what waited for them goes on.
    pub(crate) fn welcome(&self, conversation: ConversationId, changes: &mut Vec<Change>) {
        changes.extend([
            Change::Clear(unanswered(conversation)),
            Change::Clear(absent(conversation)),
            Change::WakeLane(Lane::room(conversation), self.now()),
            Change::WakeLane(Lane::offer(conversation), self.now()),
        ]);
    }

    /// What is to be said could not be read by its reader: it waits, and so does what comes after it.
    /// Nobody waits for who is gone for good, except with clients' own words.
    pub(crate) async fn wait_for_reader(&self, job: &Job, why: Unread) -> Result<(), StoreError> {
        if job.conversation.is_none() {
            // In a direct chat: who asked and is gone gets no answer.
            return self.commit(vec![Change::Finish(job.id)]).await;
        }
        let conversation = self.conversation_of_job(job).await?;
        let text_waits =
            job.kind == JobKind::OpenRoom || (job.kind == JobKind::Say && job.message.is_some());
        let left = conversation.employee.ended.is_some();
        let gone = left || (why == Unread::Absent && !holds_number(&conversation));
        if gone && !text_waits {
            let mut changes = Vec::new();
            self.read_again(job, &conversation, &mut changes);
            changes.push(Change::Finish(job.id));
            return self.commit(changes).await;
        }
        let wait = READER_BACKOFF.wait(job.attempts + 1, self.chance());
        let mut changes = vec![
            Change::Retry {
                job: job.id,
                due: self.now().after(wait),
                payload: None,
                counts: true,
            },
            self.unread_alarm(&conversation, why),
        ];
        if why == Unread::Absent && job.attempts >= PATIENT_TRIES && !left {
            self.reoffer(conversation.id, true, &mut changes).await?;
        }
        self.commit(changes).await
    }

    fn unread_alarm(&self, conversation: &Conversation, why: Unread) -> Change {
        match why {
            Unread::NoDevice => self.alarm(
                no_device(conversation),
                "Clients' texts wait for an employee who is logged in nowhere: no device of theirs could read them. Check that their account is spelled right (`verbatim employee list`), and ask them to log in.",
            ),
            Unread::Absent => self.alarm(
                absent(conversation.id),
                "Something waits to be said to an employee who is not in the room of a client conversation. They are invited again; ask them to accept.",
            ),
        }
    }

    /// A job that had to wait for its reader got through: no alarm about it any more.
    pub(crate) fn read_again(
        &self,
        job: &Job,
        conversation: &Conversation,
        changes: &mut Vec<Change>,
    ) {
        if job.attempts > 0 {
            changes.push(Change::Clear(no_device(conversation)));
            changes.push(Change::Clear(absent(conversation.id)));
        }
    }
}

/// Whether the conversation's employee holds its number at this moment.
pub(crate) fn holds_number(conversation: &Conversation) -> bool {
    let holder = conversation.number.holder.as_ref();
    holder.is_some_and(|(id, _)| *id == conversation.employee.id)
        && conversation.employee.ended.is_none()
}

fn unanswered(conversation: ConversationId) -> String {
    format!("invitation-unanswered:{conversation}")
}

fn absent(conversation: ConversationId) -> String {
    format!("employee-absent:{conversation}")
}

/// Where it is kept how often the room was offered again.
fn offers_key(conversation: ConversationId) -> String {
    format!("offers:{conversation}")
}

fn no_device(conversation: &Conversation) -> String {
    format!("employee-has-no-device:{}", conversation.employee.id)
}

/// How often a room was offered again, as it is kept; whatever cannot be read counts as never.
fn read_offers(kept: Option<&str>) -> Offers {
    let read = |kept: &str| {
        let (count, due) = kept.split_once(' ')?;
        Some(Offers {
            count: count.parse().ok()?,
            due: Timestamp(due.parse().ok()?),
        })
    };
    kept.and_then(read).unwrap_or_default()
}
