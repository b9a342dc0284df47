//! Timestamps (RFC 3161) by a key and certificates that are made at run time.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use verbatim_domain::Timestamp;
use verbatim_record::bundle::utc;
use verbatim_record::note::Algorithm;
use verbatim_record::signing::FileSigner;
use verbatim_record::{Hash, Signer};

use super::der::{context, integer, octets, oid, sequence, set, value};

const SHA256: &[u32] = &[2, 16, 840, 1, 101, 3, 4, 2, 1];
const ECDSA_WITH_SHA256: &[u32] = &[1, 2, 840, 10045, 4, 3, 2];
const COMMON_NAME: &[u32] = &[2, 5, 4, 3];
const EXTENDED_KEY_USAGE: &[u32] = &[2, 5, 29, 37];
const TIME_STAMPING: &[u32] = &[1, 3, 6, 1, 5, 5, 7, 3, 8];
const SIGNED_DATA: &[u32] = &[1, 2, 840, 113_549, 1, 7, 2];
const TST_INFO: &[u32] = &[1, 2, 840, 113_549, 1, 9, 16, 1, 4];
const CONTENT_TYPE: &[u32] = &[1, 2, 840, 113_549, 1, 9, 3];
const MESSAGE_DIGEST: &[u32] = &[1, 2, 840, 113_549, 1, 9, 4];
const SIGNING_CERTIFICATE_V2: &[u32] = &[1, 2, 840, 113_549, 1, 9, 16, 2, 47];
const POLICY: &[u32] = &[1, 2, 3, 4];

const CA: &str = "root of the simulation";
const AUTHORITY: &str = "time authority of the simulation";
/// The number of the authority's certificate.
const SERIAL: usize = 5;

/// A key, the certificate that vouches for it, and its own.
struct Authority {
    key: FileSigner,
    ca: Vec<u8>,
    certificate: Vec<u8>,
}

/// One for all: signing takes its time.
static ONE: LazyLock<Option<Authority>> = LazyLock::new(Authority::new);

impl Authority {
    fn new() -> Option<Self> {
        // The seed is no secret. One key for both, since each certificate is told by its name.
        let key = FileSigner::from_seed("tsa", Algorithm::EcdsaP256, &[77; 32]).ok()?;
        let ca = certificate(&key, CA, 1, None)?;
        let usage = value(0x04, &[&sequence(&[&oid(TIME_STAMPING)])]);
        let usage = sequence(&[&oid(EXTENDED_KEY_USAGE), &value(0x01, &[&[0xff]]), &usage]);
        let certificate = certificate(&key, AUTHORITY, SERIAL, Some(&usage))?;
        Some(Self {
            key,
            ca,
            certificate,
        })
    }
}

/// The certificate that vouches for it, PEM.
pub(super) fn ca_pem() -> String {
    let der = ONE.as_ref().map_or(&[][..], |one| &one.ca);
    let (begin, end) = ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----");
    let text = STANDARD.encode(der);
    let lines: Vec<_> = (0..text.len()).step_by(64).collect();
    let lines = lines.iter().map(|at| &text[*at..text.len().min(at + 64)]);
    let lines = lines.collect::<Vec<_>>().join("\n");
    format!("{begin}\n{lines}\n{end}\n")
}

fn named(name: &str) -> Vec<u8> {
    let name = value(0x0c, &[name.as_bytes()]);
    sequence(&[&set(&[&sequence(&[&oid(COMMON_NAME), &name])])])
}

fn algorithm(of: &[u32]) -> Vec<u8> {
    sequence(&[&oid(of)])
}

