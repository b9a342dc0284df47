//! What employees did, and what their rooms show.

use verbatim_domain::message::{Direction, MessageState};
use verbatim_domain::{Duration, EventId, RoomId};
use verbatim_engine::ports::{Content, Conversation, Message, SendStatus};
use verbatim_engine::views::RecordView;

use super::Audit;
use crate::fakes::platform::{JOINED, Room, What};
use crate::sim::operation::{Act, KeyFate};
use crate::sim::world::Written;

/// Kinds of records that hold what an employee did.
const DONE: [&str; 6] = [
    "message_out",
    "edit",
    "redaction",
    "reaction",
    "attachment",
    "refused",
];

impl Audit {
    pub(super) fn rooms(&mut self) {
        for written in self.written.clone() {
            self.kept(&written);
        }
        for (conversation, message) in self.all(Direction::Outbound) {
            self.shown(&conversation, &message);
        }
        for (id, room) in self.rooms.clone() {
            let (doubled, intros) = (doubled_notice(&room), intros(&room));
            if let Some(event) = doubled {
                self.fail("doubled", format!("two notices about {event} in {id}"));
            }
            let spoken = room
                .timeline
                .iter()
                .any(|e| matches!(e.what, What::Said(_)));
            if spoken && intros != 1 {
                self.fail("doubled", format!("{intros} introductions in {id}"));
            }
            self.attended(&id, &room);
        }
    }

    /// The employee is in their room, unless they left it without its number; they can read all that was
    /// said to them there, and were not asked back more often than is decent.
    fn attended(&mut self, id: &RoomId, room: &Room) {
        const DAY: Duration = Duration::from_secs(86_400);
        const DECENT: usize = 6;
        let Some(spec) = &room.spec else { return };
        let here = room.members.get(&spec.employee) == Some(&JOINED);
        if !here && !self.left_without_number(id) {
            self.fail("lost", format!("the employee is not in {id}"));
        }
        let said = room.timeline.iter();
        let mut said = said.filter(|entry| matches!(entry.what, What::Said(_)));
        if let Some(entry) = said.find(|entry| !entry.readers.contains(&spec.employee)) {
            let what = format!("nobody can read {} in {id}: {:?}", entry.event, entry.what);
            self.fail("unreadable", what);
        }
        let often = room.offered.windows(DECENT);
        if often
            .into_iter()
            .any(|some| some[DECENT - 1].since(some[0]) < DAY)
        {
            self.fail("pestered", format!("{id}: {:?}", room.offered));
        }
    }

    /// What an employee did is in the record as what it is; what was not sent is answered.
    fn kept(&mut self, written: &Written) {
        let mine = |kinds: &[&str]| {
            let records = self.records.iter().filter(|(_, _, view)| {
                kinds.contains(&view.kind.as_str())
                    && view.refs.get("event_id") == Some(&written.event.0)
            });
            records.map(|(_, _, view)| view.clone()).collect::<Vec<_>>()
        };
        let (done, gaps) = (mine(&DONE), mine(&["gap"]));
        let event = &written.event;
        let expected = match written.key {
            KeyFate::Here | KeyFate::Clear => done.len() == 1 && gaps.is_empty(),
            KeyFate::Late => done.len() == 1 && gaps.len() <= 1,
            KeyFate::NeverComes | KeyFate::Hopeless => done.is_empty() && gaps.len() == 1,
        };
        if !expected {
            let rule = if done.len() > 1 || gaps.len() > 1 {
                "doubled"
            } else {
                "lost"
            };
            let what = format!(
                "{event}: {} records and {} gaps of {written:?}",
                done.len(),
                gaps.len()
            );
            self.fail(rule, what);
        }
        let wrong = |view: &&verbatim_engine::views::RecordView| {
            !matches!(view.kind.as_str(), "redaction" | "reaction") && view.text != written.text
        };
        if done.iter().any(|view| wrong(&view)) {
            self.fail("record", format!("{event} is recorded with other words"));
        }
        let sent = done.iter().any(|view| view.kind == "message_out");
        if sent && written.act != Act::Text {
            self.fail(
                "record",
                format!("{event} was sent, and is no text: {written:?}"),
            );
        }
        if !gaps.is_empty() && sent {
            self.fail(
                "doubled",
                format!("{event} was given up and sent all the same"),
            );
        }
        let answered = self
            .rooms
            .get(&written.room)
            .is_some_and(|room| last_notice(room, event).is_some());
        if !sent && !answered && !self.left_without_number(&written.room) {
            self.fail(
                "lost",
                format!("{event} was not sent, and nobody said so: {written:?}"),
            );
        }
        let awaited = written.key == KeyFate::NeverComes || written.key == KeyFate::Hopeless;
        if awaited && !self.alarmed(&format!("undecryptable:{}", written.room)) {
            self.fail(
                "alarm",
                format!("{event} could not be read, and nobody is told"),
            );
        }
    }

