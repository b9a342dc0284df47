//! The store port: what must be durable, as operations of the product.
//!
//! Two shapes. Intake ([`Store::record_inbound`] and its neighbours) must look, decide and write in one
//! transaction, so each is an operation of its own. Everything else is a [`Commit`]: a list of changes
//! that the engine has decided on and that become durable together or not at all.
//!
//! Bodies, names and numbers arrive here sealed; what is looked up by number arrives as a keyed hash.

use async_trait::async_trait;
use thiserror::Error;
use verbatim_domain::message::{Direction, MessageState};
use verbatim_domain::{
    AccountId, ContactId, ConversationId, Duration, EmployeeId, EventId, JobId, MessageId,
    NumberId, ProviderId, RecordId, RoomId, Timestamp, UserId,
};
use verbatim_record::{BucketId, Hash, Kind, Leaf, SealedRecord};

/// Bytes sealed by the engine's vault; the store never opens them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed(pub Vec<u8>);

/// A keyed hash of a phone number: equal numbers, equal index; useless without the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlindIndex(pub [u8; 32]);

/// Proof of holding the worker lease. Checked inside every transaction that carries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fence {
    /// Grows whenever the lease changes hands.
    pub generation: u64,
}

/// Why the store did not do something, named after what the caller can do.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StoreError {
    /// Nothing was written, or it is not known; ask again later.
    #[error("store not available: {0}")]
    Unavailable(String),
    /// No room on the disk; nothing was written. Stop accepting until there is.
    #[error("store is full")]
    Full,
    /// The lease is somebody else's by now: stop working.
    #[error("lease lost")]
    Fenced,
    /// The job or state this commit builds on is gone; nothing was written.
    #[error("overtaken: {0}")]
    Stale(&'static str),
    /// It would contradict what is there (duplicate number, overlapping assignment …); nothing was written.
    #[error("conflict: {0}")]
    Conflict(String),
    /// The store holds something it should not be able to hold: stop and look.
    #[error("store is damaged: {0}")]
    Damaged(String),
    /// The schema is newer than this program.
    #[error("store has schema {found}, this program knows {known}: use a newer program")]
    Newer {
        /// Version found.
        found: u32,
        /// Newest version known.
        known: u32,
    },
    /// Another process has the store open (SQLite).
    #[error("another process has this store open: {0}")]
    Locked(String),
}

// ---------------------------------------------------------------- intake

/// A client's text, verified, sealed, ready to be recorded.
#[derive(Debug, Clone)]
pub struct InboundSms {
    /// The carrier account it came through.
    pub account: AccountId,
    /// Unique within the account; a second one is a duplicate.
    pub provider_id: ProviderId,
    /// Our number.
    pub to: BlindIndex,
    /// The client's number.
    pub from: BlindIndex,
    /// The client's number, sealed, for a new contact.
    pub from_sealed: Sealed,
    /// When the carrier took it, as far as it says so and never later than now, else when we captured
    /// it; decides whose number it is.
    pub at: Timestamp,
    /// Its record.
    pub record: SealedRecord,
    /// Payload of the job that says it into the room.
    pub say: Sealed,
    /// Used only where something new must be made.
    pub fresh: FreshIds,
    /// Who gets what nobody holds.
    pub catch_all: Option<EmployeeId>,
    /// A text recorded earlier without a holder is placed again: its record and message exist, this
    /// job is finished if it finds its place now, else it stays. If it does, `record` is added to the
    /// conversation, about the earlier one.
    pub again: Option<JobId>,
}

/// Ids drawn in advance for what may have to be made.
#[derive(Debug, Clone)]
pub struct FreshIds {
    /// For an unknown contact.
    pub contact: ContactId,
    /// For the contact's stand-in: opaque local part.
    pub stand_in: String,
    /// For a new conversation.
    pub conversation: ConversationId,
    /// For the message.
    pub message: MessageId,
}

