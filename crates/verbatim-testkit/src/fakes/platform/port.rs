//! The homeserver seen through the port.

use std::collections::BTreeMap;

use async_trait::async_trait;
use verbatim_domain::{EventId, RoomId, Timestamp, UserId};
use verbatim_engine::ports::{
    Content, Gap, Look, Membership, OpenError, Platform, PlatformError, Prepared, RawEvent,
    RoomEvent, RoomLook, RoomSpec, Signal, Speaker, Transaction,
};

use super::{Entry, FakePlatform, JOINED, Key, PlatformFault, Room, Server, What};

fn away() -> PlatformError {
    PlatformError::Unavailable("the homeserver does not answer".to_owned())
}

/// Events of a room in one answer: few, so that there is more to fetch.
const SHOWN: usize = 2;

fn position(text: &str) -> usize {
    text.parse().unwrap_or(0)
}

fn raw_event(value: &serde_json::Value) -> RawEvent {
    let field = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
    RawEvent {
        event: EventId(field("event_id")),
        room: RoomId(field("room_id")),
        raw: value.to_string().into_bytes(),
    }
}

fn is_deleted(server: &Server, room: &RoomId) -> bool {
    server.rooms.get(room).is_some_and(|room| room.deleted)
}

fn without_relation(content: &Content) -> Content {
    let mut content = content.clone();
    if let Content::Notice { replaces, .. } = &mut content {
        *replaces = None;
    }
    content
}

impl FakePlatform {
    fn user(&self, speaker: &Speaker) -> UserId {
        match speaker {
            Speaker::Bot => self.bot.clone(),
            Speaker::StandIn(user) => user.clone(),
        }
    }

    /// Runs a writing call under the faults in force. `half` is what is left of it half way.
    fn writing<R>(
        &self,
        half: impl FnOnce(&mut Server),
        whole: impl FnOnce(&mut Server) -> Result<R, PlatformError>,
    ) -> Result<R, PlatformError> {
        let server = &mut *self.server();
        assert!(!std::mem::take(&mut server.panics), "the adapter panics");
        if server.down {
            return Err(away());
        }
        match server.faults.pop_front() {
            None => whole(server),
            Some(PlatformFault::Unavailable) => Err(away()),
            Some(PlatformFault::Refuse) => Err(PlatformError::Refused("M_FORBIDDEN".to_owned())),
            Some(PlatformFault::LoseAnswer) => {
                whole(server)?;
                Err(away())
            }
            Some(PlatformFault::Halfway) => {
                half(server);
                Err(away())
            }
        }
    }

    fn make_room(server: &mut Server, spec: &RoomSpec) -> RoomId {
        if let Some(room) = server.by_conversation.get(&spec.conversation) {
            return room.clone();
        }
        let room = server.new_room();
        server.rooms.insert(room.clone(), Room::default());
        server
            .by_conversation
            .insert(spec.conversation, room.clone());
        room
    }

    fn invite(&self, server: &mut Server, room: &RoomId, user: &UserId) -> bool {
        let members = &server.rooms.entry(room.clone()).or_default().members;
        if members.contains_key(user) {
            return false;
        }
        self.membership(server, room, &self.bot, user, Membership::Invite);
        if !server.shy {
            self.membership(server, room, user, user, Membership::Join);
        }
        true
    }

    fn say(
        server: &mut Server,
        room: &RoomId,
        sender: UserId,
        txn: &str,
        content: Content,
    ) -> Result<EventId, PlatformError> {
        let key = (sender.clone(), txn.to_owned());
        if let Some((event, first)) = server.transactions.get(&key) {
            let event = event.clone();
            // A repetition may know that its first notice is there already, and mean to replace it.
            if without_relation(first) != without_relation(&content) {
                server
                    .blunders
                    .push(format!("transaction {txn} was used for two contents"));
            }
            return Ok(event);
        }
        if is_deleted(server, room) {
            return Err(PlatformError::Refused("M_FORBIDDEN".to_owned()));
        }
        if server
            .rooms
            .get(room)
            .is_none_or(|r| r.members.get(&sender) != Some(&JOINED))
        {
            server
                .blunders
                .push(format!("{sender} spoke in {room} without being in it"));
            return Err(PlatformError::Refused("M_FORBIDDEN".to_owned()));
        }
        let event = server.new_event();
        server
            .transactions
            .insert(key, (event.clone(), content.clone()));
        let entry = Entry {
            event: event.clone(),
            sender,
            what: What::Said(content),
        };
        server
            .rooms
            .entry(room.clone())
            .or_default()
            .timeline
            .push(entry);
        Ok(event)
    }
}

#[async_trait]
impl Platform for FakePlatform {
    fn bot(&self) -> &UserId {
        &self.bot
    }

    fn is_ours(&self, user: &UserId) -> bool {
        *user == self.bot || user.0.starts_with("@sms_")
    }

    fn stand_in(&self, opaque: &str) -> UserId {
        UserId(format!("@sms_{opaque}:example.org"))
    }

    async fn open_room(&self, spec: &RoomSpec) -> Result<RoomId, PlatformError> {
        self.writing(
            |server| drop(Self::make_room(server, spec)),
            |server| {
                let room = Self::make_room(server, spec);
                let made = server.rooms.entry(room.clone()).or_default();
                made.spec = Some(spec.clone());
                made.members.insert(self.bot.clone(), JOINED);
                made.members.insert(spec.stand_in.clone(), JOINED);
                self.invite(server, &room, &spec.employee);
                Ok(room)
            },
        )
    }

    async fn offer_room(&self, room: &RoomId, employee: &UserId) -> Result<bool, PlatformError> {
        self.writing(
            |_| (),
            |server| match is_deleted(server, room) {
                true => Err(PlatformError::Refused("M_FORBIDDEN".to_owned())),
                false => Ok(self.invite(server, room, employee)),
            },
        )
    }

