//! The platform port: the encrypted chat, seen from the engine.

use async_trait::async_trait;
use thiserror::Error;
pub use verbatim_domain::room::{EventKind, Membership, Trust};
use verbatim_domain::{ConversationId, EventId, RoomId, Timestamp, UserId};

/// In whose name something is said.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Speaker {
    /// The federation bot.
    Bot,
    /// A contact's stand-in account.
    StandIn(UserId),
}

/// What a room should look like. Opening converges on it, so it may be asked for again at any time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomSpec {
    /// The conversation the room is for; decides the alias, so that a room is made once.
    pub conversation: ConversationId,
    /// The contact's stand-in.
    pub stand_in: UserId,
    /// Name shown for the stand-in.
    pub stand_in_name: String,
    /// The employee to invite.
    pub employee: UserId,
    /// Room name, such as `Jane Doe (SMS)`.
    pub name: String,
    /// Room topic: masked contact number, our number, "recorded".
    pub topic: String,
}

/// What is said into a room.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Content {
    /// A client's text, as the stand-in's message.
    Text {
        /// The text.
        body: String,
    },
    /// Something the bot tells the employee (`m.notice`).
    Notice {
        /// The words.
        body: String,
        /// The event it answers.
        reply_to: Option<EventId>,
        /// The notice it replaces (an edit), so that there is one notice per message.
        replaces: Option<EventId>,
        /// Who should be made aware.
        mentions: Option<UserId>,
    },
    /// `com.beeper.message_send_status` about an employee's message.
    Status {
        /// The employee's event.
        about: EventId,
        /// How it stands.
        status: SendStatus,
        /// Words for a failure.
        message: Option<String>,
        /// The stand-in, once the phone has it.
        delivered_to: Option<UserId>,
    },
}

/// The status of a `com.beeper.message_send_status` event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum SendStatus {
    /// Sent (and delivered, if `delivered_to` says so).
    Success,
    /// Not certain yet.
    Pending,
    /// Failed; writing again may help.
    FailRetriable,
    /// Failed for good.
    FailPermanent,
}

/// An encrypted event, ready to be sent as often as needed (opaque to the engine).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared(pub Vec<u8>);

/// An event of a room as the homeserver delivered it, opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomEvent {
    /// Its id.
    pub event: EventId,
    /// Its room.
    pub room: RoomId,
    /// Who sent it.
    pub sender: UserId,
    /// When the homeserver says that it was sent.
    pub sent_at: Timestamp,
    /// Whether it was encrypted, and how far the sender's device is trusted.
    pub trust: Trust,
    /// What it is.
    pub kind: EventKind,
    /// The clear event as JSON, as evidence (for an encrypted event: what was inside).
    pub clear: Vec<u8>,
}

/// An event could not be opened.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OpenError {
    /// The key is not here. It may still come.
    #[error("no key yet: {code}")]
    NoKey {
        /// `missing`, or the withheld code such as `m.unverified`.
        code: String,
        /// The room, as far as the event tells.
        room: RoomId,
        /// The sender, as far as the event tells.
        sender: UserId,
        /// When the homeserver says that it was sent.
        sent_at: Timestamp,
    },
    /// It will never open.
    #[error("cannot be opened: {code}")]
    Never {
        /// Why.
        code: String,
        /// The room, as far as the event tells.
        room: RoomId,
        /// The sender, as far as the event tells.
        sender: UserId,
        /// When the homeserver says that it was sent.
        sent_at: Timestamp,
    },
    /// It is not an event.
    #[error("not an event: {0}")]
    Malformed(String),
    /// Our own fault or the homeserver's absence: try again, never a gap.
    #[error(transparent)]
    Platform(#[from] PlatformError),
}

/// The platform could not do something.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PlatformError {
    /// Try again later; it may or may not have happened, and every operation may be repeated.
    #[error("platform not available: {0}")]
    Unavailable(String),
    /// The platform refuses, and will refuse again: an operator must act.
    #[error("platform refuses: {0}")]
    Refused(String),
    /// Who it is for could not read it now: nothing was said, and it must wait for them.
    #[error("nobody to read it: {0:?}")]
    Unread(Unread),
    /// This process no longer owns the shard: stop at once.
    #[error("lease lost")]
    Fenced,
}

/// Why somebody could not read what is to be said to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unread {
    /// They are neither in the room nor invited.
    Absent,
    /// None of their devices would get the key: they never logged in, or logged out everywhere.
    NoDevice,
}

/// How an employee stands to a room after it was offered to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Attendance {
    /// They are in.
    Joined,
    /// An earlier invitation still stands.
    Invited,
    /// They were neither in nor invited, and are invited now.
    Asked,
}

/// A homeserver transaction, taken apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Transaction {
    /// The events in the homeserver's order.
    pub events: Vec<RawEvent>,
    /// Entries that are not events (no id or no room): kept as evidence.
    pub malformed: Vec<Vec<u8>>,
}

