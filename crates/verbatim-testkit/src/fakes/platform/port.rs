//! The homeserver seen through the port.

use std::collections::BTreeMap;

use async_trait::async_trait;
use verbatim_domain::{EventId, RoomId, Timestamp, UserId};
use verbatim_engine::ports::{
    Attendance, Content, Gap, Look, Membership, OpenError, Platform, PlatformError, Prepared,
    RawEvent, RoomEvent, RoomLook, RoomSpec, Signal, Speaker, Transaction, Unread,
};

use super::{
    Entry, FakePlatform, JOINED, Key, PlatformFault, Room, Sent, Server, TRANSACTIONS_KEPT, What,
    unprepared,
};

fn away() -> PlatformError {
    PlatformError::Unavailable("the homeserver does not answer".to_owned())
}

/// Events of a room in one answer: few, so that there is more to fetch.
const SHOWN: usize = 2;

fn position(text: &str) -> Result<usize, PlatformError> {
    let unknown = |_| PlatformError::Refused("M_UNKNOWN: no such position".to_owned());
    text.parse().map_err(unknown)
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

fn pack(content: &Content, readers: &[UserId]) -> Result<Prepared, PlatformError> {
    let bytes = serde_json::to_vec(&(content, readers));
    bytes
        .map(Prepared)
        .map_err(|error| PlatformError::Refused(error.to_string()))
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

    fn alone_with(&self, server: &Server, room: &RoomId, employee: &UserId) -> bool {
        let members = server.rooms.get(room).map(|room| &room.members);
        let others = members.into_iter().flat_map(|members| members.keys());
        others
            .filter(|user| **user != self.bot)
            .eq(std::iter::once(employee))
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
        if server.unwilling {
            self.membership(server, room, user, user, Membership::Leave);
        } else if !server.shy {
            self.membership(server, room, user, user, Membership::Join);
        }
        true
    }

    /// Who gets the key of what is said in a room now, or why the reader does not.
    fn key_holders(
        server: &Server,
        room: &RoomId,
        reader: &UserId,
    ) -> Result<Vec<UserId>, PlatformError> {
        let members = server.rooms.get(room).map(|room| &room.members);
        let members = members.into_iter().flat_map(|members| members.keys());
        let present: Vec<UserId> = members.cloned().collect();
        if !present.contains(reader) {
            return Err(PlatformError::Unread(Unread::Absent));
        }
        if server.logged_out.contains(reader) {
            return Err(PlatformError::Unread(Unread::NoDevice));
        }
        let with_device = present.into_iter();
        Ok(with_device
            .filter(|user| !server.logged_out.contains(user))
            .collect())
    }

    /// Encrypts without asking whether anybody can read it: what a careless adapter would do.
    pub fn prepare_for_nobody(content: &Content) -> Result<Prepared, PlatformError> {
        pack(content, &[])
    }

    fn say(
        server: &mut Server,
        room: &RoomId,
        sender: UserId,
        txn: &str,
        (content, readers): (Content, Vec<UserId>),
        at: Timestamp,
    ) -> Result<EventId, PlatformError> {
        let key = (sender.clone(), txn.to_owned());
        let known = server.transactions.get(&key);
        if let Some(sent) = known.filter(|sent| at.since(sent.at) < TRANSACTIONS_KEPT) {
            let event = sent.event.clone();
            // A repetition may know that its first notice is there already, and mean to replace it.
            if without_relation(&sent.content) != without_relation(&content) {
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
        let sent = Sent {
            event: event.clone(),
            content: content.clone(),
            at,
        };
        server.transactions.insert(key, sent);
        let entry = Entry {
            event: event.clone(),
            sender,
            what: What::Said(content),
            readers,
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

    async fn offer_room(
        &self,
        room: &RoomId,
        employee: &UserId,
    ) -> Result<Attendance, PlatformError> {
        let now = self.clock.now();
        self.writing(
            |_| (),
            |server| {
                if is_deleted(server, room) {
                    return Err(PlatformError::Refused("M_FORBIDDEN".to_owned()));
                }
                if self.invite(server, room, employee) {
                    let room = server.rooms.entry(room.clone()).or_default();
                    room.offered.push(now);
                    return Ok(Attendance::Asked);
                }
                let members = &server.rooms.entry(room.clone()).or_default().members;
                Ok(match members.get(employee) {
                    Some(&JOINED) => Attendance::Joined,
                    _ => Attendance::Invited,
                })
            },
        )
    }

    async fn prepare(
        &self,
        room: &RoomId,
        _: &Speaker,
        reader: &UserId,
        content: &Content,
    ) -> Result<Prepared, PlatformError> {
        let server = self.server();
        if server.down {
            return Err(away());
        }
        if is_deleted(&server, room) {
            return Err(PlatformError::Refused("M_FORBIDDEN".to_owned()));
        }
        pack(content, &Self::key_holders(&server, room, reader)?)
    }

    async fn send(
        &self,
        room: &RoomId,
        speaker: &Speaker,
        txn: &str,
        prepared: &Prepared,
        _: Option<Timestamp>,
    ) -> Result<EventId, PlatformError> {
        let unprepared = unprepared(prepared);
        let said = unprepared.ok_or_else(|| PlatformError::Refused("not prepared".to_owned()))?;
        let (sender, now) = (self.user(speaker), self.clock.now());
        self.writing(
            |_| (),
            |server| Self::say(server, room, sender, txn, said, now),
        )
    }

    async fn find_sent(
        &self,
        _: &RoomId,
        speaker: &Speaker,
        txn: &str,
        since: Timestamp,
    ) -> Result<Option<EventId>, PlatformError> {
        let server = self.server();
        if server.down {
            return Err(away());
        }
        let sent = server
            .transactions
            .get(&(self.user(speaker), txn.to_owned()));
        Ok(sent
            .filter(|sent| sent.at >= since)
            .map(|sent| sent.event.clone()))
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

    async fn join_chat(&self, room: &RoomId, employee: &UserId) -> Result<bool, PlatformError> {
        self.writing(
            |_| (),
            |server| {
                let members = &mut server.rooms.entry(room.clone()).or_default().members;
                if !members.contains_key(&self.bot) {
                    return Err(PlatformError::Refused("M_FORBIDDEN".to_owned()));
                }
                members.insert(self.bot.clone(), JOINED);
                Ok(self.alone_with(server, room, employee))
            },
        )
    }

    async fn is_alone_with(&self, room: &RoomId, employee: &UserId) -> Result<bool, PlatformError> {
        let server = self.server();
        if server.down {
            return Err(away());
        }
        Ok(self.alone_with(&server, room, employee))
    }

    async fn leave_chat(&self, room: &RoomId) -> Result<(), PlatformError> {
        self.writing(
            |_| (),
            |server| {
                let room = server.rooms.entry(room.clone()).or_default();
                room.members.remove(&self.bot);
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
        if server.refuses_look {
            return Err(PlatformError::Refused("M_FORBIDDEN".to_owned()));
        }
        let end = server.history.len();
        let from = since.map_or(Ok(end), position)?;
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
        if server.refuses_fill {
            return Err(PlatformError::Refused("M_FORBIDDEN".to_owned()));
        }
        let (from, to) = (position(&gap.from)?, position(&gap.to)?);
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

    async fn who_has_openid(&self, token: &str) -> Result<Option<UserId>, PlatformError> {
        let server = self.server();
        if server.down {
            return Err(away());
        }
        Ok(server.openid.get(token).cloned())
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
