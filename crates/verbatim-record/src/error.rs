//! What can be wrong with a record, a key file or a seal, in words that say what to do or to suspect.

use crate::record::{BucketId, Kind};

/// Bytes that are not the format they should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// Written by a program that knows more; read it with one.
    #[error("{what} has version {found}, and this program reads version {known} only")]
    UnknownVersion {
        /// Which structure.
        what: &'static str,
        /// The version that the bytes name.
        found: u64,
        /// The version that this program reads.
        known: u8,
    },
    /// The length is not one that the structure can have.
    #[error("{what} is {found} bytes long, which it cannot be")]
    Length {
        /// Which structure.
        what: &'static str,
        /// The length found.
        found: usize,
    },
    /// A part has a value that the format does not allow.
    #[error("{what}: {part} is not a value that the format allows")]
    Value {
        /// Which structure.
        what: &'static str,
        /// Which part of it.
        part: &'static str,
    },
    /// Not well-formed, or not of the expected type.
    #[error("{what} is damaged at byte {at}: {why}")]
    Damaged {
        /// Which structure.
        what: &'static str,
        /// Offset in it.
        at: usize,
        /// What the decoder says.
        why: String,
    },
    /// A field that this version does not have.
    #[error("{what} has a field {field}, which its version does not know")]
    UnknownField {
        /// Which structure.
        what: &'static str,
        /// The field's number.
        field: u64,
    },
    /// A field that must be there is not.
    #[error("{what} lacks {part}")]
    Missing {
        /// Which structure.
        what: &'static str,
        /// Which part of it.
        part: &'static str,
    },
    /// Well-formed, but not the one encoding that RFC 8949 section 4.2.1 allows for its content.
    #[error("{what} is not in deterministic encoding: first difference at byte {at}")]
    NotDeterministic {
        /// Which structure.
        what: &'static str,
        /// Offset of the first difference.
        at: usize,
    },
}

impl FormatError {
    /// Of bytes that begin with an unknown version, or with none.
    pub(crate) fn version(what: &'static str, bytes: Option<(&u8, &[u8])>, known: u8) -> Self {
        match bytes {
            None => Self::Length { what, found: 0 },
            Some((&version, _)) => Self::UnknownVersion {
                what,
                found: version.into(),
                known,
            },
        }
    }
}

/// A key file that must not be used. No variant shows key material.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Some other file.
    #[error("this is not a Verbatim key file: its first line must be `verbatim-kek: 1` or `2`")]
    NotAKeyFile,
    /// Some other file than the keys of an edge.
    #[error(
        "this is not a file of an edge's keys: its first line must be `verbatim-edge: 1`; `verbatim key edge` \
         writes one"
    )]
    NotEdgeKeys,
    /// An edge's keys, made by a newer program.
    #[error("the file of the edge's keys has version {0}, and this program reads version 1 only")]
    UnknownEdgeVersion(String),
    /// Made by a newer program.
    #[error("the key file has version {0}, and this program reads versions 1 and 2")]
    UnknownVersion(String),
    /// A line is missing: most likely the file was cut off.
    #[error("the key file is incomplete: the line `{0}:` is missing; restore it from a copy")]
    Incomplete(&'static str),
    /// A line that does not belong there, or that is there twice.
    #[error("line {0} of the key file does not belong there; restore it from a copy")]
    UnexpectedLine(usize),
    /// The key line does not hold 32 bytes in base64.
    #[error("the key in the key file is damaged; restore it from a copy")]
    Damaged,
    /// The checksum does not fit: a character was changed.
    #[error("the key file was altered: its checksum does not fit; restore it from a copy")]
    Altered,
    /// Form 2: the key is wrapped, and nobody has opened it.
    #[error("the key in the key file is wrapped by the key `{0}` of a token: set [keys.pkcs11]")]
    NeedsToken(String),
    /// A label that no line of a file can hold.
    #[error(
        "`{0}` cannot name a token's key: use 1 to 64 bytes without control characters or spaces around them"
    )]
    Label(String),
    /// The id is not the key's: two files were mixed.
    #[error("the key file is inconsistent: it says key {stated}, but holds key {found}")]
    WrongId {
        /// The id in the file.
        stated: String,
        /// The id of the key in the file.
        found: String,
    },
}

/// A seal that could not be made or does not hold; each variant names the check that failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Open the bucket first.
    #[error("the keys of class {} expiring in month {} are not loaded", .0.class.0, .0.expiry_month)]
    BucketNotOpen(BucketId),
    /// The wrapped bucket key is another bucket's, another installation's, or altered.
    #[error(
        "the bucket key does not open: it was altered, or the key-encryption key is another one"
    )]
    BucketKey,
    /// The wrapped state root was altered or is another installation's.
    #[error(
        "the state root does not open: it was altered, or the key-encryption key is another one"
    )]
    StateRoot,
    /// The wrapped archive key was altered or is another installation's.
    #[error(
        "the archive key does not open: it was altered, or the key-encryption key is another one"
    )]
    ArchiveKey,
    /// An edge sealed it, and who would open it has no archive key.
    #[error("it was sealed by an edge, and the archive key is not loaded")]
    NoArchiveKey,
    /// It is said to be sealed by an edge, and no edge makes records of this kind.
    #[error(
        "it is sealed as by an edge, which makes no records of kind {}: suspect the edge, or who writes the store",
        .0.word()
    )]
    NotOfEdge(Kind),
    /// Nothing can be sealed to this public key: it is no point that a private key could have.
    #[error(
        "the archive's public key is none: have `verbatim key edge` write the edge's keys again"
    )]
    ArchivePublic,
    /// The stored ciphertext is not the one that was hashed.
    #[error("the ciphertext was altered: its hash differs")]
    CiphertextHash,
    /// The ciphertext names another record or another kind.
    #[error("the ciphertext belongs to another record or another kind of record")]
    Misplaced,
    /// The wrapped data key is another record's, or altered, or of another bucket.
    #[error("the data key does not open: it was altered, or belongs to another record or bucket")]
    DataKey,
    /// The data key is said to be wrapped by a bucket that cannot have it.
    #[error(
        "the data key is said to be under a bucket that is neither the record's nor a hold's of its month"
    )]
    ForeignBucket,
    /// The data key is not the one that the record is committed to.
    #[error("the data key is not the one that the record is committed to")]
    KeyCommitment,
    /// The ciphertext does not authenticate under its data key.
    #[error("the ciphertext does not open under its data key")]
    Ciphertext,
    /// The body is not the one that the record is committed to.
    #[error("the body is not the one that the record is committed to")]
    Commitment,
    /// Bytes sealed by the vault are altered, or for another purpose, context or key.
    #[error("sealed state does not open: it was altered, or belongs elsewhere")]
    State,
    /// What was sealed has a form that this program does not read.
    #[error(transparent)]
    Format(#[from] FormatError),
}
