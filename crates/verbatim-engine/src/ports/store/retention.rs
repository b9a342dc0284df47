//! What is kept how long, as the store keeps it: periods, buckets, holds, disposals.

use verbatim_domain::retention::Period;
use verbatim_domain::{ContactId, DisposalId, HoldId, RecordId, Timestamp};
use verbatim_record::BucketId;

use super::{BlindIndex, Sealed};

/// A period that was in force for a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClassPeriod {
    /// The class.
    pub class: u8,
    /// How long it kept records.
    pub period: Period,
}

/// What was promised about somebody's records: a rule that was in force, or an extension. None is ever taken
/// back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promise {
    /// A keyed hash of the terms: each is kept once.
    pub index: BlindIndex,
    /// Whose records, and how long, sealed.
    pub terms: Sealed,
    /// Who made it, and when.
    pub made: Act,
}

/// A bucket of keys that die together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// Which.
    pub id: BucketId,
    /// The month beyond its own until whose end it is kept.
    pub kept_until: Option<u32>,
    /// The disposal that destroyed its key.
    pub disposal: Option<DisposalId>,
    /// How many data keys it wraps now.
    pub records: u64,
}

impl Bucket {
    /// The month with whose end it may be disposed of.
    pub fn expires(&self) -> u32 {
        let own = self.id.expiry_month;
        self.kept_until.map_or(own, |kept| kept.max(own))
    }
}

/// A legal hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Our id.
    pub id: HoldId,
    /// Name, reason and whom it covers, sealed.
    pub terms: Sealed,
    /// Who set it, and when.
    pub set: Act,
    /// Who asked for its release, and when.
    pub asked: Option<Act>,
    /// Who released it, and when: from then on it binds nothing.
    pub released: Option<Act>,
}

/// Who did something, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// Who, as records name them.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// Where a disposal stands. The numbers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum DisposalState {
    /// It was taken back, or its time was over before anybody approved it.
    Withdrawn = 0,
    /// Somebody wants it.
    Proposed = 1,
    /// Somebody else wants it too.
    Approved = 2,
    /// The bucket's key is destroyed, and that is certified.
    Destroyed = 3,
    /// Data keys and ciphertexts are removed.
    Done = 4,
}

impl DisposalState {
    /// Its name in listings and interfaces.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Withdrawn => "withdrawn",
            Self::Proposed => "proposed",
            Self::Approved => "approved",
            Self::Destroyed => "destroyed",
            Self::Done => "done",
        }
    }
}

/// The disposal of a bucket, or of the records in it that are about a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disposal {
    /// Our id.
    pub id: DisposalId,
    /// What is disposed of, or where. There is one disposal for a bucket at a time, and one that is carried
    /// out, ever.
    pub bucket: BucketId,
    /// Whose records alone, for an erasure: the bucket's key stands.
    pub contact: Option<ContactId>,
    /// Where it stands.
    pub state: DisposalState,
    /// Who proposed it.
    pub proposed: Act,
    /// Who approved it.
    pub approved: Option<Act>,
    /// Who took it back.
    pub withdrawn: Option<Act>,
    /// When the key was destroyed.
    pub destroyed_at: Option<Timestamp>,
    /// The record that holds the certificate.
    pub certificate: Option<RecordId>,
    /// How many records it made unreadable.
    pub disposed: u64,
    /// How many it left to holds.
    pub held: u64,
}

/// The destruction of a bucket's key: the one step of a disposal that cannot be undone.
///
/// It is done only if all of this still holds inside the transaction; else
/// [`StoreError::Stale`](super::StoreError::Stale), and nothing is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destruction {
    /// The disposal; it must be approved.
    pub disposal: DisposalId,
    /// What is destroyed.
    pub bucket: BucketId,
    /// The holds are as they were when the records under them were moved away.
    pub hold_changes: u64,
    /// The bucket wraps exactly so many data keys: those that the certificate names.
    pub records: u64,
    /// For an erasure: the data keys of these positions are removed, and the bucket's key stands. The bucket
    /// wraps each of them.
    pub only: Option<Vec<(u64, u64)>>,
    /// How many were moved away for holds.
    pub held: u64,
    /// The present month: the bucket's must be over.
    pub month: u32,
    /// The record that holds the certificate, appended by the same commit.
    pub certificate: RecordId,
    /// Now.
    pub at: Timestamp,
}