/// What became of a client's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InboundOutcome {
    /// Recorded and on its way into a room.
    Placed {
        /// The message.
        message: MessageId,
        /// Its conversation.
        conversation: ConversationId,
        /// Whether the contact was made for it (state `incomplete`).
        new_contact: bool,
        /// Whether it went to the catch-all because nobody holds the number.
        caught: bool,
    },
    /// Recorded, but nobody is there to get it: a `Route` job waits in [`Lane::unrouted`].
    Unplaced {
        /// The message.
        message: MessageId,
        /// Whether the number is ours at all.
        known_number: bool,
    },
    /// Seen before; nothing was written.
    Duplicate,
}

/// News of an outbound message, ready to be recorded.
#[derive(Debug, Clone)]
pub struct ReceiptIn {
    /// The carrier account it came through.
    pub account: AccountId,
    /// The carrier's id.
    pub provider_id: ProviderId,
    /// Our id, if the carrier gave it back.
    pub message: Option<MessageId>,
    /// The state it would move the message to; `None` records without moving.
    pub to: Option<MessageState>,
    /// Failure class and code in words of ours, for the notice.
    pub failure: Option<Failure>,
    /// Makes the receipt unique: hash of (account, provider id, status, code).
    pub dedupe: Hash,
    /// When we captured it.
    pub at: Timestamp,
    /// Its record.
    pub record: SealedRecord,
    /// If the message moves: this job goes into the room's lane (once per message at a time).
    pub show: bool,
}

/// Why a message failed, as far as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Stable word for the class, such as `opted_out`.
    pub class: String,
    /// The carrier's code.
    pub code: String,
    /// Whether it is certain that the client did not get it.
    pub certain: bool,
}

/// What became of a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReceiptOutcome {
    /// Recorded, and the message moved.
    Moved {
        /// The message.
        message: MessageId,
    },
    /// Recorded; too late or without meaning for the state.
    Noted,
    /// Recorded, but no message of ours is known by that id.
    Orphan,
    /// Seen before; nothing was written.
    Duplicate,
}

/// A room event as delivered, not yet opened.
#[derive(Debug, Clone)]
pub struct RoomEventIn {
    /// Its id; a second one is skipped.
    pub event: EventId,
    /// Its room.
    pub room: RoomId,
    /// The raw event, sealed: payload of the `RoomEvent` job in [`Lane::inbox`].
    pub raw: Sealed,
}

// ---------------------------------------------------------------- jobs

/// A queue within which jobs run strictly one after the other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lane(pub String);

impl Lane {
    /// Events of a room, in the homeserver's order.
    pub fn inbox(room: &RoomId) -> Self {
        Self(format!("inbox:{room}"))
    }
    /// What is said into a conversation's room.
    pub fn room(conversation: ConversationId) -> Self {
        Self(format!("room:{conversation}"))
    }
    /// What is sent to a conversation's phone.
    pub fn sms(conversation: ConversationId) -> Self {
        Self(format!("sms:{conversation}"))
    }
    /// Texts to a number that nobody holds.
    pub fn unrouted(number: &BlindIndex) -> Self {
        Self(format!(
            "unrouted:{}",
            number.0[..8]
                .iter()
                .map(|b| format!("{b:02x}"))
                .collect::<String>()
        ))
    }
    /// One event that could not be opened in time and no longer holds up its room.
    pub fn late(event: &EventId) -> Self {
        Self(format!("late:{event}"))
    }
    /// What the bot says in an employee's direct chat.
    pub fn direct(room: &RoomId) -> Self {
        Self(format!("direct:{room}"))
    }
}

/// What a job is for. The numbers are stored and never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(i16)]
pub enum JobKind {
    /// Open a room event and act on it.
    RoomEvent = 1,
    /// Make the conversation's room, or bring it to its proper state.
    OpenRoom = 2,
    /// Say something into a room.
    Say = 3,
    /// Show the state of a message in the room.
    Show = 4,
    /// Bring a message to the carrier, including finding out what became of an attempt.
    Submit = 5,
    /// Find a holder for a text that had none.
    Route = 6,
    /// Bring an employee back into a room.
    OfferRoom = 7,
}

