//! Keys that never leave a token: PKCS#11, as spoken by hardware security modules and by SoftHSM.
//!
//! Two uses. A [`Token`] wraps the key-encryption key (AES-256-GCM), so that its file alone opens nothing.
//! A [`TokenSigner`] signs with Ed25519 or ECDSA on P-256.
//!
//! The vendor's module is a shared library that is loaded when a token is opened: building and running
//! without one needs none. **Every call here may block** for as long as the token takes: keep it off
//! threads that must not wait. This package knows no other of ours.

mod error;
mod module;
mod signer;
mod token;
mod wrap;

pub use error::HsmError;
pub use signer::{PublicKey, SigningKind, TokenSigner};
pub use token::{Token, TokenConfig};
