//! Signing with a key of the token: Ed25519 (RFC 8032; PKCS#11's `CKM_EDDSA` without parameters), or ECDSA
//! on P-256 with SHA-256 (FIPS 186-5), which tokens in FIPS mode have. For that the digest is made here and
//! the token signs it (`CKM_ECDSA`): not every token hashes by itself.

use std::sync::Arc;

use cryptoki::error::Error;
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass};
use cryptoki::session::Session;
use sha2::{Digest, Sha256};

use crate::error::HsmError;
use crate::token::{Token, key, made_unless_there};

const WHAT: &str = "key pair for signing";
/// Ed25519 by its object identifier, 1.3.101.112 (RFC 8410), in DER.
const ED25519_BY_OID: &[u8] = &[0x06, 0x03, 0x2b, 0x65, 0x70];
/// Ed25519 by its name, as PKCS#11 3.0 allows too: a PrintableString in DER.
const ED25519_BY_NAME: &[u8] = b"\x13\x0cedwards25519";
/// P-256 by its object identifier, 1.2.840.10045.3.1.7 (RFC 5480), in DER.
const P256: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];

/// What a key of the token signs with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SigningKind {
    /// Ed25519.
    Ed25519,
    /// ECDSA on P-256 with SHA-256.
    EcdsaP256,
}

/// The public half of a key of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublicKey {
    /// As RFC 8032 encodes it.
    Ed25519([u8; 32]),
    /// The uncompressed point (SEC 1 section 2.3.3).
    EcdsaP256([u8; 65]),
}

/// Signs with a key that never leaves its token.
#[derive(Debug)]
pub struct TokenSigner {
    token: Arc<Token>,
    label: String,
    public: PublicKey,
}

impl TokenSigner {
    /// The signer of this label, of whichever kind it is.
    ///
    /// # Errors
    /// [`HsmError::NoKey`] if there is none, [`HsmError::UnknownKind`] if it is of a kind that we do not know.
    pub fn open(token: Arc<Token>, label: &str) -> Result<Self, HsmError> {
        let public = token.with(|session| {
            key(session, ObjectClass::PRIVATE_KEY, WHAT, label)?;
            public_key(session, label)
        })?;
        Ok(Self {
            token,
            label: label.to_owned(),
            public,
        })
    }

    /// The public key.
    pub fn public_key(&self) -> PublicKey {
        self.public
    }

    /// Signs a message: 64 bytes, for ECDSA its two numbers. Blocks for as long as the token takes.
    ///
    /// # Errors
    /// When the token refuses or is gone; the next call tries again from the beginning.
    pub fn sign(&self, message: &[u8]) -> Result<[u8; 64], HsmError> {
        let digest = Sha256::digest(message);
        let pure = EddsaParams::new(EddsaSignatureScheme::Ed25519);
        let (mechanism, signed) = match self.public {
            PublicKey::Ed25519(_) => (Mechanism::Eddsa(pure), message),
            PublicKey::EcdsaP256(_) => (Mechanism::Ecdsa, digest.as_slice()),
        };
        let signature = self.token.with(|session| {
            let key = key(session, ObjectClass::PRIVATE_KEY, WHAT, &self.label)?;
            session
                .sign(&mechanism, key, signed)
                .map_err(HsmError::refused("sign"))
        })?;
        signature.try_into().map_err(|_| HsmError::UnknownKind {
            label: self.label.clone(),
        })
    }
}

impl Token {
    /// Makes the key pair of this label, unless there is one of whichever kind. Whether it was made.
    ///
    /// # Errors
    /// When the token refuses, or does not know the curve.
    pub fn make_signing_key(&self, label: &str, kind: SigningKind) -> Result<bool, HsmError> {
        self.with(|session| {
            let found = key(session, ObjectClass::PRIVATE_KEY, WHAT, label);
            made_unless_there(found, || match kind {
                // Tokens know the curve by one of its names or by both.
                SigningKind::Ed25519 => generate(session, label, kind, ED25519_BY_OID)
                    .or_else(|_| generate(session, label, kind, ED25519_BY_NAME))
                    .map_err(HsmError::refused("make an Ed25519 key pair")),
                SigningKind::EcdsaP256 => generate(session, label, kind, P256)
                    .map_err(HsmError::refused("make an ECDSA key pair")),
            })
        })
    }
}

fn generate(session: &Session, label: &str, kind: SigningKind, curve: &[u8]) -> Result<(), Error> {
    let mechanism = match kind {
        SigningKind::Ed25519 => Mechanism::EccEdwardsKeyPairGen,
        SigningKind::EcdsaP256 => Mechanism::EccKeyPairGen,
    };
    let name = Attribute::Label(label.as_bytes().to_vec());
    let public = [
        Attribute::Token(true),
        Attribute::Private(false),
        Attribute::Verify(true),
        Attribute::EcParams(curve.to_vec()),
        name.clone(),
    ];
    let private = [
        Attribute::Token(true),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Sign(true),
        name,
    ];
    let made = session.generate_key_pair(&mechanism, &public, &private);
    made.map(drop)
}

fn public_key(session: &Session, label: &str) -> Result<PublicKey, HsmError> {
    let object = key(session, ObjectClass::PUBLIC_KEY, WHAT, label)?;
    let wanted = [
        AttributeType::KeyType,
        AttributeType::EcParams,
        AttributeType::EcPoint,
    ];
    let attributes = session
        .get_attributes(object, &wanted)
        .map_err(HsmError::refused("show a public key"))?;
    let (mut kind, mut curve, mut point) = (None, None, None);
    for attribute in attributes {
        match attribute {
            Attribute::KeyType(found) => kind = Some(found),
            Attribute::EcParams(found) => curve = Some(found),
            Attribute::EcPoint(found) => point = Some(found),
            _ => {}
        }
    }
    let public = match (kind, curve.as_deref(), point.as_deref()) {
        (Some(KeyType::EC_EDWARDS), _, Some(point)) => bare(point).map(PublicKey::Ed25519),
        (Some(KeyType::EC), Some(P256), Some(point)) => bare(point).map(PublicKey::EcdsaP256),
        _ => None,
    };
    public.ok_or_else(|| HsmError::UnknownKind {
        label: label.to_owned(),
    })
}

/// The bytes, which tokens give bare, as an OCTET STRING (PKCS#11 2.40) or as a BIT STRING (3.0).
fn bare<const N: usize>(point: &[u8]) -> Option<[u8; N]> {
    let inner = match point {
        [0x04, length, rest @ ..] if usize::from(*length) == N && rest.len() == N => rest,
        [0x03, length, 0, rest @ ..] if usize::from(*length) == N + 1 && rest.len() == N => rest,
        bare => bare,
    };
    inner.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::bare;

    #[test]
    fn a_public_key_is_understood_in_every_spelling() {
        fn check<const N: usize>(head: &[u8], expected: bool) {
            let key = [4; N];
            let found = bare(&[head, &key].concat());
            assert_eq!(found, expected.then_some(key), "{head:?}");
        }
        check::<32>(&[], true);
        check::<32>(&[0x04, 32], true);
        check::<32>(&[0x03, 33, 0], true);
        check::<32>(&[0x04, 33], false);
        check::<32>(&[0x03, 33, 1], false);
        check::<32>(&[1], false);
        check::<65>(&[], true);
        check::<65>(&[0x04, 65], true);
        check::<65>(&[0x03, 66, 0], true);
        check::<65>(&[0x04, 32], false);
    }
}
