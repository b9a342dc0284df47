//! The sealed record: everything about an entry that does not depend on its place in the log.

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
    /// Records were handed out: by whom, to what end, which.
    Export = 19,
    /// A proof of one record was handed out.
    Proof = 20,
}

impl Kind {
    /// Every kind, in the order of their codes.
    pub const ALL: [Self; 19] = [
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
        Self::Export,
        Self::Proof,
    ];

    /// The number that stands for it in the format.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The kind that a number stands for.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
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
            Self::Export => "export",
            Self::Proof => "proof",
        }
    }
}

/// How long a record must be kept, as a class; the periods belong to the firm's policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RetentionClass(pub u8);

/// A bucket of keys that die together: retention class × month of expiry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BucketId {
    /// The class whose period decides the expiry.
    pub class: RetentionClass,
    /// Months since year 0 (year × 12 + month − 1) of the expiry, UTC.
    pub expiry_month: u32,
}

/// A record as it is stored: sealed body, commitments, and the wrapped key, before it has a place in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedRecord {
    /// Random id, unique in the installation; the associated data of the seal.
    pub id: RecordId,
    /// What it is about.
    pub kind: Kind,
    /// When we captured it (our clock).
    pub captured_at: Timestamp,
    /// Which keys wrap its data key.
    pub bucket: BucketId,
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
