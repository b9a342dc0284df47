//! Sealing by those who cannot open: an edge holds the public half of the installation's archive key
//! (HPKE, RFC 9180; decision 0015).
//!
//! One encapsulation serves one webhook. Its first sealed output wraps the data key of the record; what is
//! sealed beside the record is under keys that it exports (RFC 9180 section 5.3). A full node opens both
//! with the private half, and wraps the data key again under its bucket's key: it *adopts* the record.

use std::convert::Infallible;
use std::fmt;

use hpke::aead::{AeadCtxR, AeadCtxS, AeadTag, ChaCha20Poly1305};
use hpke::inout::InOutBuf;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::rand_core::{TryCryptoRng, TryRng};
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use verbatim_domain::RecordId;
use zeroize::Zeroizing;

use crate::cipher::{self, Derivation, NONCE, Secret, TAG, sha256};
use crate::error::SealError;
use crate::keys::Kek;
use crate::record::{BucketId, SealedRecord};
use crate::seal::{NewSeal, after_version, sealed_with};

/// The first byte of what was sealed to the archive key.
pub(crate) const VERSION: u8 = 2;
/// Of the wrapped archive key itself.
const WRAP_VERSION: u8 = 1;
const INFO: &[u8] = b"verbatim/archive/1";
const DATA_KEY_LABEL: &[u8] = b"rec-dek/2";
const STATE_LABEL: &[u8] = b"rec-vault/2";
const WRAP_LABEL: &[u8] = b"rec-archive/1";
const ID_LABEL: &[u8] = b"rec-archive-id/1";
const DRAWN_LABEL: &[u8] = b"rec-archive-ephemeral/1";
/// Length of a public key and of an encapsulated key.
const POINT: usize = 32;

type Sender = AeadCtxS<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>;
type Receiver = AeadCtxR<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>;
type PrivateKey = <X25519HkdfSha256 as Kem>::PrivateKey;
type PublicKey = <X25519HkdfSha256 as Kem>::PublicKey;
type EncappedKey = <X25519HkdfSha256 as Kem>::EncappedKey;

/// Whether an edge sealed this: the data key of a record that no full node has adopted yet, or state.
pub fn is_of_edge(sealed: &[u8]) -> bool {
    sealed.first() == Some(&VERSION)
}

/// The private half: opens what edges sealed. Lies wrapped under the key-encryption key, and is never
/// changed. Wiped when dropped, never printed.
#[derive(Clone)]
pub struct ArchiveKey {
    private: PrivateKey,
    public: ArchivePublic,
}

impl ArchiveKey {
    /// A key from 256 random bits that the caller drew (`DeriveKeyPair`, RFC 9180 section 7.1.3).
    pub fn new(chance: &Zeroizing<[u8; 32]>) -> Self {
        let (private, public) = X25519HkdfSha256::derive_keypair(chance.as_ref());
        let public = ArchivePublic(public.to_bytes().into());
        Self { private, public }
    }

    /// The half that edges get.
    pub fn public(&self) -> &ArchivePublic {
        &self.public
    }

    /// Wraps it, with a random nonce. The public half stands before it in clear.
    pub fn wrap(&self, kek: &Kek, nonce: &[u8; NONCE]) -> Vec<u8> {
        let head = [&[WRAP_VERSION][..], &self.public.0].concat();
        let private = Zeroizing::new(<[u8; 32]>::from(self.private.to_bytes()));
        cipher::seal(
            &kek.derive("archive"),
            &head,
            nonce,
            &wrap_context(&self.public),
            private.as_ref(),
        )
    }

    /// Opens what [`Self::wrap`] made.
    ///
    /// # Errors
    /// [`SealError::ArchiveKey`] if it was altered or wrapped under another key.
    pub fn unwrap(kek: &Kek, wrapped: &[u8]) -> Result<Self, SealError> {
        let public = ArchivePublic::of_wrapped(wrapped)?;
        let sealed = &wrapped[1 + POINT..];
        let private = cipher::open_key(&kek.derive("archive"), &wrap_context(&public), sealed)
            .ok_or(SealError::ArchiveKey)?;
        let private = PrivateKey::from_bytes(private.as_ref());
        let private = private.map_err(|_| SealError::ArchiveKey)?;
        Ok(Self { private, public })
    }

    /// The data key of a record that an edge sealed.
    pub(crate) fn open_data_key(
        &self,
        record: &SealedRecord,
        sealed: &[u8],
    ) -> Result<Secret, SealError> {
        // Whoever moves it to another bucket adopts it by that.
        if record.wrapped_by != record.bucket {
            return Err(SealError::ForeignBucket);
        }
        let open = || {
            let (encapsulated, rest) = sealed.split_first_chunk::<POINT>()?;
            let (ciphertext, tag) = rest.split_last_chunk::<TAG>()?;
            let mut key = Zeroizing::new(<[u8; 32]>::try_from(ciphertext).ok()?);
            let tag = AeadTag::from_bytes(tag).ok()?;
            let context = data_key_context(record.id, record.bucket);
            self.receive(encapsulated)?
                .open_inout_detached(InOutBuf::from(&mut key[..]), &context, &tag)
                .ok()?;
            Some(key)
        };
        open().ok_or(SealError::DataKey)
    }

    /// What an edge sealed beside a record.
    pub(crate) fn open_state(
        &self,
        purpose: &str,
        context: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let open = || {
            let (encapsulated, sealed) = sealed.split_first_chunk::<POINT>()?;
            let mut key = Zeroizing::new([0; 32]);
            let receiver = self.receive(encapsulated)?;
            receiver.export(&exported(purpose), key.as_mut()).ok()?;
            cipher::open(&key, &state_context(context), sealed)
        };
        open().ok_or(SealError::State)
    }

