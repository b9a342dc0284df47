//! What people and tools are shown: opened, named, ready to be written as JSON.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use serde::Serialize;

/// A count that only grows.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    pub(crate) fn inc(&self) {
        self.add(1);
    }
    pub(crate) fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }
    /// The count so far.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A value that goes up and down.
#[derive(Debug, Default)]
pub struct Level(AtomicI64);

impl Level {
    pub(crate) fn set(&self, value: i64) {
        self.0.store(value, Ordering::Relaxed);
    }
    /// The value now.
    pub fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What this process has counted since it started, for metrics.
#[derive(Debug, Default)]
pub struct Counters {
    /// Texts from clients, recorded.
    pub inbound: Count,
    /// Texts from clients that were seen before.
    pub duplicates: Count,
    /// Webhooks that were not believed.
    pub forged: Count,
    /// Receipts, recorded or repeated.
    pub receipts: Count,
    /// Room events committed.
    pub room_events: Count,
    /// Events of employees decided on.
    pub employee_events: Count,
    /// Events said into rooms.
    pub said: Count,
    /// Texts that the carrier took.
    pub submitted: Count,
    /// Submissions of unknown outcome.
    pub unknown: Count,
    /// 1 if the homeserver answered last time, 0 if not.
    pub homeserver_up: Level,
}

/// What the worker of this process is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WorkerState {
    /// This process has none (a command, a test).
    #[default]
    None,
    /// Another process holds the lease, or nobody can be asked for it yet.
    Waiting,
    /// It holds the lease.
    Working,
    /// It is no more, though this process is.
    Ended,
}

/// An employee.
#[derive(Debug, Clone, Serialize)]
pub struct EmployeeView {
    /// Our id.
    pub id: String,
    /// Platform account.
    pub user: String,
    /// Display name.
    pub name: String,
    /// Whether they have left.
    pub active: bool,
    /// When they came, Unix milliseconds.
    pub created_ms: i64,
}

/// A virtual number.
#[derive(Debug, Clone, Serialize)]
pub struct NumberView {
    /// Our id.
    pub id: String,
    /// E.164.
    pub number: String,
    /// Carrier account.
    pub account: String,
    /// The address to enter at the carrier for texts to it; none if the account is not configured.
    pub webhook: Option<String>,
    /// Platform account of the employee who holds it.
    pub holder: Option<String>,
    /// When it came, Unix milliseconds.
    pub created_ms: i64,
}

/// A contact.
#[derive(Debug, Clone, Serialize)]
pub struct ContactView {
    /// Our id.
    pub id: String,
    /// Name; empty while unknown.
    pub name: String,
    /// Phone numbers, E.164.
    pub numbers: Vec<String>,
    /// State word.
    pub state: String,
    /// When it came, Unix milliseconds.
    pub created_ms: i64,
}

/// A conversation.
#[derive(Debug, Clone, Serialize)]
pub struct ConversationView {
    /// Our id.
    pub id: String,
    /// As the room is named.
    pub title: String,
    /// Platform account of the employee.
    pub employee: String,
    /// Our number.
    pub number: String,
    /// The client's number.
    pub peer: String,
    /// The contact's id.
    pub contact: String,
    /// What the client said about being texted, in a stable word.
    pub consent: &'static str,
    /// The room, once made.
    pub room: Option<String>,
    /// When it began, Unix milliseconds.
    pub created_ms: i64,
}

/// A message, without its text.
#[derive(Debug, Clone, Serialize)]
pub struct MessageView {
    /// Our id.
    pub id: String,
    /// `inbound` or `outbound`.
    pub direction: String,
    /// State word.
    pub state: String,
    /// The carrier's id.
    pub provider_id: Option<String>,
    /// The room event.
    pub event: Option<String>,
    /// Segments, for outbound.
    pub segments: u32,
    /// When it was captured, Unix milliseconds.
    pub created_ms: i64,
    /// Class of its failure.
    pub failure: Option<String>,
    /// The carrier's code for it.
    pub failure_code: Option<String>,
}

/// A record, opened and checked against its leaf.
#[derive(Debug, Clone, Default, Serialize)]
pub struct RecordView {
    /// Position in the log.
    pub log_index: u64,
    /// Position in the conversation.
    pub conversation_seq: u64,
    /// Kind word.
    pub kind: String,
    /// Our capture time, Unix milliseconds.
    pub captured_ms: i64,
    /// The origin's time, Unix milliseconds; 0 if not known.
    pub origin_ms: i64,
    /// The provider's or homeserver's time, Unix milliseconds; 0 if not known.
    pub provider_ms: i64,
    /// Who did it.
    pub actor: String,
    /// From.
    pub from: String,
    /// To.
    pub to: String,
    /// The message it is about.
    pub message: String,
    /// The text as typed or received.
    pub text: String,
    /// The text as transmitted, where it differs.
    pub transmitted: String,
    /// Rule and version.
    pub rule: String,
    /// Reason code.
    pub reason: String,
    /// Foreign ids.
    pub refs: std::collections::BTreeMap<String, String>,
    /// Details.
    pub details: std::collections::BTreeMap<String, String>,
    /// Size of the evidence in bytes.
    pub evidence_bytes: usize,
    /// Leaf hash, hex.
    pub leaf_hash: String,
    /// When it was disposed of; none if it can be read.
    pub disposed: Option<DisposedView>,
    /// Why it does not open, though nobody has disposed of it; none if it does.
    pub unreadable: Option<String>,
}

