//! Timestamps of any bytes, by an authority that lives for one test: a real one whose imprint, certified key
//! and signature are exchanged for others of the same length. Nobody vouches for its certificate.

use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use sha2::{Digest as _, Sha256};
use verbatim_domain::Timestamp;
use verbatim_engine::ports::LogTimestamp;
use verbatim_record::timestamp::request;

const LIKE: &[u8] = include_bytes!("../../../verbatim-record/testdata/timestamp/p256.tsr");
/// As it says.
const NONCE: u64 = 0x0123_4567_89ab_cdef;
/// Likewise, 2026-11-23 14:04:04 UTC.
const AT: Timestamp = Timestamp(1_795_442_644_000);

/// A timestamp of a checkpoint's text.
pub(crate) fn stamp(size: u64, text: &[u8]) -> LogTimestamp {
    // Signatures have 70 to 72 bytes; one of two keys makes one as long as that which it stands for.
    let response = (1..100).find_map(|seed| signed_by(seed, text));
    LogTimestamp {
        size,
        authority: "test".to_owned(),
        request: request(text, NONCE).unwrap(),
        response: response.unwrap(),
        at: AT,
    }
}

fn signed_by(seed: u8, text: &[u8]) -> Option<Vec<u8>> {
    let key = SigningKey::from_slice(&[seed; 32]).unwrap();
    let mut bytes = LIKE.to_vec();
    let mut put = |at: usize, part: &[u8]| bytes[at..at + part.len()].copy_from_slice(part);
    // The places are those of `openssl asn1parse`.
    put(110, &Sha256::digest(text));
    put(426, key.verifying_key().to_encoded_point(false).as_bytes());
    let (said, certificate) = (
        Sha256::digest(&bytes[74..228]),
        Sha256::digest(&bytes[232..698]),
    );
    bytes[868..900].copy_from_slice(&said);
    bytes[925..957].copy_from_slice(&certificate);
    // Signed as a set, carried as `[0]` (RFC 5652 section 5.4).
    let attributes = [&[0x31], &bytes[791..957]].concat();
    let signature: Signature = key.sign(&attributes);
    let signature = signature.to_der();
    let place = bytes.len() - 971;
    bytes.truncate(971);
    bytes.extend_from_slice(signature.as_bytes());
    (place == signature.as_bytes().len()).then_some(bytes)
}