/// A job to be queued.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// Its queue.
    pub lane: Lane,
    /// What it is for.
    pub kind: JobKind,
    /// Not before this moment.
    pub due: Timestamp,
    /// Sealed details; empty if the ids below say all.
    pub payload: Sealed,
    /// The conversation it is about.
    pub conversation: Option<ConversationId>,
    /// The message it is about.
    pub message: Option<MessageId>,
    /// The room it is about (for waking).
    pub room: Option<RoomId>,
    /// While a job with this key waits, a second one is not queued.
    pub unique: Option<String>,
}

/// A job at the head of its lane.
#[derive(Debug, Clone)]
pub struct Job {
    /// Its place; smaller ran earlier within a lane.
    pub id: JobId,
    /// Its queue.
    pub lane: Lane,
    /// What it is for.
    pub kind: JobKind,
    /// When it was queued.
    pub created: Timestamp,
    /// How often it was tried and put back.
    pub attempts: u32,
    /// Not before this moment.
    pub due: Timestamp,
    /// Sealed details.
    pub payload: Sealed,
    /// The conversation it is about.
    pub conversation: Option<ConversationId>,
    /// The message it is about.
    pub message: Option<MessageId>,
    /// The room it is about.
    pub room: Option<RoomId>,
}

// ---------------------------------------------------------------- things

/// An employee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Employee {
    /// Our id.
    pub id: EmployeeId,
    /// The platform account; unique.
    pub user: UserId,
    /// Display name, sealed.
    pub name: Sealed,
    /// When they came.
    pub created: Timestamp,
    /// When they left; their assignments end then.
    pub ended: Option<Timestamp>,
}

/// A virtual number of the firm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    /// Our id.
    pub id: NumberId,
    /// Keyed hash of its E.164 form; unique.
    pub index: BlindIndex,
    /// E.164, sealed.
    pub number: Sealed,
    /// The carrier account it belongs to.
    pub account: AccountId,
    /// When it came.
    pub created: Timestamp,
    /// Who holds it at this moment, and since when.
    pub holder: Option<(EmployeeId, Timestamp)>,
}

/// A contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Our id.
    pub id: ContactId,
    /// Opaque local part of its stand-in.
    pub stand_in: String,
    /// State word (domain `ContactState`).
    pub state: String,
    /// Name, sealed; empty bytes while unknown.
    pub name: Sealed,
    /// Phone numbers: keyed hash and sealed E.164.
    pub numbers: Vec<(BlindIndex, Sealed)>,
    /// When it came.
    pub created: Timestamp,
}

/// A conversation with all that the pipelines need to know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    /// Our id.
    pub id: ConversationId,
    /// Our number.
    pub number: Number,
    /// The contact.
    pub contact: Contact,
    /// Which of the contact's numbers.
    pub peer: BlindIndex,
    /// The employee.
    pub employee: Employee,
    /// The room, once made.
    pub room: Option<RoomId>,
    /// When the client was told whom they text with and that it is recorded.
    pub disclosed: Option<Timestamp>,
    /// When it began.
    pub created: Timestamp,
}

/// A message without its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Our id.
    pub id: MessageId,
    /// Its conversation; none while it has no holder.
    pub conversation: Option<ConversationId>,
    /// Which way.
    pub direction: Direction,
    /// Where it stands.
    pub state: MessageState,
    /// The record that holds its text.
    pub record: RecordId,
    /// The carrier's id, once known.
    pub provider_id: Option<ProviderId>,
    /// The room event: what the employee wrote, or what the stand-in said.
    pub event: Option<EventId>,
    /// Segments, for outbound.
    pub segments: u32,
    /// When we captured it.
    pub created: Timestamp,
    /// When the first submission was tried.
    pub first_tried: Option<Timestamp>,
    /// When the last submission was tried.
    pub last_tried: Option<Timestamp>,
    /// Why it failed, if it did.
    pub failure: Option<Failure>,
}

/// Something an operator should look at. One per key; raising again updates it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// Unique and stable, such as `number-without-holder:<id>`.
    pub key: String,
    /// What it is and how to mend it; no personal data.
    pub text: String,
    /// When it was last raised.
    pub at: Timestamp,
}