/// A record that nobody can read any more.
#[derive(Debug, Clone, Serialize)]
pub struct DisposedView {
    /// When its key was destroyed, Unix milliseconds.
    pub at_ms: i64,
    /// Position in the log of the certificate.
    pub certificate: u64,
}

/// A part of a timeline.
#[derive(Debug, Clone)]
pub struct TimelineView {
    /// The records.
    pub items: Vec<RecordView>,
    /// Where the next part begins, and where the whole ends; none at the end.
    pub next: Option<(u64, u64)>,
}

/// Who has been shown a record.
#[derive(Debug, Clone, Serialize)]
pub struct WhoSawView {
    /// Its position in the log.
    pub log_index: u64,
    /// Its conversation; none for the installation's own records.
    pub conversation: Option<String>,
    /// Its position in the conversation.
    pub conversation_seq: u64,
    /// Its kind word.
    pub kind: String,
    /// Each time, in order.
    pub seen: Vec<SightingView>,
    /// Positions in the log of views, proofs and exports that do not open: whether they are sightings of it
    /// cannot be said.
    pub unreadable: Vec<u64>,
}

/// Somebody was shown a part of a conversation, or handed records.
#[derive(Debug, Clone, Serialize)]
pub struct SightingView {
    /// Position in the log of the record that says so; of an export, its id.
    pub log_index: u64,
    /// `view`, `export` or `proof`.
    pub kind: String,
    /// What was done; of an export, what it selected.
    pub what: String,
    /// Who.
    pub actor: String,
    /// What for; empty if not stated.
    pub purpose: String,
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// First and last position in the conversation that were shown; none for an export, which has what it
    /// selected.
    pub range: Option<(u64, u64)>,
}

/// A rule of retention.
#[derive(Debug, Clone, Serialize)]
pub struct RuleView {
    /// Its class.
    pub class: u8,
    /// Its name.
    pub name: String,
    /// Its months.
    pub months: u32,
    /// `creation` or `fiscal_year_end`.
    pub starts: String,
    /// Whose records: `employee @…`, `number +…`, `conversation …`; all if empty.
    pub of: Vec<String>,
}

/// Somebody's records of a class are kept longer.
#[derive(Debug, Clone, Serialize)]
pub struct ExtensionView {
    /// Whose.
    pub of: String,
    /// The class that they were made with.
    pub class: u8,
    /// How many months longer.
    pub months: u32,
    /// Who said so.
    pub by: String,
    /// When, Unix milliseconds: of records captured up to then.
    pub at_ms: i64,
}

/// A bucket of records that are disposed of together.
#[derive(Debug, Clone, Serialize)]
pub struct BucketView {
    /// Its class.
    pub class: u8,
    /// The name of the class.
    pub name: String,
    /// The month with whose end it may be disposed of; none if never.
    pub expires: Option<String>,
    /// How many readable records it has.
    pub records: u64,
    /// State word of its disposal.
    pub disposal: Option<String>,
}

/// How long records are kept.
#[derive(Debug, Clone, Serialize)]
pub struct RetentionView {
    /// The rules in force.
    pub rules: Vec<RuleView>,
    /// Extensions for somebody.
    pub extensions: Vec<ExtensionView>,
    /// What they have filled.
    pub buckets: Vec<BucketView>,
}

/// Who did something, and when.
#[derive(Debug, Clone, Serialize)]
pub struct ActView {
    /// Who.
    pub by: String,
    /// When, Unix milliseconds.
    pub at_ms: i64,
}

impl From<&crate::ports::Act> for ActView {
    fn from(act: &crate::ports::Act) -> Self {
        Self {
            by: act.by.clone(),
            at_ms: act.at.as_millis(),
        }
    }
}

/// A legal hold.
#[derive(Debug, Clone, Serialize)]
pub struct HoldView {
    /// Our id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Why.
    pub reason: String,
    /// Whom it covers, as it was asked for.
    pub covers: String,
    /// `standing`, `release_asked` or `released`.
    pub state: String,
    /// Who set it.
    pub set: ActView,
    /// Who asked for its release.
    pub asked: Option<ActView>,
    /// Who released it.
    pub released: Option<ActView>,
}

