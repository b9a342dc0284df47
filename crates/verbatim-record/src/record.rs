//! The sealed record: everything about an entry that does not depend on its place in the log.

use time::OffsetDateTime;
use verbatim_domain::{RecordId, Timestamp};

/// A SHA-256 value.
pub type Hash = [u8; 32];

/// What a record is about. The numbers are part of the format and never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    /// A text from a client's phone.
    MessageIn = 1,
    /// A text from an employee, accepted for sending.
    MessageOut = 2,
    /// What became of a message: submitted, sent, delivered, failed, with the evidence.
    Status = 3,
    /// An employee edited an earlier event.
    Edit = 4,
    /// An employee redacted an earlier event.
    Redaction = 5,
    /// An employee reacted to an event.
    Reaction = 6,
    /// Somebody joined, left, was invited or declined.
    Membership = 7,
    /// A file was offered.
    Attachment = 8,
    /// The bot told somebody something.
    Notice = 9,
    /// Consent or disclosure.
    Consent = 10,
    /// Something was written that was recorded but not relayed (unencrypted, unsupported, too late …).
    Refused = 11,
    /// An employee gave the bot a command.
    Command = 12,
    /// Configuration or provisioning changed.
    Config = 13,
    /// Keys were made, rotated or destroyed.
    Key = 14,
    /// Something that should be in the record is not, and why.
    Gap = 15,
    /// Input that could not be understood, kept as evidence.
    Malformed = 16,
    /// A reconciliation or poll with the carrier, and what it found.
    Reconciliation = 17,
    /// Somebody was shown something of the record, or was refused it (controls C07, C24).
    View = 18,
    /// Something of the record was exported.
    Export = 19,
    /// A proof about a record was made.
    Proof = 20,
    /// A legal hold was set.
    HoldSet = 21,
    /// A step towards the release of a legal hold, or the release itself.
    HoldReleased = 22,
    /// A step of a disposal; its end holds the certificate.
    Disposal = 23,
    /// Somebody asked for the erasure of what is kept about a contact, and what was answered.
    Erasure = 24,
}

impl Kind {
    /// Every kind, in the order of their codes.
    pub const ALL: [Self; 24] = [
        Self::MessageIn,
        Self::MessageOut,
        Self::Status,
        Self::Edit,
        Self::Redaction,
        Self::Reaction,
        Self::Membership,
        Self::Attachment,
        Self::Notice,
        Self::Consent,
        Self::Refused,
        Self::Command,
        Self::Config,
        Self::Key,
        Self::Gap,
        Self::Malformed,
        Self::Reconciliation,
        Self::View,
        Self::Export,
        Self::Proof,
        Self::HoldSet,
        Self::HoldReleased,
        Self::Disposal,
        Self::Erasure,
    ];

    /// The number that stands for it in the format.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The kind that a number stands for.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// Whether edges make such records: what webhooks bring, and nothing else (decision 0015).
    pub const fn is_made_by_edges(self) -> bool {
        matches!(self, Self::MessageIn | Self::Status | Self::Malformed)
    }

    /// Its name in listings and interfaces.
    pub const fn word(self) -> &'static str {
        match self {
            Self::MessageIn => "message_in",
            Self::MessageOut => "message_out",
            Self::Status => "status",
            Self::Edit => "edit",
            Self::Redaction => "redaction",
            Self::Reaction => "reaction",
            Self::Membership => "membership",
            Self::Attachment => "attachment",
            Self::Notice => "notice",
            Self::Consent => "consent",
            Self::Refused => "refused",
            Self::Command => "command",
            Self::Config => "config",
            Self::Key => "key",
            Self::Gap => "gap",
            Self::Malformed => "malformed",
            Self::Reconciliation => "reconciliation",
            Self::View => "view",
            Self::Export => "export",
            Self::Proof => "proof",
            Self::HoldSet => "hold_set",
            Self::HoldReleased => "hold_released",
            Self::Disposal => "disposal",
            Self::Erasure => "erasure",
        }
    }
}

/// How long a record must be kept, as a class; the periods belong to the firm's policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RetentionClass(pub u8);

impl RetentionClass {
    /// From this class on, buckets are not a firm's but keep what a legal hold keeps (control C15).
    pub const FIRST_HOLD: Self = Self(201);
    /// The last of those.
    pub const LAST_HOLD: Self = Self(254);
    /// Kept as long as the log: certificates of disposals.
    pub const PERMANENT: Self = Self(255);

    /// Whether buckets of this class keep what is under a hold.
    pub const fn is_hold(self) -> bool {
        self.0 >= Self::FIRST_HOLD.0 && self.0 <= Self::LAST_HOLD.0
    }
}

/// Months since year 0, UTC: year × 12 + month − 1. Times that no calendar has count as the epoch.
pub fn month_of(at: Timestamp) -> u32 {
    let day = OffsetDateTime::from_unix_timestamp(at.as_millis().div_euclid(1000))
        .unwrap_or(OffsetDateTime::UNIX_EPOCH);
    u32::try_from(day.year()).unwrap_or(0) * 12 + u32::from(u8::from(day.month())) - 1
}

/// A bucket of keys that die together: retention class × month of expiry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BucketId {
    /// The class whose period decides the expiry.
    pub class: RetentionClass,
    /// The month of the expiry, as [`month_of`] counts.
    pub expiry_month: u32,
}

impl BucketId {
    /// Whether a data key of this bucket's records may be wrapped by another bucket's key: by that of a
    /// hold for the same month, or by any that expires later. Never by one that expires earlier.
    pub fn may_move_to(self, other: Self) -> bool {
        let expires = |id: Self| id.class != RetentionClass::PERMANENT;
        let later = other.expiry_month > self.expiry_month;
        let holds = other.class.is_hold() && other.expiry_month == self.expiry_month;
        self == other || (expires(self) && expires(other) && (later || holds))
    }
}

/// A record as it is stored: sealed body, commitments, and the wrapped key, before it has a place in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedRecord {
    /// Id of time and chance, unique in the installation; the associated data of the seal.
    pub id: RecordId,
    /// What it is about.
    pub kind: Kind,
    /// When we captured it (our clock).
    pub captured_at: Timestamp,
    /// The class and the month of expiry that it was made with.
    pub bucket: BucketId,
    /// Whose key wraps its data key now: its own bucket's, that of a hold, or of a longer rule.
    pub wrapped_by: BucketId,
    /// `SHA-256("rec-commit/1" ‖ salt ‖ canonical body)`; the salt is inside the body.
    pub commitment: Hash,
    /// SHA-256 of [`Self::ciphertext`].
    pub ciphertext_hash: Hash,
    /// Commitment to the data key, so that one ciphertext cannot open to two texts.
    pub key_commitment: Hash,
    /// The sealed body.
    pub ciphertext: Vec<u8>,
    /// The data key, wrapped by the bucket key. Mutable and destroyable, so never part of the leaf.
    pub wrapped_key: Vec<u8>,
}