/// An API token, known by its hash only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    /// SHA-256 of the token.
    pub hash: Hash,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// When it was made.
    pub created: Timestamp,
    /// When it was withdrawn.
    pub revoked: Option<Timestamp>,
}

// ---------------------------------------------------------------- commits

/// A record to be appended.
#[derive(Debug, Clone)]
pub struct NewRecord {
    /// The conversation it belongs to; none for the installation's own records.
    pub conversation: Option<ConversationId>,
    /// The record.
    pub sealed: SealedRecord,
    /// The earlier record it is about.
    pub about: Option<RecordId>,
}

/// Changes that become durable together.
#[derive(Debug, Clone, Default)]
pub struct Commit {
    /// Must still stand; `None` for what any node may do.
    pub fence: Option<Fence>,
    /// The changes, applied in order.
    pub changes: Vec<Change>,
}

/// One change.
#[derive(Debug, Clone)]
pub enum Change {
    /// Append to the record.
    Append(NewRecord),
    /// A new outbound message in its first state (inbound ones are made by intake).
    AddMessage(Message),
    /// Move a message forward. Without effect if it stands there or further already.
    Advance {
        /// Which.
        message: MessageId,
        /// Whereto.
        to: MessageState,
        /// The carrier's id, now known.
        provider_id: Option<ProviderId>,
        /// Why it failed.
        failure: Option<Failure>,
        /// For `Submitting`: when.
        tried: Option<Timestamp>,
    },
    /// It is proved that the attempt did not happen: back from `Submitting`/`Unknown` to `Accepted`.
    /// [`StoreError::Stale`] if it has moved on meanwhile.
    Withdraw(MessageId),
    /// The room event of a message is known.
    SetEvent(MessageId, EventId),
    /// Queue a job.
    Enqueue(NewJob),
    /// A job is done. [`StoreError::Stale`] if it is not there any more.
    Finish(JobId),
    /// A job must wait; `payload` replaces what it carries. [`StoreError::Stale`] if it is gone.
    Retry {
        /// Which.
        job: JobId,
        /// Not before this moment.
        due: Timestamp,
        /// New details (a prepared event, for instance).
        payload: Option<Sealed>,
        /// Whether it counts as an attempt.
        counts: bool,
    },
    /// A job leaves its lane for another, so that those behind it can go on.
    Move(JobId, Lane),
    /// Jobs about this room become due now.
    WakeRoom(RoomId, Timestamp),
    /// The head of this lane becomes due now.
    WakeLane(Lane, Timestamp),
    /// The conversation has its room. [`StoreError::Conflict`] if it has another one.
    BindRoom(ConversationId, RoomId),
    /// The client was told.
    Disclosed(ConversationId, Timestamp),
    /// A direct chat of an employee with the bot.
    BindDirect(RoomId, EmployeeId),
    /// Insert an employee, or change name and end.
    PutEmployee(Employee),
    /// Insert a number. [`StoreError::Conflict`] if it exists under another id.
    PutNumber(Number),
    /// Give a number to an employee from a moment on. [`StoreError::Conflict`] if somebody holds it then.
    Assign(NumberId, EmployeeId, Timestamp),
    /// Take a number back from a moment on.
    Release(NumberId, Timestamp),
    /// Insert a contact, or change name, state and add numbers. [`StoreError::Conflict`] if one of its
    /// numbers belongs to another contact.
    PutContact(Contact),
    /// Insert a conversation. [`StoreError::Conflict`] if (number, peer, employee) exists.
    PutConversation {
        /// Its id.
        id: ConversationId,
        /// Our number.
        number: NumberId,
        /// The contact.
        contact: ContactId,
        /// Which of the contact's numbers.
        peer: BlindIndex,
        /// The employee.
        employee: EmployeeId,
        /// Now.
        at: Timestamp,
    },
    /// Raise or update an alarm.
    Raise(Alarm),
    /// Clear an alarm, if it is there.
    Clear(String),
    /// Insert or replace an API token.
    PutToken(ApiToken),
    /// Remember how far something has come.
    SetCursor(String, String),
}

