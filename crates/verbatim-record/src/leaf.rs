//! The leaf: a record's place in the log, without personal data.

use uuid::Uuid;
use verbatim_domain::{ConversationId, Timestamp};

use crate::error::FormatError;
use crate::merkle::leaf_hash;
use crate::record::{Hash, Kind, RetentionClass};

const VERSION: u8 = 1;
const WHAT: &str = "the leaf";
/// Length of an encoded leaf: version, two ids, two positions, kind, time, class, four hashes, reference.
pub const LENGTH: usize = 1 + 16 + 16 + 8 + 8 + 1 + 8 + 1 + 4 * 32 + 9;

/// What the log commits to for one record. Its encoding is the log entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// The installation (tenant) that the log belongs to.
    pub log: [u8; 16],
    /// The conversation, or [`ConversationId::NONE`].
    pub conversation: ConversationId,
    /// Position in the conversation, from 0, without gaps.
    pub conversation_seq: u64,
    /// Position in the log, from 0, without gaps.
    pub global_seq: u64,
    /// What the record is about.
    pub kind: Kind,
    /// When it was captured; never earlier than the leaf before it.
    pub captured_at: Timestamp,
    /// How long it must be kept.
    pub retention: RetentionClass,
    /// From the sealed record.
    pub commitment: Hash,
    /// From the sealed record.
    pub ciphertext_hash: Hash,
    /// From the sealed record.
    pub key_commitment: Hash,
    /// Hash of the previous leaf of the conversation; zeros for the first.
    pub previous: Hash,
    /// The log position of the record that this one is about (edit, status, …), if any.
    pub about: Option<u64>,
}

impl Leaf {
    /// The fixed layout: version, fields in the order of their declaration, integers big endian.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(LENGTH);
        out.push(VERSION);
        out.extend_from_slice(&self.log);
        out.extend_from_slice(self.conversation.0.as_bytes());
        out.extend_from_slice(&self.conversation_seq.to_be_bytes());
        out.extend_from_slice(&self.global_seq.to_be_bytes());
        out.push(self.kind.code());
        out.extend_from_slice(&self.captured_at.as_millis().to_be_bytes());
        out.push(self.retention.0);
        out.extend_from_slice(&self.commitment);
        out.extend_from_slice(&self.ciphertext_hash);
        out.extend_from_slice(&self.key_commitment);
        out.extend_from_slice(&self.previous);
        out.push(self.about.is_some().into());
        out.extend_from_slice(&self.about.unwrap_or(0).to_be_bytes());
        out
    }

    /// Reads what [`Self::encode`] wrote; refuses everything else.
    pub fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        let mut reader = Reader::new(bytes)?;
        let leaf = Self {
            log: reader.take(),
            conversation: ConversationId(Uuid::from_bytes(reader.take())),
            conversation_seq: u64::from_be_bytes(reader.take()),
            global_seq: u64::from_be_bytes(reader.take()),
            kind: reader.kind()?,
            captured_at: Timestamp(i64::from_be_bytes(reader.take())),
            retention: RetentionClass(reader.byte()),
            commitment: reader.take(),
            ciphertext_hash: reader.take(),
            key_commitment: reader.take(),
            previous: reader.take(),
            about: reader.about()?,
        };
        Ok(leaf)
    }

    /// Its hash in the log (RFC 6962): `SHA-256(0x00 ‖ encoding)`.
    pub fn hash(&self) -> Hash {
        leaf_hash(&self.encode())
    }
}

/// Reads the fixed layout. The whole length is checked before, so that no read can fall short.
struct Reader<'a> {
    bytes: &'a [u8; LENGTH],
    at: usize,
}

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8]) -> Result<Self, FormatError> {
        match bytes.first() {
            // The version comes before the length: a newer leaf may have another.
            Some(&version) if version != VERSION => {
                let found = version.into();
                Err(FormatError::UnknownVersion {
                    what: WHAT,
                    found,
                    known: VERSION,
                })
            }
            _ => match bytes.try_into() {
                Ok(bytes) => Ok(Self { bytes, at: 1 }),
                Err(_) => Err(FormatError::Length {
                    what: WHAT,
                    found: bytes.len(),
                }),
            },
        }
    }

    fn take<const N: usize>(&mut self) -> [u8; N] {
        let mut out = [0; N];
        out.copy_from_slice(&self.bytes[self.at..self.at + N]);
        self.at += N;
        out
    }

    fn byte(&mut self) -> u8 {
        let [byte] = self.take();
        byte
    }

    fn kind(&mut self) -> Result<Kind, FormatError> {
        let bad = FormatError::Value {
            what: WHAT,
            part: "the kind",
        };
        Kind::from_code(self.byte()).ok_or(bad)
    }

    /// A flag and a position; without the flag the position is zero, so that there is one encoding only.
    fn about(&mut self) -> Result<Option<u64>, FormatError> {
        match (self.byte(), u64::from_be_bytes(self.take())) {
            (0, 0) => Ok(None),
            (1, position) => Ok(Some(position)),
            _ => Err(FormatError::Value {
                what: WHAT,
                part: "the reference",
            }),
        }
    }
}
