//! Timestamps by an authority that is not the firm's (RFC 3161): "these bytes existed then".
//!
//! A checkpoint that is stamped bounds from above when its records were written, whoever holds the log's
//! key. Here requests are built and answers checked, without a network: the checks are those of RFC 3161
//! section 2.4.2, RFC 5652 section 5.6 and RFC 5816; the chain to the authority is followed by `webpki`.
//! Not checked: whether a certificate was revoked.

mod chain;
mod der_parts;
mod token;

use der::asn1::{AnyRef, ObjectIdentifier, OctetStringRef};
use der::{Encode, Sequence};
use thiserror::Error;
use verbatim_domain::Timestamp;

use crate::cipher::sha256;
use token::Token;

const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
/// Bytes of a response, at most. A usual one has 1 to 8 thousand.
pub const LONGEST: usize = 64 * 1024;

/// Why a timestamp is not believed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TimestampError {
    /// Not a timestamp response, or not a whole one.
    #[error("this is not a timestamp response: {0}")]
    Malformed(&'static str),
    /// The authority did not grant it. Ask again, or see to the account there.
    #[error("the authority did not stamp (status {status}{})", if .said.is_empty() { String::new() } else { format!(": {}", .said) })]
    Refused {
        /// Its status (RFC 3161 section 2.4.2).
        status: u8,
        /// Its words.
        said: String,
    },
    /// It stamps other bytes.
    #[error("the timestamp is about other bytes")]
    OtherBytes,
    /// It answers another request: somebody played an old answer.
    #[error("the timestamp answers another request")]
    OtherRequest,
    /// Text or signature was altered.
    #[error("the timestamp's signature does not fit: {0}")]
    Signature(&'static str),
    /// Whoever signed is not a timestamp authority that the given certificates vouch for.
    #[error("the timestamp is not by a trusted authority: {0}")]
    Untrusted(String),
    /// Signed in a way that this program does not know.
    #[error("the timestamp uses an algorithm that is not known here: {0}")]
    Algorithm(String),
    /// The certificates to trust cannot be read.
    #[error("the certificates of the authority cannot be used: {0}")]
    Certificates(String),
}

/// What an authority has stated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamped {
    /// When it saw the bytes, by its clock.
    pub at: Timestamp,
    /// Its number for this timestamp, in hexadecimal.
    pub serial: String,
    /// Its policy, as an object identifier.
    pub policy: String,
    /// Who signed: the subject of the certificate.
    pub authority: String,
    /// The nonce of the request that it answers.
    pub nonce: Option<u64>,
}

#[derive(Sequence)]
struct TimeStampReq<'a> {
    version: u8,
    message_imprint: MessageImprint<'a>,
    nonce: u64,
    cert_req: bool,
}

#[derive(Sequence)]
struct MessageImprint<'a> {
    algorithm: AlgorithmIdentifier<'a>,
    hash: OctetStringRef<'a>,
}

#[derive(Sequence)]
struct AlgorithmIdentifier<'a> {
    oid: ObjectIdentifier,
    parameters: Option<AnyRef<'a>>,
}

/// The request to stamp these bytes: their SHA-256, the nonce, and "send your certificate".
///
/// # Errors
/// Never for input of any length; the encoder's signature allows for it.
pub fn request(bytes: &[u8], nonce: u64) -> Result<Vec<u8>, TimestampError> {
    let hash = sha256(&[bytes]);
    let encode = || {
        let message_imprint = MessageImprint {
            algorithm: AlgorithmIdentifier {
                oid: SHA256,
                parameters: Some(AnyRef::NULL),
            },
            hash: OctetStringRef::new(&hash)?,
        };
        let request = TimeStampReq {
            version: 1,
            message_imprint,
            nonce,
            cert_req: true,
        };
        request.to_der()
    };
    encode().map_err(|_| TimestampError::Malformed("the request cannot be encoded"))
}

/// Checks that a response stamps these bytes, answers the request with this nonce, and is by an authority
/// that the certificates (PEM, one or more) vouch for, all of them valid at the time that it states.
///
/// The nonce matters on receipt only; afterwards none need be given.
///
/// # Errors
/// The first thing that is wrong.
pub fn check(
    response: &[u8],
    bytes: &[u8],
    nonce: Option<u64>,
    ca_pem: &str,
) -> Result<Stamped, TimestampError> {
    let (token, signer) = signed(response, bytes)?;
    if nonce.is_some() && token.info.nonce != nonce {
        return Err(TimestampError::OtherRequest);
    }
    signer.check_authority(&token, ca_pem)?;
    Ok(stated(&token, &signer))
}

/// What a response says of these bytes, where nobody is known who vouches for the authority: whole, signed by
/// the key that it names, and about these bytes. Anybody can make such a one.
///
/// # Errors
/// The first thing that is wrong.
pub fn read(response: &[u8], bytes: &[u8]) -> Result<Stamped, TimestampError> {
    let (token, signer) = signed(response, bytes)?;
    Ok(stated(&token, &signer))
}

fn signed<'r>(
    response: &'r [u8],
    bytes: &[u8],
) -> Result<(Token<'r>, chain::Signer), TimestampError> {
    if response.len() > LONGEST {
        return Err(TimestampError::Malformed("it is too long"));
    }
    let token = Token::parse(response)?;
    let info = &token.info;
    if info.imprint_algorithm != SHA256 || info.imprint != sha256(&[bytes]) {
        return Err(TimestampError::OtherBytes);
    }
    if token.attributes.digest != token.attributes.digest_algorithm.of(token.content) {
        let why = "what it signs is not what it says";
        return Err(TimestampError::Signature(why));
    }
    let signer = chain::Signer::of(&token)?;
    signer.check_signature(&token)?;
    Ok((token, signer))
}

fn stated(token: &Token<'_>, signer: &chain::Signer) -> Stamped {
    let info = &token.info;
    Stamped {
        at: info.at,
        serial: hex::encode(info.serial),
        policy: info.policy.to_string(),
        authority: signer.name(),
        nonce: info.nonce,
    }
}
