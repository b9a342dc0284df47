//! A clear event in the domain's words. Total: any bytes give an answer, never a panic (a fuzz target).

use serde_json::{Map, Value};
use verbatim_domain::{EventId, RoomId, Timestamp, UserId};
use verbatim_engine::ports::{EventKind, Membership, OpenError, RoomEvent, Trust};

/// What every event has.
pub(super) struct Envelope {
    pub(super) event: EventId,
    pub(super) room: RoomId,
    pub(super) sender: UserId,
    pub(super) sent_at: Timestamp,
    pub(super) kind: String,
    pub(super) state_key: Option<String>,
    pub(super) content: Value,
    /// The event that it redacts, where the specification puts it outside (before room version 11).
    redacts: Option<String>,
    pub(super) redacted: bool,
}

/// Reads an event that is not encrypted. What is inside an encrypted one is read in the same way.
///
/// # Errors
/// [`OpenError::Malformed`] for anything that is not an event.
pub fn parse_clear_event(raw: &[u8]) -> Result<RoomEvent, OpenError> {
    let envelope = Envelope::read(raw)?;
    let state = envelope.state_key.is_some() || envelope.kind == "m.room.redaction";
    let trust = if state {
        Trust::State
    } else {
        Trust::Unencrypted
    };
    Ok(envelope.into_event(trust, raw.to_vec()))
}

fn malformed(what: &str) -> OpenError {
    OpenError::Malformed(what.to_owned())
}

impl Envelope {
    pub(super) fn read(raw: &[u8]) -> Result<Self, OpenError> {
        let value: Value = serde_json::from_slice(raw).map_err(|_| malformed("not JSON"))?;
        let Value::Object(mut event) = value else {
            return Err(malformed("not an object"));
        };
        let content = event.remove("content").unwrap_or(Value::Null);
        let required = |field: &'static str| text(&event, field).ok_or_else(|| malformed(field));
        let event_id = required("event_id")?;
        let kind = required("type")?;
        let room = match text(&event, "room_id") {
            Some(room) => room,
            None if kind == "m.room.create" => format!("!{}", event_id.trim_start_matches('$')),
            None => return Err(malformed("room_id")),
        };
        let sent_at = event.get("origin_server_ts").and_then(Value::as_i64);
        Ok(Self {
            room: RoomId(room),
            sender: UserId(required("sender")?),
            sent_at: Timestamp(sent_at.ok_or_else(|| malformed("origin_server_ts"))?),
            state_key: text(&event, "state_key"),
            redacts: text(&event, "redacts"),
            redacted: event
                .get("unsigned")
                .is_some_and(|unsigned| unsigned.get("redacted_because").is_some()),
            event: EventId(event_id),
            kind,
            content,
        })
    }

    /// What was inside an encrypted event. The crypto library passes on whatever fields the sender put
    /// there; what makes a state event or a redaction counts only where the homeserver vouches for it.
    pub(super) fn inside(self) -> Self {
        Self {
            state_key: None,
            redacts: None,
            redacted: false,
            ..self
        }
    }

    /// The event's meaning. `trust` is the caller's finding.
    pub(super) fn into_event(self, trust: Trust, clear: Vec<u8>) -> RoomEvent {
        let meaning = self.meaning();
        RoomEvent {
            event: self.event,
            room: self.room,
            sender: self.sender,
            sent_at: self.sent_at,
            trust,
            kind: meaning,
            clear,
        }
    }