/// A disposal.
#[derive(Debug, Clone, Serialize)]
pub struct DisposalView {
    /// Our id.
    pub id: String,
    /// The class of the bucket.
    pub class: u8,
    /// The name of the class.
    pub name: String,
    /// The month of the bucket.
    pub expired: String,
    /// The contact whose records alone are meant; none for the whole bucket.
    pub contact: Option<String>,
    /// State word; `lapsed` if nobody approved it in time.
    pub state: String,
    /// Who proposed it.
    pub proposed: ActView,
    /// Who approved it.
    pub approved: Option<ActView>,
    /// Who took it back.
    pub withdrawn: Option<ActView>,
    /// When the key was destroyed, Unix milliseconds.
    pub destroyed_ms: Option<i64>,
    /// How many records it made unreadable.
    pub disposed: u64,
    /// How many it left to holds.
    pub held: u64,
}

/// The answer to a wish for erasure.
#[derive(Debug, Clone, Serialize)]
pub struct ErasureView {
    /// The contact's id.
    pub contact: String,
    /// `refused`, `proposed` or `nothing_left`.
    pub answer: String,
    /// What binds, if it is refused.
    pub because: Vec<String>,
    /// How many records about them can still be read.
    pub records: u64,
    /// How many of these say who looked, hold nothing of theirs, and stay until their own time.
    pub left: u64,
    /// The disposals that were proposed now.
    pub proposed: Vec<DisposalView>,
}

/// The result of verifying the log.
#[derive(Debug, Clone, Serialize)]
pub struct VerifyView {
    /// Whether everything held.
    pub ok: bool,
    /// Records read.
    pub records: u64,
    /// Records that were disposed of, as certificates say.
    pub disposed: u64,
    /// Stored roots compared.
    pub roots: u64,
    /// Signed checkpoints whose signature and root were checked.
    pub checkpoints: u64,
    /// Kept tiles compared with what the records lead to.
    pub tiles: u64,
    /// Size of the log.
    pub log_size: u64,
    /// Its root, hex.
    pub root: String,
    /// The first fault, in words, naming the leaf.
    pub fault: Option<String>,
}

/// How far signing has come.
#[derive(Debug, Clone, Copy)]
pub struct LogProgress {
    /// Records in the log.
    pub records: u64,
    /// Records under the last signed checkpoint.
    pub signed: u64,
}

/// A part of the readiness report.
#[derive(Debug, Clone, Serialize)]
pub struct Readiness {
    /// What was looked at.
    pub part: &'static str,
    /// Whether it is well.
    pub ok: bool,
    /// What is wrong, without secrets.
    pub note: String,
}

/// The keys of the installation, without any of them.
#[derive(Debug, Clone, Serialize)]
pub struct KeysView {
    /// Id of the key-encryption key in use.
    pub key: String,
    /// Id of the one that lies ready for the next rotation.
    pub next: Option<String>,
    /// The key that the log signs with, as it is handed out. Not yet the one of a change that no node has begun.
    pub signer: String,
    /// Whether there is a state root.
    pub state_root: bool,
    /// The buckets that have a key.
    pub buckets: Vec<KeyedBucketView>,
    /// Rotations, newest first, at most 1,000.
    pub rotations: Vec<KeyRotationView>,
}

/// A bucket: the records of a retention class that expire in the same month.
#[derive(Debug, Clone, Serialize)]
pub struct KeyedBucketView {
    /// Retention class.
    pub class: u8,
    /// Year and month of expiry, such as `2033-11`.
    pub expires: String,
}

/// A rotation of the key-encryption key.
#[derive(Debug, Clone, Serialize)]
pub struct KeyRotationView {
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// Id of the key before.
    pub old_key: String,
    /// Id of the key since.
    pub new_key: String,
    /// How many bucket keys were wrapped again.
    pub buckets: u64,
}

/// A signed checkpoint, and what others have said of it.
#[derive(Debug, Clone, Serialize)]
pub struct CheckpointView {
    /// How many records it is over.
    pub size: u64,
    /// The root over them, hexadecimal.
    pub root: String,
    /// When it was signed, Unix milliseconds.
    pub at_ms: i64,
    /// Cosignatures of witnesses.
    pub cosignatures: Vec<CosignatureView>,
    /// Timestamps of authorities.
    pub timestamps: Vec<TimestampView>,
}

/// A witness's cosignature.
#[derive(Debug, Clone, Serialize)]
pub struct CosignatureView {
    /// The witness's name.
    pub witness: String,
    /// When, by its clock, Unix milliseconds.
    pub at_ms: i64,
}

/// A timestamp.
#[derive(Debug, Clone, Serialize)]
pub struct TimestampView {
    /// The authority, as the configuration names it.
    pub authority: String,
    /// When, by its clock, Unix milliseconds.
    pub at_ms: i64,
}
