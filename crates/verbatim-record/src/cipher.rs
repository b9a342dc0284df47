//! The primitives, each wrapped once so that no other file has to know a crypto crate.

use chacha20poly1305::aead::inout::InOutBuf;
use chacha20poly1305::{AeadInOut, Key, KeyInit, Tag, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::record::Hash;

/// Length of an XChaCha20 nonce.
pub(crate) const NONCE: usize = 24;
/// Length of a Poly1305 tag.
pub(crate) const TAG: usize = 16;

/// A 32-byte secret that is wiped when dropped.
pub(crate) type Secret = Zeroizing<[u8; 32]>;

/// SHA-256 of the parts, one after the other.
pub(crate) fn sha256(parts: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// HKDF-SHA256 (RFC 5869) without salt, for several outputs of one key.
pub(crate) struct Derivation(Hkdf<Sha256>);

impl Derivation {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self(Hkdf::new(None, key))
    }

    /// The output that belongs to `info`, the parts one after the other.
    pub(crate) fn expand(&self, info: &[&[u8]]) -> Secret {
        let mut out = Zeroizing::new([0; 32]);
        // Only an output above 255 × 32 bytes is refused.
        self.0
            .expand_multi_info(info, out.as_mut())
            .expect("32 bytes can be derived");
        out
    }
}

/// `head ‖ nonce ‖ XChaCha20-Poly1305(plain)`.
pub(crate) fn seal(
    key: &[u8; 32],
    head: &[u8],
    nonce: &[u8; NONCE],
    associated: &[u8],
    plain: &[u8],
) -> Vec<u8> {
    // The capacity is exact, so that no grown-out-of buffer leaves plaintext behind.
    let mut out = Vec::with_capacity(head.len() + NONCE + plain.len() + TAG);
    out.extend_from_slice(head);
    out.extend_from_slice(nonce);
    let begin = out.len();
    out.extend_from_slice(plain);
    let tag = XChaCha20Poly1305::new(&Key::from(*key))
        .encrypt_inout_detached(
            &XNonce::from(*nonce),
            associated,
            InOutBuf::from(&mut out[begin..]),
        )
        // Only plaintexts above 2^38 bytes are refused.
        .expect("the plaintext fits the cipher");
    out.extend_from_slice(&tag);
    out
}

/// Opens `nonce ‖ ciphertext ‖ tag`, that is [`seal`]'s result without its head.
pub(crate) fn open(key: &[u8; 32], associated: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, rest) = sealed.split_first_chunk::<NONCE>()?;
    let (ciphertext, tag) = rest.split_last_chunk::<TAG>()?;
    let mut plain = Zeroizing::new(ciphertext.to_vec());
    XChaCha20Poly1305::new(&Key::from(*key))
        .decrypt_inout_detached(
            &XNonce::from(*nonce),
            associated,
            InOutBuf::from(plain.as_mut_slice()),
            &Tag::from(*tag),
        )
        .ok()?;
    Some(plain)
}

/// Like [`open`], for a sealed 32-byte key.
pub(crate) fn open_key(key: &[u8; 32], associated: &[u8], sealed: &[u8]) -> Option<Secret> {
    let plain = open(key, associated, sealed)?;
    let bytes: &[u8; 32] = plain.as_slice().try_into().ok()?;
    Some(Zeroizing::new(*bytes))
}