    fn meaning(&self) -> EventKind {
        let what = self.kind.clone();
        let no_content = Map::new();
        let content = self.content.as_object().unwrap_or(&no_content);
        if self.state_key.is_some() {
            let membership = (self.kind == "m.room.member").then(|| self.membership(content));
            return membership.flatten().unwrap_or(EventKind::Other { what });
        }
        if self.redacted {
            return EventKind::Other { what };
        }
        let msgtype = text(content, "msgtype").filter(|_| what == "m.room.message");
        let other = || EventKind::Unknown {
            what: msgtype.unwrap_or(what),
        };
        match self.kind.as_str() {
            "m.room.message" => message(content).unwrap_or_else(other),
            "m.reaction" => reaction(content).unwrap_or_else(other),
            "m.room.redaction" => EventKind::Redaction {
                of: text(content, "redacts")
                    .or_else(|| self.redacts.clone())
                    .map(EventId),
            },
            "m.sticker" => media("m.sticker", content),
            "m.poll.start" | "org.matrix.msc3381.poll.start" => poll(&self.kind, content),
            _ => other(),
        }
    }

    fn membership(&self, content: &Map<String, Value>) -> Option<EventKind> {
        let change = match content.get("membership")?.as_str()? {
            "invite" => Membership::Invite,
            "join" => Membership::Join,
            "leave" => Membership::Leave,
            "ban" => Membership::Ban,
            "knock" => Membership::Knock,
            _ => return None,
        };
        Some(EventKind::Membership {
            user: UserId(self.state_key.clone()?),
            change,
            direct: content
                .get("is_direct")
                .and_then(Value::as_bool)
                .unwrap_or(false),
        })
    }
}

fn text(object: &Map<String, Value>, field: &str) -> Option<String> {
    object.get(field)?.as_str().map(str::to_owned)
}

fn body(content: &Map<String, Value>) -> String {
    text(content, "body").unwrap_or_default()
}

/// `None` if it is nothing that we know, such as a step of a verification.
fn message(content: &Map<String, Value>) -> Option<EventKind> {
    let kind = content.get("msgtype")?.as_str()?;
    let relation = content.get("m.relates_to").and_then(Value::as_object);
    let related = |kind: &str| {
        let relation =
            relation.filter(|relation| text(relation, "rel_type").as_deref() == Some(kind))?;
        text(relation, "event_id").map(EventId)
    };
    if kind.starts_with("m.key.verification.") {
        return None;
    }
    if let Some(of) = related("m.replace") {
        let new = content.get("m.new_content").and_then(Value::as_object);
        let body = match new {
            Some(new) => body(new),
            None => body(content).trim_start_matches("* ").to_owned(),
        };
        return Some(EventKind::Edit { of, body });
    }
    if !matches!(kind, "m.text" | "m.emote" | "m.notice") {
        return Some(media(kind, content));
    }
    let reply_to = relation
        .and_then(|relation| relation.get("m.in_reply_to")?.get("event_id")?.as_str())
        .map(EventId::from);
    let body = body(content);
    let body = if reply_to.is_some() {
        without_fallback(&body)
    } else {
        body
    };
    Some(EventKind::Text { body, reply_to })
}

/// Older clients quote what they answer in lines that begin with `> `, then an empty line.
fn without_fallback(body: &str) -> String {
    let quoted: usize = body
        .split_inclusive('\n')
        .take_while(|line| line.starts_with("> "))
        .map(str::len)
        .sum();
    if quoted == 0 {
        return body.to_owned();
    }
    let rest = &body[quoted..];
    rest.strip_prefix('\n').unwrap_or(rest).to_owned()
}

fn media(what: &str, content: &Map<String, Value>) -> EventKind {
    EventKind::Media {
        what: what.to_owned(),
        body: body(content),
    }
}

fn reaction(content: &Map<String, Value>) -> Option<EventKind> {
    let relation = content.get("m.relates_to")?.as_object()?;
    Some(EventKind::Reaction {
        to: text(relation, "event_id").map(EventId)?,
        key: text(relation, "key")?,
    })
}

fn poll(kind: &str, content: &Map<String, Value>) -> EventKind {
    let start = content.get(kind).or_else(|| content.get("m.poll"));
    let question = start.and_then(|start| start.get("question"));
    let words = question.and_then(|q| q.get("body").or_else(|| q.get("org.matrix.msc1767.text")));
    EventKind::Media {
        what: kind.to_owned(),
        body: words.and_then(Value::as_str).unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
