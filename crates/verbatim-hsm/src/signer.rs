//! Signing with a key of the token: Ed25519 (RFC 8032), PKCS#11's `CKM_EDDSA` without parameters.

use std::sync::Arc;

use cryptoki::error::Error;
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use cryptoki::object::{Attribute, AttributeType, ObjectClass};
use cryptoki::session::Session;

use crate::error::HsmError;
use crate::token::{Token, key, made_unless_there};

const WHAT: &str = "Ed25519 key pair";
/// The curve by its object identifier, 1.3.101.112 (RFC 8410), in DER.
const BY_OID: &[u8] = &[0x06, 0x03, 0x2b, 0x65, 0x70];
/// The curve by its name, as PKCS#11 3.0 allows too: a PrintableString in DER.
const BY_NAME: &[u8] = b"\x13\x0cedwards25519";

/// Signs with an Ed25519 key that never leaves its token.
#[derive(Debug)]
pub struct TokenSigner {
    token: Arc<Token>,
    label: String,
    public: [u8; 32],
}

impl TokenSigner {
    /// The signer of this label.
    ///
    /// # Errors
    /// [`HsmError::NoKey`] if there is none, [`HsmError::NotEd25519`] if it is of another kind.
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

    /// The public key, as RFC 8032 encodes it.
    pub fn public_key(&self) -> [u8; 32] {
        self.public
    }

    /// Signs a message. Blocks for as long as the token takes.
    ///
    /// # Errors
    /// When the token refuses or is gone; the next call tries again from the beginning.
    pub fn sign(&self, message: &[u8]) -> Result<[u8; 64], HsmError> {
        let pure = EddsaParams::new(EddsaSignatureScheme::Ed25519);
        let signature = self.token.with(|session| {
            let key = key(session, ObjectClass::PRIVATE_KEY, WHAT, &self.label)?;
            session
                .sign(&Mechanism::Eddsa(pure), key, message)
                .map_err(HsmError::refused("sign"))
        })?;
        signature.try_into().map_err(|_| HsmError::NotEd25519 {
            label: self.label.clone(),
        })
    }
}

impl Token {
    /// Makes the Ed25519 key pair of this label, unless there is one. Whether it was made.
    ///
    /// # Errors
    /// When the token refuses, or does not know the curve.
    pub fn make_signing_key(&self, label: &str) -> Result<bool, HsmError> {
        self.with(|session| {
            let found = key(session, ObjectClass::PRIVATE_KEY, WHAT, label);
            made_unless_there(found, || {
                // Tokens know the curve by one of its names or by both.
                generate(session, label, BY_OID)
                    .or_else(|_| generate(session, label, BY_NAME))
                    .map_err(HsmError::refused("make an Ed25519 key pair"))
            })
        })
    }
}

fn generate(session: &Session, label: &str, curve: &[u8]) -> Result<(), Error> {
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
    let made = session.generate_key_pair(&Mechanism::EccEdwardsKeyPairGen, &public, &private);
    made.map(drop)
}

fn public_key(session: &Session, label: &str) -> Result<[u8; 32], HsmError> {
    let object = key(session, ObjectClass::PUBLIC_KEY, WHAT, label)?;
    let attributes = session
        .get_attributes(object, &[AttributeType::EcPoint])
        .map_err(HsmError::refused("show a public key"))?;
    let point = attributes.iter().find_map(|attribute| match attribute {
        Attribute::EcPoint(point) => bare(point),
        _ => None,
    });
    point.ok_or_else(|| HsmError::NotEd25519 {
        label: label.to_owned(),
    })
}

/// The 32 bytes, which tokens give bare, as an OCTET STRING (PKCS#11 2.40) or as a BIT STRING (3.0).
fn bare(point: &[u8]) -> Option<[u8; 32]> {
    let inner = match point {
        [0x04, 32, rest @ ..] | [0x03, 33, 0, rest @ ..] => rest,
        bare => bare,
    };
    inner.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::bare;

    #[test]
    fn a_public_key_is_understood_in_every_spelling() {
        let key = [7; 32];
        let check = |head: &[u8], expected: Option<[u8; 32]>| {
            assert_eq!(bare(&[head, &key].concat()), expected, "{head:?}");
        };
        check(&[], Some(key));
        check(&[0x04, 32], Some(key));
        check(&[0x03, 33, 0], Some(key));
        check(&[0x04, 33], None);
        check(&[0x03, 33, 1], None);
        check(&[1], None);
    }
}