/// An event not yet opened, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawEvent {
    /// Its id.
    pub event: EventId,
    /// Its room.
    pub room: RoomId,
    /// The JSON as delivered.
    pub raw: Vec<u8>,
}

/// What a second look at the rooms found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Look {
    /// What has happened, by room.
    pub rooms: Vec<RoomLook>,
    /// Where the next look begins.
    pub next: String,
}

/// What has happened in a room since the last look.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoomLook {
    /// What has to be fetched first, if so much has happened.
    pub gap: Option<Gap>,
    /// The latest events in the homeserver's order.
    pub events: Vec<RawEvent>,
}

/// A part of a room's timeline that was left out, in the platform's own positions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The room.
    pub room: RoomId,
    /// Where it begins.
    pub from: String,
    /// Where it ends.
    pub to: String,
}

/// Something the platform noticed by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signal {
    /// New room keys arrived for these rooms: try what could not be opened.
    NewKeys(Vec<RoomId>),
    /// The devices of these users have changed: try what they could not have read.
    NewDevices(Vec<UserId>),
    /// The homeserver answers again, or does not.
    Reachable(bool),
    /// The homeserver answers and refuses us, and why: an operator must act.
    Refused(String),
}

/// The encrypted chat.
#[async_trait]
pub trait Platform: Send + Sync {
    /// The bot's user id.
    fn bot(&self) -> &UserId;

    /// Whether a user is one of ours (bot or stand-in): their events are skipped.
    fn is_ours(&self, user: &UserId) -> bool;

    /// The stand-in's user id for an opaque local part.
    fn stand_in(&self, opaque: &str) -> UserId;

    /// Makes or finds the room, brings its state and members to the specification, publishes the
    /// stand-in's devices first. Idempotent; safe to repeat after any failure.
    async fn open_room(&self, spec: &RoomSpec) -> Result<RoomId, PlatformError>;

    /// Invites the employee if they are neither in nor invited, and tells how they stand now.
    async fn offer_room(
        &self,
        room: &RoomId,
        employee: &UserId,
    ) -> Result<Attendance, PlatformError>;

    /// Encrypts for the members of the room at this moment. Nothing is sent yet, except keys.
    /// [`PlatformError::Unread`] if `reader` would not be able to read it: a text that nobody can
    /// ever read must not count as said.
    async fn prepare(
        &self,
        room: &RoomId,
        speaker: &Speaker,
        reader: &UserId,
        content: &Content,
    ) -> Result<Prepared, PlatformError>;

    /// Sends what was prepared. The same `txn` gives the same event, however often it is repeated.
    async fn send(
        &self,
        room: &RoomId,
        speaker: &Speaker,
        txn: &str,
        prepared: &Prepared,
        at: Option<Timestamp>,
    ) -> Result<EventId, PlatformError>;

    /// The event that was sent into the room with `txn`, looked for in the room itself among what is
    /// not older than `since`: for when the platform may have forgotten its transactions.
    async fn find_sent(
        &self,
        room: &RoomId,
        speaker: &Speaker,
        txn: &str,
        since: Timestamp,
    ) -> Result<Option<EventId>, PlatformError>;

    /// Marks an event as read in the speaker's name.
    async fn mark_read(
        &self,
        room: &RoomId,
        speaker: &Speaker,
        event: &EventId,
    ) -> Result<(), PlatformError>;

    /// The bot accepts an employee's invitation. True if it is a direct chat: nobody but the two is
    /// in it or invited; only then it is made ready for talking.
    async fn join_chat(&self, room: &RoomId, employee: &UserId) -> Result<bool, PlatformError>;

    /// Whether nobody but the bot and this employee is in the room or invited.
    async fn is_alone_with(&self, room: &RoomId, employee: &UserId) -> Result<bool, PlatformError>;

    /// The bot leaves a room.
    async fn leave_chat(&self, room: &RoomId) -> Result<(), PlatformError>;

    /// What has happened in our rooms since a position; from the beginning of time, only the position
    /// of this moment.
    async fn look(&self, since: Option<&str>) -> Result<Look, PlatformError>;

    /// The oldest part of a gap, and what is left of it.
    async fn fill(&self, gap: &Gap) -> Result<(Vec<RawEvent>, Option<Gap>), PlatformError>;

    /// Takes a homeserver transaction apart without opening anything, leaving out what our own users
    /// sent (but not memberships).
    ///
    /// # Errors
    /// When the body as a whole is not a transaction; the words carry no content.
    fn read_transaction(&self, body: &[u8]) -> Result<Transaction, String>;

    /// Parses a raw event and decrypts it if need be.
    async fn open_event(&self, raw: &[u8]) -> Result<RoomEvent, OpenError>;

    /// Whose OpenID token this is, as the homeserver itself says it; none if it does not know the token, or
    /// the user is of another server.
    async fn who_has_openid(&self, token: &str) -> Result<Option<UserId>, PlatformError>;

    /// The next thing the platform noticed; waits for it.
    async fn next_signal(&self) -> Signal;
}