// ---------------------------------------------------------------- the log

/// A record as it stands in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecord {
    /// The record. `ciphertext` and `wrapped_key` are empty once destroyed.
    pub sealed: SealedRecord,
    /// Its leaf as stored, encoded.
    pub leaf_bytes: Vec<u8>,
    /// The leaf's hash as stored.
    pub leaf_hash: Hash,
    /// The conversation column as stored.
    pub conversation: Option<ConversationId>,
    /// Position in the conversation as stored.
    pub conversation_seq: u64,
    /// Position in the log as stored.
    pub global_seq: u64,
}

/// The log's root after a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogRoot {
    /// Number of leaves.
    pub size: u64,
    /// RFC 6962 root.
    pub root: Hash,
    /// When.
    pub at: Timestamp,
}

/// Which installation a store belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Installation {
    /// The log's id, in every leaf.
    pub log: [u8; 16],
    /// Fingerprint of the key-encryption key; a wrong key file is found by it.
    pub key_check: Hash,
}

/// How much is waiting, for metrics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueStat {
    /// The kind of job.
    pub kind: JobKind,
    /// How many.
    pub depth: u64,
    /// When the oldest was queued.
    pub oldest: Timestamp,
}

/// A page of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins; none at the end.
    pub next: Option<String>,
}

/// What a listing begins after, and how long it may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageAt {
    /// The `next` of the page before.
    pub after: Option<String>,
    /// At most so many (the store caps it at 1,000).
    pub limit: u32,
}

/// Everything durable.
#[async_trait]
pub trait Store: Send + Sync {
    /// Records a client's text: duplicate check, holder at that time, contact and conversation (made if
    /// need be), record, message, jobs (`OpenRoom` for a new conversation, then `Say`), in one transaction.
    async fn record_inbound(&self, sms: InboundSms) -> Result<InboundOutcome, StoreError>;

    /// Records news of an outbound message and moves it, in one transaction; wakes its `Submit` job.
    async fn record_receipt(&self, receipt: ReceiptIn) -> Result<ReceiptOutcome, StoreError>;

    /// Commits the events of a homeserver transaction raw, with a `RoomEvent` job each. How many were new.
    async fn record_room_events(
        &self,
        events: Vec<RoomEventIn>,
        at: Timestamp,
    ) -> Result<usize, StoreError>;

    /// Applies a commit.
    async fn commit(&self, commit: Commit) -> Result<(), StoreError>;

    /// Heads of lanes that are due, oldest first, leaving out the lanes named.
    async fn due_jobs(
        &self,
        now: Timestamp,
        busy: &[Lane],
        limit: u32,
    ) -> Result<Vec<Job>, StoreError>;

    /// When the next head of a lane becomes due, leaving out the lanes named.
    async fn next_due(&self, busy: &[Lane]) -> Result<Option<Timestamp>, StoreError>;

    /// Completes when a commit has queued or woken a job since the last call (may complete for nothing).
    async fn work_arrived(&self);

    /// Takes or renews the lease by the store's clock. The same holder keeps the generation.
    async fn take_lease(
        &self,
        name: &str,
        holder: &str,
        duration: Duration,
    ) -> Result<Option<Fence>, StoreError>;

    /// Gives the lease back, if held.
    async fn release_lease(&self, name: &str, holder: &str) -> Result<(), StoreError>;

    /// Says whose store this is, once; afterwards answers what was said first.
    async fn installation(&self, new: Installation) -> Result<Installation, StoreError>;

    /// Keeps a wrapped bucket key, unless there is one; answers the one that stands.
    async fn bucket_key(&self, bucket: BucketId, wrapped: Vec<u8>) -> Result<Vec<u8>, StoreError>;

    /// All wrapped bucket keys.
    async fn bucket_keys(&self) -> Result<Vec<(BucketId, Vec<u8>)>, StoreError>;

