//! Wrapping by a key of the token: AES-256-GCM, the associated data saying what is inside.

use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::object::{Attribute, KeyType, ObjectClass};
use zeroize::Zeroizing;

use crate::error::HsmError;
use crate::token::{Token, key, made_unless_there};

const NONCE: usize = 12;
const TAG_BITS: u64 = 128;
const WHAT: &str = "AES key";

impl Token {
    /// Makes the AES key of this label, unless there is one: made in the token, and never to leave it.
    /// Whether it was made.
    ///
    /// # Errors
    /// When the token refuses.
    pub fn make_wrap_key(&self, label: &str) -> Result<bool, HsmError> {
        self.with(|session| {
            let found = key(session, ObjectClass::SECRET_KEY, WHAT, label);
            made_unless_there(found, || {
                let template = [
                    Attribute::Token(true),
                    Attribute::Private(true),
                    Attribute::Sensitive(true),
                    Attribute::Extractable(false),
                    Attribute::Encrypt(true),
                    Attribute::Decrypt(true),
                    Attribute::KeyType(KeyType::AES),
                    Attribute::ValueLen(32.into()),
                    Attribute::Label(label.as_bytes().to_vec()),
                ];
                let made = session.generate_key(&Mechanism::AesKeyGen, &template);
                made.map(drop).map_err(HsmError::refused("make an AES key"))
            })
        })
    }

    /// Wraps a secret: nonce (12 bytes), ciphertext, tag (16 bytes).
    ///
    /// # Errors
    /// [`HsmError::NoKey`] if there is no such key.
    pub fn wrap(&self, label: &str, context: &[u8], secret: &[u8]) -> Result<Vec<u8>, HsmError> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|_| HsmError::Entropy)?;
        let mut wrapped = nonce.to_vec();
        let sealed = self.with(|session| {
            let refused = HsmError::refused("wrap a key");
            let key = key(session, ObjectClass::SECRET_KEY, WHAT, label)?;
            let params = GcmParams::new(&mut nonce, context, TAG_BITS.into()).map_err(&refused)?;
            session
                .encrypt(&Mechanism::AesGcm(params), key, secret)
                .map_err(&refused)
        })?;
        wrapped.extend(sealed);
        Ok(wrapped)
    }

    /// Opens what [`Self::wrap`] made.
    ///
    /// # Errors
    /// [`HsmError::NotOpened`] if it was altered, or wrapped by another key or for another context.
    pub fn unwrap(
        &self,
        label: &str,
        context: &[u8],
        wrapped: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, HsmError> {
        let not_opened = || HsmError::NotOpened {
            label: label.to_owned(),
        };
        let Some((nonce, sealed)) = wrapped.split_first_chunk::<NONCE>() else {
            return Err(not_opened());
        };
        let mut nonce = *nonce;
        self.with(|session| {
            let refused = HsmError::refused("open a wrapped key");
            let key = key(session, ObjectClass::SECRET_KEY, WHAT, label)?;
            let params = GcmParams::new(&mut nonce, context, TAG_BITS.into()).map_err(&refused)?;
            match session.decrypt(&Mechanism::AesGcm(params), key, sealed) {
                Ok(secret) => Ok(Zeroizing::new(secret)),
                // What tokens answer to a tag that does not fit. SoftHSM says only that it failed.
                Err(Error::Pkcs11(
                    RvError::EncryptedDataInvalid
                    | RvError::EncryptedDataLenRange
                    | RvError::GeneralError
                    | RvError::FunctionFailed,
                    _,
                )) => Err(not_opened()),
                Err(error) => Err(refused(error)),
            }
        })
    }
}
