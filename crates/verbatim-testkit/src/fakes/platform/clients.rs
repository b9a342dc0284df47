//! What employees do with their clients, and how it reaches us.

use serde_json::{Value, json};
use verbatim_domain::{EventId, RoomId, UserId};
use verbatim_engine::ports::{EventKind, Membership, Signal, Trust};

use super::{Entry, FakePlatform, INVITED, Inner, JOINED, Key, Room, Server, What, word};

impl FakePlatform {
    /// An employee does something in a room.
    pub fn write(&self, room: &RoomId, user: &UserId, kind: EventKind, key: Key) -> EventId {
        let trust = match key {
            Key::Clear => Trust::Unencrypted,
            _ => Trust::Encrypted("cross-signed".to_owned()),
        };
        self.happen(&mut self.server(), room, user, kind, trust, key)
    }

    /// An employee leaves a room or declines an invitation.
    pub fn leave(&self, room: &RoomId, user: &UserId) -> EventId {
        self.membership(&mut self.server(), room, user, user, Membership::Leave)
    }

    /// An employee accepts an invitation.
    pub fn join_as(&self, room: &RoomId, user: &UserId) -> EventId {
        self.membership(&mut self.server(), room, user, user, Membership::Join)
    }

    /// An employee logs in (some device of theirs can read again) or out everywhere.
    pub fn log_in(&self, user: &UserId, logged_in: bool) {
        let server = &mut *self.server();
        if logged_in {
            server.logged_out.remove(user);
        } else {
            server.logged_out.insert(user.clone());
        }
        let signal = Signal::NewDevices(vec![user.clone()]);
        server.signals.push_back(signal);
        self.signalled.notify_one();
    }

    /// Employees accept the invitations that stand.
    pub fn accept_all(&self) {
        let server = &mut *self.server();
        let invited = |(room, at): (&RoomId, &Room)| {
            let pending = at
                .members
                .iter()
                .filter(|(_, standing)| **standing == INVITED);
            pending
                .map(|(user, _)| (room.clone(), user.clone()))
                .collect::<Vec<_>>()
        };
        let invited: Vec<_> = server.rooms.iter().flat_map(invited).collect();
        for (room, user) in invited.into_iter().filter(|(_, user)| *user != self.bot) {
            self.membership(server, &room, &user, &user, Membership::Join);
        }
    }

    /// Somebody else comes into a room.
    pub fn bring(&self, room: &RoomId, user: &UserId) -> EventId {
        self.membership(&mut self.server(), room, user, user, Membership::Join)
    }

    /// An employee begins a direct chat with the bot.
    pub fn invite_bot(&self, user: &UserId) -> RoomId {
        let server = &mut *self.server();
        let room = server.new_room();
        server.rooms.insert(room.clone(), Room::default());
        self.membership(server, &room, user, user, Membership::Join);
        self.membership(server, &room, user, &self.bot, Membership::Invite);
        room
    }

    /// The key of an event arrives; whether it was awaited.
    pub fn bring_key(&self, event: &EventId) -> bool {
        let server = &mut *self.server();
        let Some(inner) = server.inner.get_mut(event) else {
            return false;
        };
        if !matches!(inner.key, Key::Late(_)) {
            return false;
        }
        inner.key = Key::Here;
        let signal = Signal::NewKeys(vec![inner.room.clone()]);
        server.signals.push_back(signal);
        self.signalled.notify_one();
        true
    }

    /// The rooms for which keys came since the last call, as [`Signal::NewKeys`] would tell.
    pub fn take_signals(&self) -> Vec<Signal> {
        self.server().signals.drain(..).collect()
    }

    /// The next homeserver transaction: its number, how many events it has, and its body. Repeated as it is
    /// until acknowledged.
    pub fn next_transaction(&self, most: usize) -> Option<(u64, usize, Vec<u8>)> {
        let server = &mut *self.server();
        if server.in_flight == 0 {
            server.in_flight = most.min(server.outgoing.len());
        }
        let count = server.in_flight;
        let events: Vec<&Value> = server.outgoing.iter().take(count).collect();
        let body = json!({ "events": events }).to_string().into_bytes();
        (count > 0).then_some((server.transaction, count, body))
    }

    /// The application service has answered 200 to a transaction of so many events.
    pub fn acknowledge(&self, events: usize) {
        let server = &mut *self.server();
        let events = events.min(server.outgoing.len());
        server.outgoing.drain(..events);
        server.in_flight = 0;
        server.transaction += 1;
    }

    /// The homeserver leaves a transaction of so many events behind: it never hands them out (again). One
    /// that it has sent already is what it was then.
    pub fn leave_behind(&self, events: usize) {
        let (waits, in_flight) = {
            let server = self.server();
            (!server.outgoing.is_empty(), server.in_flight)
        };
        if waits {
            self.acknowledge(if in_flight > 0 { in_flight } else { events });
        }
    }

    /// The homeserver crashes and forgets so many events that it should have handed out; its numbering
    /// goes on without a hole. What it has sent already it has written down.
    pub fn forget(&self, events: usize) {
        let server = &mut *self.server();
        let end = server.outgoing.len().min(server.in_flight + events);
        server.outgoing.drain(server.in_flight..end);
    }

    /// Sets a member's standing and tells it to everybody who is to know.
    pub(super) fn membership(
        &self,
        server: &mut Server,
        room: &RoomId,
        sender: &UserId,
        user: &UserId,
        change: Membership,
    ) -> EventId {
        let members = &mut server.rooms.entry(room.clone()).or_default().members;
        match change {
            Membership::Invite => drop(members.insert(user.clone(), INVITED)),
            Membership::Join => drop(members.insert(user.clone(), JOINED)),
            _ => drop(members.remove(user)),
        }
        let kind = EventKind::Membership {
            user: user.clone(),
            change,
            direct: false,
        };
        self.happen(server, room, sender, kind, Trust::State, Key::Clear)
    }

    fn happen(
        &self,
        server: &mut Server,
        room: &RoomId,
        user: &UserId,
        kind: EventKind,
        trust: Trust,
        key: Key,
    ) -> EventId {
        let event = server.new_event();
        let at = self.clock.now();
        let mut raw = json!({
            "event_id": event.0, "room_id": room.0, "sender": user.0,
            "origin_server_ts": at.as_millis(),
        });
        let (event_type, content) = match (&trust, &kind) {
            (Trust::Encrypted(_), _) => (
                "m.room.encrypted",
                json!({ "algorithm": "m.megolm.v1.aes-sha2", "ciphertext": event.0 }),
            ),
            (_, EventKind::Membership { change, .. }) => {
                ("m.room.member", json!({ "membership": word(*change) }))
            }
            (_, EventKind::Text { body, .. }) => (
                "m.room.message",
                json!({ "msgtype": "m.text", "body": body }),
            ),
            _ => ("m.room.message", json!({})),
        };
        raw["type"] = event_type.into();
        raw["content"] = content;
        let what = What::Done(kind.clone());
        let entry = Entry {
            event: event.clone(),
            sender: user.clone(),
            what,
            readers: Vec::new(),
        };
        server
            .rooms
            .entry(room.clone())
            .or_default()
            .timeline
            .push(entry);
        let inner = Inner {
            room: room.clone(),
            sender: user.clone(),
            at,
            trust,
            kind,
            key,
        };
        server.inner.insert(event.clone(), inner);
        server.history.push(raw.clone());
        server.outgoing.push_back(raw);
        event
    }
}
