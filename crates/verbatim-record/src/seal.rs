//! Sealing a body so that it can be read with its keys, proved with its commitments, and destroyed by
//! destroying a key.
//!
//! Each record has a data key of its own; the record's bucket key wraps it; the key-encryption key wraps
//! the bucket key. The ciphertext is hashed into the leaf, so rotation re-wraps and never re-encrypts.

use std::collections::HashMap;
use std::fmt;
use std::sync::{PoisonError, RwLock};

use subtle::ConstantTimeEq;
use verbatim_domain::{RecordId, Timestamp};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::archive::{self, ArchiveKey};
use crate::body::Body;
use crate::cipher::{self, Derivation, NONCE, Secret, sha256};
use crate::error::{FormatError, SealError};
use crate::keys::Kek;
use crate::record::{BucketId, Hash, Kind, SealedRecord};

const VERSION: u8 = 1;
const COMMIT_LABEL: &[u8] = b"rec-commit/1";
const BODY_LABEL: &[u8] = b"rec-body/1";
const DATA_KEY_LABEL: &[u8] = b"rec-dek/1";
const BUCKET_ID_LABEL: &[u8] = b"rec-bucket-id/1";
/// Version, kind and record id: the clear head of a ciphertext.
const HEAD: usize = 1 + 1 + 16;

/// The chance that one seal needs, drawn by the caller. Never use one twice.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct SealChance {
    /// Hides the body behind its commitment.
    pub salt: [u8; 32],
    /// The record's own key.
    pub data_key: [u8; 32],
    /// Nonce of the body.
    pub body_nonce: [u8; NONCE],
    /// Nonce of the wrapped data key.
    pub key_nonce: [u8; NONCE],
}

impl SealChance {
    /// Cuts 112 random bytes into the four values.
    pub fn from_bytes(bytes: &[u8; 112]) -> Self {
        let mut chance = Self {
            salt: [0; 32],
            data_key: [0; 32],
            body_nonce: [0; NONCE],
            key_nonce: [0; NONCE],
        };
        chance.salt.copy_from_slice(&bytes[..32]);
        chance.data_key.copy_from_slice(&bytes[32..64]);
        chance.body_nonce.copy_from_slice(&bytes[64..88]);
        chance.key_nonce.copy_from_slice(&bytes[88..]);
        chance
    }
}

/// What is to be sealed.
pub struct NewSeal<'a> {
    /// Id of time and chance, unique in the installation.
    pub id: RecordId,
    /// What the record is about.
    pub kind: Kind,
    /// When we captured it.
    pub captured_at: Timestamp,
    /// Which keys to seal it under.
    pub bucket: BucketId,
    /// What happened.
    pub body: &'a Body,
    /// Chance, drawn for this seal only.
    pub chance: SealChance,
}

/// The open bucket keys of an installation.
pub struct Keyring {
    kek: RwLock<Kek>,
    /// Opens what edges sealed.
    archive: Option<ArchiveKey>,
    buckets: RwLock<HashMap<BucketId, Secret>>,
}

impl Keyring {
    /// A ring without buckets.
    pub fn new(kek: &Kek) -> Self {
        Self {
            kek: RwLock::new(kek.clone()),
            archive: None,
            buckets: RwLock::default(),
        }
    }

    /// The same ring, which opens what edges sealed as well.
    #[must_use]
    pub fn with_archive(self, key: ArchiveKey) -> Self {
        let archive = Some(key);
        Self { archive, ..self }
    }