    fn receive(&self, encapsulated: &[u8; POINT]) -> Option<Receiver> {
        let encapsulated = EncappedKey::from_bytes(encapsulated).ok()?;
        hpke::setup_receiver(&OpModeR::Base, &self.private, &encapsulated, INFO).ok()
    }
}

impl fmt::Debug for ArchiveKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ArchiveKey").field(&self.public).finish()
    }
}

/// The public half: seals, and opens nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct ArchivePublic([u8; POINT]);

impl ArchivePublic {
    /// From a file of an edge's keys. Whether anything can be sealed to it shows when that is tried.
    pub const fn new(bytes: [u8; POINT]) -> Self {
        Self(bytes)
    }

    /// The key itself.
    pub const fn bytes(&self) -> &[u8; POINT] {
        &self.0
    }

    /// Short fingerprint, to tell keys apart in messages.
    pub fn id(&self) -> String {
        hex::encode(&sha256(&[ID_LABEL, &self.0])[..8])
    }

    /// The public half of a wrapped archive key, which stands there in clear.
    ///
    /// # Errors
    /// When it is none.
    pub fn of_wrapped(wrapped: &[u8]) -> Result<Self, SealError> {
        let rest = after_version(wrapped, "the archive key")?;
        let public = rest.first_chunk().ok_or(SealError::ArchiveKey)?;
        Ok(Self(*public))
    }

    /// Seals a body under a data key of its own, and that under this key. What belongs with the record is
    /// sealed with what else is answered. `chance` is drawn for this seal only.
    ///
    /// # Errors
    /// [`SealError::ArchivePublic`] if this is no key.
    pub fn seal(
        &self,
        new: &NewSeal<'_>,
        chance: &Zeroizing<[u8; 32]>,
    ) -> Result<(SealedRecord, Beside), SealError> {
        let (encapsulated, mut sender) = self.send(chance).ok_or(SealError::ArchivePublic)?;
        let mut key = Zeroizing::new(new.chance.data_key);
        let tag = sender
            .seal_inout_detached(
                InOutBuf::from(&mut key[..]),
                &data_key_context(new.id, new.bucket),
            )
            .map_err(|_| SealError::ArchivePublic)?;
        let tag = tag.to_bytes();
        let wrapped = [&[VERSION][..], &encapsulated, &key[..], &tag].concat();
        let beside = Beside {
            encapsulated,
            sender,
        };
        Ok((sealed_with(new, wrapped), beside))
    }

    fn send(&self, chance: &Zeroizing<[u8; 32]>) -> Option<([u8; POINT], Sender)> {
        let public = PublicKey::from_bytes(&self.0).ok()?;
        let mut drawn = Drawn::from(chance);
        let (encapsulated, sender): (EncappedKey, _) =
            hpke::setup_sender_with_rng(&OpModeS::Base, &public, INFO, &mut drawn).ok()?;
        Some((encapsulated.to_bytes().into(), sender))
    }
}

impl fmt::Debug for ArchivePublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ArchivePublic").field(&self.id()).finish()
    }
}

/// Seals what belongs with a record that an edge seals: state that only a full node reads.
pub struct Beside {
    encapsulated: [u8; POINT],
    sender: Sender,
}

impl Beside {
    /// Seals `plain` for a purpose and a context, with a random nonce; [`Vault::open`](crate::Vault::open)
    /// with the archive key opens it.
    ///
    /// # Errors
    /// [`SealError::State`], which the lengths used here rule out.
    pub fn seal(
        &self,
        purpose: &str,
        context: &[u8],
        plain: &[u8],
        nonce: &[u8; NONCE],
    ) -> Result<Vec<u8>, SealError> {
        let mut key = Zeroizing::new([0; 32]);
        let sender = self.sender.export(&exported(purpose), key.as_mut());
        sender.map_err(|_| SealError::State)?;
        let head = [&[VERSION][..], &self.encapsulated].concat();
        Ok(cipher::seal(
            &key,
            &head,
            nonce,
            &state_context(context),
            plain,
        ))
    }
}

/// The chance that the caller drew, in the form that the library asks for: a stream of random bytes.
struct Drawn {
    source: Derivation,
    given: u64,
}

impl From<&Zeroizing<[u8; 32]>> for Drawn {
    fn from(chance: &Zeroizing<[u8; 32]>) -> Self {
        let source = Derivation::new(chance);
        Self { source, given: 0 }
    }
}

impl TryRng for Drawn {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, into: &mut [u8]) -> Result<(), Infallible> {
        for part in into.chunks_mut(32) {
            let fresh = self
                .source
                .expand(&[DRAWN_LABEL, &self.given.to_be_bytes()]);
            part.copy_from_slice(&fresh[..part.len()]);
            self.given += 1;
        }
        Ok(())
    }
}

impl TryCryptoRng for Drawn {}

fn data_key_context(id: RecordId, bucket: BucketId) -> Vec<u8> {
    crate::seal::wrap_context(&[DATA_KEY_LABEL, &[VERSION]], id, bucket)
}

fn exported(purpose: &str) -> Vec<u8> {
    [STATE_LABEL, b"/", purpose.as_bytes()].concat()
}

fn state_context(context: &[u8]) -> Vec<u8> {
    [STATE_LABEL, &[VERSION], context].concat()
}

fn wrap_context(public: &ArchivePublic) -> Vec<u8> {
    [WRAP_LABEL, &[WRAP_VERSION], &public.0].concat()
}