    /// An employee.
    async fn employee(&self, id: EmployeeId) -> Result<Option<Employee>, StoreError>;
    /// An employee by platform account.
    async fn employee_by_user(&self, user: &UserId) -> Result<Option<Employee>, StoreError>;
    /// Employees in order of their coming.
    async fn employees(&self, at: PageAt) -> Result<Page<Employee>, StoreError>;
    /// A number by its index.
    async fn number(&self, index: &BlindIndex) -> Result<Option<Number>, StoreError>;
    /// Numbers in order of their coming.
    async fn numbers(&self, at: PageAt) -> Result<Page<Number>, StoreError>;
    /// The contact that has a number.
    async fn contact_by_number(&self, index: &BlindIndex) -> Result<Option<Contact>, StoreError>;
    /// Contacts in order of their coming; of one employee's conversations only, if named.
    async fn contacts(
        &self,
        of: Option<EmployeeId>,
        at: PageAt,
    ) -> Result<Page<Contact>, StoreError>;
    /// A conversation.
    async fn conversation(&self, id: ConversationId) -> Result<Option<Conversation>, StoreError>;
    /// The conversation of a room.
    async fn conversation_by_room(&self, room: &RoomId)
    -> Result<Option<Conversation>, StoreError>;
    /// The conversation of (number, peer, employee).
    async fn conversation_of(
        &self,
        number: NumberId,
        peer: &BlindIndex,
        employee: EmployeeId,
    ) -> Result<Option<Conversation>, StoreError>;
    /// Conversations in order of their beginning.
    async fn conversations(&self, at: PageAt) -> Result<Page<Conversation>, StoreError>;
    /// Whose direct chat a room is.
    async fn direct(&self, room: &RoomId) -> Result<Option<Employee>, StoreError>;
    /// A message.
    async fn message(&self, id: MessageId) -> Result<Option<Message>, StoreError>;
    /// The message of a room event.
    async fn message_by_event(&self, event: &EventId) -> Result<Option<Message>, StoreError>;
    /// The outbound message that has claimed a carrier's id.
    async fn message_by_provider(
        &self,
        account: &AccountId,
        provider_id: &ProviderId,
    ) -> Result<Option<MessageId>, StoreError>;
    /// Messages of a conversation in order.
    async fn messages(
        &self,
        conversation: ConversationId,
        at: PageAt,
    ) -> Result<Page<Message>, StoreError>;
    /// Whether a carrier's text is recorded already.
    async fn has_inbound(
        &self,
        account: &AccountId,
        provider_id: &ProviderId,
    ) -> Result<bool, StoreError>;
    /// Alarms, newest first.
    async fn alarms(&self) -> Result<Vec<Alarm>, StoreError>;
    /// A token by its hash.
    async fn token(&self, hash: &Hash) -> Result<Option<ApiToken>, StoreError>;
    /// All tokens.
    async fn tokens(&self) -> Result<Vec<ApiToken>, StoreError>;
    /// How far something has come.
    async fn cursor(&self, name: &str) -> Result<Option<String>, StoreError>;
    /// What waits.
    async fn queue_stats(&self) -> Result<Vec<QueueStat>, StoreError>;

    /// The log's size and root as of the last commit.
    async fn log_root(&self) -> Result<LogRoot, StoreError>;
    /// Records from a log position on.
    async fn records(&self, from: u64, limit: u32) -> Result<Vec<StoredRecord>, StoreError>;
    /// Records of a conversation (or of none) from a conversation position on.
    async fn records_of(
        &self,
        conversation: Option<ConversationId>,
        from: u64,
        limit: u32,
    ) -> Result<Vec<StoredRecord>, StoreError>;
    /// Stored roots with a size greater than `after`, smallest first.
    async fn roots(&self, after: u64, limit: u32) -> Result<Vec<LogRoot>, StoreError>;

    /// Writes and removes a probe, for readiness: [`StoreError::Full`] on a full disk.
    async fn probe(&self) -> Result<(), StoreError>;
}

/// The kinds a leaf may carry, re-exported for adapters.
pub type RecordKind = Kind;
/// The leaf as defined by the record format, re-exported for adapters.
pub type RecordLeaf = Leaf;
