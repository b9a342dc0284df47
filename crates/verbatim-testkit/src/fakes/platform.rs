//! A homeserver in memory, with the employees' clients.
//!
//! Rooms, members and timelines are kept; what employees do is queued as homeserver transactions
//! ([`FakePlatform::next_transaction`], [`FakePlatform::acknowledge`]). Encrypted events are opaque in
//! the raw JSON and open once their key is here.

mod clients;
mod port;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::Notify;
use verbatim_domain::{ConversationId, Duration, EventId, RoomId, Timestamp, UserId};
use verbatim_engine::ports::{
    Clock, Content, EventKind, Membership, Prepared, RoomSpec, Signal, Trust,
};

use super::lock;

/// How one call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlatformFault {
    /// Nothing happened, and the caller is told so.
    Unavailable,
    /// It happened, and the caller is told that it did not.
    LoseAnswer,
    /// A part of it happened (a room without its members), and the caller is told that it failed.
    Halfway,
    /// The homeserver refuses.
    Refuse,
}

/// Where the key of an encrypted event is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// It needs none: written without encryption.
    Clear,
    /// Here.
    Here,
    /// Not here yet; the word says why.
    Late(&'static str),
    /// Nobody will ever have it.
    Never(&'static str),
}

/// Something in a timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub event: EventId,
    /// Who sent it.
    pub sender: UserId,
    /// What it is.
    pub what: What,
    /// What of ours: who has a device that got its key. (Rooms show what was said before somebody came
    /// to those who hold the key.)
    pub readers: Vec<UserId>,
}

/// What an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Said by the bot or a stand-in.
    Said(Content),
    /// Done by an employee.
    Done(EventKind),
}

/// A room as the homeserver has it.
#[derive(Debug, Clone, Default)]
pub struct Room {
    /// What it was opened for, as asked for last.
    pub spec: Option<RoomSpec>,
    /// Who stands how.
    pub members: BTreeMap<UserId, u8>,
    /// What was said, in order.
    pub timeline: Vec<Entry>,
    /// Who has read what.
    pub read: Vec<(UserId, EventId)>,
    /// An administrator deleted it.
    pub deleted: bool,
    /// When the employee was asked in again after the room was made.
    pub offered: Vec<Timestamp>,
}

/// Codes in [`Room::members`].
pub const INVITED: u8 = 1;
/// See [`INVITED`].
pub const JOINED: u8 = 2;

struct Inner {
    room: RoomId,
    sender: UserId,
    at: Timestamp,
    trust: Trust,
    kind: EventKind,
    key: Key,
}

/// What was sent under a transaction id.
struct Sent {
    event: EventId,
    content: Content,
    at: Timestamp,
}

/// How long transaction ids keep an event from appearing twice, as with Synapse.
pub const TRANSACTIONS_KEPT: Duration = Duration::from_secs(24 * 3600);

/// What [`FakePlatform::prepare`](verbatim_engine::ports::Platform::prepare) makes: what is said, and who
/// holds the key.
pub fn unprepared(prepared: &Prepared) -> Option<(Content, Vec<UserId>)> {
    serde_json::from_slice(&prepared.0).ok()
}

/// Everything behind the homeserver's door.
#[derive(Default)]
pub struct Server {
    /// The rooms.
    pub rooms: BTreeMap<RoomId, Room>,
    /// No call gets through.
    pub down: bool,
    /// How the next writing calls fail, in order.
    pub faults: VecDeque<PlatformFault>,
    /// Employees do not accept invitations by themselves.
    pub shy: bool,
    /// The next writing call panics, as a defect of the adapter would.
    pub panics: bool,
    /// Employees' clients decline every invitation at once.
    pub unwilling: bool,
    /// Employees without any device.
    pub logged_out: BTreeSet<UserId>,
    /// The homeserver refuses to say what has happened.
    pub refuses_look: bool,
    /// The homeserver refuses to show what was left out.
    pub refuses_fill: bool,
    /// OpenID tokens that were given out, and to whom.
    pub openid: BTreeMap<String, UserId>,
    /// Things that no correct caller does.
    pub blunders: Vec<String>,
    by_conversation: HashMap<ConversationId, RoomId>,
    transactions: HashMap<(UserId, String), Sent>,
    inner: HashMap<EventId, Inner>,
    outgoing: VecDeque<serde_json::Value>,
    /// Events of the transaction that was sent and is not acknowledged; 0 if there is none.
    in_flight: usize,
    /// Everything that was ever to be handed out, in order.
    history: Vec<serde_json::Value>,
    /// The number of the transaction that comes next.
    transaction: u64,
    signals: VecDeque<Signal>,
    counter: u64,
}

/// The platform port in memory.
pub struct FakePlatform {
    bot: UserId,
    clock: Arc<dyn Clock>,
    server: Mutex<Server>,
    signalled: Notify,
}

impl FakePlatform {
    /// An empty homeserver.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let bot = UserId("@verbatim:example.org".to_owned());
        Self {
            bot,
            clock,
            server: Mutex::default(),
            signalled: Notify::new(),
        }
    }

    /// Looks behind the door.
    pub fn server(&self) -> MutexGuard<'_, Server> {
        lock(&self.server)
    }

    /// What was said and done in a room, in order.
    pub fn timeline(&self, room: &RoomId) -> Vec<Entry> {
        self.server()
            .rooms
            .get(room)
            .map(|room| room.timeline.clone())
            .unwrap_or_default()
    }

    /// An administrator of the homeserver deletes a room: nobody is in it, and its alias is free.
    pub fn delete_room(&self, room: &RoomId) {
        let server = &mut *self.server();
        server.by_conversation.retain(|_, there| there != room);
        if let Some(room) = server.rooms.get_mut(room) {
            room.members.clear();
            room.deleted = true;
        }
    }

    /// Every room, in order of its making.
    pub fn rooms(&self) -> Vec<RoomId> {
        self.server().rooms.keys().cloned().collect()
    }
}

impl Server {
    fn next(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    fn new_event(&mut self) -> EventId {
        EventId(format!("$e{:06}", self.next()))
    }

    fn new_room(&mut self) -> RoomId {
        RoomId(format!("!r{:06}:example.org", self.next()))
    }
}

fn word(change: Membership) -> &'static str {
    match change {
        Membership::Invite => "invite",
        Membership::Join => "join",
        Membership::Leave => "leave",
        Membership::Ban => "ban",
        Membership::Knock => "knock",
    }
}