/// A certificate (RFC 5280) by the root.
fn certificate(
    key: &FileSigner,
    subject: &str,
    serial: usize,
    extension: Option<&[u8]>,
) -> Option<Vec<u8>> {
    // Its text is the name, the id, and in base64 a byte for the algorithm and the key as certificates have it.
    let text = key.verifier().to_string();
    let public = STANDARD.decode(text.splitn(3, '+').nth(2)?).ok()?;
    let public = public.get(1..)?;
    let (from, until) = (
        value(0x17, &[b"200101000000Z"]),
        value(0x18, &[b"20991231235959Z"]),
    );
    let extensions = extension.map(|one| context(3, &[&sequence(&[one])]));
    let signed = sequence(&[
        &context(0, &[&integer(2)]),
        &integer(serial),
        &algorithm(ECDSA_WITH_SHA256),
        &named(CA),
        &sequence(&[&from, &until]),
        &named(subject),
        public,
        extensions.as_deref().unwrap_or_default(),
    ]);
    let signature = key.sign(&signed).ok()?;
    let signature = value(0x03, &[&[0], &signature]);
    Some(sequence(&[
        &signed,
        &algorithm(ECDSA_WITH_SHA256),
        &signature,
    ]))
}

/// What a request asks for: copied into the answer as it is.
pub(super) struct Asked<'a> {
    imprint: &'a [u8],
    nonce: &'a [u8],
}

impl<'a> Asked<'a> {
    /// Reads a request as we make them: version, hash of SHA-256, nonce, "send your certificate".
    pub(super) fn parse(request: &'a [u8]) -> Option<Self> {
        let rest = request.strip_prefix(&[0x30])?.get(1..)?;
        let rest = rest.strip_prefix(&[0x02, 1, 1])?;
        let (imprint, rest) = first(rest, 0x30)?;
        let (nonce, rest) = first(rest, 0x02)?;
        (rest == [0x01, 1, 0xff]).then_some(Self { imprint, nonce })
    }

    pub(super) fn hash(&self) -> Option<Hash> {
        let hash = self.imprint.last_chunk::<32>()?;
        Some(*hash)
    }
}

/// The first value, which is short, and what follows it.
fn first(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let length = usize::from(*bytes.get(1).filter(|length| **length < 0x80)?);
    let is_of_kind = bytes.first() == Some(&tag);
    bytes.split_at_checked(2 + length).filter(|_| is_of_kind)
}

/// That this was there at that time.
pub(super) fn answer(asked: &Asked<'_>, number: usize, at: Timestamp) -> Option<Vec<u8>> {
    let one = ONE.as_ref()?;
    let text = utc(at.as_millis());
    let (whole, _) = text.split_once('.')?;
    let time: String = whole.chars().filter(char::is_ascii_digit).collect();
    let info = sequence(&[
        &integer(1),
        &oid(POLICY),
        asked.imprint,
        &integer(number),
        &value(0x18, &[time.as_bytes(), b"Z"]),
        asked.nonce,
    ]);
    let by = Sha256::digest(&one.certificate);
    let by = sequence(&[&sequence(&[&sequence(&[&octets(&by)])])]);
    // In the order of a set (X.690 section 11.6).
    let attributes = [
        sequence(&[&oid(CONTENT_TYPE), &set(&[&oid(TST_INFO)])]),
        sequence(&[
            &oid(MESSAGE_DIGEST),
            &set(&[&octets(&Sha256::digest(&info))]),
        ]),
        sequence(&[&oid(SIGNING_CERTIFICATE_V2), &set(&[&by])]),
    ]
    .concat();
    let signature = one.key.sign(&set(&[&attributes])).ok()?;
    let signer = sequence(&[
        &integer(1),
        &sequence(&[&named(CA), &integer(SERIAL)]),
        &algorithm(SHA256),
        &context(0, &[&attributes]),
        &algorithm(ECDSA_WITH_SHA256),
        &octets(&signature),
    ]);
    let data = sequence(&[
        &integer(3),
        &set(&[&algorithm(SHA256)]),
        &sequence(&[&oid(TST_INFO), &context(0, &[&octets(&info)])]),
        &context(0, &[&one.certificate]),
        &set(&[&signer]),
    ]);
    let token = sequence(&[&oid(SIGNED_DATA), &context(0, &[&data])]);
    Some(sequence(&[&sequence(&[&integer(0)]), &token]))
}
