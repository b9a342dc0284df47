//! A transaction taken apart without opening anything. One bad entry must not cost the others.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use verbatim_domain::{EventId, RoomId};
use verbatim_engine::ports::{RawEvent, Transaction};

use crate::platform::MatrixPlatform;

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    events: Vec<&'a RawValue>,
}

/// As much of an event as sorting needs.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    event_id: Cow<'a, str>,
    #[serde(borrow)]
    room_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    sender: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "type")]
    kind: Option<Cow<'a, str>>,
}

impl MatrixPlatform {
    pub(crate) fn take_apart(&self, body: &[u8]) -> Result<Transaction, String> {
        let body: Body<'_> =
            serde_json::from_slice(body).map_err(|_| "not a transaction".to_owned())?;
        let mut transaction = Transaction::default();
        for raw in body.events {
            match event_of(raw.get()) {
                None => transaction.malformed.push(raw.get().as_bytes().to_vec()),
                Some((head, event)) if self.concerns_us(&head) => transaction.events.push(event),
                Some(_) => {}
            }
        }
        Ok(transaction)
    }

    /// Events of one room's timeline, which do not name it: those that concern us.
    pub(crate) fn of_timeline(&self, room: &str, events: Vec<Value>) -> Vec<RawEvent> {
        let ours = |mut event: Value| {
            let fields = event.as_object_mut()?;
            fields.insert("room_id".to_owned(), room.into());
            let text = event.to_string();
            let (head, event) = event_of(&text)?;
            self.concerns_us(&head).then_some(event)
        };
        events.into_iter().filter_map(ours).collect()
    }

    fn concerns_us(&self, head: &Head<'_>) -> bool {
        let is_membership = head.kind.as_deref() == Some("m.room.member");
        if is_membership && let Some(room) = &head.room_id {
            self.members.forget([room.as_ref()]);
        }
        is_membership
            || !head
                .sender
                .as_deref()
                .is_some_and(|sender| self.is_ours_text(sender))
    }
}

fn event_of(raw: &str) -> Option<(Head<'_>, RawEvent)> {
    let head: Head<'_> = serde_json::from_str(raw).ok()?;
    let room = match &head.room_id {
        Some(room) => room.clone().into_owned(),
        // From room version 12 on the create event names no room: the room's id is the event's.
        None if head.kind.as_deref() == Some("m.room.create") => {
            format!("!{}", head.event_id.strip_prefix('$')?)
        }
        None => return None,
    };
    let event = RawEvent {
        event: EventId(head.event_id.clone().into_owned()),
        room: RoomId(room),
        raw: raw.as_bytes().to_vec(),
    };
    Some((head, event))
}
