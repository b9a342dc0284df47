//! The store port: what must be durable, as operations of the product.
//!
//! Two shapes. Intake ([`Store::record_inbound`] and its neighbours) must look, decide and write in one
//! transaction, so each is an operation of its own. Everything else is a [`Commit`]: a list of changes
//! that the engine has decided on and that become durable together or not at all.
//!
//! Bodies, names and numbers arrive here sealed; what is looked up by number arrives as a keyed hash.

mod anchors;
mod commits;
mod intake;
mod jobs;
mod keys;
mod log;
mod retention;
mod signed_log;
mod things;

use async_trait::async_trait;
use thiserror::Error;
use verbatim_domain::consent::Consent;
use verbatim_domain::{
    AccountId, ConversationId, Duration, EmployeeId, EventId, MessageId, NumberId, ProviderId,
    RecordId, RoomId, Timestamp, UserId,
};
use verbatim_record::{BucketId, Hash, Kind, Leaf};

pub use anchors::*;
pub use commits::*;
pub use intake::*;
pub use jobs::*;
pub use keys::*;
pub use log::*;
pub use retention::*;
pub use signed_log::*;
pub use things::*;

/// Bytes sealed by the engine's vault; the store never opens them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed(pub Vec<u8>);

/// A keyed hash of a phone number: equal numbers, equal index; useless without the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlindIndex(pub [u8; 32]);

impl BlindIndex {
    /// Its beginning in hexadecimal: names it in lanes and alarms.
    pub fn short(&self) -> String {
        hex::encode(&self.0[..8])
    }
}

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
pub trait Store: SignedLog + Anchors {
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

    /// Whose store this is; none before that was said.
    async fn standing_installation(&self) -> Result<Option<Installation>, StoreError>;

    /// Keeps the wrapped state root of an installation that has none; answers the one that stands.
    /// [`StoreError::Stale`] if the installation is not under the key with this fingerprint.
    async fn adopt_state_root(
        &self,
        key_check: Hash,
        wrapped: Vec<u8>,
    ) -> Result<Vec<u8>, StoreError>;

    /// Keeps the wrapped archive key of an installation that has none; answers the one that stands.
    /// [`StoreError::Stale`] if the installation is not under the key with this fingerprint.
    async fn adopt_archive_key(
        &self,
        key_check: Hash,
        wrapped: Vec<u8>,
    ) -> Result<Vec<u8>, StoreError>;

    /// Keeps a wrapped bucket key, unless there is one; answers the one that stands.
    /// [`StoreError::Stale`] if the installation is not under the key with this fingerprint: the
    /// key-encryption key was rotated, and what is wrapped under the old one could never be opened again.
    /// [`StoreError::Conflict`] if the bucket was disposed of: it is never made again.
    async fn bucket_key(
        &self,
        bucket: BucketId,
        wrapped: Vec<u8>,
        key_check: Hash,
    ) -> Result<Vec<u8>, StoreError>;

    /// All wrapped bucket keys that are not destroyed.
    async fn bucket_keys(&self) -> Result<Vec<(BucketId, Vec<u8>)>, StoreError>;

    /// Rotations of the key-encryption key, newest first, at most 1,000.
    async fn key_rotations(&self) -> Result<Vec<KeyRotation>, StoreError>;
    /// Every period that was ever in force.
    async fn periods(&self) -> Result<Vec<ClassPeriod>, StoreError>;
    /// Every promise about somebody's records, in order.
    async fn promises(&self) -> Result<Vec<Promise>, StoreError>;
    /// All buckets, destroyed ones included, by month and class.
    async fn buckets(&self) -> Result<Vec<Bucket>, StoreError>;
    /// Records whose data key a bucket wraps now, behind a log position.
    async fn records_in(
        &self,
        bucket: BucketId,
        after: Option<u64>,
        limit: u32,
    ) -> Result<Vec<StoredRecord>, StoreError>;
    /// Records that edges sealed and no full node has adopted yet, behind a log position: each by its own,
    /// or why its row is none.
    async fn unadopted(
        &self,
        after: Option<u64>,
        limit: u32,
    ) -> Result<Vec<(u64, Result<StoredRecord, StoreError>)>, StoreError>;
    /// All holds, released ones included, and how often any of them has changed.
    async fn holds(&self) -> Result<(u64, Vec<Hold>), StoreError>;
    /// All disposals in order.
    async fn disposals(&self) -> Result<Vec<Disposal>, StoreError>;

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
    /// The numbers that an employee holds now, in order of their coming.
    async fn numbers_of(&self, holder: EmployeeId) -> Result<Vec<Number>, StoreError>;
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
    /// What a client's number last said to ours about being texted, and when.
    async fn consent(
        &self,
        ours: &BlindIndex,
        peer: &BlindIndex,
    ) -> Result<Option<(Consent, Timestamp)>, StoreError>;
    /// Conversations in order of their beginning.
    async fn conversations(&self, at: PageAt) -> Result<Page<Conversation>, StoreError>;
    /// An employee's conversations in order of their beginning.
    async fn conversations_with(
        &self,
        employee: EmployeeId,
        at: PageAt,
    ) -> Result<Page<Conversation>, StoreError>;
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
    /// Alarms, newest first, at most 1,000.
    async fn alarms(&self) -> Result<Vec<Alarm>, StoreError>;
    /// How many alarms there are.
    async fn alarm_count(&self) -> Result<u64, StoreError>;
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
    /// Records of exports from a log position on.
    async fn exports(&self, from: u64, limit: u32) -> Result<Vec<StoredRecord>, StoreError>;
    /// A record by its id.
    async fn record(&self, id: RecordId) -> Result<Option<StoredRecord>, StoreError>;
    /// How many records a conversation (or none) has.
    async fn length_of(&self, conversation: Option<ConversationId>) -> Result<u64, StoreError>;
    /// Where a conversation (or none) ends; [`StoreError::Damaged`] if its last record is not there.
    async fn end_of(
        &self,
        conversation: Option<ConversationId>,
    ) -> Result<Option<ConversationEnd>, StoreError>;
    /// The place of the record whose position in its conversation is [`MARKED`] × `mark` + `MARKED` − 1, as
    /// it was marked.
    async fn mark_of(
        &self,
        conversation: Option<ConversationId>,
        mark: u64,
    ) -> Result<Option<u64>, StoreError>;
    /// How many marks name a place before this one.
    async fn mark_count(&self, before: u64) -> Result<u64, StoreError>;
    /// Stored roots with a size greater than `after`, smallest first.
    async fn roots(&self, after: u64, limit: u32) -> Result<Vec<LogRoot>, StoreError>;

    /// Writes and removes a probe, for readiness: [`StoreError::Full`] on a full disk.
    async fn probe(&self) -> Result<(), StoreError>;
}

/// The kinds a leaf may carry, re-exported for adapters.
pub type RecordKind = Kind;
/// The leaf as defined by the record format, re-exported for adapters.
pub type RecordLeaf = Leaf;