    /// Whether the employee left, and did not hold the number then or later: they are asked back for
    /// clients' texts, and what the bot would have said meanwhile is not kept for them.
    pub(super) fn left_without_number(&self, room: &RoomId) -> bool {
        let mut conversations = self.conversations.iter();
        let lost = conversations
            .find(|conversation| conversation.room.as_ref() == Some(room))
            .is_some_and(|conversation| {
                let holder = conversation.number.holder.as_ref();
                // Lost and given back counts as well.
                holder.is_none_or(|(id, since)| {
                    *id != conversation.employee.id || *since > conversation.created
                })
            });
        let left = |view: &RecordView| {
            let rule = &view.rule;
            view.refs.get("room_id") == Some(&room.0)
                && (rule.starts_with("room.former_holder_gone")
                    || (lost && rule.starts_with("room.holder_gone")))
        };
        self.records.iter().any(|(_, _, view)| left(view))
    }

    /// The room shows how the message stands.
    fn shown(&mut self, conversation: &Conversation, message: &Message) {
        let Some(room) = conversation
            .room
            .as_ref()
            .and_then(|room| self.rooms.get(room))
        else {
            return;
        };
        let Some(event) = &message.event else { return };
        let notice = last_notice(room, event);
        let status = last_status(room, event);
        let good = match message.state {
            MessageState::Delivered => {
                let read = room.spec.as_ref().is_some_and(|spec| {
                    room.read.contains(&(spec.stand_in.clone(), event.clone()))
                });
                read && status == Some(SendStatus::Success)
                    && notice
                        .as_ref()
                        .is_none_or(|words| words.contains("was delivered"))
            }
            MessageState::Undelivered | MessageState::Failed | MessageState::Expired => {
                let failed = [SendStatus::FailRetriable, SendStatus::FailPermanent];
                status.is_some_and(|status| failed.contains(&status))
                    && notice
                        .as_ref()
                        .is_some_and(|words| words.starts_with("Your message"))
                    && notice
                        .as_ref()
                        .is_some_and(|words| !words.contains("being checked"))
            }
            // A carrier need not tell more; then an uncertain notice must not stand.
            MessageState::Submitted | MessageState::Sent => {
                notice.as_ref().is_none_or(|words| words == "It was sent.")
            }
            _ => true,
        };
        let gone = conversation.room.as_ref();
        if !good && !gone.is_some_and(|room| self.left_without_number(room)) {
            let state = message.state.word();
            let what = format!("{event} is {state}; its room shows {status:?}, {notice:?}");
            self.fail("state", what);
        }
    }
}

fn notices(room: &Room) -> impl Iterator<Item = (&EventId, &String, bool)> {
    room.timeline.iter().filter_map(|entry| match &entry.what {
        What::Said(Content::Notice {
            body,
            reply_to: Some(about),
            replaces,
            ..
        }) => Some((about, body, replaces.is_some())),
        _ => None,
    })
}

fn last_notice(room: &Room, event: &EventId) -> Option<String> {
    notices(room)
        .filter(|(about, ..)| *about == event)
        .last()
        .map(|(_, body, _)| body.clone())
}

fn last_status(room: &Room, event: &EventId) -> Option<SendStatus> {
    let mut statuses = room.timeline.iter().filter_map(|entry| match &entry.what {
        What::Said(Content::Status { about, status, .. }) if about == event => Some(*status),
        _ => None,
    });
    statuses.next_back()
}

/// An event about which there are two notices that do not replace one another.
fn doubled_notice(room: &Room) -> Option<EventId> {
    let first: Vec<&EventId> = notices(room)
        .filter(|(_, _, replaces)| !replaces)
        .map(|(about, ..)| about)
        .collect();
    let twice = first
        .iter()
        .enumerate()
        .find(|(at, about)| first[..*at].contains(about));
    twice.map(|(_, about)| (*about).clone())
}

fn intros(room: &Room) -> usize {
    let said = room.timeline.iter().filter(|entry| {
        matches!(&entry.what, What::Said(Content::Notice { body, .. }) if body.starts_with("This room texts"))
    });
    said.count()
}
