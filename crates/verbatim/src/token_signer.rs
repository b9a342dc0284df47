//! The log's signing key in a token (`[keys.pkcs11]`), behind the signer port.
//!
//! The signing key's file then holds no secret, but says which of the token's keys it is:
//!
//! ```text
//! token-signer: 1
//! key: <label of the token's key pair>
//! verifier: <name+id+key, C2SP signed-note>
//! ```

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use tokio::runtime::{Handle, RuntimeFlavor};
use verbatim_hsm::{HsmError, PublicKey, Token, TokenSigner};
use verbatim_record::Signer;
use verbatim_record::note::{Algorithm, NoteError, SignError, VerifierKey, ecdsa_der};

const HEAD: &str = "token-signer: 1";

/// What the file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SignerFile {
    label: String,
    verifier: VerifierKey,
}

impl SignerFile {
    /// For a key of the token, under the log's name.
    pub(crate) fn new(signer: &TokenSigner, label: &str, name: &str) -> Result<Self> {
        Ok(Self {
            label: label.to_owned(),
            verifier: verifier(signer, name)?,
        })
    }

    /// None if the file is of another kind.
    pub(crate) fn parse(text: &str) -> Result<Option<Self>> {
        let mut lines = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        if lines.next() != Some(HEAD) {
            return Ok(None);
        }
        let mut value = |name: &str| {
            let line = lines.next().and_then(|line| line.split_once(": "));
            let value = line.filter(|(found, _)| *found == name);
            value.map(|(_, value)| value.to_owned())
        };
        let (Some(label), Some(verifier), None) = (value("key"), value("verifier"), lines.next())
        else {
            bail!("it must have the lines `key:` and `verifier:` after `{HEAD}`, and no others");
        };
        let verifier = verifier.parse()?;
        Ok(Some(Self { label, verifier }))
    }

    /// Its text.
    pub(crate) fn to_text(&self) -> String {
        format!(
            "# The log's signing key is in a token (PKCS#11). This file holds no secret.\n\
             {HEAD}\nkey: {}\nverifier: {}\n",
            self.label, self.verifier
        )
    }

    /// The signer. Blocks.
    pub(crate) fn open(self, token: Arc<Token>) -> Result<InToken> {
        let signer = TokenSigner::open(token, &self.label)?;
        if verifier(&signer, self.verifier.name())? != self.verifier {
            bail!(
                "the token's key `{}` is not the one that signs this log: restore the token that belongs to it",
                self.label
            );
        }
        Ok(InToken {
            signer,
            verifier: self.verifier,
        })
    }
}

/// The token's public key under the log's name.
fn verifier(signer: &TokenSigner, name: &str) -> Result<VerifierKey, NoteError> {
    match signer.public_key() {
        PublicKey::Ed25519(key) => VerifierKey::new(name, Algorithm::Ed25519, &key),
        PublicKey::EcdsaP256(point) => VerifierKey::ecdsa_p256(name, &point),
    }
}

/// Signs with a key of the token.
#[derive(Debug)]
pub(crate) struct InToken {
    signer: TokenSigner,
    verifier: VerifierKey,
}

impl Signer for InToken {
    fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let signature = aside(|| self.signer.sign(message)).map_err(|error| failed(&error))?;
        match self.verifier.algorithm() {
            Algorithm::EcdsaP256 => ecdsa_der(&signature)
                .ok_or_else(|| SignError("the token's answer is not a signature".to_owned())),
            _ => Ok(signature.to_vec()),
        }
    }
}

/// A token blocks: what else this thread would do goes on elsewhere meanwhile.
fn aside<R>(work: impl FnOnce() -> R) -> R {
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}

fn failed(error: &HsmError) -> SignError {
    use std::error::Error;
    match error.source() {
        Some(source) => SignError(format!("{error}: {source}")),
        None => SignError(error.to_string()),
    }
}

/// Reads a file and opens what it names.
pub(crate) fn open(file: SignerFile, token: Option<Arc<Token>>) -> Result<Arc<dyn Signer>> {
    let token = token.context("the signing key is in a token: set [keys.pkcs11]")?;
    Ok(Arc::new(file.open(token)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> SignerFile {
        SignerFile {
            label: "log".to_owned(),
            verifier: VerifierKey::new("acme.test/verbatim/1", Algorithm::Ed25519, &[7; 32])
                .unwrap(),
        }
    }

    #[test]
    fn a_file_comes_back_and_others_are_left_alone() {
        assert_eq!(SignerFile::parse(&file().to_text()).unwrap(), Some(file()));
        for other in [
            "",
            "# nothing\n",
            "PRIVATE+KEY+a+b+c\n",
            "token-signer: 2\n",
        ] {
            assert_eq!(SignerFile::parse(other).unwrap(), None, "{other}");
        }
    }

    #[test]
    fn a_damaged_file_is_refused() {
        let text = file().to_text();
        let check = |damaged: String| {
            assert!(SignerFile::parse(&damaged).is_err(), "{damaged}");
        };
        check(text.replace("key: log\n", ""));
        check(text.replace("verifier: acme", "verifier: acne"));
        check(format!("{text}more: 1\n"));
        check(text.replace("key: log", "key log"));
    }

    #[test]
    fn without_a_token_the_mend_is_named() {
        let error = open(file(), None).err().unwrap().to_string();
        assert!(error.contains("[keys.pkcs11]"), "{error}");
    }
}