    async fn prepare(
        &self,
        _: &RoomId,
        _: &Speaker,
        content: &Content,
    ) -> Result<Prepared, PlatformError> {
        if self.server().down {
            return Err(away());
        }
        let bytes = serde_json::to_vec(content);
        bytes
            .map(Prepared)
            .map_err(|error| PlatformError::Refused(error.to_string()))
    }

    async fn send(
        &self,
        room: &RoomId,
        speaker: &Speaker,
        txn: &str,
        prepared: &Prepared,
        _: Option<Timestamp>,
    ) -> Result<EventId, PlatformError> {
        let content = serde_json::from_slice(&prepared.0);
        let content = content.map_err(|error| PlatformError::Refused(error.to_string()))?;
        let sender = self.user(speaker);
        self.writing(
            |_| (),
            |server| Self::say(server, room, sender, txn, content),
        )
    }

    async fn mark_read(
        &self,
        room: &RoomId,
        speaker: &Speaker,
        event: &EventId,
    ) -> Result<(), PlatformError> {
        let who = self.user(speaker);
        self.writing(
            |_| (),
            |server| {
                if is_deleted(server, room) {
                    return Err(PlatformError::Refused("M_FORBIDDEN".to_owned()));
                }
                let read = &mut server.rooms.entry(room.clone()).or_default().read;
                read.push((who, event.clone()));
                Ok(())
            },
        )
    }

    async fn join(&self, room: &RoomId) -> Result<(), PlatformError> {
        let bot = self.bot.clone();
        self.writing(
            |_| (),
            |server| {
                server
                    .rooms
                    .entry(room.clone())
                    .or_default()
                    .members
                    .insert(bot, JOINED);
                Ok(())
            },
        )
    }

    fn read_transaction(&self, body: &[u8]) -> Result<Transaction, String> {
        let body: serde_json::Value =
            serde_json::from_slice(body).map_err(|_| "not JSON".to_owned())?;
        let events = body["events"].as_array().ok_or("no events")?;
        let mut transaction = Transaction::default();
        for event in events {
            let raw = event.to_string().into_bytes();
            match (event["event_id"].as_str(), event["room_id"].as_str()) {
                (Some(id), Some(room)) => {
                    transaction.events.push(RawEvent {
                        event: id.into(),
                        room: room.into(),
                        raw,
                    });
                }
                _ => transaction.malformed.push(raw),
            }
        }
        Ok(transaction)
    }

    async fn look(&self, since: Option<&str>) -> Result<Look, PlatformError> {
        let server = self.server();
        if server.down {
            return Err(away());
        }
        let end = server.history.len();
        let from = since.map_or(end, position);
        let mut rooms = BTreeMap::<&str, Vec<usize>>::new();
        for place in from..end {
            let room = server.history[place]["room_id"].as_str();
            rooms
                .entry(room.unwrap_or_default())
                .or_default()
                .push(place);
        }
        let look = |(room, places): (&str, Vec<usize>)| {
            let latest = places.len().saturating_sub(SHOWN);
            let gap = (latest > 0).then(|| Gap {
                room: room.into(),
                from: from.to_string(),
                to: places[latest].to_string(),
            });
            let events = places[latest..].iter();
            RoomLook {
                gap,
                events: events
                    .map(|place| raw_event(&server.history[*place]))
                    .collect(),
            }
        };
        Ok(Look {
            rooms: rooms.into_iter().map(look).collect(),
            next: end.to_string(),
        })
    }

    async fn fill(&self, gap: &Gap) -> Result<(Vec<RawEvent>, Option<Gap>), PlatformError> {
        let server = self.server();
        if server.down {
            return Err(away());
        }
        let (from, to) = (position(&gap.from), position(&gap.to));
        let in_room = |place: &usize| server.history[*place]["room_id"] == gap.room.0.as_str();
        let mut places = (from..to).filter(in_room);
        let page: Vec<usize> = places.by_ref().take(SHOWN).collect();
        let rest = places.next().map(|place| Gap {
            from: place.to_string(),
            ..gap.clone()
        });
        let events = page.iter().map(|place| raw_event(&server.history[*place]));
        Ok((events.collect(), rest))
    }

    async fn open_event(&self, raw: &[u8]) -> Result<RoomEvent, OpenError> {
        let value: serde_json::Value =
            serde_json::from_slice(raw).map_err(|_| OpenError::Malformed("not JSON".to_owned()))?;
        let event = EventId(value["event_id"].as_str().unwrap_or_default().to_owned());
        let server = self.server();
        if server.down {
            return Err(OpenError::Platform(away()));
        }
        let Some(inner) = server.inner.get(&event) else {
            return Err(OpenError::Malformed("unknown event".to_owned()));
        };
        let (room, sender, sent_at) = (inner.room.clone(), inner.sender.clone(), inner.at);
        match &inner.key {
            Key::Late(code) => {
                let code = (*code).to_owned();
                Err(OpenError::NoKey {
                    code,
                    room,
                    sender,
                    sent_at,
                })
            }
            Key::Never(code) => {
                let code = (*code).to_owned();
                Err(OpenError::Never {
                    code,
                    room,
                    sender,
                    sent_at,
                })
            }
            Key::Clear | Key::Here => Ok(RoomEvent {
                event,
                room,
                sender,
                sent_at,
                trust: inner.trust.clone(),
                kind: inner.kind.clone(),
                clear: format!("{:?}", inner.kind).into_bytes(),
            }),
        }
    }

    async fn next_signal(&self) -> Signal {
        loop {
            if let Some(signal) = self.server().signals.pop_front() {
                return signal;
            }
            self.signalled.notified().await;
        }
    }
}