    /// The key-encryption key that new bucket keys are wrapped under.
    ///
    /// A new bucket's key is **not** opened when it is wrapped: store it first, then
    /// [`Self::open_bucket`] what the store answers, because another node may have stored a key for the
    /// same bucket a moment earlier, and that one stands.
    pub fn kek(&self) -> Kek {
        self.kek
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The key-encryption key was rotated. The open bucket keys stay: they did not change.
    pub fn rekey(&self, kek: Kek) {
        *self.kek.write().unwrap_or_else(PoisonError::into_inner) = kek;
    }

    /// Unwraps a stored bucket key and keeps it in memory.
    pub fn open_bucket(&self, id: BucketId, wrapped: &[u8]) -> Result<(), SealError> {
        let key = self.kek().unwrap_bucket(id, wrapped)?;
        let mut buckets = self.buckets.write().unwrap_or_else(PoisonError::into_inner);
        buckets.insert(id, key);
        Ok(())
    }

    /// Whether records of this bucket can be sealed and opened.
    pub fn has_bucket(&self, id: BucketId) -> bool {
        self.buckets
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .contains_key(&id)
    }

    /// Seals a body under a data key of its own.
    pub fn seal(&self, new: NewSeal<'_>) -> Result<SealedRecord, SealError> {
        let bucket_key = self.bucket(new.bucket)?;
        let wrapped_key = cipher::seal(
            &bucket_key,
            &[VERSION],
            &new.chance.key_nonce,
            &data_key_context(new.id, new.bucket),
            &new.chance.data_key,
        );
        Ok(sealed_with(&new, wrapped_key))
    }

    /// Opens a record, after checking that it is what its commitments say.
    pub fn open(&self, record: &SealedRecord) -> Result<Body, SealError> {
        self.disclose(record).map(|disclosed| disclosed.body)
    }

    /// Opens a record for somebody else: with what they need to check its commitments themselves.
    pub fn disclose(&self, record: &SealedRecord) -> Result<Disclosed, SealError> {
        check_ciphertext(record)?;
        let (data_key, derived) = self.data_key(record)?;
        let (head, sealed) = record.ciphertext.split_at(HEAD);
        let plain = cipher::open(&derived.expand(&[b"body"]), &body_context(head), sealed)
            .ok_or(SealError::Ciphertext)?;
        let (body, salt) = Body::decode(&plain)?;
        if !same(&commitment(&salt, &plain), &record.commitment) {
            return Err(SealError::Commitment);
        }
        Ok(Disclosed {
            body,
            plain,
            data_key,
        })
    }

    /// The record's data key, wrapped by another bucket's key. Nothing else of the record changes.
    pub fn wrap_again(
        &self,
        record: &SealedRecord,
        to: BucketId,
        nonce: [u8; NONCE],
    ) -> Result<Vec<u8>, SealError> {
        if !record.bucket.may_move_to(to) {
            return Err(SealError::ForeignBucket);
        }
        let (data_key, _) = self.data_key(record)?;
        Ok(cipher::seal(
            &*self.bucket(to)?,
            &[VERSION],
            &nonce,
            &data_key_context(record.id, record.bucket),
            data_key.as_ref(),
        ))
    }

    /// The public id of a bucket's key, by which certificates name it: tells keys apart and gives nothing
    /// away.
    pub fn bucket_key_id(&self, id: BucketId) -> Result<[u8; 8], SealError> {
        let full = Derivation::new(&*self.bucket(id)?).expand(&[BUCKET_ID_LABEL]);
        let mut short = [0; 8];
        short.copy_from_slice(&full[..8]);
        Ok(short)
    }

    /// Drops a bucket's key from memory: it was destroyed.
    pub fn forget_bucket(&self, id: BucketId) {
        let mut buckets = self.buckets.write().unwrap_or_else(PoisonError::into_inner);
        buckets.remove(&id);
    }

    /// The data key of a record, and what is derived from it.
    fn data_key(&self, record: &SealedRecord) -> Result<(Secret, Derivation), SealError> {
        if !record.bucket.may_move_to(record.wrapped_by) {
            return Err(SealError::ForeignBucket);
        }
        let data_key = match record.wrapped_key.split_first() {
            Some((&VERSION, wrapped)) => {
                let bucket_key = self.bucket(record.wrapped_by)?;
                cipher::open_key(
                    &bucket_key,
                    &data_key_context(record.id, record.bucket),
                    wrapped,
                )
                .ok_or(SealError::DataKey)?
            }
            // Its public half is no secret, so what it opens is no proof of who sealed it.
            Some((&archive::VERSION, wrapped)) if record.kind.is_made_by_edges() => {
                let archive = self.archive.as_ref().ok_or(SealError::NoArchiveKey)?;
                archive.open_data_key(record, wrapped)?
            }
            Some((&archive::VERSION, _)) => return Err(SealError::NotOfEdge(record.kind)),
            version => return Err(FormatError::version("the wrapped data key", version, 2).into()),
        };
        let derived = Derivation::new(&data_key);
        if !same(&derived.expand(&[b"commit"]), &record.key_commitment) {
            return Err(SealError::KeyCommitment);
        }
        Ok((data_key, derived))
    }

    fn bucket(&self, id: BucketId) -> Result<Secret, SealError> {
        let buckets = self.buckets.read().unwrap_or_else(PoisonError::into_inner);
        buckets
            .get(&id)
            .cloned()
            .ok_or(SealError::BucketNotOpen(id))
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring").finish_non_exhaustive()
    }
}

/// An opened record, with what proves it.
pub struct Disclosed {
    /// What happened.
    pub body: Body,
    /// Its canonical encoding, salt included: what the commitment is over.
    pub plain: Zeroizing<Vec<u8>>,
    /// The key that opens this record and no other.
    pub data_key: Zeroizing<[u8; 32]>,
}

/// Reads a disclosed body and checks that it is the one that was committed to.
///
/// # Errors
/// [`SealError::Commitment`] if it is another one, or [`SealError::Format`] if it is none.
pub fn check_body(plain: &[u8], committed: &Hash) -> Result<Body, SealError> {
    let (body, salt) = Body::decode(plain)?;
    if same(&commitment(&salt, plain), committed) {
        Ok(body)
    } else {
        Err(SealError::Commitment)
    }
}

/// Checks that a disclosed data key is the one that was committed to.
///
/// # Errors
/// [`SealError::KeyCommitment`] if it is another one.
pub fn check_data_key(key: &[u8; 32], committed: &Hash) -> Result<(), SealError> {
    if same(&Derivation::new(key).expand(&[b"commit"]), committed) {
        Ok(())
    } else {
        Err(SealError::KeyCommitment)
    }
}

/// Checks, without any key, that the ciphertext is the one that was hashed and belongs to this record.
pub fn check_ciphertext(record: &SealedRecord) -> Result<(), SealError> {
    if sha256(&[&record.ciphertext]) != record.ciphertext_hash {
        return Err(SealError::CiphertextHash);
    }
    after_version(&record.ciphertext, "the ciphertext")?;
    if !record.ciphertext.starts_with(&head(record.kind, record.id)) {
        return Err(SealError::Misplaced);
    }
    Ok(())
}

/// The record, with its data key as somebody wrapped it.
pub(crate) fn sealed_with(new: &NewSeal<'_>, wrapped_key: Vec<u8>) -> SealedRecord {
    let chance = &new.chance;
    let plain = Zeroizing::new(new.body.encode(&chance.salt));
    let derived = Derivation::new(&chance.data_key);
    let head = head(new.kind, new.id);
    let ciphertext = cipher::seal(
        &derived.expand(&[b"body"]),
        &head,
        &chance.body_nonce,
        &body_context(&head),
        &plain,
    );
    SealedRecord {
        id: new.id,
        kind: new.kind,
        captured_at: new.captured_at,
        bucket: new.bucket,
        wrapped_by: new.bucket,
        commitment: commitment(&chance.salt, &plain),
        ciphertext_hash: sha256(&[&ciphertext]),
        key_commitment: *derived.expand(&[b"commit"]),
        ciphertext,
        wrapped_key,
    }
}

fn head(kind: Kind, id: RecordId) -> [u8; HEAD] {
    let mut head = [0; HEAD];
    head[0] = VERSION;
    head[1] = kind.code();
    head[2..].copy_from_slice(id.0.as_bytes());
    head
}

fn commitment(salt: &[u8; 32], plain: &[u8]) -> Hash {
    sha256(&[COMMIT_LABEL, salt, plain])
}

fn body_context(head: &[u8]) -> Vec<u8> {
    [BODY_LABEL, head].concat()
}

fn data_key_context(id: RecordId, bucket: BucketId) -> Vec<u8> {
    wrap_context(&[DATA_KEY_LABEL, &[VERSION]], id, bucket)
}

/// What a data key is wrapped for: its record, and the bucket that the record was made for. That one stays
/// when another bucket's key takes the data key over, so nobody can make the record expire earlier.
pub(crate) fn wrap_context(head: &[&[u8]], id: RecordId, made_for: BucketId) -> Vec<u8> {
    let mut context = head.concat();
    context.extend_from_slice(id.0.as_bytes());
    context.push(made_for.class.0);
    context.extend_from_slice(&made_for.expiry_month.to_be_bytes());
    context
}

fn same(a: &[u8; 32], b: &[u8; 32]) -> bool {
    a.ct_eq(b).into()
}

/// What follows the version byte, if the version is the known one.
pub(crate) fn after_version<'a>(
    bytes: &'a [u8],
    what: &'static str,
) -> Result<&'a [u8], FormatError> {
    match bytes.split_first() {
        Some((&VERSION, rest)) => Ok(rest),
        other => Err(FormatError::version(what, other, VERSION)),
    }
}
